"""Numba twin: rows are counted, then stored, block by block in parallel."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

__all__ = ["stored_codes"]

BLOCK = 1 << 12  # rows


@njit(parallel=True, cache=True)
def stored_codes(matrix, table, low):
    n_rows = matrix.shape[0]
    blocks = (n_rows + BLOCK - 1) // BLOCK
    counts, others = np.zeros(n_rows, dtype=np.int64), np.zeros(blocks, dtype=np.int64)
    for block in prange(blocks):
        b = np.int64(block)  # numba counts in uint64, and uint64 times int64 is a float
        rows = slice(b * BLOCK, min(n_rows, (b + 1) * BLOCK))
        others[b] = _count(matrix[rows], table, low, counts[rows])
    starts = np.zeros(n_rows + 1, dtype=np.int64)
    starts[1:] = np.cumsum(counts)
    column = np.empty(starts[n_rows], dtype=table.dtype)
    codes = np.empty(starts[n_rows], dtype=table.dtype)
    for block in prange(blocks):
        b = np.int64(block)
        rows = slice(b * BLOCK, min(n_rows, (b + 1) * BLOCK))
        stored = slice(starts[rows.start], starts[rows.stop])
        _store(matrix[rows], table, low, counts[rows], column[stored], codes[stored])
    return starts, column, codes, others.sum()


@njit(cache=True)
def _count(matrix, table, low, counts):
    """Count what is stored of each row; give how many cells have other codes."""
    others = 0
    for i in range(matrix.shape[0]):
        count = 0
        for j in range(matrix.shape[1]):
            code = table[matrix[i, j] - low]
            count += code >= 0
            others += code < -1
        counts[i] = count
    return others


@njit(cache=True)
def _store(matrix, table, low, counts, column, codes):
    """Store the entries of some rows, one after the other."""
    at = 0
    for i in range(matrix.shape[0]):
        # as long as entries of later rows follow, silences may be written: they are overwritten
        safe = at + counts[i] < codes.size
        for j in range(matrix.shape[1]):
            code = table[matrix[i, j] - low]
            if safe or code >= 0:
                column[at] = j
                codes[at] = code
            at += code >= 0
