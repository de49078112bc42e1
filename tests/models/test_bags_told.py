"""Likelihood of counts: its slope, the exact one it stands for, and which bags it hears."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

import weaklabel as wl
from weaklabel.models._bag_counts import bag_counts, log_likelihood
from weaklabel.models._bags_told import likelihood_of_bags, unnumbered
from weaklabel.models._learners import SoftLogistic


def counted(n_items=24, n_classes=3, size=6, *, scale=None, candidates=False, seed=0):
    """Items, a few of which are in no bag, and their true counts."""
    rng = np.random.default_rng(seed)
    gold = pd.Series(rng.integers(n_classes, size=n_items))
    bag = pd.Series(rng.permutation(n_items) // size).where(np.arange(n_items) >= 4)
    evidence = wl.Evidence(gold.index, classes=range(n_classes))
    number = pd.crosstab(bag.dropna(), gold).reindex(columns=range(n_classes), fill_value=0)
    told = [wl.Count(k, number=number[k], scale=scale) for k in range(n_classes)]
    if candidates:
        open_to = rng.random((n_items, n_classes)) < 0.6
        open_to[np.arange(n_items), gold] = True
        evidence = evidence.with_candidates(pd.DataFrame(open_to, gold.index, range(n_classes)))
    return evidence.with_bags(bag, *told), gold


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("scale", [None, 2.0])
@pytest.mark.parametrize("candidates", [False, True])
def test_slope_is_the_difference(n_classes, scale, candidates):
    evidence, _ = counted(n_classes=n_classes, scale=scale, candidates=candidates)
    rng = np.random.default_rng(1)
    rows = rng.permutation(len(evidence))
    told = bag_counts(evidence, rows, rng.random(len(rows)) + 0.5)
    logits = rng.normal(size=(len(rows), n_classes))
    _, slope = log_likelihood(logits, told)
    for i, k in np.ndindex(*logits.shape):
        step = np.zeros_like(logits)
        step[i, k] = 1e-5
        up, down = (log_likelihood(logits + sign * step, told)[0] for sign in (1, -1))
        assert slope[i, k] == pytest.approx((up - down) / 2e-5, abs=1e-6)


def test_large_bags_are_nearly_gaussian():
    evidence, _ = counted(n_items=1000, n_classes=2, size=200)
    told = bag_counts(evidence, np.arange(1000), np.ones(1000))
    rng = np.random.default_rng(0)
    found, exact = [], []
    for shift in (0.0, 0.2, -0.3):
        logits = np.column_stack([np.zeros(1000), rng.normal(size=1000) + shift])
        log_p = logits - np.logaddexp(*logits.T)[:, None]
        found.append(log_likelihood(logits, told)[0])
        exact.append(wl.BeliefPropagation().solve(log_p, evidence).log_normalizer.sum())
    np.testing.assert_allclose(np.diff(found), np.diff(exact), rtol=0.02)


def test_order_of_items_does_not_matter():
    evidence, _ = counted()
    rng = np.random.default_rng(2)
    order = rng.permutation(len(evidence))
    logits = rng.normal(size=(len(evidence), 3))
    rows = np.arange(len(evidence))
    weights = rng.random(len(evidence))
    one = log_likelihood(logits, bag_counts(evidence, rows, weights))
    place = np.argsort(order)  # where each item went
    other = log_likelihood(logits, bag_counts(evidence.take(order), place[rows], weights))
    assert one[0] == other[0]
    np.testing.assert_array_equal(one[1], other[1])


def test_bags_that_lack_a_member_are_not_heard():
    evidence, _ = counted()
    outside = evidence.bags[0].member[0]
    rows = np.delete(np.arange(len(evidence)), outside)
    told = bag_counts(evidence, rows, np.ones(len(rows)))
    assert len(told.number) == evidence.bags[0].n_bags - 1
    assert (told.bag == len(told.number)).sum() == 4 + evidence.bags[0].sizes[0] - 1
    assert bag_counts(evidence, np.array([], dtype=int), np.zeros(0)) is None


def test_statements_that_name_no_number_are_scored_exactly():
    evidence = wl.Evidence(range(6), classes=["a", "b"])
    evidence = evidence.with_bags([0, 0, 0, 1, 1, None], wl.AtLeast("a"))
    assert bag_counts(evidence, np.arange(6), np.ones(6)) is None
    assert unnumbered(evidence)
    logits = np.random.default_rng(0).normal(size=(5, 2))
    rows = np.array([5, 2, 1, 0, 3])  # one bag is not whole
    tell = likelihood_of_bags(evidence, rows, np.full((5, 2), 0.5))
    value, slope = tell(logits)
    p = np.exp(logits - np.logaddexp(*logits.T)[:, None])
    assert value == pytest.approx(np.log(1 - np.prod(p[1:4, 1])))
    for i, k in np.ndindex(*logits.shape):
        step = np.zeros_like(logits)
        step[i, k] = 1e-6
        difference = (tell(logits + step)[0] - tell(logits - step)[0]) / 2e-6
        assert slope[i, k] == pytest.approx(difference, abs=1e-6)


def test_votes_say_more_of_items_than_bags_do():
    evidence, gold = counted()
    voted = evidence.with_votes(pd.DataFrame({"a": gold}))
    rows, mass = np.arange(len(gold)), np.ones((len(gold), 3))
    assert likelihood_of_bags(evidence, rows, mass) is not None
    assert likelihood_of_bags(voted, rows, mass) is None
    assert not unnumbered(evidence)
    blank = replace(evidence, bags=())
    assert likelihood_of_bags(blank, rows, mass) is None


def test_one_in_a_bag_is_found_by_what_others_lack():
    rng = np.random.default_rng(0)
    bag = np.repeat(np.arange(120), 8)
    positive = np.arange(120) % 2 == 1
    witness = positive[bag] & (np.arange(960) % 8 == 3)
    X = rng.normal(size=(960, 3)) + 3.0 * np.column_stack([witness, -1 * witness, witness])
    names = pd.Series(bag)
    evidence = wl.Evidence(names.index, classes=["no", "yes"]).with_features(X)
    evidence = evidence.with_bags(names.where(positive[bag]), wl.AtLeast("yes")).with_bags(
        names.where(~positive[bag]), wl.AtMost("yes", number=0)
    )
    found = wl.LabelModel().fit(evidence).predict_proba(evidence)["yes"]
    assert average_precision_score(witness, found) > 0.95


def test_counts_alone_teach_a_logistic_regression():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 4))
    gold = pd.Series((X[:, 0] + 0.3 * rng.normal(size=2000) > 0).astype(int))
    bag = pd.Series(np.arange(2000) // 40)
    share = gold.groupby(bag).mean()
    evidence = wl.Evidence(gold.index, classes=[0, 1]).with_bags(bag, wl.Proportion(1, share=share))
    mass = np.column_stack([1 - share[bag], share[bag]])
    told = bag_counts(evidence, np.arange(2000), np.ones(2000))
    sure = {}
    for by_bags in (False, True):
        model = SoftLogistic(by_bags=by_bags).fit_soft(
            X, mass, likelihood=partial(log_likelihood, told=told)
        )
        sure[by_bags] = model.predict_proba(X)[np.arange(2000), gold].mean()
    assert sure[False] < 0.55  # shares make vague classifiers
    assert sure[True] > 0.8
