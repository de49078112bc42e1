"""Neighbors held against all pairs, one by one."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.spatial.distance import cdist

import weaklabel as wl
from weaklabel.graph import _cells, _exact, _similar, neighbors
from weaklabel.graph import neighbors as public


def brute(points, k, metric="euclidean", bandwidth="self-tuning"):
    """All pairs, as a dense matrix."""
    if metric == "cosine":
        points = points / np.linalg.norm(points, axis=1, keepdims=True)
    apart = cdist(points, points)
    np.fill_diagonal(apart, np.inf)
    order = np.argsort(apart, axis=1)
    n_items = len(points)
    scale = np.array([apart[i, order[i, min(7, k) - 1]] for i in range(n_items)])
    if bandwidth is not None and bandwidth != "self-tuning":
        scale = np.full(n_items, bandwidth)
    graph = np.zeros((n_items, n_items))
    for i in range(n_items):
        for j in order[i, :k]:
            near = 1.0 if bandwidth is None else np.exp(-(apart[i, j] ** 2) / scale[i] / scale[j])
            graph[i, j] = graph[j, i] = near
    return graph


@given(
    seed=st.integers(0, 2**20),
    n_items=st.integers(2, 40),
    metric=st.sampled_from(["euclidean", "cosine"]),
    bandwidth=st.sampled_from(["self-tuning", 0.7, None]),
)
def test_all_pairs_give_the_same(seed, n_items, metric, bandwidth):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n_items, 3)) * [1, 10, 0.1] + 5
    k = int(rng.integers(1, min(n_items, 12)))
    graph = neighbors(points, k, metric=metric, bandwidth=bandwidth)
    assert isinstance(graph, sparse.csr_array)
    expected = brute(points, k, metric, bandwidth)
    np.testing.assert_allclose(graph.toarray(), expected, rtol=1e-9, atol=1e-300)


def test_blocks_are_put_together(monkeypatch, rng):
    points = rng.normal(size=(100, 4))
    expected = neighbors(points, 8).toarray()
    monkeypatch.setattr(_exact, "ROWS", 7)
    monkeypatch.setattr(_exact, "COLUMNS", 11)
    monkeypatch.setattr(_similar, "ROWS", 13)
    np.testing.assert_allclose(neighbors(points, 8).toarray(), expected, rtol=1e-12)


def test_any_array_library(rng, xp):
    points = rng.normal(size=(50, 4))
    found = neighbors(xp.asarray(points), 5)
    assert isinstance(found, sparse.csr_array)
    np.testing.assert_allclose(found.toarray(), brute(points, 5), rtol=1e-9)
    some = neighbors(xp.asarray(points), 5, approximate=True)
    np.testing.assert_allclose(some.toarray(), found.toarray(), rtol=1e-4)


@pytest.mark.parametrize("kind", [np.float32, np.float16, np.int64, np.uint8, bool])
def test_numbers_of_any_kind(kind, rng):
    points = rng.integers(0, 200, size=(40, 6)).astype(kind)
    if kind is bool:
        points = rng.random((40, 6)) < 0.5
    found = neighbors(points, 3, bandwidth=50.0)
    given_ = neighbors(points.astype(np.float64), 3, bandwidth=50.0)
    np.testing.assert_allclose(found.toarray(), given_.toarray(), rtol=2e-3)


@pytest.mark.parametrize("size", [1e-200, 1e-30, 1.0, 1e30, 1e200])
def test_the_unit_of_features_does_not_matter(size, rng):
    points = rng.normal(size=(30, 3))
    found = neighbors(points * size, 4).toarray()
    np.testing.assert_allclose(found, brute(points, 4), rtol=1e-9)
    one = neighbors(points * size, 4, bandwidth=0.5 * size).toarray()
    np.testing.assert_allclose(one, brute(points, 4, bandwidth=0.5), rtol=1e-9)


def test_far_from_the_origin_distances_keep_their_digits(rng):
    points = rng.normal(size=(60, 3))
    found = neighbors(points + 1e6, 5).toarray()
    np.testing.assert_allclose(found, brute(points, 5), rtol=1e-5)


# ---- labels -------------------------------------------------------------------------------------


@given(seed=st.integers(0, 2**20))
def test_a_frame_is_matched_by_label(seed):
    """With ties and repeated rows: the order of rows says nothing."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.integers(0, 3, size=(20, 2)), [f"r{i}" for i in range(20)])
    evidence = wl.Evidence(frame.index, classes=["a", "b"])
    one = evidence.with_neighbors(neighbors(frame, 3)).neighbors
    other = evidence.with_neighbors(neighbors(frame.sample(frac=1, random_state=seed), 3)).neighbors
    np.testing.assert_array_equal(one.toarray(), other.toarray())


def test_the_order_of_an_array_matters_to_repeated_rows_alone(rng):
    points = np.concatenate([rng.permutation(64).reshape(-1, 1) // 8, np.arange(64)[:, None]], 1)
    order = rng.permutation(64)
    for approximate in (False, True):
        one = neighbors(points, 5, approximate=approximate).toarray()
        other = neighbors(points[order], 5, approximate=approximate).toarray()
        np.testing.assert_array_equal(other, one[np.ix_(order, order)])


def test_frame_and_array_hold_the_same_similarities(rng):
    frame = pd.DataFrame(rng.normal(size=(30, 3)), [f"r{i}" for i in range(30)])
    pairs = neighbors(frame, 4)
    assert pairs.name == "similarity"
    assert pairs.index.names == ["item", "neighbor"]
    graph = neighbors(frame.to_numpy(), 4).toarray()
    for (one, other), similarity in pairs.items():
        place = frame.index.get_loc(one), frame.index.get_loc(other)
        assert graph[place] == pytest.approx(similarity)
    assert len(pairs) == (graph > 0).sum()


@pytest.mark.parametrize(
    "index",
    [
        pd.MultiIndex.from_product([["a", "b"], range(10)]),
        pd.Index([("a", i) for i in range(20)], tupleize_cols=False),
        pd.date_range("2024-01-01", periods=20),
        pd.Index([f"r{i}" for i in range(20)], dtype="category"),
    ],
    ids=["levels", "tuples", "dates", "categories"],
)
def test_labels_of_any_kind_come_back(index, rng):
    frame = pd.DataFrame(rng.normal(size=(20, 3)), index)
    evidence = wl.Evidence(frame, classes=["a", "b"]).with_neighbors(neighbors(frame, 4))
    expected = neighbors(frame.to_numpy(), 4).toarray()
    np.testing.assert_allclose(evidence.neighbors.toarray(), expected)


def test_pairs_of_some_items_leave_the_others_alone():
    evidence = wl.Evidence(list("abc"), classes=["x", "y"])
    pairs = pd.Series({("c", "a"): 0.5, ("a", "c"): 0.25})
    found = evidence.with_neighbors(pairs).neighbors.toarray()
    np.testing.assert_array_equal(found, [[0, 0, 0.25], [0, 0, 0], [0.5, 0, 0]])


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (pd.Series([1.0], ["a"]), "two levels, .*; this one has 1 levels. Make it by"),
        (
            pd.Series([1.0, 2.0], pd.MultiIndex.from_tuples([("a", "b")] * 2)),
            "has 2 levels and names a pair twice",
        ),
        (pd.Series({("a", "z"): 1.0}), "about 1 items that the evidence does not have: 'z'"),
        (pd.Series({("a", None): 1.0}), "A pair of neighbors names no item"),
        (pd.Series({("a", "b"): -1.0}), "at least 0 and finite; 1 are not, such as -1"),
        (pd.Series({("a", "b"): np.nan}), "at least 0 and finite; 1 are not"),
    ],
)
def test_pairs_that_are_none(pairs, message):
    with pytest.raises(ValueError, match=message):
        wl.Evidence(list("ab"), classes=["x", "y"]).with_neighbors(pairs)


# ---- many items ---------------------------------------------------------------------------------


def clusters(rng, n_items):
    """Points near a curved surface of few dimensions."""
    hidden = rng.normal(size=(20, 4))[rng.integers(20, size=n_items)] * 2
    hidden += rng.normal(size=hidden.shape)
    return np.tanh(hidden @ rng.normal(size=(4, 16))) + 0.02 * rng.normal(size=(n_items, 16))


def share_found(found, true):
    return np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(found, true, strict=True)])


def test_nearly_all_neighbors_are_found(rng):
    points = clusters(rng, 20_000).astype(np.float32)
    found = _cells.near_neighbors(points, 10, rng)
    rows = rng.choice(len(points), 500, replace=False)
    assert share_found(found[rows], _exact.exact_neighbors(points, 10, rows)) >= 0.98
    assert (found != np.arange(len(points))[:, None]).all()
    assert (np.diff(np.sort(found, axis=1), axis=1) > 0).all()


def test_without_structure_all_pairs_are_looked_at(rng):
    points = rng.normal(size=(4000, 40)).astype(np.float32)
    assert _cells.near_neighbors(points, 5, rng) is None
    one, other = (neighbors(points, 5, approximate=each) for each in (True, False))
    np.testing.assert_array_equal(one.toarray(), other.toarray())


def test_beyond_a_size_cells_are_used(rng, monkeypatch):
    points = clusters(rng, 3000)
    asked = []
    module = __import__("sys").modules[public.__module__]
    monkeypatch.setattr(module, "near_neighbors", lambda *args: asked.append(args))
    monkeypatch.setattr(module, "MOST_EXACT", 2999)
    neighbors(points, 5, approximate=False)
    assert not asked
    neighbors(points, 5)
    assert len(asked) == 1


def test_the_same_random_state_gives_the_same_graph(rng):
    points = clusters(rng, 4000)
    one, other = (neighbors(points, 5, approximate=True, random_state=3) for _ in range(2))
    assert (one != other).nnz == 0


# ---- repeated rows ------------------------------------------------------------------------------


@pytest.mark.parametrize("approximate", [False, True])
def test_identical_items_are_alike(approximate):
    graph = neighbors(np.ones((20, 3)), 4, approximate=approximate)
    assert set(graph.data) == {1.0}
    assert (np.diff(graph.indptr) >= 4).all()


@pytest.mark.parametrize("approximate", [False, True])
def test_repeated_rows_find_each_other(approximate, rng):
    """Ten of each; those who have seven twins are scaled by the nearest that is none."""
    points = np.repeat(np.arange(30.0)[:, None], 10, axis=0)
    graph = neighbors(points, 12, approximate=approximate).toarray()
    twins = points == points.T
    np.fill_diagonal(twins, False)
    np.testing.assert_array_equal(graph[twins], 1.0)
    others = graph[(points != points.T) & (graph > 0)]
    assert len(others)
    np.testing.assert_allclose(np.unique(others.round(12)), [np.exp(-1)])


def test_one_twin_among_strangers_has_a_scale(rng):
    points = np.array([[0.0], [0.0], [1.0], [3.0]])
    graph = neighbors(points, 1).toarray()
    assert graph[0, 1] == 1
    assert (graph[2] > 0).any()
    assert np.isfinite(graph).all()


def test_no_features_at_all():
    assert neighbors(np.zeros((3, 0)), 1, approximate=False).nnz >= 3


# ---- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"k": 0}, "k=0 neighbors of each of 3 items cannot be found"),
        ({"k": 3}, "k=3 neighbors of each of 3 items .* Pass k=min(3, len(features) - 1)"),
        ({"metric": "manhattan"}, "metric='manhattan' is unknown. Choose 'euclidean' or 'cosine'"),
        ({"bandwidth": 0.0}, "bandwidth=0.0 is no scale"),
        ({"bandwidth": np.inf}, "bandwidth=inf is no scale"),
        ({"bandwidth": "wide"}, "bandwidth='wide' is no scale. Pass 'self-tuning'"),
    ],
)
def test_settings_that_are_none(settings_, message):
    with pytest.raises(ValueError, match=re.escape(message).replace(r"\.\*", ".*")):
        neighbors(np.eye(3), **{"k": 1} | settings_)


def test_features_that_are_missing_are_named():
    frame = pd.DataFrame({"x": [1.0, np.nan, np.nan]}, list("abc"))
    with pytest.raises(ValueError, match=r"2 items have features that are missing .*: 'b', 'c'"):
        neighbors(frame, 1)


def test_no_direction_is_named():
    with pytest.raises(ValueError, match=r"1 items have no direction, .*: 1. Leave"):
        neighbors(np.array([[1.0, 0], [0, 0], [0, 1]]), 1, metric="cosine")


def test_features_are_left_as_they_were(rng):
    points = rng.normal(size=(30, 3))
    points.setflags(write=False)
    neighbors(points, 3, approximate=True)
