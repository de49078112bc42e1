"""WeightedVote is held against counting by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
from laws._cases import fitted

import weaklabel as wl


def test_weights_and_shares_are_those_of_counting():
    rng = np.random.default_rng(0)
    codes = rng.integers(-1, 3, (50, 4))
    codes[:, 0] = rng.integers(3, size=50)
    blank = wl.Evidence(range(50), classes=["x", "y", "z"])
    evidence = blank.with_votes(codes, encoding="codes")
    model = fitted(wl.WeightedVote(), evidence)
    agreed, said = np.zeros(4), np.zeros(4)
    for row in codes:
        counts = np.bincount(row[row >= 0], minlength=3)
        best = counts == counts.max()
        for j in np.flatnonzero(row >= 0):
            agreed[j] += best[row[j]] / best.sum()
            said[j] += 1
    np.testing.assert_allclose(model.weights_, agreed / said)
    found = model.predict_proba(evidence).to_numpy()
    for row, shares in zip(codes, found, strict=True):
        spoke = row >= 0
        expected = np.bincount(row[spoke], (agreed / said)[spoke], minlength=3)
        np.testing.assert_allclose(shares, expected / expected.sum())


def test_where_no_vote_counts_all_count_the_same():
    """A source that is never in the majority, alone on an item."""
    votes = pd.DataFrame({"a": ["x"] * 5 + [None], "b": ["x"] * 5 + [None], "c": ["y"] * 6})
    votes.iloc[5, 2] = None
    evidence = wl.Evidence(votes.index, classes=["x", "y"]).with_votes(votes)
    model = fitted(wl.WeightedVote(), evidence)
    assert model.weights_["c"] == 0
    alone = pd.DataFrame({"a": [None], "b": [None], "c": ["y"]}, dtype=object)
    other = wl.Evidence(alone.index, classes=["x", "y"]).with_votes(alone)
    assert model.predict(other).tolist() == ["y"]
