"""MACE is held against exact evidence by enumeration and planted habits."""

from __future__ import annotations

import itertools

import numpy as np
import oracle
import pytest
from laws._cases import fitted
from models.test_ibcc import tiny

import weaklabel as wl


def log_source(labels, column):
    """Log P(votes of a source | labels), summed over every way to have known or guessed."""
    said = np.flatnonzero(column >= 0)
    logs = []
    for knew in itertools.product([False, True], repeat=len(said)):
        known = np.array(knew, dtype=bool)
        if (column[said[known]] != np.array(labels)[said[known]]).any():
            continue
        counts = np.array([known.sum(), (~known).sum()])
        guessed = np.bincount(column[said[~known]], minlength=2)
        logs.append(
            oracle.log_dirichlet_counts(counts, np.full(2, 0.5))
            + oracle.log_dirichlet_counts(guessed, np.full(2, 5.0))
        )
    return np.logaddexp.reduce(logs)


@pytest.mark.parametrize("seed", range(3))
def test_the_objective_bounds_the_evidence(seed):
    evidence, codes = tiny(seed)
    evidence, codes = evidence.take(np.arange(4)), codes[:4]
    model = fitted(wl.MACE(class_prior="uniform", tol=1e-9), evidence)
    exact = oracle.log_evidence(codes, 2, log_source)
    assert exact - 3 < model.objective_trace_[-1] <= exact


def test_competence_and_habits_are_recovered():
    rng = np.random.default_rng(0)
    n_items, knows = 6000, np.array([0.9, 0.6, 0.3, 0.0, 0.7])
    habits = np.array([[1, 1, 1], [8, 1, 1], [1, 1, 8], [0, 1, 0], [1, 2, 1]])
    habits = habits / habits.sum(axis=1, keepdims=True)
    gold = rng.choice(3, p=[0.5, 0.3, 0.2], size=n_items)
    guessed = np.column_stack([rng.choice(3, p=habit, size=n_items) for habit in habits])
    codes = np.where(rng.random((n_items, 5)) < knows, gold[:, None], guessed)
    blank = wl.Evidence(range(n_items), classes=["x", "y", "z"])
    model = wl.MACE().fit(blank.with_votes(codes, silence="missing", encoding="codes"))
    np.testing.assert_allclose(model.competence_, knows, atol=0.04)
    np.testing.assert_allclose(model.habits_.to_numpy()[1:], habits[1:], atol=0.06)
    np.testing.assert_allclose(model.class_prior_, [0.5, 0.3, 0.2], atol=0.03)


@pytest.mark.parametrize("name", ["knowing", "habits"])
def test_settings_that_mean_nothing_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} is a weight, above 0"):
        wl.MACE(**{name: -1}).fit(tiny(0)[0])
