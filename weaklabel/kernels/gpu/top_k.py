"""CUDA twin: a block a row reads it run by run; few runs hold a value that is small enough."""

from __future__ import annotations

import numpy as np
from array_api_compat import array_namespace
from numba import cuda

from weaklabel.kernels.gpu._launch import FEW_THREADS, blocks_for, launch

__all__ = ["top_k"]


def top_k(table, name, best, found):
    xp = array_namespace(table, name, best, found)
    n_rows = table.shape[0] if best.shape[1] else 0
    best, found = xp.asarray(best, copy=True), xp.asarray(found, copy=True)
    launch(_merge, blocks_for(n_rows, 1), FEW_THREADS, table, name, best, found)
    return best, found


@cuda.jit
def _merge(table, name, best, found):
    """Take in one row a block: thread 0 inserts, in order of columns, what is small enough."""
    run = cuda.shared.array(FEW_THREADS, np.float64)
    place = cuda.threadIdx.x
    last = best.shape[1] - 1
    for i in range(cuda.blockIdx.x, table.shape[0], cuda.gridDim.x):
        for start in range(0, table.shape[1], FEW_THREADS):
            worst = best[i, last]
            value = float(table[i, start + place]) if start + place < table.shape[1] else np.inf
            run[place] = value
            # a barrier too: all have read the worst, and all of the run is there
            if cuda.syncthreads_or(np.int32(value < worst)):
                if place == 0:
                    for other in range(min(FEW_THREADS, table.shape[1] - start)):
                        if run[other] < best[i, last]:
                            _insert(best, found, i, run[other], name[start + other])
                cuda.syncthreads()


@cuda.jit(device=True)
def _insert(best, found, i, value, name):
    """Put a value where it belongs; the last one drops out."""
    place = best.shape[1] - 1
    while place > 0 and best[i, place - 1] > value:
        best[i, place], found[i, place] = best[i, place - 1], found[i, place - 1]
        place -= 1
    best[i, place], found[i, place] = value, name
