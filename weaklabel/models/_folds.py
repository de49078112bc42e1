"""Folds: which items teach a classifier, and which are scored by one that did not see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from weaklabel._device import on_host
from weaklabel._hash import scatter

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence

CROWDED = 0.5  # a bag with more of the items tells shares, and nothing about single items
BAGS_A_FOLD = 3  # with fewer, items are cut into folds whatever their bag


def item_keys(index: pd.Index) -> np.ndarray:
    """Hash the labels of items, so that the order of items never matters, uint64, n_items."""
    if index.dtype == object and not isinstance(index, pd.MultiIndex):
        index = index.map(str)  # pandas hashes no tuples among other labels
    return scatter(pd.util.hash_pandas_object(index, index=False).to_numpy().astype(np.uint64))


def taught(evidence: Evidence) -> np.ndarray:
    """Tell of which items something is known besides their features, boolean, n_items."""
    known = on_host(evidence.covered).copy()
    for block in evidence.bags:
        telling = np.repeat(on_host(block.sizes) <= CROWDED * len(evidence), on_host(block.sizes))
        known[on_host(block.member)[telling]] = True
    if evidence.neighbors is not None:
        known[np.concatenate(evidence.neighbors.nonzero())] = True
    return known


def fold_of_items(evidence: Evidence, keys: np.ndarray, rows: np.ndarray, n: int) -> np.ndarray:
    """Deal items to folds, the members of a bag to one, integer array, len(rows)."""
    group = keys.copy()
    for block in evidence.bags:
        if block.n_bags >= BAGS_A_FOLD * n:
            member, starts = on_host(block.member), on_host(block.starts)
            total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(keys[member])])
            group[member] = (total[starts[1:]] - total[starts[:-1]])[block.bag]
            break
    _, number = np.unique(scatter(group[rows]), return_inverse=True)
    return number % n
