"""Launch kernels on arrays of CuPy, in its stream; in the simulator of numba on arrays of NumPy.

What kernels compute does not depend on the card: sizes of grids are constants and shapes, nobody
adds atomically, and every sum has one order.
"""

from __future__ import annotations

import warnings

import numpy as np
from array_api_compat import is_cupy_array
from numba import config, cuda
from numba.core.errors import NumbaPerformanceWarning

SIMULATED = bool(config.ENABLE_CUDASIM)

# A thread of the simulator is one of Python's, and a block of many takes a second.
THREADS = 4 if SIMULATED else 256  # in a block; a power of two
FEW_THREADS = 2 if SIMULATED else 64  # in a block that has little to do at a time
BLOCKS = 2 if SIMULATED else 2048  # most; more work than that goes around


def blocks_for(work: int, at_once: int = THREADS) -> int:
    """Give the number of blocks for so many pieces of work, of which a block does some at once."""
    return min(BLOCKS, -(-work // at_once))


def launch(kernel, n_blocks, n_threads, *args):
    """Run a kernel; nothing is done, or waited for, where there is no block."""
    if n_blocks > 0:
        _configured(kernel, n_blocks, n_threads)(*map(_seen, args))


def _configured(kernel, n_blocks, n_threads):
    """Set the grid; numba warns of small ones, which are right for little work."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NumbaPerformanceWarning)
        return kernel[n_blocks, n_threads, *_stream()]


def _stream():
    """CuPy's current stream, so that kernels queue up behind what it does."""
    if SIMULATED:
        return ()
    import cupy

    number = cupy.cuda.get_current_stream().ptr
    return (cuda.external_stream(number) if number else cuda.default_stream(),)


def _seen(value):
    """Look at an array of CuPy as one of numba, without waiting for its stream."""
    if is_cupy_array(value):
        return cuda.as_cuda_array(value, sync=False)
    # the simulator, other than the device, takes no strides
    return np.ascontiguousarray(value) if isinstance(value, np.ndarray) else value
