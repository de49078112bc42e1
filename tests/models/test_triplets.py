"""Triplets is held against loops over pairs and triples, and planted truth."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from laws._cases import evidence_of, fitted

import weaklabel as wl
from weaklabel.models._pairs import pair_sums
from weaklabel.models.triplets import _sum_roots


@pytest.mark.parametrize("seed", range(3))
def test_pair_sums_are_those_of_loops(seed):
    rng = np.random.default_rng(seed)
    codes = rng.integers(-1, 3, (40, 4))
    weights = rng.random(40)
    blank = wl.Evidence(range(40), classes=["x", "y", "z"])
    votes = blank.with_votes(codes, encoding="codes").votes
    saw_all = np.array([True, False, False, True])
    found = pair_sums(votes, weights, saw_all=saw_all)
    saw = (codes >= 0) | saw_all
    assert found.total == pytest.approx(weights.sum())
    np.testing.assert_allclose(found.seen, weights @ saw)
    for j, k in itertools.product(range(4), repeat=2):
        assert found.both[j, k] == pytest.approx(weights @ (saw[:, j] & saw[:, k]))
        for c in range(3):
            first, second = codes[:, j] == c, codes[:, k] == c
            assert found.one[c, j, k] == pytest.approx(weights @ (first & saw[:, k]))
            assert found.same[c, j, k] == pytest.approx(weights @ (first & second))


def test_the_sum_over_triples_is_that_of_loops():
    product = np.abs(np.random.default_rng(0).normal(size=(5, 5)))
    product = product + product.T
    product[1, 2] = product[2, 1] = 0
    expected = [
        np.sum(
            [
                np.sqrt(product[j, k] * product[j, m] / product[k, m]) if product[k, m] else 0
                for k, m in itertools.combinations([k for k in range(5) if k != j], 2)
            ]
        )
        for j in range(5)
    ]
    np.testing.assert_allclose(_sum_roots(product) / 2, expected)


@pytest.mark.parametrize("moments", ["signed", "covariance"])
@pytest.mark.parametrize("silence", ["missing", "informative"])
def test_rates_are_recovered(moments, silence):
    accuracy, coverage = [0.9, 0.8, 0.7, 0.6, 0.75], [0.2, 1.0, 0.5, 0.8, 0.6]
    case = wl.datasets.make_votes(100_000, accuracy, coverage, [0.5, 0.5], random_state=0)
    blank = wl.Evidence(case.votes.index, classes=case.classes)
    evidence = blank.with_votes(case.votes, silence=silence)
    model = fitted(wl.Triplets(moments=moments), evidence)
    rates = model.confusion_.dropna().to_numpy().reshape(5, -1, 2)
    spoken = rates[:, :2] / rates[:, :2].sum(axis=1, keepdims=True)
    found = np.diagonal(spoken, axis1=1, axis2=2)
    np.testing.assert_allclose(found, np.repeat(accuracy, 2).reshape(5, 2), atol=0.015)


def test_several_classes_are_recovered_in_one_pass():
    prior = [0.5, 0.3, 0.2]
    case = wl.datasets.make_votes(50_000, [0.9, 0.8, 0.7, 0.6], 0.6, prior, random_state=0)
    blank = wl.Evidence(case.votes.index, classes=case.classes)
    evidence = blank.with_votes(case.votes, silence="missing")
    model = fitted(wl.Triplets(class_prior=prior), evidence)
    assert model.n_iter_ == 0
    spoken = case.emission[:, :3] / case.emission[:, :3].sum(axis=1, keepdims=True)
    found = model.confusion_.dropna().to_numpy().reshape(4, 3, 3)
    np.testing.assert_allclose(found, spoken, atol=0.04)


def test_a_source_against_the_rest_is_turned_around():
    case = wl.datasets.make_votes(5000, [0.8] * 4 + [0.1], 1.0, [0.5, 0.5], random_state=0)
    blank = wl.Evidence(case.votes.index, classes=case.classes)
    model = fitted(wl.Triplets(), blank.with_votes(case.votes, silence="missing"))
    assert model.source_accuracy_["source_4"] == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize("silence", ["missing", "informative"])
def test_sources_that_nobody_meets_are_taken_for_usual(silence):
    votes = pd.DataFrame({"a": ["x", "y"] * 20 + [None] * 40, "b": [None] * 40 + ["x", "y"] * 20})
    evidence = wl.Evidence(votes.index, classes=["x", "y"]).with_votes(votes, silence=silence)
    model = fitted(wl.Triplets(moments="covariance"), evidence)
    assert np.isfinite(model.predict_proba(evidence).to_numpy()).all()
    assert (model.source_accuracy_ > 0.5).all()


def test_settings_that_mean_nothing_are_refused():
    with pytest.raises(ValueError, match=r"moments='first' is unknown. Choose None, 'covariance'"):
        wl.Triplets(moments="first").fit(evidence_of())
