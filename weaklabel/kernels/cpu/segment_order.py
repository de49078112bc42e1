"""Numba twin: votes are counted into their segments, and sorted there."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

__all__ = ["segment_order"]

FEW = 64  # votes that are sorted by insertion


@njit(parallel=True, cache=True)
def segment_order(segment, first, second, n_segments):
    order, starts = _by_segment(segment, n_segments)
    for s in prange(n_segments):
        _sort(order[starts[s] : starts[s + 1]], first, second)
    return order, starts


@njit(cache=True)
def _by_segment(segment, n_segments):
    """Sort votes by segment, by counting."""
    starts = np.zeros(n_segments + 1, dtype=np.int64)
    for v in range(segment.size):
        starts[segment[v] + 1] += 1
    starts = np.cumsum(starts)
    free = starts[:-1].copy()
    order = np.empty(segment.size, dtype=np.int64)
    for v in range(segment.size):
        order[free[segment[v]]] = v
        free[segment[v]] += 1
    return order, starts


@njit(cache=True)
def _sort(order, first, second):
    """Sort a few votes by insertion, many by merging."""
    if order.size > FEW:
        order[:] = order[np.argsort(second[order], kind="mergesort")]
        order[:] = order[np.argsort(first[order], kind="mergesort")]
        return
    for at in range(1, order.size):
        v = order[at]
        to = at
        while to > 0 and _after(order[to - 1], v, first, second):
            order[to] = order[to - 1]
            to -= 1
        order[to] = v


@njit(cache=True)
def _after(v, other, first, second):
    """Tell whether a vote comes after another."""
    if first[v] != first[other]:
        return first[v] > first[other]
    return second[v] > second[other]
