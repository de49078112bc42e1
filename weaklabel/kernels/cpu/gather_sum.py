"""Numba twin: segments in parallel, each summed by one thread in its own order."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

__all__ = ["gather_sum"]


@njit(parallel=True, cache=True)
def gather_sum(table, row, weight, starts):
    n_segments, n_columns = starts.size - 1, table.shape[1]
    out = np.zeros((n_segments, n_columns), dtype=table.dtype)
    for s in prange(n_segments):
        for v in range(starts[s], starts[s + 1]):
            for column in range(n_columns):
                out[s, column] += weight[v] * table[row[v], column]
    return out
