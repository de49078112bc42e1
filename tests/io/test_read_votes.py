"""Reading votes: `Votes` themselves, and which silence speaks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl


def test_votes_of_the_same_items_are_taken_over():
    known = wl.Evidence(["a", "b"], classes=["x", "y"])
    votes = known.with_votes(pd.DataFrame({"s": ["x"]}, index=["b"])).votes
    assert known.with_votes(votes).votes is votes
    assert not known.with_votes(votes, silence="missing").votes.informative_silence.any()


@pytest.mark.parametrize(("index", "classes"), [(["a"], ["x", "y"]), (["a", "b"], ["y", "x"])])
def test_votes_of_others_are_refused(index, classes):
    known = wl.Evidence(["a", "b"], classes=["x", "y"])
    votes = known.with_votes(pd.DataFrame({"s": ["x"]}, index=["b"])).votes
    with pytest.raises(
        ValueError,
        match=r"Votes are about 2 items and classes \['x', 'y'\], the evidence has .*pass a frame",
    ):
        wl.Evidence(index, classes=classes).with_votes(votes)


def test_silence_by_form():
    known = wl.Evidence(["a", "b"], classes=["x", "y"])
    wide = pd.DataFrame({"s": ["x"]}, index=["b"])
    assert known.with_votes(wide).votes.informative_silence.all()
    assert not known.with_votes(wide, silence="missing").votes.informative_silence.any()
    soft = {"s": pd.DataFrame({"x": [0.5], "y": [0.5]}, index=["b"])}
    assert known.with_votes(soft).votes.informative_silence.all()


GOLD = pd.Series(["ham", "spam", "spam", "ham"], index=list("abcd"))


@pytest.mark.parametrize(
    "frame",
    [
        pd.get_dummies(GOLD),
        pd.get_dummies(GOLD, dtype=int)[["spam", "ham"]],
        pd.DataFrame({"ham": [0.25, np.nan], "spam": [0.75, np.nan]}, index=["a", "b"]),
        pd.DataFrame({"ham": [0], "spam": [1]}, index=["a"]),
    ],
)
def test_one_column_a_class_is_one_source(frame):
    known = wl.Evidence(GOLD.index, classes=["ham", "spam"])
    with pytest.raises(
        ValueError,
        match=r"columns of this frame are the classes \['ham', 'spam'\], so these look like "
        r"probabilities of one source.*Pass with_votes\(\{'name': frame\}\)",
    ):
        known.with_votes(frame)
    assert known.with_votes({"name": frame.astype(float)}).votes.n_sources == 1


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"ham": [0, 0, 1], "spam": [1, -1, 0]}, index=list("abc")),
        pd.DataFrame({"ham": [np.nan], "spam": [np.nan]}, index=["a"]),
        pd.DataFrame({"ham": ["ham"], "spam": ["spam"]}, index=["a"]),
        pd.DataFrame({"ham": [0], "promo": [1]}, index=["a"]),
    ],
)
def test_sources_named_like_classes_are_sources(frame):
    known = wl.Evidence(GOLD.index, classes=["ham", "spam"])
    assert known.with_votes(frame).votes.n_sources == 2


def test_a_declared_encoding_makes_columns_sources():
    known = wl.Evidence(GOLD.index, classes=["ham", "spam"])
    dummies = pd.get_dummies(GOLD, dtype=int)
    assert known.with_votes(dummies, encoding="codes").votes.n_votes == 8
