"""A fit from where the last one ended finds what a fit from nothing finds, in fewer sweeps."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

import weaklabel as wl

CASE = wl.datasets.independent(n_items=20_000, random_state=0)
PRECISE = {"tol": 1e-9}


def evidence(votes: pd.DataFrame) -> wl.Evidence:
    return wl.Evidence(votes.index, classes=CASE.classes).with_votes(votes)


def with_one_changed() -> pd.DataFrame:
    """One function is silent on every tenth item."""
    votes = CASE.votes.copy()
    votes.loc[votes.index[::10], votes.columns[0]] = None
    return votes


@pytest.mark.parametrize("kind", [wl.DawidSkene, wl.OneCoin])
def test_fewer_sweeps(kind):
    changed = evidence(with_one_changed())
    model, afresh = kind().fit(evidence(CASE.votes)), kind().fit(changed)
    assert model.update(changed) is model
    assert model.n_iter_ < afresh.n_iter_


@pytest.mark.parametrize(
    "make",
    [
        lambda: wl.DawidSkene(**PRECISE),
        lambda: wl.DawidSkene(**PRECISE, emission="tied", max_misfit=np.inf, n_init=2),
        lambda: wl.OneCoin(**PRECISE),
    ],
    ids=["full", "tied", "one coin"],
)
def test_the_same_optimum_where_sources_come_and_go(make):
    votes = with_one_changed()
    changed = evidence(votes[votes.columns[::-1]])
    model = make().fit(evidence(CASE.votes.drop(columns=votes.columns[2]))).update(changed)
    afresh = make().fit(changed)
    assert list(model.sources_) == list(afresh.sources_)
    found, expected = model.predict_proba(changed), afresh.predict_proba(changed)
    np.testing.assert_allclose(found.to_numpy(), expected.to_numpy(), atol=1e-6)


@pytest.mark.parametrize("make", [wl.Cautious, wl.MajorityVote, wl.IBCC])
def test_models_without_a_way_to_be_carried_over_begin_anew(make):
    changed = evidence(with_one_changed())
    model = make().fit(evidence(CASE.votes)).update(changed)
    pd.testing.assert_frame_equal(
        model.predict_proba(changed), make().fit(changed).predict_proba(changed)
    )


def test_the_label_model_hands_it_on():
    model = wl.LabelModel().fit(evidence(CASE.votes))
    sweeps, again = model.n_iter_, evidence(CASE.votes)
    before = model.posterior(again)
    assert model.update(again).n_iter_ < sweeps
    np.testing.assert_allclose(
        model.posterior(again).probabilities, before.probabilities, atol=1e-3
    )
    assert not hasattr(model, "_last") or model._last is None
    assert model.model_._last is None


def test_statements_that_are_new_begin_anew():
    case = wl.datasets.many_classes(600, n_classes=4, random_state=0)
    sets = case.votes.astype(object)
    sets.iloc[0, 0] = wl.Not(case.classes[0])
    said, changed = (
        wl.Evidence(votes.index, classes=case.classes).with_votes(votes)
        for votes in (case.votes, sets)
    )
    model = wl.OneCoin().fit(said).update(changed)
    assert model.n_iter_ == wl.OneCoin().fit(changed).n_iter_


def test_what_cannot_be_updated_is_refused():
    with pytest.raises(NotFittedError):
        wl.DawidSkene().update(evidence(CASE.votes))
    model = wl.DawidSkene().fit(evidence(CASE.votes))
    other = wl.Evidence(CASE.votes.index, classes=[*CASE.classes, "more"])
    with pytest.raises(ValueError, match="was fitted to classes"):
        model.update(other)
    with pytest.raises(TypeError, match="takes Evidence"):
        model.update(CASE.votes)


def test_changes_are_those_of_items_in_both():
    said = {"a": ["x", "y", "x"], "b": ["x", None, "x"], "c": ["x", "y", "x"]}
    votes = pd.DataFrame(said, index=["p", "q", "r"])
    said = {"a": ["y", "y", None], "b": ["y", "x", "x"], "c": ["y", None, "x"]}
    later = pd.DataFrame(said, index=["r", "q", "new"])
    before, after = (
        wl.MajorityVote().fit(said).posterior(said)
        for said in (
            wl.Evidence(each.index, classes=["x", "y"]).with_votes(each) for each in (votes, later)
        )
    )
    changes = after.changes_since(before)
    assert changes.index.tolist() == ["r", "q"]
    assert changes["label"].astype(object).tolist()[0] == "y"
    assert changes["label"].isna().tolist() == [False, True]
    assert changes["label_before"].tolist() == ["x", "y"]
    assert changes["confidence_before"].tolist() == [1.0, 1.0]
    assert changes["confidence"].tolist() == [1.0, 0.5]


def test_changes_of_other_classes_are_refused():
    said = evidence(CASE.votes)
    posterior = wl.MajorityVote().fit(said).posterior(said)
    votes = pd.DataFrame({"s": ["u"], "t": ["u"], "w": ["u"]})
    other = wl.Evidence([0], classes=["u", "v"]).with_votes(votes)
    with pytest.raises(ValueError, match="Labels can be compared"):
        posterior.changes_since(wl.MajorityVote().fit(other).posterior(other))
