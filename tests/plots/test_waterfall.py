import numpy as np
import pandas as pd
import pytest
from laws._cases import fitted

import weaklabel as wl
from weaklabel.plots import waterfall

CASE = wl.datasets.unipolar(n_items=2000, random_state=0)
EVIDENCE = wl.Evidence(CASE.votes.index, classes=CASE.classes).with_votes(CASE.votes)
ITEM = CASE.votes.notna().sum(axis=1).idxmax()


def bars(ax):
    return [bar for container in ax.containers for bar in container]


def test_bars_are_the_margins_and_end_at_the_log_odds():
    model = wl.DawidSkene().fit(EVIDENCE)
    ax = waterfall(model, EVIDENCE, ITEM)
    table = wl.explain(model, EVIDENCE, ITEM)
    *steps, total = bars(ax)
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert names[0] == "class prior"
    assert names[-1] == "in all"
    for name, bar in zip(names, steps, strict=False):
        source = name.split(":")[0].removesuffix(" silent")
        assert bar.get_width() == pytest.approx(table.loc[source, "margin"])
    odds = np.log(model.predict_proba(EVIDENCE).loc[ITEM].sort_values(ascending=False))
    assert total.get_width() == pytest.approx(odds.iloc[0] - odds.iloc[1])
    starts = [bar.get_x() for bar in steps]
    np.testing.assert_allclose(starts, np.cumsum([0, *(bar.get_width() for bar in steps[:-1])]))
    assert "log odds of" in ax.get_xlabel()
    assert str(ITEM) in ax.get_title(loc="left")


def test_small_moves_share_a_bar():
    model = wl.DawidSkene().fit(EVIDENCE)
    ax = waterfall(model, EVIDENCE, ITEM, most=2)
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert names[3] == "4 more"
    table = wl.explain(model, EVIDENCE, ITEM)
    own = table.loc[table["part"] != "prior", "margin"]
    largest = own.abs().nlargest(2).index
    assert bars(ax)[3].get_width() == pytest.approx(own.drop(largest).sum())


def test_what_is_certain_keeps_the_others_legible():
    votes = pd.DataFrame({"a": [{"x", "y"}, "y"], "b": [{"x": 0.6, "y": 0.4}, "y"]}, dtype=object)
    evidence = wl.Evidence(votes.index, classes=["x", "y", "z"]).with_votes(votes)
    evidence = evidence.with_candidates({0: "x"})
    model = fitted(wl.MajorityVote(), evidence)
    ax = waterfall(model, evidence, 0)
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert "certain candidates" in names
    assert "b: x 0.6, y 0.4" in names
    assert "certain" in [text.get_text() for text in ax.texts]
    assert all(np.isfinite(bar.get_width()) for bar in bars(ax))


def test_something_must_be_shown():
    with pytest.raises(ValueError, match="most=0 leaves no source to show"):
        waterfall(wl.MajorityVote().fit(EVIDENCE), EVIDENCE, ITEM, most=0)
