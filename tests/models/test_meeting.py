"""Warnings at fit where accuracies rest on nothing, and none where they rest on votes."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl
from weaklabel.models import SourceWarning


def votes(n_items=400, n_sources=5, seed=0):
    """Draw sources that vote on every item."""
    rng = np.random.default_rng(seed)
    gold = rng.integers(2, size=n_items)
    right = rng.random((n_items, n_sources)) < 0.8
    said = np.where(right, gold[:, None], 1 - gold[:, None])
    return pd.DataFrame(said).add_prefix("s").astype("Int64")


def told(frame, model=None, **settings):
    """Fit and give what was warned of sources."""
    evidence = wl.Evidence(frame.index, classes=[0, 1]).with_votes(frame, **settings)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        (model or wl.LabelModel()).fit(evidence)
    return [str(one.message) for one in caught if issubclass(one.category, SourceWarning)]


def test_sources_that_meet_are_not_warned_of():
    assert told(votes()) == []
    assert told(votes(), silence="missing") == []


def test_a_source_that_meets_no_other_is_named():
    frame = votes()
    frame.loc[:99, "s0":"s3"] = pd.NA
    frame.loc[100:, "s4"] = pd.NA
    (text,) = told(frame, silence="missing")
    assert text.startswith("1 sources vote on no item of another: 's4'.")
    assert "with_candidates" in text


def test_votes_that_hardly_meet_are_told_once():
    rng = np.random.default_rng(0)
    frame = votes(400, 40)
    seen = np.zeros(frame.shape, dtype=bool)
    for row in seen:
        row[rng.choice(40, 2, replace=False)] = True
    (text,) = told(frame.where(seen), silence="missing", model=wl.OneCoin())
    assert text.startswith("Most votes are of sources that meet fewer than two others on 20 items")
    few = frame.where(seen).iloc[:50]
    assert not any("Most votes" in text for text in told(few, silence="missing"))


def test_one_sided_sources_whose_silence_is_not_read_are_named():
    frame = votes(400, 6)
    for number, name in enumerate(frame):
        frame[name] = frame[name].where(frame[name] == number % 2)
    (text,) = told(frame, silence="missing", model=wl.OneCoin())
    assert text.startswith(
        "6 sources say one thing only, and their silence is taken to say nothing"
    )
    assert told(frame, model=wl.DawidSkene()) == []


def test_diagnose_sees_the_same():
    frame = votes()
    frame.loc[:99, "s0":"s3"] = pd.NA
    frame.loc[100:, "s4"] = pd.NA
    found = wl.diagnose(wl.Evidence(frame.index, classes=[0, 1]).with_votes(frame))
    assert found.set_index("issue")["about"]["never meets"] == ["s4"]


def test_soft_and_repeated_votes_are_one_meeting():
    long = pd.DataFrame(
        {"item": np.repeat(range(40), 4), "source": ["a", "a", "b", "c"] * 40, "label": "y"}
    )
    evidence = wl.Evidence(range(40), classes=["x", "y"]).with_votes(long, repeats="all")
    found = wl.diagnose(evidence)
    assert "never meets" not in set(found["issue"])
    with pytest.warns(SourceWarning, match="3 sources say one thing only"):
        wl.OneCoin(max_drift=1).fit(evidence)
