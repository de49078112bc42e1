"""Similar items from groups that they share: a graph of hyperedges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from weaklabel._check import first_few
from weaklabel.graph.neighbors import by_label


def neighbors_from_groups(groups: Any, weight: Any = 1.0) -> pd.Series:
    r"""Make a graph in which the members of a group are similar to each other.

    A group e of size n joins each pair of its members by :math:`w_e / (n - 1)`, so that every
    member is tied to a group by its weight, however large the group is. The Laplacian of this
    graph is that of the hypergraph whose edges are the groups (its p-Laplacian for p = 2).

    Parameters
    ----------
    groups : Series
        Name of a group of each item, by the items' labels; missing: none. A label that repeats is
        an item in several groups.
    weight : float, Series or mapping by name of group
        How strongly a group ties its members, above 0.

    Returns
    -------
    Series
        Similarities by the labels of both items; what `Evidence.with_neighbors` takes.

    Raises
    ------
    TypeError
        If `groups` is no Series.
    ValueError
        If an item is in a group twice, or a group has no positive weight.

    Notes
    -----
    A group of n members makes n (n - 1) entries: for groups of thousands state what is known of
    them by `SameLabel` or another constraint.

    Source: Zhou, Huang & Schölkopf, Learning with hypergraphs, 2006; for pairs it is the graph
    itself.

    Examples
    --------
    >>> import pandas as pd, weaklabel as wl
    >>> author = pd.Series(["ann", "ann", "bob", "ann"], index=["p1", "p2", "p3", "p4"])
    >>> wl.neighbors_from_groups(author).to_dict()  # doctest: +NORMALIZE_WHITESPACE
    {('p1', 'p2'): 0.5, ('p1', 'p4'): 0.5, ('p2', 'p1'): 0.5, ('p2', 'p4'): 0.5,
     ('p4', 'p1'): 0.5, ('p4', 'p2'): 0.5}
    """
    if not isinstance(groups, pd.Series):
        msg = (
            f"Groups are a Series, the name of a group by the label of an item, not a "
            f"{type(groups).__name__}. Pass a column of a frame, or pd.Series(groups, index=...)."
        )
        raise TypeError(msg)
    groups = groups[groups.notna()]
    item, items = pd.factorize(groups.index)
    group, names = pd.factorize(groups)
    shape = len(items), len(names)
    member: Any = sparse.csr_array((np.ones(len(groups)), (item, group)), shape)
    twice = member.max(axis=1).toarray() > 1 if member.nnz else np.zeros(0, dtype=bool)
    if twice.any():
        msg = f"{twice.sum()} items are in a group twice: {first_few(items[twice])}. Name it once."
        raise ValueError(msg)
    size = member.sum(axis=0)
    strength = _weights(weight, pd.Index(names)) / np.maximum(size - 1, 1)
    graph: Any = sparse.csr_array((member * strength) @ member.T)
    graph.setdiag(0)
    graph.eliminate_zeros()
    graph.sort_indices()
    return by_label(graph, pd.Index(items))


def _weights(weight: Any, names: pd.Index) -> np.ndarray:
    """Give the weight of each group."""
    if np.ndim(weight) == 0 and not isinstance(weight, dict):
        values = np.full(len(names), float(weight))
    else:
        values = pd.Series(weight, dtype=np.float64).reindex(names).to_numpy()
    wrong = ~((values > 0) & np.isfinite(values))
    if wrong.any():
        msg = (
            f"{wrong.sum()} groups have no positive weight: {first_few(names[wrong])}. Give one "
            "number, or one for each group; leave out groups that say nothing."
        )
        raise ValueError(msg)
    return values
