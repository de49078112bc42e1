"""Hyperedges held against their incidence matrix."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weaklabel as wl
from weaklabel.graph import neighbors_from_groups


def dense(pairs, items):
    evidence = wl.Evidence(items, classes=["a", "b"]).with_neighbors(pairs)
    return evidence.neighbors.toarray()


@given(seed=st.integers(0, 2**20))
def test_pairs_give_the_laplacian_of_the_graph(seed):
    """K33: a hypergraph (p = 2) of pairs is a graph, whose Laplacian is B W B^T."""
    rng = np.random.default_rng(seed)
    pair = [rng.permutation(6)[:2] for _ in range(7)]
    weight = pd.Series(rng.uniform(0.5, 2, 7))
    member = pd.Series(np.repeat(np.arange(7), 2), index=np.concatenate(pair))
    graph = dense(neighbors_from_groups(member, weight), range(6))
    laplacian = np.diag(graph.sum(axis=1)) - graph
    incidence = np.zeros((6, 7))
    for edge, (one, other) in enumerate(pair):
        incidence[one, edge], incidence[other, edge] = 1, -1
    np.testing.assert_allclose(laplacian, incidence @ np.diag(weight) @ incidence.T, atol=1e-12)


@given(seed=st.integers(0, 2**20))
def test_every_member_is_tied_by_the_weight_of_its_groups(seed):
    rng = np.random.default_rng(seed)
    group = pd.Series(rng.integers(4, size=12), index=[f"r{i}" for i in range(12)])
    weight = pd.Series(rng.uniform(0.5, 2, 4))
    graph = dense(neighbors_from_groups(group, weight), group.index)
    size = group.map(group.value_counts())
    np.testing.assert_allclose(graph.sum(axis=1), np.where(size > 1, group.map(weight), 0.0))
    joined = np.equal.outer(group.to_numpy(), group.to_numpy()) & ~np.eye(12, dtype=bool)
    np.testing.assert_array_equal(graph > 0, joined)


def test_what_is_missing_is_in_no_group():
    group = pd.Series(["x", None, "x"], index=list("abc"))
    graph = dense(neighbors_from_groups(group, {"x": 2.0}), list("abc"))
    np.testing.assert_array_equal(graph, [[0, 0, 2], [0, 0, 0], [2, 0, 0]])


def test_no_groups_at_all():
    assert neighbors_from_groups(pd.Series([None, None], index=list("ab"))).empty


def test_what_is_refused():
    with pytest.raises(TypeError, match=r"Groups are a Series, .*, not a list"):
        neighbors_from_groups(["x", "y"])
    with pytest.raises(ValueError, match="1 items are in a group twice: 'a'"):
        neighbors_from_groups(pd.Series(["x", "x"], index=["a", "a"]))
    with pytest.raises(ValueError, match="2 groups have no positive weight: 'y', 'z'"):
        neighbors_from_groups(pd.Series(["x", "y", "z"], index=list("abc")), {"x": 1.0, "y": 0.0})
