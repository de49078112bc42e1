"""Models side by side: every column against what it says."""

import numpy as np
import pandas as pd
import pytest
from laws._cases import fitted

import weaklabel as wl

CASE = wl.datasets.independent(n_items=600, random_state=0)
EVIDENCE = wl.Evidence(CASE.votes.index, classes=CASE.classes).with_votes(CASE.votes)


def test_columns_are_what_they_say():
    models = {"plain": wl.MajorityVote(), "coin": wl.OneCoin(), "hasty": wl.OneCoin(max_iter=1)}
    table = wl.compare(EVIDENCE, models)
    assert table.index.tolist() == list(models)
    labels = {name: label(model) for name, model in models.items()}
    for name, told in labels.items():
        others = [same(told, other) for one, other in labels.items() if one != name]
        assert table.loc[name, "consensus"] == pytest.approx(np.mean(others))
        assert table.loc[name, "agreement"] == pytest.approx(same(told, labels["plain"]))
    assert table["coverage"].unique() == pytest.approx(CASE.votes.notna().any(axis=1).mean())
    assert table.loc["plain", "ending"] == "CLOSED_FORM"
    assert table.loc["plain", "drift"] < 0.01
    assert table.loc["hasty", "n_iter"] == 1
    assert "ConvergenceWarning: OneCoin took 1 sweeps" in table.loc["hasty", "warnings"][0]
    assert table.loc["coin", "warnings"] == []
    assert not hasattr(models["coin"], "classes_")


def label(model):
    """Labels by a fitted copy."""
    return fitted(model, EVIDENCE).predict(EVIDENCE).astype(object)


def same(one, other):
    """Share of equal labels where both have one."""
    both = one.notna() & other.notna()
    return (one == other)[both].mean()


def test_effective_sources_count_what_labels_rest_on():
    even = wl.datasets.make_votes(4000, [0.8] * 6, 0.5, [0.5, 0.5], random_state=0)
    evidence = wl.Evidence(even.votes.index, classes=even.classes).with_votes(even.votes)
    assert wl.compare(evidence, [wl.OneCoin()])["effective_sources"].iloc[0] > 5.5
    one = wl.datasets.make_votes(4000, [0.98, 0.55, 0.55, 0.55], 0.9, [0.5, 0.5], random_state=0)
    evidence = wl.Evidence(one.votes.index, classes=one.classes).with_votes(one.votes)
    assert wl.compare(evidence, [wl.OneCoin()])["effective_sources"].iloc[0] < 2.5


def test_models_of_one_kind_are_numbered():
    table = wl.compare(EVIDENCE, [wl.OneCoin(), wl.MajorityVote(), wl.OneCoin()])
    assert table.index.tolist() == ["OneCoin 1", "MajorityVote", "OneCoin 2"]
    alone = wl.compare(EVIDENCE, wl.MajorityVote())
    assert alone["consensus"].isna().all()


def test_only_label_models_of_votes_are_compared():
    with pytest.raises(TypeError, match="'DawidSkene' is no label model"):
        wl.compare(EVIDENCE, ["DawidSkene"])
    with pytest.raises(ValueError, match="no model to compare"):
        wl.compare(EVIDENCE, [])
    with pytest.raises(ValueError, match="this evidence has none"):
        wl.compare(wl.Evidence([1], classes=["x", "y"]), [wl.OneCoin()])


def frame(**said):
    """Votes of one letter an item, dots for silence."""
    columns = {name: [None if c == "." else c for c in word] for name, word in said.items()}
    return pd.DataFrame(columns, dtype=object)


def issues(votes, **how):
    table = wl.diagnose(votes, **how)
    assert table["what"].str.len().gt(10).all()
    assert table["add"].str.len().gt(10).all()
    return dict(zip(table["issue"], table["about"], strict=True))


def test_all_is_well():
    assert wl.diagnose(EVIDENCE).empty


def test_sources_that_do_not_meet_are_named():
    found = issues(frame(a="xy" * 20 + "...", b="xy" * 20 + "...", c="." * 40 + "xyx"))
    assert found == {"never meets": ["c"], "hardly meets": ["a", "b"]}
    far = "." * 60
    said = {"a": "xy" * 30 + far, "b": "xy" * 30 + far, "c": "xx" * 30 + far}
    said |= {"d": far + "xy" * 30, "e": far + "yy" * 30, "f": far + "xy" * 30}
    assert issues(frame(**said)) == {"islands": [["a", "b", "c"], ["d", "e", "f"]]}


def test_few_sources_are_too_few():
    assert issues(frame(a="xyxy", b="xyxy", c="....")) == {"few sources": ["a", "b"]}


def test_classes_that_hardly_anybody_votes_for_are_named():
    votes = frame(a="xyxy" * 9, b="xxxx" * 9, c="xxxx" * 9)
    evidence = wl.Evidence(votes.index, classes=["x", "y", "z"]).with_votes(votes)
    assert issues(evidence) == {"class without votes": ["z"], "class of one source": ["y"]}


def test_one_sided_workers_tell_nothing():
    votes = frame(a="x.x." * 10, b="xyxy" * 10, c="xyyy" * 10)
    evidence = wl.Evidence(votes.index, classes=["x", "y"])
    assert issues(evidence.with_votes(votes)) == {}
    assert issues(evidence.with_votes(votes, silence="missing")) == {
        "one-sided, silence unread": ["a"]
    }


def test_a_model_that_drifts_is_told():
    model = wl.OneCoin(class_prior={"negative": 1 - 1e-9, "positive": 1e-9}).fit(EVIDENCE)
    found = wl.diagnose(EVIDENCE, model=model)
    assert found["issue"].tolist() == ["class shares drift"]
    assert "votes give it" in found["what"][0]
    assert issues(EVIDENCE, model=wl.MajorityVote().fit(EVIDENCE)) == {}
    with pytest.raises(TypeError, match=r"this is a DataFrame\. Pass the evidence: diagnose"):
        wl.diagnose(CASE.votes, model=model)


def test_drift_counts_items_by_their_weights():
    votes = frame(a="xxxyyxyx", b="xxyyyxxx", c="xyxyyxyx")
    number = np.array([1, 1, 1, 9, 1, 1, 4, 1])
    once = wl.Evidence(votes.index, classes=["x", "y"]).with_votes(votes).with_weights(number)
    many = votes.loc[votes.index.repeat(number)].reset_index(drop=True)
    often = wl.Evidence(many.index, classes=["x", "y"]).with_votes(many)
    for model in (wl.MajorityVote(), wl.OneCoin(class_prior={"x": 0.9, "y": 0.1})):
        one, other = (wl.compare(each, [model])["drift"].iloc[0] for each in (once, often))
        assert one == pytest.approx(other, abs=1e-9)
    drifting = wl.OneCoin(class_prior={"x": 1 - 1e-9, "y": 1e-9}).fit(often)
    one, other = (wl.diagnose(each, model=drifting).to_dict("list") for each in (once, often))
    assert [w for w in one["what"] if "votes give" in w] == [
        w for w in other["what"] if "votes give" in w
    ]
