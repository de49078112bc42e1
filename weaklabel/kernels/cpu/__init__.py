"""Numba twins of the plain kernels, for NumPy arrays."""
