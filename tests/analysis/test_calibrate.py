"""Calibration maps against scikit-learn, planted temperatures, and what they must keep."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.isotonic import IsotonicRegression

import weaklabel as wl
from weaklabel.posterior import Posterior


def posterior(p, covered=None):
    names = pd.Index([f"class {k}" for k in range(p.shape[1])])
    known = np.ones(len(p), dtype=bool) if covered is None else covered
    items = pd.Index([f"item {i}" for i in range(len(p))])
    return Posterior(
        probabilities=p, index=items, classes=names, covered=known, log_normalizer=np.zeros(len(p))
    )


def overconfident(n=3000, k=3, temperature=2.5, seed=0):
    """Scores that are `temperature` times too sharp, with classes drawn from the right ones."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(scale=1.5, size=(n, k))
    p = softmax(scores, axis=1)
    gold = (p.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    sharp = posterior(softmax(temperature * scores, axis=1))
    return sharp, pd.Series(sharp.classes[gold], sharp.index), p


def test_a_planted_temperature_is_found():
    sharp, gold, right = overconfident()
    found = wl.calibrate(sharp, gold)
    np.testing.assert_allclose(found.probabilities, right, atol=0.03)
    assert (found.labels() == sharp.labels()).all()


def test_temperature_is_the_best_one():
    """Against a general minimiser of likelihood and belief."""
    sharp, gold, _ = overconfident(n=40)
    logs, codes = np.log(sharp.probabilities), sharp.classes.get_indexer(gold)

    def loss(x):
        told = log_softmax(logs / np.exp(x[0]), axis=1)[np.arange(len(codes)), codes]
        return -told.sum() + x[0] ** 2 / 2

    best = np.exp(minimize(loss, [0.0]).x[0])
    found = wl.calibrate(sharp, gold)
    np.testing.assert_allclose(found.probabilities, softmax(logs / best, axis=1), atol=1e-4)


def test_few_gold_labels_do_not_make_everything_certain():
    sharp, gold, _ = overconfident()
    right = gold.where(gold == sharp.labels().astype(object)).dropna().iloc[:2]
    found = wl.calibrate(sharp, right)
    assert found.confidence.mean() < 0.99


def test_isotonic_is_that_of_scikit_learn():
    sharp, gold, right = overconfident(k=2)
    found = wl.calibrate(sharp, gold, method="isotonic")
    n = len(gold)
    curve = IsotonicRegression(y_min=1 / (n + 2), y_max=1 - 1 / (n + 2), out_of_bounds="clip")
    expected = curve.fit_transform(sharp.probabilities[:, 1], gold == "class 1")
    np.testing.assert_allclose(found.probabilities[:, 1], expected, atol=1e-9)
    assert wl.metrics.ece(gold, found) < 0.01
    assert np.abs(found.probabilities - right).mean() < 0.05


@pytest.mark.parametrize("method", ["temperature", "isotonic"])
def test_what_is_ruled_out_and_what_is_not_covered_stays(method):
    sharp, gold, _ = overconfident(n=300)
    p = sharp.probabilities.copy()
    p[::5, 2] = 0
    p /= p.sum(axis=1, keepdims=True)
    covered = np.arange(300) % 7 > 0
    found = wl.calibrate(posterior(p, covered), gold.iloc[:200], method=method)
    assert (found.probabilities[::5, 2] == 0).all()
    np.testing.assert_array_equal(found.probabilities[~covered], p[~covered])
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)


def test_another_posterior_can_be_corrected():
    sharp, gold, _ = overconfident()
    other = posterior(np.array([[0.99, 0.01, 0.0]]))
    found = wl.calibrate(sharp, gold, onto=other)
    assert 0.8 < found.probabilities[0, 0] < 0.99
    assert found.index.equals(other.index)


def test_what_can_teach_nothing_is_refused():
    sharp, gold, _ = overconfident(n=50)
    with pytest.raises(ValueError, match="method='platt' is unknown"):
        wl.calibrate(sharp, gold, method="platt")
    with pytest.raises(ValueError, match="None of the items with gold is covered"):
        wl.calibrate(posterior(sharp.probabilities, np.zeros(50, dtype=bool)), gold)
    with pytest.raises(TypeError, match=r"A Posterior is needed here, not DataFrame"):
        wl.calibrate(sharp.frame(), gold)
    codes = sharp.classes.get_indexer(gold)
    with pytest.raises(ValueError, match="All 50 gold labels have probability 1"):
        wl.calibrate(posterior(np.eye(3)[codes]), gold)
    with pytest.raises(ValueError, match="onto has the classes"):
        wl.calibrate(sharp, gold, onto=posterior(np.array([[0.5, 0.5]])))


def test_expected_scores_are_those_of_drawn_classes():
    """Classes are drawn from the posterior itself, and scored."""
    rng = np.random.default_rng(0)
    p = rng.dirichlet([0.5, 1, 2], 4000)
    belief = posterior(p, np.arange(4000) >= 100)
    gold = (p.cumsum(axis=1) < rng.random((4000, 1))).sum(axis=1)
    gold = pd.Series(belief.classes[gold], belief.index).iloc[100:]
    found, expected = wl.score(gold, belief), wl.expected_score(belief)
    for name in ("accuracy", "brier", "log_loss"):
        assert expected[name] == pytest.approx(found[name], abs=0.025)
    assert expected["coverage"] == 3900 / 4000
    assert expected["n"] == 3900


def test_nothing_covered_has_no_expected_score():
    empty = wl.expected_score(posterior(np.array([[0.5, 0.5]]), np.array([False])))
    assert np.isnan([empty[name] for name in ("accuracy", "brier", "log_loss")]).all()
    assert empty["coverage"] == 0
