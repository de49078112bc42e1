"""Numba twin: segments in parallel, each summed by one thread in its own order."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

__all__ = ["gather_sum"]


BLOCK = 1 << 10  # segments


@njit(parallel=True, cache=True)
def gather_sum(table, row, weight, starts):
    n_segments = starts.size - 1
    out = np.zeros((n_segments, table.shape[1]), dtype=table.dtype)
    for block in prange((n_segments + BLOCK - 1) // BLOCK):
        b = np.int64(block)  # numba counts in uint64, and uint64 times int64 is a float
        rows = slice(b * BLOCK, min(n_segments, (b + 1) * BLOCK))
        _add(table, row, weight, starts[rows.start : rows.stop + 1], out[rows])
    return out


@njit(cache=True)
def _add(table, row, weight, starts, out):
    """Add up some segments."""
    one = weight.size == 1
    for s in range(out.shape[0]):
        for v in range(starts[s], starts[s + 1]):
            w = weight[0 if one else v]
            r = row[v]
            for column in range(out.shape[1]):
                out[s, column] += w * table[r, column]
