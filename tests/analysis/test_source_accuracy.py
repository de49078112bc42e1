"""Intervals for accuracies: they hold planted truth as often as they say."""

import numpy as np
import pandas as pd
import pytest
from laws._cases import MEMBERS, evidence_of, fitted
from scipy import stats
from sklearn.exceptions import NotFittedError

import weaklabel as wl
from weaklabel.analysis._resampled import overdispersion
from weaklabel.analysis.source_accuracy import _with_gold


def told(case):
    return wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)


def shares(case):
    """Share of right votes of each source in the sample."""
    right = case.votes.astype(object).eq(case.gold.astype(object), axis=0)
    return right.sum() / case.votes.notna().sum()


def test_intervals_hold_the_truth_as_often_as_they_say():
    """48 intervals of 90 %: 85 to 95 %, give or take 2 deviations of so few."""
    inside = []
    for seed in range(6):
        case = wl.datasets.independent(n_items=800, random_state=seed)
        evidence = told(case)
        table = wl.source_accuracy(wl.DawidSkene().fit(evidence), evidence, n_draws=15)
        table = table.drop(index="labels")
        truth = shares(case)
        inside += list((table["low"] <= truth) & (truth <= table["high"]))
    assert np.mean(inside) >= 0.78


def test_the_model_knows_its_own_accuracy():
    case = wl.datasets.imbalanced(n_items=4000, random_state=0)
    evidence = told(case)
    model = wl.DawidSkene().fit(evidence)
    row = wl.source_accuracy(model, evidence, n_draws=20).loc["labels"]
    assert row["low"] <= wl.metrics.accuracy(case.gold, model.posterior(evidence)) <= row["high"]
    assert row["accuracy"] == pytest.approx(model.posterior(evidence).confidence.mean())


def test_estimates_are_those_of_the_model():
    case = wl.datasets.unipolar(n_items=2000, random_state=0)
    evidence = told(case)
    model = wl.LabelModel().fit(evidence)
    table = wl.source_accuracy(model, evidence, n_draws=2)
    np.testing.assert_allclose(table["accuracy"].iloc[:-1], model.source_accuracy_, atol=1e-9)
    assert table["n_votes"].iloc[:-1].tolist() == case.votes.notna().sum().tolist()
    assert table["n_votes"].iloc[-1] == case.votes.notna().any(axis=1).sum()


def test_two_calls_agree_and_higher_levels_are_wider():
    case = wl.datasets.independent(n_items=400, random_state=0)
    evidence = told(case)
    model = wl.OneCoin().fit(evidence)
    one, other = (wl.source_accuracy(model, evidence, n_draws=5) for _ in range(2))
    pd.testing.assert_frame_equal(one, other)
    wide = wl.source_accuracy(model, evidence, n_draws=5, level=0.99)
    assert (wide["low"] < one["low"]).all()
    assert (wide["high"] > one["high"]).all()


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.__name__)
@pytest.mark.parametrize("crowd", [False, True])
def test_every_model_has_intervals(member, crowd):
    evidence = evidence_of(1, n_items=60, crowd=crowd, weights=True, coverage=0.8)
    model = fitted(member(), evidence)
    table = wl.source_accuracy(model, evidence, n_draws=3)
    assert ((table["low"] <= table["high"]) & (table["low"] >= 0) & (table["high"] <= 1)).all()


def test_dependent_sources_have_wider_intervals():
    """Copies speak together far more often than independent errors explain."""
    copies = wl.datasets.correlated_copies(n_items=4000, random_state=0)
    evidence = told(copies)
    model = wl.Cautious().fit(evidence)
    table = wl.source_accuracy(model, evidence, n_draws=3)
    assert table.attrs["overdispersion"] > 10
    independent = told(wl.datasets.independent(n_items=4000, random_state=0))
    model = wl.DawidSkene().fit(independent)
    assert wl.source_accuracy(model, independent, n_draws=3).attrs["overdispersion"] == 1.0


def test_workers_who_copy_each_other_are_noticed():
    case = wl.datasets.correlated_copies(n_items=3000, q=1.0, n_copies=3, random_state=0)
    crowd = wl.Evidence(case.votes.index, classes=case.classes)
    for votes, close in ((case.votes.iloc[:, :4], True), (case.votes, False)):
        evidence = crowd.with_votes(votes, silence="missing")
        model = wl.DawidSkene().fit(evidence)
        assert (overdispersion(evidence, model.parameters_) < 2) == close


def test_gold_moves_estimates_towards_itself_and_narrows_intervals():
    case = wl.datasets.correlated_copies(n_items=3000, random_state=0)
    evidence = told(case)
    model = wl.MajorityVote().fit(evidence)
    few = case.gold.where(case.gold.index < 300)
    before = wl.source_accuracy(model, evidence, n_draws=10).drop(index="labels")
    after = wl.source_accuracy(model, evidence, n_draws=10, gold=few).drop(index="labels")
    truth = shares(case)
    assert (after["accuracy"] - truth).abs().mean() < (before["accuracy"] - truth).abs().mean() / 2
    right = case.votes.astype(object).eq(few.astype(object), axis=0).sum()
    assert after["right"].tolist() == right.tolist()
    assert after["n_gold"].tolist() == case.votes[few.notna()].notna().sum().tolist()
    inside = (after["low"] <= truth) & (truth <= after["high"])
    assert inside[:4].all()  # the others repeat the first


def test_gold_alone_is_the_beta_posterior():
    """Of many sources foretold badly, a source's own gold votes are nearly all that counts."""
    n, right = np.full(12, 200), np.array([20, 180] * 6)
    mean, spread = np.tile([0.9, 0.1], 6), np.full(12, 0.001)
    drawn = _with_gold(mean, spread, np.full(12, 10**6), n, right, np.random.default_rng(0))
    expected = stats.beta(right + 0.5, n - right + 0.5)
    np.testing.assert_allclose(drawn.mean(axis=0), expected.mean(), atol=0.02)
    np.testing.assert_allclose(drawn.std(axis=0), expected.std(), rtol=0.2)


def test_a_source_that_never_votes_has_no_accuracy():
    votes = pd.DataFrame({"a": list("xyxy"), "b": list("xyyy"), "c": [None] * 4, "d": list("xxxy")})
    evidence = wl.Evidence(votes.index, classes=["x", "y"]).with_votes(votes)
    model = fitted(wl.DawidSkene(), evidence)
    gold = pd.Series({0: "x", 1: "y"})
    for known in (None, gold):
        table = wl.source_accuracy(model, evidence, n_draws=3, gold=known)
        assert table.loc["c", ["accuracy", "low", "high"]].isna().all()
        assert table.drop(index="c").notna().all(axis=None)


def test_bags_are_kept_in_refits():
    case = wl.datasets.everything(120, bag_size=6, random_state=0)
    evidence = case.evidence("votes", "bags")
    model = fitted(wl.LabelModel(solver=wl.Sinkhorn()), evidence)
    table = wl.source_accuracy(model, evidence, n_draws=2)
    assert table.loc["labels", "n_votes"] == 120


def test_settings_that_mean_nothing_are_refused():
    evidence = evidence_of(0)
    model = fitted(wl.MajorityVote(), evidence)
    with pytest.raises(ValueError, match="level is a probability between 0 and 1"):
        wl.source_accuracy(model, evidence, level=90)
    with pytest.raises(ValueError, match="n_draws=1 refits tell no spread"):
        wl.source_accuracy(model, evidence, n_draws=1)
    with pytest.raises(NotFittedError):
        wl.source_accuracy(wl.MajorityVote(), evidence)
