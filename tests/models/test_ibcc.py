"""IBCC is held against exact evidence by enumeration, a dense program, and planted truth."""

from __future__ import annotations

import numpy as np
import oracle
import pandas as pd
import pytest
from laws._cases import fitted
from scipy.special import digamma

import weaklabel as wl

CLASSES = ["x", "y"]


def tiny(seed: int) -> tuple[wl.Evidence, np.ndarray]:
    """Six items, three sources that mostly say the class."""
    rng = np.random.default_rng(seed)
    gold = np.array([0, 1, 0, 1, 0, 1])
    codes = np.where(rng.random((6, 3)) < 0.8, gold[:, None], 1 - gold[:, None])
    codes[rng.random((6, 3)) < 0.2] = -1
    evidence = wl.Evidence(list("abcdef"), classes=CLASSES).with_votes(codes, silence="missing")
    return evidence, codes


def log_source(labels, column, *, right=4.0, wrong=1.0):
    """Log P(votes of a source | labels), its confusion matrix integrated out."""
    total = 0.0
    for y in range(2):
        counts = np.bincount(column[(np.array(labels) == y) & (column >= 0)], minlength=2)
        total += oracle.log_dirichlet_counts(counts, np.where(np.arange(2) == y, right, wrong))
    return total


@pytest.mark.parametrize("seed", range(6))
def test_the_objective_bounds_the_evidence_closely(seed):
    evidence, codes = tiny(seed)
    model = fitted(wl.IBCC(class_prior="uniform", tol=1e-9), evidence)
    exact = oracle.log_evidence(codes, 2, log_source)
    # factorized beliefs lose some of the evidence, and never gain any
    assert exact - 1.0 < model.objective_trace_[-1] <= exact


@pytest.mark.parametrize("silence", ["missing", "informative"])
def test_it_ends_where_a_dense_program_does(silence):
    case = wl.datasets.make_votes(300, [0.8, 0.7, 0.6], 0.7, [0.5, 0.3, 0.2], random_state=0)
    blank = wl.Evidence(case.votes.index, classes=case.classes)
    evidence = blank.with_votes(case.votes, silence=silence)
    model = fitted(wl.IBCC(tol=1e-10, max_drift=1), evidence)
    codes = np.where(case.matrix < 0, 3, case.matrix)
    symbols = np.eye(4)[codes]
    quiet = (codes == 3).sum(axis=0)
    pseudo = np.zeros((3, 4, 3))
    pseudo[:, :3] = np.eye(3) * 3 + 1
    if silence == "informative":
        pseudo[:, 3] = (6 * quiet / (300 - quiet))[:, None]
    else:
        symbols[:, :, 3] = 0
    votes = symbols[:, :, :3].sum(axis=1)
    start = np.where(votes.sum(axis=1, keepdims=True) > 0, votes, 1.0)
    posterior = start / start.sum(axis=1, keepdims=True)
    for _ in range(model.n_iter_ + 1):
        prior = (posterior.sum(axis=0) + 1 / 3) / 301
        belief = pseudo + np.einsum("ijk,iy->jky", symbols, posterior)
        logs = digamma(np.maximum(belief, 1e-300)) - digamma(belief.sum(axis=1, keepdims=True))
        logs = np.where(belief > 0, logs, 0.0)
        scores = np.log(prior) + np.einsum("ijk,jky->iy", symbols, logs)
        posterior = np.exp(scores - np.logaddexp.reduce(scores, axis=1)[:, None])
    voted = votes.sum(axis=1) > 0
    found = model.predict_proba(evidence).to_numpy()
    np.testing.assert_allclose(found[voted], posterior[voted], atol=1e-7)
    table = model.confusion_.to_numpy().reshape(3, 4, 3)
    expected = belief / belief.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(np.nan_to_num(table), expected, atol=1e-7)
    assert np.isnan(table[:, 3]).all() == (silence == "missing")


def test_few_votes_count_less_than_in_dawid_skene():
    """A source that was right ten times in ten is sure there, and not here."""
    votes = pd.DataFrame({name: ["x", "y"] * 5 for name in "abc"}).iloc[:, :3]
    evidence = wl.Evidence(votes.index, classes=CLASSES).with_votes(votes, silence="missing")
    believed = fitted(wl.IBCC(right=1, wrong=1), evidence).confusion_
    estimated = fitted(wl.DawidSkene(smoothing=0), evidence).confusion_
    assert estimated.loc[("a", "x"), "x"] == pytest.approx(1)
    assert believed.loc[("a", "x"), "x"] == pytest.approx(6 / 7, abs=1e-3)


@pytest.mark.parametrize("seed", range(2))
def test_confusion_is_recovered(seed):
    case = wl.datasets.make_votes(20_000, [0.9, 0.7, 0.6, 0.8], 0.5, [0.6, 0.4], random_state=seed)
    blank = wl.Evidence(case.votes.index, classes=case.classes)
    model = wl.IBCC().fit(blank.with_votes(case.votes, silence="missing"))
    spoken = case.emission[:, :2] / case.emission[:, :2].sum(axis=1, keepdims=True)
    found = model.confusion_.dropna().to_numpy().reshape(4, 2, 2)
    # four standard errors of a share among 4,000 votes of which classes are known to about 80 %
    np.testing.assert_allclose(found, spoken, atol=0.05)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"right": 0}, "right is a weight, above 0 and finite; not 0"),
        ({"wrong": np.inf}, "wrong is a weight, above 0 and finite; not inf"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        wl.IBCC(**settings).fit(tiny(0)[0])
