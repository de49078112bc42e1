"""Patterns: items about which the same is known are one, and nothing else is."""

from __future__ import annotations

import array_api_strict
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import evidence

import weaklabel as wl
from weaklabel import patterns
from weaklabel.patterns import collapse


def known_of(said: wl.Evidence, i: int) -> tuple:
    """Give all that is known of one item, as plain values."""
    votes = said.votes
    rows = slice(votes.starts[i], votes.starts[i + 1])
    parts = (votes.source, votes.code, votes.weight)
    allowed = () if said.candidates is None else tuple(said.candidates[i].tolist())
    return tuple(zip(*(part[rows].tolist() for part in parts), strict=True)), allowed


@given(evidence(parts=("candidates", "weights")), st.data())
def test_patterns_hold_what_their_items_hold(known, data):
    rows = data.draw(st.lists(st.integers(0, len(known) - 1), min_size=8, max_size=12))
    repeated = wl.Evidence(range(len(rows)), classes=known.classes)
    repeated = repeated.with_votes(known.votes.take(np.array(rows)))
    if known.candidates is not None:
        repeated = repeated.with_candidates(known.candidates[rows])
    if known.weights is not None:
        repeated = repeated.with_weights(known.weights[rows])
    distinct = {known_of(repeated, i) for i in range(len(rows))}
    found = collapse(repeated)
    assert (found is not None) == (len(distinct) <= patterns.WORTH_IT * len(rows))
    assume(found is not None)
    small, pattern = found
    assert len(small) == len(distinct)
    assert all(known_of(small, pattern[i]) == known_of(repeated, i) for i in range(len(rows)))
    weights = np.ones(len(rows)) if repeated.weights is None else repeated.weights
    assert np.allclose(small.weights, np.bincount(pattern, weights=weights))


def plain(n_items: int = 8) -> wl.Evidence:
    """Items of two patterns."""
    said = pd.DataFrame({"s": ["x", None] * (n_items // 2), "t": ["x", "y"] * (n_items // 2)})
    return wl.Evidence(said.index, classes=["x", "y"]).with_votes(said)


def test_what_tells_items_apart_keeps_them_apart():
    known = plain()
    assert len(collapse(known)[0]) == 2
    assert collapse(known.with_features(np.zeros((8, 1)))) is None
    assert collapse(known.with_neighbors(np.eye(8))) is None
    assert collapse(known.with_bags(list("AAAABBBB"), wl.AtLeast("x"))) is None
    assert collapse(wl.Evidence(range(8), classes=["x", "y"])) is None
    assert collapse(known.map_arrays(array_api_strict.asarray)) is None


def test_candidates_split_patterns():
    small, pattern = collapse(plain(40).with_candidates({0: "x", 2: "x"}))
    assert sorted(small.weights.tolist()) == [2, 18, 20]
    assert pattern[0] == pattern[2] != pattern[4]


def test_little_gain_is_none():
    said = pd.DataFrame({f"s{j}": ["x" if i >> j & 1 else "y" for i in range(8)] for j in range(3)})
    assert collapse(wl.Evidence(said.index, classes=["x", "y"]).with_votes(said)) is None


@pytest.mark.parametrize("extra", ["votes", "counts", "candidates", "weights"])
def test_each_difference_makes_another_pattern(extra):
    said = pd.DataFrame({"s": ["x"] * 8, "t": pd.Series(["x"] * 8, dtype=object)})
    if extra == "votes":
        said.loc[3, "t"] = "y"
    if extra == "counts":
        said.loc[3, "t"] = None
    if extra == "weights":
        said["t"] = [{"x": 0.5, "y": 0.5}] * 7 + [{"x": 0.25, "y": 0.75}]
    known = wl.Evidence(said.index, classes=["x", "y"]).with_votes(said)
    if extra == "candidates":
        known = known.with_candidates({3: "x"})
    assert len(collapse(known)[0]) == 2


def test_colliding_hashes_are_found_out(monkeypatch):
    from weaklabel.kernels.cpu import same_segments as twin

    row, starts = np.array([0, 0, 1, 0, 0]), np.array([0, 1, 2, 3, 5])
    weight, mark = np.array([1.0, 0.5, 1.0, 1.0, 1.0]), np.array([0, 0, 1, 0])
    monkeypatch.setattr(
        twin, "_hashes", lambda row, weight, starts, mark: np.zeros_like(mark, "u8")
    )
    first, kind = twin.same_segments.py_func(row, weight, starts, mark)
    assert first.tolist() == kind.tolist() == [0, 1, 2, 3]


def test_patterns_are_found_once():
    known = plain()
    assert collapse(known) is collapse(known)
    assert collapse(known.with_weights(np.full(8, 2.0)))[0].weights.tolist() == [8.0, 8.0]


def test_the_order_of_a_dict_is_no_difference():
    said = pd.Series([{"x": 0.25, "y": 0.75}, {"y": 0.75, "x": 0.25}] * 4).to_frame("s")
    known = wl.Evidence(said.index, classes=["x", "y"]).with_votes(said)
    assert len(collapse(known)[0]) == 1
