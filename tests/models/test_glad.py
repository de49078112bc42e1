"""GLAD is held against numerical integration, a general optimizer, and planted skills."""

from __future__ import annotations

import numpy as np
import pytest
from laws._cases import fitted
from models.test_ibcc import tiny
from scipy import integrate, optimize, stats
from scipy.special import expit, log_expit

import weaklabel as wl
from weaklabel.models.glad import _best_skill


def test_likelihood_and_posterior_are_those_of_numerical_integration():
    evidence, codes = tiny(2)
    model = fitted(wl.GLAD(n_grades=40), evidence)
    skill = model.skill_.to_numpy()
    total, posterior = -((skill - 1) ** 2).sum() / 2, []
    for row in codes:
        said = np.flatnonzero(row >= 0)

        def density(b, y, row=row, said=said):
            right = expit(skill[said] * np.exp(b))
            return np.where(row[said] == y, right, 1 - right).prod() * stats.norm.pdf(b, 1)

        likely = np.array(
            [integrate.quad(density, -8, 10, args=(y,), limit=200)[0] for y in range(2)]
        )
        total += np.log(likely.mean())
        posterior.append(likely / likely.sum())
    assert model.objective_trace_[-1] == pytest.approx(total, abs=2e-3)
    np.testing.assert_allclose(model.predict_proba(evidence), posterior, atol=2e-3)


@pytest.mark.parametrize("seed", range(5))
def test_skills_are_the_best(seed):
    rng = np.random.default_rng(seed)
    easy = np.exp(1 + rng.normal(size=6))
    right, wrong = rng.gamma(0.5, 20, (2, 4, 6))
    found = _best_skill(right, wrong, easy)
    for j in range(4):

        def loss(a, j=j):
            likely = right[j] * log_expit(a * easy) + wrong[j] * log_expit(-a * easy)
            return (a - 1) ** 2 / 2 - likely.sum()

        best = optimize.minimize_scalar(loss, bracket=(-1, 2), tol=1e-12)
        assert loss(found[j]) <= best.fun + 1e-9


def test_skills_are_recovered():
    rng = np.random.default_rng(0)
    n_items, skill = 8000, np.array([0.1, 0.4, 0.7, 1.0, 1.5, -0.3])
    gold = rng.integers(3, size=n_items)
    ease = np.exp(1 + rng.normal(size=n_items))
    right = rng.random((n_items, 6)) < expit(skill * ease[:, None])
    codes = np.where(right, gold[:, None], (gold[:, None] + rng.integers(1, 3, (n_items, 6))) % 3)
    blank = wl.Evidence(range(n_items), classes=["x", "y", "z"])
    model = fitted(wl.GLAD(), blank.with_votes(codes, silence="missing", encoding="codes"))
    np.testing.assert_allclose(model.skill_, skill, atol=0.12)
    assert (np.argsort(model.skill_) == np.argsort(skill)).all()


def test_settings_that_mean_nothing_are_refused():
    with pytest.raises(ValueError, match="n_grades is a number of grades of easiness, at least 1"):
        wl.GLAD(n_grades=0).fit(tiny(0)[0])
