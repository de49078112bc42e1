"""Contradictions between groupings that overlap: what one leaves no choice about, others hear."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from weaklabel._device import on_host

if TYPE_CHECKING:
    from weaklabel.bags import Bags

NEAR = 1e-6  # in items: what rounding leaves of a sum of bounds


class Bounded(NamedTuple):
    """A grouping, and how many members of each class its bags may have."""

    block: Bags
    low: np.ndarray  # n_bags x n_classes
    high: np.ndarray  # n_bags x n_classes


def narrowed(
    allowed: np.ndarray, bounded: list[Bounded]
) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Rule classes out of items by all groupings in turn, until nothing more follows.

    Where a bag can have no more of a class than its certain members, all others lose it; where it
    needs all members that may have it, these lose all other classes. Whatever is ruled out is
    ruled out by every labeling, whole or in expectation; not all that could be is found.

    Parameters
    ----------
    allowed : boolean array, n_items x n_classes
        At least one class an item.
    bounded : list of Bounded
        Groupings that hold by themselves.

    Returns
    -------
    allowed : boolean array, n_items x n_classes
    lost : list of (int, int)
        Positions of groupings and their bags that would leave a member no class; it keeps them.
    """
    allowed, lost = allowed.copy(), list[tuple[int, int]]()
    left = -1
    while left != allowed.sum():
        left = allowed.sum()
        for number, each in enumerate(bounded):
            member, bag = on_host(each.block.member), each.block.bag
            here = allowed[member]
            narrow = _narrow(each, here, bag)
            empty = np.asarray(~narrow.any(axis=1))
            lost += [(number, int(g)) for g in np.unique(bag[empty])]
            allowed[member] = np.where(empty[:, None], here, narrow)
    return allowed, list(dict.fromkeys(lost))


def _narrow(each: Bounded, here: np.ndarray, bag: np.ndarray) -> np.ndarray:
    """Say what the bags of one grouping leave to their members, n_members x n_classes."""
    alone = here & (here.sum(axis=1, keepdims=True) == 1)
    possible, certain = _counts(each, here, bag), _counts(each, alone, bag)
    size = np.bincount(bag, minlength=len(possible))[:, None].astype(np.float64)
    low, high = np.maximum(each.low, certain), np.minimum(each.high, possible)
    # what the other classes need or take bounds a class, too
    low = np.maximum(low, size - (high.sum(axis=1, keepdims=True) - high))
    high = np.minimum(high, size - (low.sum(axis=1, keepdims=True) - low))
    closed, forced = high <= certain + NEAR, low >= possible - NEAR
    must = here & forced[bag]
    left = here & (alone | ~closed[bag])
    return np.where(must.any(axis=1, keepdims=True), left & must, left)


def _counts(each: Bounded, table: np.ndarray, bag: np.ndarray) -> np.ndarray:
    """Count members of each class by bag, n_bags x n_classes."""
    shape = len(each.low), table.shape[1]
    key = bag[:, None] * shape[1] + np.arange(shape[1])
    return np.bincount(key[table], minlength=shape[0] * shape[1]).reshape(shape).astype(float)


def beside(bounded: list[Bounded], number: int, g: int) -> list[object]:
    """Name the bags of other groupings that share members with a bag."""
    starts = on_host(bounded[number].block.starts)
    inside = on_host(bounded[number].block.member)[starts[g] : starts[g + 1]]
    found: list[object] = []
    for other, each in enumerate(bounded):
        if other != number:
            shared = np.isin(on_host(each.block.member), inside)
            found += each.block.names[np.unique(each.block.bag[shared])].tolist()
    return found
