"""LogOdds is held against densities of scipy, a general optimizer, and planted calibrations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from laws._cases import evidence_of, fitted
from scipy import optimize, stats
from scipy.special import softmax

import weaklabel as wl
from weaklabel.models.log_odds import looks_of

STRETCH, SHIFT, NOISE = [0.6, 1.2, 0.2, 0.5], [0.0, 0.4, 0.1, -0.5], [0.8, 1.0, 0.2, 1.2]


def planted(n_items: int = 4000, n_classes: int = 2, seed: int = 0):
    """Judges that stretch, shift and blur the truth in log odds; one in three abstains."""
    rng = np.random.default_rng(seed)
    gold = rng.integers(n_classes, size=n_items)
    centre = np.eye(n_classes) - 1 / n_classes
    aside = centre[0]
    votes = {}
    for j, (stretch, shift, noise) in enumerate(zip(STRETCH, SHIFT, NOISE, strict=True)):
        blur = rng.normal(size=(n_items, n_classes)) * noise
        odds = 2 * stretch * centre[gold] + shift * aside + blur
        shares = softmax(odds, axis=1)
        shares[rng.random(n_items) < 1 / 3] = np.nan
        votes[f"judge {j}"] = pd.DataFrame(shares, columns=["x", "y", "z"][:n_classes])
    evidence = wl.Evidence(range(n_items), classes=["x", "y", "z"][:n_classes]).with_votes(votes)
    return evidence, gold


@pytest.mark.parametrize("n_classes", [2, 3])
def test_scores_are_normal_densities(n_classes):
    evidence, _ = planted(50, n_classes)
    model = fitted(wl.LogOdds(), evidence)
    looks = looks_of(evidence.votes)
    # an orthonormal frame of what log shares less their mean can be
    frame = np.linalg.svd(np.eye(n_classes) - 1 / n_classes)[0][:, : n_classes - 1]
    expected = np.tile(np.log(model.class_prior_.to_numpy()), (50, 1))
    for i, j, odds in zip(*looks[:3], strict=True):
        name = evidence.votes.sources[j]
        for y, row in enumerate(model.calibration_.loc[name].to_numpy()):
            spread = model.deviation_[name] ** 2 * np.eye(n_classes - 1)
            expected[i, y] += stats.multivariate_normal.logpdf(odds @ frame, row @ frame, spread)
    voted = evidence.votes.voted
    found = model.predict_proba(evidence).to_numpy()
    np.testing.assert_allclose(found[voted], softmax(expected, axis=1)[voted], atol=1e-9)


def test_an_m_step_is_the_best():
    evidence, _ = planted(40)
    model = wl.LogOdds(smoothing=2.0)
    survey = model._survey(evidence)
    posterior = np.random.default_rng(1).dirichlet(np.ones(2), 40)
    best = model._maximize(model._statistics(evidence, posterior, None), survey, None)

    def value(parameters):
        scores = model._score(evidence, parameters)
        return (posterior * scores).sum() + model._log_belief(parameters, survey)

    rng = np.random.default_rng(2)
    for _ in range(20):
        step = rng.normal(scale=0.05, size=best.mean.shape)
        step -= step.mean(axis=2, keepdims=True)
        moved = best._replace(
            mean=best.mean + step,
            log_variance=best.log_variance + rng.normal(scale=0.05, size=4),
        )
        assert value(moved) < value(best)

    def loss(log_variance):
        return -value(best._replace(log_variance=log_variance))

    found = optimize.minimize(loss, best.log_variance, method="BFGS")
    np.testing.assert_allclose(found.x, best.log_variance, atol=1e-3)


def test_calibrations_are_recovered():
    evidence, gold = planted(20_000)
    model = wl.LogOdds().fit(evidence)
    centre = np.array([0.5, -0.5])
    for j in range(4):
        found = model.calibration_.loc[f"judge {j}"]["x"].to_numpy()
        expected = 2 * STRETCH[j] * centre + SHIFT[j] * 0.5
        # shares are cut at one in a hundred, which the second judge feels
        np.testing.assert_allclose(found, expected, atol=0.15 if j == 1 else 0.06)
    scores = [
        wl.score(gold, one.posterior(evidence)) for one in (model, wl.MajorityVote().fit(evidence))
    ]
    assert scores[0]["accuracy"] > scores[1]["accuracy"] + 0.02
    assert scores[0]["brier"] < scores[1]["brier"] - 0.05
    assert scores[0]["ece"] < 0.03


def test_sure_judges_that_know_nothing_count_little():
    rng = np.random.default_rng(0)
    gold = rng.integers(2, size=1000)
    hesitant = {
        f"hesitant {j}": 0.5 + 0.1 * (2 * gold - 1) + rng.normal(0, 0.05, 1000) for j in range(3)
    }
    sure = {f"sure {j}": rng.choice([0.02, 0.98], 1000) for j in range(2)}
    votes = {name: pd.DataFrame({"x": 1 - p, "y": p}) for name, p in (hesitant | sure).items()}
    evidence = wl.Evidence(range(1000), classes=["x", "y"]).with_votes(votes)
    right = (fitted(wl.LogOdds(), evidence).predict(evidence) == np.array(["x", "y"])[gold]).mean()
    plain = fitted(wl.MajorityVote(), evidence).predict(evidence)
    assert right > 0.99
    assert (plain == np.array(["x", "y"])[gold]).mean() < 0.8


def test_settings_that_mean_nothing_are_refused():
    with pytest.raises(ValueError, match="smoothing is a weight, above 0"):
        wl.LogOdds(smoothing=0).fit(evidence_of())
