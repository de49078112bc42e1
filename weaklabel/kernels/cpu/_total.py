"""Add up what blocks found, in their order."""

from __future__ import annotations

from numba import njit


@njit(cache=True)  # as part of a parallel function each addition would wake all threads
def total_of(parts):
    """Add the tables of all blocks to that of the first, and give it."""
    out = parts[0]
    for b in range(1, parts.shape[0]):
        out += parts[b]
    return out
