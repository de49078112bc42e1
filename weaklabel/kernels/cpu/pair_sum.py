"""Numba twin: small tables for blocks of segments, large ones row by row; in parallel, in order."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from weaklabel.kernels.cpu._total import total_of

__all__ = ["pair_sum"]

BLOCKS = 16  # a fixed number, so that sums do not depend on threads
SMALL = 1 << 16  # numbers in a table that stays in the cache


@njit(cache=True)
def pair_sum(row, weight, starts, scale, n_rows):
    if n_rows * n_rows <= SMALL:
        return _by_segment(row, weight, starts, scale, n_rows)
    return _by_row(row, weight, starts, scale, n_rows)


@njit(parallel=True, cache=True)
def _by_segment(row, weight, starts, scale, n_rows):
    """Give each block of segments a table."""
    n_segments = starts.size - 1
    step = (n_segments + BLOCKS - 1) // BLOCKS
    parts = np.zeros((BLOCKS, n_rows, n_rows), dtype=weight.dtype)
    for block in prange(BLOCKS):
        b = np.int64(block)  # numba counts in uint64, and uint64 times int64 is a float
        segments = slice(min(n_segments, b * step), min(n_segments, (b + 1) * step))
        bounds = starts[segments.start : segments.stop + 1]
        _add(row, weight, bounds, scale if scale.size == 1 else scale[segments], parts[b])
    return _whole(total_of(parts))


@njit(cache=True)
def _add(row, weight, starts, scale, out):
    """Add the pairs of some segments to the upper half of a table."""
    one, even = weight.size == 1, scale.size == 1
    for s in range(starts.size - 1):
        here = scale[0 if even else s]
        for v in range(starts[s], starts[s + 1]):
            r = row[v]
            w = here * weight[0 if one else v]
            out[r, r] += w * weight[0 if one else v]
            for other in range(v + 1, starts[s + 1]):
                q = row[other]
                x = w * weight[0 if one else other]
                out[min(r, q), max(r, q)] += x + x if r == q else x


@njit(cache=True)
def _whole(half):
    """Mirror the upper half of a table."""
    for r in range(half.shape[0]):
        for q in range(r):
            half[r, q] = half[q, r]
    return half


@njit(parallel=True, cache=True)
def _by_row(row, weight, starts, scale, n_rows):
    """Sum up one row of the table after another, over the segments that name it."""
    bounds, vote, segment = _votes_by_row(row, starts, n_rows)
    out = np.zeros((n_rows, n_rows), dtype=weight.dtype)
    for r in prange(n_rows):
        named = slice(bounds[r], bounds[r + 1])
        _add_row(vote[named], segment[named], row, weight, starts, scale, out[r])
    return out


@njit(cache=True)
def _add_row(vote, segment, row, weight, starts, scale, out):  # noqa: PLR0913, PLR0917
    """Add products of some votes with all votes of their segments to a row of the table."""
    one, even = weight.size == 1, scale.size == 1
    for at in range(vote.size):
        s = segment[at]
        w = scale[0 if even else s] * weight[0 if one else vote[at]]
        for other in range(starts[s], starts[s + 1]):
            out[row[other]] += w * weight[0 if one else other]


@njit(cache=True)
def _votes_by_row(row, starts, n_rows):
    """Sort votes by row, by counting: where each row begins, its votes, and their segments."""
    bounds = np.zeros(n_rows + 1, dtype=np.int64)
    for v in range(row.size):
        bounds[row[v] + 1] += 1
    bounds = np.cumsum(bounds)
    free = bounds[:-1].copy()
    vote, segment = np.empty(row.size, np.int32), np.empty(row.size, np.int32)
    for s in range(starts.size - 1):
        for v in range(starts[s], starts[s + 1]):
            vote[free[row[v]]] = v
            segment[free[row[v]]] = s
            free[row[v]] += 1
    return bounds, vote, segment
