"""Transition matrices: counted by hand, recovered where the truth is known, and refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl

CLASSES = ["a", "b", "c", "d"]


@pytest.fixture
def sure():
    """Make the posterior of items that surely have their gold class."""

    def make(gold: pd.Series) -> wl.Posterior:
        known = wl.Evidence(gold, classes=CLASSES).with_candidates(gold)
        return wl.Independent().solve(np.zeros((len(gold), 4)), known)

    return make


def test_counts_are_expected_counts():
    index = pd.Index(["r1", "r2", "r3", "r4"])
    p = np.array([[0.5, 0.5, 0, 0], [0, 0.2, 0.8, 0], [1, 0, 0, 0], [0, 0, 0, 1.0]])
    posterior = wl.Posterior(
        probabilities=p,
        index=index,
        classes=pd.Index(CLASSES),
        covered=np.ones(4, bool),
        log_normalizer=np.zeros(4),
    )
    told = pd.Series({"r3": "c", "r1": "c", "r2": "a", "r4": None})
    found = wl.transition(posterior, told, smoothing=0.25)
    counts = np.full((4, 4), 0.25)
    counts[:, 2] += p[0] + p[2]
    counts[:, 0] += p[1]
    np.testing.assert_allclose(found, counts / counts.sum(axis=1, keepdims=True))
    assert found.index.tolist() == found.columns.tolist() == CLASSES


@pytest.mark.parametrize("bias", ["uniform", "weak", "strong"])
def test_the_matrix_by_which_labels_were_drawn_is_found_from_gold(sure, bias):
    gold = pd.Series(np.array(CLASSES)[np.random.default_rng(0).integers(4, size=20_000)])
    matrix = wl.datasets.exclusion_matrix(CLASSES, bias, noise_rate=0.05, random_state=0)
    told = wl.datasets.complementary(gold, matrix, random_state=0)
    np.testing.assert_allclose(wl.transition(sure(gold), told), matrix, atol=0.03)


def test_steps_of_em_find_the_matrix_without_knowing_it():
    rng = np.random.default_rng(0)
    gold = pd.Series(np.array(CLASSES)[rng.integers(4, size=4000)])
    matrix = wl.datasets.exclusion_matrix(CLASSES, "weak", random_state=0)
    told = wl.datasets.complementary(gold, matrix, random_state=0)
    right = rng.random((len(gold), 3)) < 0.8
    said = np.where(right, gold.to_numpy()[:, None], rng.choice(CLASSES, size=right.shape))
    plain = wl.Evidence(gold, classes=CLASSES).with_votes(pd.DataFrame(said, columns=list("stu")))
    found = "uniform"
    for _ in range(3):
        known = plain.with_candidates(exclude=told, transition=found)
        found = wl.transition(wl.DawidSkene().fit(known).posterior(known), told)
    np.testing.assert_allclose(found, matrix, atol=0.04)


def test_what_is_refused(sure):
    gold = pd.Series(["a", "b"], ["r1", "r2"])
    with pytest.raises(ValueError, match=r"1 values are no single class: 'e' of 'r1'\..*\['a'"):
        wl.transition(sure(gold), {"r1": "e"})
    with pytest.raises(ValueError, match=r"no single class: .* of 'r2'\. .*no transition matrix"):
        wl.transition(sure(gold), {"r2": {"a", "b"}})
    with pytest.raises(ValueError, match=r"smoothing is a positive number.*not 0"):
        wl.transition(sure(gold), gold, smoothing=0)
    with pytest.raises(ValueError, match=r"classes told are about 1 items that the evidence does"):
        wl.transition(sure(gold), {"r9": "a"})
