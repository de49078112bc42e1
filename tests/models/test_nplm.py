"""NPLM is held against enumeration, nearby parameters, and planted accuracies."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from laws._cases import evidence_of, fitted

import weaklabel as wl

CLASSES = ["a", "b", "c", "d"]
SETS = [
    [frozenset("ab"), frozenset("cd")],
    [frozenset("ac"), frozenset("bd")],
    [frozenset("ad"), frozenset("bc"), frozenset("c")],
    ["a", frozenset("bcd")],
]


def planted(n_items: int, seed: int = 0):
    """Sources that name sets; none can tell the four classes apart alone."""
    rng = np.random.default_rng(seed)
    gold = rng.choice(4, p=[0.4, 0.3, 0.2, 0.1], size=n_items)
    accuracy = rng.uniform(0.7, 0.95, (4, 4))
    votes = {}
    for j, sets in enumerate(SETS):
        cells = []
        for y in gold:
            right = rng.random() < accuracy[j, y]
            fit = [one for one in sets if (CLASSES[y] in one) == right]
            cells.append(fit[rng.integers(len(fit))] if rng.random() < 0.8 else None)
        votes[f"source {j}"] = cells
    frame = pd.DataFrame(votes)
    evidence = wl.Evidence(frame.index, classes=CLASSES).with_votes(frame, silence="missing")
    return evidence, frame, gold, accuracy


def log_likelihood(frame, prior, accuracy):
    """Log P(sets named | a vote is cast), item by item, straight from the definition."""
    total, posterior = 0.0, []
    for row in frame.itertuples(index=False):
        joint = []
        for y, name in enumerate(CLASSES):
            likely = prior[y]
            for j, said in enumerate(row):
                if not isinstance(said, str | frozenset):  # abstains
                    continue
                holds = name in said
                n_like = sum((name in one) == holds for one in SETS[j])
                likely *= (accuracy[j, y] if holds else 1 - accuracy[j, y]) / n_like
            joint.append(likely)
        total += math.log(sum(joint))
        posterior.append(np.array(joint) / sum(joint))
    return total, np.array(posterior)


def test_objective_and_posterior_are_those_of_the_definition():
    evidence, frame, _, _ = planted(60)
    model = fitted(wl.NPLM(smoothing=1e-9, max_drift=1), evidence)
    accuracy = model.class_accuracy_.to_numpy()
    total, posterior = log_likelihood(frame, model.class_prior_.to_numpy(), accuracy)
    believed = np.log(model.class_prior_).sum() / 4  # one uniform pseudo-item
    assert model.objective_trace_[-1] == pytest.approx(total + believed, abs=1e-4)
    voted = evidence.votes.voted
    found = model.predict_proba(evidence).to_numpy()
    np.testing.assert_allclose(found[voted], posterior[voted], atol=1e-9)


def test_accuracies_and_shares_are_recovered():
    evidence, _, gold, accuracy = planted(30_000)
    model = wl.NPLM().fit(evidence)
    np.testing.assert_allclose(model.class_prior_, [0.4, 0.3, 0.2, 0.1], atol=0.03)
    # one class in ten, told by four sources of two sets: that is all that the votes determine
    error = np.abs(model.class_accuracy_.to_numpy() - accuracy)
    assert error.mean() < 0.03
    assert error[:, :2].max() < 0.05
    plain = wl.MajorityVote().fit(evidence)
    scores = [wl.score(gold, one.posterior(evidence)) for one in (model, plain)]
    assert scores[0]["accuracy"] > scores[1]["accuracy"] + 0.02
    assert scores[0]["ece"] < 0.02


def test_a_class_in_all_sets_or_none_learns_nothing():
    one = [frozenset("ab"), frozenset("ac")] * 20
    votes = pd.DataFrame({"one": one, "two": ["b", "c"] * 20, "three": ["b", "c"] * 20})
    evidence = wl.Evidence(votes.index, classes=list("abc")).with_votes(votes)
    found = fitted(wl.NPLM(), evidence).class_accuracy_
    assert np.isnan(found.loc["one", "a"])
    assert np.isnan(found.loc["two", "a"])
    assert (found[["b", "c"]] > 0.7).all(axis=None)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"smoothing": 0}, "smoothing is a weight, above 0"),
        ({"accuracy": 0}, "a probability, above 0 and at most 1; not 0"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        wl.NPLM(**settings).fit(evidence_of())
