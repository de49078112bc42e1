"""Numba twin: blocks of segments in parallel, each with sums of its own, added in fixed order."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from weaklabel.kernels.cpu._total import total_of

__all__ = ["scatter_sum"]

MOST_BLOCKS = 64  # blocks depend on shapes alone, so that sums do not depend on threads
MOST_NUMBERS = 1 << 22  # in the sums of all blocks


@njit(parallel=True, cache=True)
def scatter_sum(table, row, weight, starts, n_rows):
    n_segments, n_columns = table.shape
    most = min(MOST_BLOCKS, MOST_NUMBERS // max(1, n_rows * n_columns))
    blocks = max(1, min(most, row.size // (4 * max(1, n_rows))))
    step = (n_segments + blocks - 1) // blocks
    parts = np.zeros((blocks, n_rows, n_columns), dtype=table.dtype)
    for block in prange(blocks):
        b = np.int64(block)  # numba counts in uint64, and uint64 times int64 is a float
        segments = slice(min(n_segments, b * step), min(n_segments, (b + 1) * step))
        bounds = starts[segments.start : segments.stop + 1]
        _add(table[segments], row, weight, bounds, parts[b])
    return total_of(parts)


@njit(cache=True)
def _add(table, row, weight, starts, out):
    """Add some segments to a table."""
    one = weight.size == 1
    for s in range(table.shape[0]):
        for v in range(starts[s], starts[s + 1]):
            w = weight[0 if one else v]
            r = row[v]
            for column in range(table.shape[1]):
                out[r, column] += w * table[s, column]
