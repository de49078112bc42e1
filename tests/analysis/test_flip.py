"""Flips; tests/laws hold them against every smaller change, for every model."""

import sys

import numpy as np
import pandas as pd
import pytest
from laws._cases import fitted

import weaklabel as wl

FLIP = sys.modules["weaklabel.analysis.flip"]  # the function has the name of its module


def told(votes, classes=("x", "y")):
    evidence = wl.Evidence(votes.index, classes=list(classes)).with_votes(votes)
    return fitted(wl.MajorityVote(), evidence), evidence


def test_votes_change_one_after_another_where_too_many_changes_are_possible(monkeypatch):
    rng = np.random.default_rng(0)
    votes = pd.DataFrame(np.where(rng.random((6, 9)) < 0.7, "x", "y")).add_prefix("s")
    model, evidence = told(votes)
    exact = [wl.flip(model, evidence, item) for item in votes.index]
    monkeypatch.setattr(FLIP, "MOST_TRIED", 0)
    for item, found in zip(votes.index, exact, strict=True):
        greedy = wl.flip(model, evidence, item)
        assert not greedy.attrs["exact"]
        assert len(greedy) == len(found)


def test_a_source_changes_only_to_what_it_says_elsewhere():
    votes = pd.DataFrame({"a": ["x", "x"], "b": ["x", "x"], "c": ["y", "x"]})
    model, evidence = told(votes)
    change = wl.flip(model, evidence, 1)
    assert set(change["instead"]) <= {None, "y"}
    assert set(change.loc[change.index != "c", "instead"]) <= {None}


def test_what_is_certain_can_not_be_flipped(monkeypatch):
    votes = pd.DataFrame({"a": ["x", "x"], "b": ["y", "x"]})
    evidence = told(votes)[1].with_candidates({1: "x"})
    model = fitted(wl.MajorityVote(), evidence)
    assert wl.flip(model, evidence, 1).empty
    monkeypatch.setattr(FLIP, "MOST_TRIED", 0)
    assert wl.flip(model, evidence, 1).empty


def test_an_item_without_a_label_has_none_to_lose():
    model, evidence = told(pd.DataFrame({"a": ["x", None], "b": ["y", None]}))
    for item in (0, 1):
        change = wl.flip(model, evidence, item)
        assert change.empty
        assert change.attrs == {"label": None, "exact": True}


def test_soft_votes_are_shown_and_may_be_taken_back():
    votes = pd.DataFrame({"a": [{"x": 0.9, "y": 0.1}, "y"], "b": ["y", "y"]}, dtype=object)
    model, evidence = told(votes)
    change = wl.flip(model, evidence, 0)
    assert len(change) == 1
    assert change.attrs["label"] == "y"
    change = wl.flip(model, evidence.take([0]), 0)
    assert change.index.tolist() == ["b"]
    assert change["label"].tolist() == ["x"]


def test_there_must_be_votes():
    evidence = wl.Evidence([1, 2], classes=["x", "y"]).with_candidates({1: "x"})
    with pytest.raises(ValueError, match="no votes, so that none can be changed"):
        wl.flip(wl.MajorityVote(), evidence, 1)
