"""Numba twin: rows in parallel; whole runs of columns that are too large are passed over."""

from __future__ import annotations

from numba import njit, prange

__all__ = ["top_k"]

RUN = 64  # columns that are compared at once


@njit(parallel=True, cache=True)
def top_k(table, name, best, found):
    best, found = best.copy(), found.copy()
    for i in prange(table.shape[0]):
        _merge(table[i], name, best[i], found[i])
    return best, found


@njit(cache=True)
def _merge(values, name, kept, names):
    """Take in one row."""
    if not kept.size:
        return
    for start in range(0, values.size, RUN):
        run, worst = values[start : start + RUN], kept[-1]
        n_smaller = 0
        # counting has no branches, so that the compiler compares many at once
        for place in range(run.size):
            n_smaller += run[place] < worst
        if n_smaller:
            for place in range(run.size):
                if run[place] < kept[-1]:
                    _insert(kept, names, run[place], name[start + place])


@njit(cache=True)
def _insert(kept, names, value, name):
    """Put a value where it belongs; the last one drops out."""
    place = kept.size - 1
    while place > 0 and kept[place - 1] > value:
        kept[place], names[place] = kept[place - 1], names[place - 1]
        place -= 1
    kept[place], names[place] = value, name
