"""Reading votes: `Votes` themselves, and which silence speaks."""

from __future__ import annotations

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
