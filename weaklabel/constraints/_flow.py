"""Maximum flow from members to classes, for all bags of a block at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from weaklabel._device import on_host

if TYPE_CHECKING:
    from weaklabel.bags import Bags

FINEST = 10_000  # steps an item is divided into where counts need not be whole
LARGEST = 2**30  # capacities are 32-bit integers


class _Group(NamedTuple):
    """Members of one bag with the same candidates; arrays of n_groups."""

    bag: np.ndarray
    n_members: np.ndarray
    allowed: np.ndarray  # n_groups x n_classes


def unmet(
    block: Bags,
    allowed: np.ndarray,
    limit: np.ndarray,
    look_at: np.ndarray,
    *,
    whole: bool,
    place_all: bool = False,
) -> np.ndarray:
    """How many items each bag misses when members fill classes up to their limits.

    Parameters
    ----------
    block : Bags
    allowed : boolean array, n_items x n_classes
        Candidates.
    limit : floating array, n_bags x n_classes
        Items that each class asks for, or (`place_all`) has room for.
    look_at : boolean array, n_bags
        Bags to look at.
    whole : bool
        Limits are whole numbers; otherwise they are rounded to a small part of an item.
    place_all : bool
        Compare with the size of the bag instead of the sum of the limits.

    Returns
    -------
    floating array, n_bags
        0 where everything fits.
    """
    groups = _groups(block, allowed, look_at)
    if not len(groups.bag):
        return np.zeros(block.n_bags)
    steps = 1 if whole else max(1, min(FINEST, LARGEST // int(groups.n_members.sum())))
    # rounded towards what is easier to meet
    rounded = np.ceil(limit * steps - 1e-6) if place_all else np.floor(limit * steps + 1e-6)
    concerned = np.zeros(block.n_bags, dtype=bool)
    concerned[groups.bag] = True
    capacity = np.where(concerned[:, None], np.maximum(rounded, 0), 0).astype(np.int64)
    members = groups.n_members * steps
    wanted = (
        np.bincount(groups.bag, weights=members, minlength=block.n_bags)
        if place_all
        else capacity.sum(axis=1)
    )
    return (wanted - _reached(groups, members, capacity)) / steps


def _groups(block: Bags, allowed: np.ndarray, look_at: np.ndarray) -> _Group:
    """Count the members of each bag that have the same candidates.

    Bags where all members may have any class are left out: sums of bounds decide them.
    """
    member, bag = on_host(block.member), block.bag
    restricted = block.sum_members(~allowed.all(axis=1)) > 0
    inside = (look_at & restricted)[bag]
    member, bag = member[inside], bag[inside]
    key = bag
    for byte in np.packbits(allowed[member], axis=1).T:
        key, _ = pd.factorize(key * 256 + byte)
    _, first, n_members = np.unique(key, return_index=True, return_counts=True)
    return _Group(bag[first], n_members, allowed[member[first]])


def _reached(groups: _Group, members: np.ndarray, capacity: np.ndarray) -> np.ndarray:
    """Flow from members through classes in each bag, n_bags."""
    from scipy.sparse import csr_array, csr_matrix
    from scipy.sparse.csgraph import maximum_flow

    n_bags, n_classes = capacity.shape
    group, y = np.nonzero(groups.allowed)
    # nodes: where flow starts, groups, the classes of each bag, where it ends
    first_class = 1 + len(groups.bag)
    last = first_class + n_bags * n_classes
    place = first_class + groups.bag[group] * n_classes + y
    used = np.flatnonzero(capacity.reshape(-1))
    start = [np.zeros(len(groups.bag), dtype=np.int64), 1 + group, first_class + used]
    end = [1 + np.arange(len(groups.bag)), place, np.full(len(used), last)]
    amount = [members, members[group], capacity.reshape(-1)[used]]
    edges = np.concatenate(start), np.concatenate(end)
    most = np.concatenate(amount).astype(np.int32)
    graph = csr_matrix((most, edges), shape=(last + 1, last + 1))
    flow = csr_array(maximum_flow(graph, 0, last).flow)
    into_last = -flow[[last], :].toarray()[0, first_class:last]
    return into_last.reshape(n_bags, n_classes).sum(axis=1)
