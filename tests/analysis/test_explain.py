"""Explanations against parameters and formulas that are known beforehand."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from laws._cases import no_advice
from sklearn.exceptions import NotFittedError

import weaklabel as wl
from weaklabel.analysis._shares import fair_shares

CASE = wl.datasets.unipolar(n_items=3000, random_state=0)
EVIDENCE = wl.Evidence(CASE.votes.index, classes=CASE.classes).with_votes(CASE.votes)
NATS = ["nats[negative]", "nats[positive]"]


def brute_shares(value, n):
    """Mean of what each adds over all orders."""
    total, orders = 0.0, list(permutations(range(n)))
    for order in orders:
        present = np.zeros((1, n), dtype=bool)
        gains = np.zeros((n, 1))
        for j in order:
            before = value(present)[0]
            present[0, j] = True
            gains[j] = value(present)[0] - before
        total = total + gains
    return total / len(orders)


def test_shares_are_the_mean_over_all_orders():
    worth = np.array([1.0, -2.0, 0.5, 3.0])

    def crowded(coalition):
        return (coalition @ worth / (1 + 0.3 * coalition.sum(axis=1)) ** 2)[:, None]

    np.testing.assert_allclose(fair_shares(crowded, 4), brute_shares(crowded, 4))


def test_with_many_voters_shares_still_sum_and_are_close():
    rng = np.random.default_rng(0)
    worth = rng.normal(size=(14, 2))

    def crowded(coalition):
        return coalition @ worth / (1 + 0.1 * coalition.sum(axis=1, keepdims=True))

    found = fair_shares(crowded, 14)
    everyone = np.ones((1, 14), dtype=bool)
    np.testing.assert_allclose(found.sum(axis=0), crowded(everyone)[0])
    np.testing.assert_allclose(found, exact_mean_field(worth), atol=0.02)


def exact_mean_field(worth):
    """Shapley values of a discounted sum by sizes of coalitions: others count as their mean."""
    n = len(worth)
    rest = (worth.sum(axis=0) - worth) / (n - 1)
    gain = [(worth + s * rest) / (1 + 0.1 * (s + 1)) - s * rest / (1 + 0.1 * s) for s in range(n)]
    return np.mean(gain, axis=0)


def test_who_rules_a_class_out_is_named():
    def never(coalition):
        return np.where(coalition[:, :1], -np.inf, coalition[:, 1:2] * 1.0)

    assert fair_shares(never, 2)[:, 0].tolist() == [-np.inf, 1.0]


def test_what_only_all_rule_out_all_rule_out():
    def together(coalition):
        return np.where(coalition.all(axis=1, keepdims=True), -np.inf, 0.0)

    assert np.isneginf(fair_shares(together, 3)).all()


def test_dawid_skene_gives_every_source_its_own_logarithm():
    model = wl.DawidSkene().fit(EVIDENCE)
    confusion = np.log(model.confusion_)
    item = CASE.votes.notna().sum(axis=1).idxmax()
    table = wl.explain(model, EVIDENCE, item)
    for source, said in CASE.votes.loc[item].items():
        own = confusion.loc[source]
        row = own.loc[said] if pd.notna(said) else own[own.index.isna()].iloc[0]
        np.testing.assert_allclose(table.loc[source, NATS].astype(float), row, atol=1e-9)
        assert table.loc[source, "part"] == ("vote" if pd.notna(said) else "silence")
        assert (table.loc[source, "says"] == said) or pd.isna(said)
    np.testing.assert_allclose(
        table.loc["class prior", NATS].astype(float), np.log(model.class_prior_)
    )


def test_margin_is_the_label_against_the_second_and_sorts_the_votes():
    model = wl.DawidSkene().fit(EVIDENCE)
    item = CASE.votes.notna().sum(axis=1).idxmax()
    table = wl.explain(model, EVIDENCE, item)
    sign = 1 if model.predict(EVIDENCE)[item] == "positive" else -1
    np.testing.assert_allclose(table["margin"], sign * (table[NATS[1]] - table[NATS[0]]))
    assert table["margin"].sum() > 0
    votes = table.loc[table["part"] == "vote", "margin"].abs()
    assert votes.is_monotonic_decreasing
    assert list(dict.fromkeys(table["part"])) == ["vote", "silence", "prior"]


def test_an_item_without_votes_has_its_prior_alone():
    model = wl.DawidSkene().fit(EVIDENCE)
    item = CASE.votes.isna().all(axis=1).idxmax()
    assert wl.explain(model, EVIDENCE, item)["part"].tolist() == ["prior"]


def test_soft_votes_and_sets_are_told_as_they_were_said():
    said = {"a": [{"x": 0.7, "y": 0.3}, "x"], "b": [{"x", "y"}, "z"], "c": ["x", "y"]}
    votes = pd.DataFrame(said, dtype=object)
    evidence = wl.Evidence(votes.index, classes=["x", "y", "z"]).with_votes(votes)
    model = wl.MajorityVote().fit(evidence)
    says = wl.explain(model, evidence, 0)["says"]
    assert says["a"] == pytest.approx({"x": 0.7, "y": 0.3})
    assert says["b"] == {"x", "y"}
    assert says["c"] == "x"


def test_everything_else_that_is_known_has_its_row():
    case = wl.datasets.everything(300, bag_size=6, random_state=1)
    evidence = case.evidence("votes", "features", "bags", "neighbors").with_candidates(
        {0: case.classes[0]}, noise_rate=0.2
    )
    with no_advice():
        model = wl.LabelModel().fit(evidence)
    found = model.predict_proba(evidence)
    for item in (0, 7):
        table = wl.explain(model, evidence, item)
        parts = {"vote", "prior", "features", "bags and neighbors"} | (
            {"candidates"} if item == 0 else set()
        )
        assert parts <= set(table["part"])
        total = np.exp(table.filter(like="nats[").sum())
        np.testing.assert_allclose(total / total.sum(), found.loc[item], atol=1e-10)


def test_copies_speak_under_one_name():
    case = wl.datasets.correlated_copies(n_items=5000, random_state=0)
    evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    model = wl.LabelModel().fit(evidence)
    item = case.votes["source_0"].notna().idxmax()
    table = wl.explain(model, evidence, item)
    assert "source_0" in table.index
    assert not table.index.isin(model.copies_["other"]).any()
    total = np.exp(table.filter(like="nats[").sum())
    expected = model.predict_proba(evidence).loc[item]
    np.testing.assert_allclose(total / total.sum(), expected, atol=1e-10)


def test_a_source_that_is_never_silent_on_a_class_may_speak():
    """Without smoothing, silence is ruled out there; the vote is told all the same."""
    votes = pd.DataFrame({"a": ["x", "x", "y", None], "b": ["x", "y", "y", "y"], "c": list("xxyy")})
    evidence = wl.Evidence(votes.index, classes=["x", "y"]).with_votes(votes)
    with no_advice():
        model = wl.DawidSkene(smoothing=0, max_misfit=np.inf, max_drift=1).fit(evidence)
    for item in votes.index:
        total = np.exp(wl.explain(model, evidence, item).filter(like="nats[").sum())
        expected = model.predict_proba(evidence).loc[item]
        np.testing.assert_allclose(total / total.sum(), expected, atol=1e-10)


def test_what_can_not_be_explained_says_so():
    with pytest.raises(NotFittedError):
        wl.explain(wl.DawidSkene(), EVIDENCE, 0)
    model = wl.MajorityVote().fit(EVIDENCE)
    for item in ("no such", [1]):
        with pytest.raises(KeyError, match=r"There is no item .*Pass a label of the evidence's"):
            wl.explain(model, EVIDENCE, item)
