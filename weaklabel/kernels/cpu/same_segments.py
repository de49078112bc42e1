"""Numba twin: one table of hashes, and a comparison with the first of the kind."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

__all__ = ["same_segments"]


@njit(cache=True)
def same_segments(row, weight, starts, mark):
    n_segments = starts.size - 1
    key = _hashes(row, weight, starts, mark)
    n_slots = 16
    while n_slots < 2 * n_segments:
        n_slots *= 2
    slots = np.full(n_slots, -1, dtype=np.int32)  # kind of segment
    first = np.empty(n_segments, dtype=np.int64)
    kind = np.empty(n_segments, dtype=np.int64)
    n_kinds = 0
    for s in range(n_segments):
        at = np.int64(key[s] & np.uint64(n_slots - 1))
        while True:
            known = slots[at]
            if known < 0:
                slots[at] = n_kinds
                first[n_kinds] = s
                kind[s] = n_kinds
                n_kinds += 1
                break
            other = first[known]
            if key[other] == key[s] and _same(row, weight, starts, mark, s, other):
                kind[s] = known
                break
            at = (at + 1) & (n_slots - 1)
    return first[:n_kinds].copy(), kind


@njit(parallel=True, cache=True)
def _hashes(row, weight, starts, mark):
    """Hash each segment: every vote is stirred into what came before."""
    key = np.empty(starts.size - 1, dtype=np.uint64)
    bits = weight.astype(np.float64).view(np.uint64)
    for number in prange(key.size):
        s = np.int64(number)
        total = np.uint64(mark[s if mark.size > 1 else 0])
        for v in range(starts[s], starts[s + 1]):
            total = (total ^ np.uint64(row[v])) * np.uint64(0xBF58476D1CE4E5B9)
            if weight.size > 1:
                total = (total ^ bits[v]) * np.uint64(0x94D049BB133111EB)
            total ^= total >> np.uint64(29)
        total *= np.uint64(0x94D049BB133111EB)
        key[s] = total ^ (total >> np.uint64(31))
    return key


@njit(cache=True)
def _same(row, weight, starts, mark, s, other):
    """Compare two segments: hashes may collide."""
    size = starts[s + 1] - starts[s]
    if starts[other + 1] - starts[other] != size:
        return False
    if mark.size > 1 and mark[s] != mark[other]:
        return False
    for at in range(size):
        v, w = starts[s] + at, starts[other] + at
        if row[v] != row[w] or (weight.size > 1 and weight[v] != weight[w]):
            return False
    return True
