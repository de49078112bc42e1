"""CUDA twins of the plain kernels, for CuPy arrays."""
