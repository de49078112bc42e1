"""EBCC is held against exact evidence by enumeration, IBCC, and planted kinds of items."""

from __future__ import annotations

import itertools

import numpy as np
import oracle
import pytest
from laws._cases import fitted
from models.test_ibcc import tiny

import weaklabel as wl


def test_the_objective_bounds_the_evidence():
    """Kinds and classes enumerated, confusion matrices and shares integrated out."""
    evidence, codes = tiny(1)
    evidence, codes = evidence.take(np.arange(4)), codes[:4]
    model = fitted(wl.EBCC(n_kinds=2, few_kinds=0.5, class_prior="uniform", tol=1e-9), evidence)
    logs = []
    for parts in itertools.product(range(4), repeat=4):  # class and kind of each item
        y, part = np.array(parts) // 2, np.array(parts)
        total = -4 * np.log(2)
        for c in range(2):
            kinds = np.bincount(part[y == c] % 2, minlength=2)
            total += oracle.log_dirichlet_counts(kinds, np.full(2, 0.5))
        for column in codes.T:
            for p in range(4):
                counts = np.bincount(column[(part == p) & (column >= 0)], minlength=2)
                total += oracle.log_dirichlet_counts(
                    counts, np.where(np.arange(2) == p // 2, 4.0, 1.0)
                )
        logs.append(total)
    exact = np.logaddexp.reduce(logs)
    assert exact - 3 < model.objective_trace_[-1] <= exact


def test_one_kind_is_ibcc():
    evidence, _ = tiny(0)
    one = fitted(wl.EBCC(n_kinds=1, tol=1e-8), evidence)
    other = fitted(wl.IBCC(tol=1e-8), evidence)
    np.testing.assert_allclose(one.predict_proba(evidence), other.predict_proba(evidence))
    np.testing.assert_allclose(one.confusion_.dropna(), other.confusion_.dropna())
    assert one.objective_trace_[-1] == pytest.approx(other.objective_trace_[-1])


def test_sources_that_err_together_are_found_out():
    """Where a question is hard for four sources, the three others are to be heard."""
    rng = np.random.default_rng(0)
    gold = rng.integers(2, size=4000)
    hard = rng.random(4000) < 0.3
    rates = np.where(hard[:, None], [0.5] * 4 + [0.9] * 3, [0.95] * 4 + [0.75] * 3)
    codes = np.where(rng.random((4000, 7)) < rates, gold[:, None], 1 - gold[:, None])
    blank = wl.Evidence(range(4000), classes=["x", "y"])
    evidence = blank.with_votes(codes, silence="missing", encoding="codes")
    scores = {
        type(model).__name__: wl.score(gold, fitted(model, evidence).posterior(evidence))
        for model in (wl.EBCC(), wl.IBCC())
    }
    assert scores["EBCC"]["accuracy"] > scores["IBCC"]["accuracy"] + 0.01
    assert scores["EBCC"]["brier"] < scores["IBCC"]["brier"] - 0.02
    shares = fitted(wl.EBCC(n_kinds=2), evidence).kind_shares_
    np.testing.assert_allclose(np.sort(shares, axis=1), [[0.3, 0.7]] * 2, atol=0.05)


def test_settings_that_mean_nothing_are_refused():
    evidence, _ = tiny(0)
    with pytest.raises(ValueError, match="n_kinds is a number of kinds of items, at least 1; not"):
        wl.EBCC(n_kinds=0).fit(evidence)
    with pytest.raises(ValueError, match="few_kinds is a weight, above 0"):
        wl.EBCC(few_kinds=0).fit(evidence)
