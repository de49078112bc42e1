"""MajorityVote is the vote shares, counted cell by cell."""

from __future__ import annotations

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws._cases import classes_named, fitted, vote_frame

import weaklabel as wl


def plain(cell, classes):
    """What the oracle understands: None, a class, a set, or probabilities."""
    if isinstance(cell, wl.Not):
        return frozenset(classes) - cell.classes
    return None if cell is None or (np.isscalar(cell) and pd.isna(cell)) else cell


@given(seed=st.integers(0, 2**20), n_items=st.integers(1, 8), n_classes=st.integers(2, 4))
def test_probabilities_are_vote_shares(seed, n_items, n_classes):
    rng = np.random.default_rng(seed)
    frame, gold = vote_frame(rng, n_items=n_items, n_classes=n_classes, n_sources=4)
    classes = classes_named(n_classes)
    if frame.isna().all(axis=None):
        frame.iloc[0, 0] = classes[gold[0]]
    cells = [[plain(cell, classes) for cell in row] for row in frame.to_numpy()]
    evidence = wl.Evidence(frame.index, classes=classes).with_votes(frame)
    found = fitted(wl.MajorityVote(), evidence).predict_proba(evidence)
    np.testing.assert_allclose(found, oracle.vote_shares(cells, classes), rtol=1e-12)


def test_ties_abstain_unless_told_otherwise():
    votes = pd.DataFrame({"a": ["x", "x"], "b": ["y", "x"], "c": [None, "y"]}, index=["r1", "r2"])
    evidence = wl.Evidence(votes.index, classes=["x", "y"]).with_votes(votes)
    model = wl.MajorityVote().fit(evidence)
    assert model.predict(evidence).isna().tolist() == [True, False]
    assert model.predict(evidence, ties="first").tolist() == ["x", "x"]
    assert model.predict(evidence, ties="random")["r1"] in ("x", "y")
    with pytest.raises(ValueError, match="ties='last' is unknown"):
        model.predict(evidence, ties="last")


def test_a_tie_does_not_depend_on_other_rows():
    votes = pd.DataFrame({"a": ["x", "y", "y"], "b": ["y", "x", "y"], "c": ["x", "y", None]})
    votes.index = ["r1", "r2", "r3"]
    evidence = wl.Evidence(votes.index, classes=["x", "y"]).with_votes(votes.drop(columns="c"))
    with pytest.warns(wl.models.SourceWarning, match="With 2 sources"):
        model = wl.MajorityVote().fit(evidence)
    whole = model.predict(evidence, ties="random")
    for rows in ([0, 1], [1, 0], [2, 1, 0], [1]):
        part = model.predict(evidence.take(np.array(rows)), ties="random")
        pd.testing.assert_series_equal(part, whole.iloc[rows])


def test_candidates_share_the_votes_that_are_left():
    votes = pd.DataFrame({"a": ["x"], "b": ["y"], "c": ["z"], "d": ["z"]}, index=["r"])
    evidence = wl.Evidence(votes.index, classes=["x", "y", "z"]).with_votes(votes)
    evidence = evidence.with_candidates(exclude={"r": "z"})
    found = wl.MajorityVote().fit(evidence).predict_proba(evidence)
    assert found.loc["r"].tolist() == pytest.approx([0.5, 0.5, 0.0])


def test_accuracy_is_the_mean_share_of_what_was_said():
    votes = pd.DataFrame({"a": ["x", "y"], "b": ["x", "y"], "c": ["y", None]})
    evidence = wl.Evidence(votes.index, classes=["x", "y"]).with_votes(votes)
    accuracy = wl.MajorityVote().fit(evidence).source_accuracy_
    assert accuracy.to_dict() == pytest.approx(
        {"a": (2 / 3 + 1) / 2, "b": (2 / 3 + 1) / 2, "c": 1 / 3}
    )
