"""MomentMatching is held against slopes of its loss, loops over pairs, and planted truth."""

from __future__ import annotations

import numpy as np
import pytest
from laws._cases import evidence_of, fitted

import weaklabel as wl
from weaklabel.models.moment_matching import Moments, matched


def evidence_from(case: wl.datasets.Synthetic) -> wl.Evidence:
    return wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)


def loss(rates: np.ndarray, moments: Moments, prior: np.ndarray, pull: float) -> float:
    """The sum of squares of the documentation, pair by pair."""
    n_codes = moments.n_codes
    pair = moments.pair.toarray()
    explained = rates @ np.diag(prior) @ rates.T
    units = np.arange(len(rates)) // n_codes
    apart = units[:, None] != units[None, :]
    # each pair of units counts twice, and so do its squares: half of the published first sum
    return (
        ((pair - explained)[apart] ** 2).sum() / 2
        + ((rates @ prior - moments.single) ** 2).sum()
        + pull * ((rates - moments.usual) ** 2).sum()
    )


def test_moments_are_those_of_loops():
    evidence = evidence_of(2, weights=True, kinds=("hard",))
    found = wl.MomentMatching()._survey(evidence)
    votes, weights = evidence.votes, evidence.weights
    said = np.zeros((len(evidence), votes.n_sources * votes.n_codes))
    said[votes.item, votes.unit] = votes.weight
    expected = said.T @ (weights[:, None] * said) / weights.sum()
    for j in range(votes.n_sources):
        own = slice(j * votes.n_codes, (j + 1) * votes.n_codes)
        expected[own, own] = 0
    np.testing.assert_allclose(found.pair.toarray(), expected)
    np.testing.assert_allclose(found.single, weights @ said / weights.sum())


@pytest.mark.parametrize("seed", range(3))
def test_no_slope_is_left(seed):
    """Where no rate is at its bounds, the loss is flat in all directions."""
    case = wl.datasets.make_votes(5000, [0.8, 0.7, 0.75, 0.6], 0.7, [0.6, 0.4], random_state=seed)
    moments = wl.MomentMatching()._survey(evidence_from(case))
    prior = np.array([0.6, 0.4])
    rates = matched(moments, prior, 0.01, 2000)
    assert ((rates > 0) & (rates < 1)).all()
    here = loss(rates, moments, prior, 0.01)
    for unit, y in np.ndindex(rates.shape):
        step = np.zeros_like(rates)
        step[unit, y] = 1e-4
        up, down = (loss(rates + s * step, moments, prior, 0.01) for s in (1, -1))
        assert abs(up - down) / 2e-4 < 1e-7
        assert min(up, down) > here


def test_rates_are_recovered_with_hardly_any_pull():
    prior = [0.5, 0.3, 0.2]
    case = wl.datasets.make_votes(100_000, [0.9, 0.8, 0.7, 0.75], 0.8, prior, random_state=0)
    settings = {"pull": 1e-7, "n_rounds": 5000, "class_prior": prior, "silence": "informative"}
    model = fitted(wl.MomentMatching(**settings), evidence_from(case))
    found = model.confusion_.to_numpy().reshape(4, 4, 3)
    np.testing.assert_allclose(found, case.emission, atol=0.04)


def test_a_prior_that_sums_to_one_beats_the_plain_vote():
    case = wl.datasets.make_votes(20_000, [0.9, 0.8, 0.6, 0.6], 0.6, [0.5, 0.5], random_state=0)
    evidence = evidence_from(case)
    scores = [
        wl.score(case.gold, fitted(kind(), evidence).posterior(evidence))
        for kind in (wl.MomentMatching, wl.MajorityVote)
    ]
    assert scores[0]["accuracy"] > scores[1]["accuracy"]
    assert scores[0]["ece"] < 0.02


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pull": 0}, "pull is a weight, above 0"),
        ({"accuracy": 2}, "a probability, above 0 and at most 1; not 2"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        wl.MomentMatching(**settings).fit(evidence_of())
