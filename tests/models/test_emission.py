"""Emissions: every shape is the best of its kind, and says nothing where nothing is known."""

from __future__ import annotations

import numpy as np
import pytest

from weaklabel.models._emission import (
    EMISSIONS,
    Counts,
    better_than_chance,
    expected_log,
    log0,
)

STATEMENTS = np.array(
    [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1]], dtype=bool
)  # three classes, two sets


def counts_of(rng: np.random.Generator, *, empty: bool = False) -> Counts:
    """Counts of four sources, the last of which was assigned its items."""
    informative = np.array([True, True, True, False])
    said = rng.gamma(1.0, size=(4, 5, 3))
    silent = np.where(informative[:, None], rng.gamma(1.0, size=(4, 3)), 0.0)
    if empty:
        said[:, :, 2], silent[:, 2] = 0.0, 0.0
        said[1] = silent[1] = 0.0
        said[:, 4] = 0.0
    return Counts(said, silent, STATEMENTS, informative)


def value(counts: Counts, emission: tuple[np.ndarray, np.ndarray]) -> float:
    """Expected complete log-likelihood."""
    return expected_log(counts.said, emission[0]) + expected_log(counts.silent, emission[1])


def mass(counts: Counts, emission: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Sum of the probabilities of all symbols, n_sources x n_classes."""
    silence = np.where(counts.informative[:, None], np.exp(emission[1]), 0.0)
    return np.exp(emission[0]).sum(axis=1) + silence


@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize("name", ["full", "tied"])
def test_probabilities_of_all_symbols_sum_to_one(name, empty, rng):
    counts = counts_of(rng, empty=empty)
    emission = EMISSIONS[name](counts)
    np.testing.assert_allclose(mass(counts, emission), 1)
    assert (emission[1][~counts.informative] == 0).all()
    assert not np.isnan(emission[0]).any()


@pytest.mark.parametrize("size", [1, 2])
def test_symmetric_shares_one_among_statements_of_a_size(size, rng):
    """Given how many classes a vote names, its probabilities sum to one."""
    every = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1]], bool)
    same = every.sum(axis=1) == size
    said = np.where(same[None, :, None], rng.gamma(1.0, size=(2, 6, 3)), 0.0)
    counts = Counts(said, np.zeros((2, 3)), every, np.zeros(2, dtype=bool))
    rates = np.exp(EMISSIONS["symmetric"](counts)[0])[:, same, :]
    np.testing.assert_allclose(rates.sum(axis=1), 1)
    accuracy = (said * every[None]).sum(axis=(1, 2)) / said.sum(axis=(1, 2))
    np.testing.assert_allclose(
        (rates * every[same][None]).sum(axis=1), np.repeat(accuracy[:, None], 3, axis=1)
    )


def nearby(
    name: str, emission: tuple[np.ndarray, np.ndarray], counts: Counts, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Another emission of the same shape, close by: the emission of perturbed counts."""
    others = counts._replace(
        said=counts.said * np.exp(rng.normal(scale=0.2, size=counts.said.shape)),
        silent=counts.silent * np.exp(rng.normal(scale=0.2, size=counts.silent.shape)),
    )
    return EMISSIONS[name](others)


@pytest.mark.parametrize("name", EMISSIONS)
def test_no_other_emission_of_the_shape_suits_the_counts_better(name, rng):
    for _ in range(5):
        counts = counts_of(rng)
        best = EMISSIONS[name](counts)
        others = [value(counts, nearby(name, best, counts, rng)) for _ in range(40)]
        assert max(others) < value(counts, best)


def test_full_is_the_share_of_counts(rng):
    counts = counts_of(rng)
    said, silent = EMISSIONS["full"](counts)
    total = counts.said.sum(axis=1) + counts.silent
    np.testing.assert_allclose(np.exp(said), counts.said / total[:, None, :])
    np.testing.assert_allclose(np.exp(silent)[:3], (counts.silent / total)[:3])


def test_tied_sources_share_confusion_and_silence(rng):
    said, silent = EMISSIONS["tied"](counts_of(rng))
    np.testing.assert_array_equal(said[0], said[2])
    np.testing.assert_array_equal(silent[0], silent[2])
    # how often an assigned source votes is not modeled, what it says is
    given_vote = np.exp(said) / np.exp(said).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(given_vote[3], given_vote[0])


@pytest.mark.parametrize("name", EMISSIONS)
def test_a_source_without_counts_says_nothing(name, rng):
    counts = counts_of(rng, empty=True)
    counts = counts._replace(informative=np.array([True, False, True, False]))
    said, silent = EMISSIONS[name](counts)
    if name == "tied":  # it is taken to be like the others
        np.testing.assert_allclose(np.exp(said[1]).sum(axis=0), 1)
        return
    single = said[1, :3]
    np.testing.assert_allclose(single, np.broadcast_to(single[:, :1], (3, 3)), rtol=1e-12)
    assert (silent[1] == 0).all()


def test_what_was_never_said_is_impossible_without_smoothing(rng):
    said, _ = EMISSIONS["full"](counts_of(rng, empty=True))
    assert np.isneginf(said[0, 4, :2]).all()


@pytest.mark.parametrize("accuracy", [0.5, 0.7, 0.95])
def test_better_than_chance_is_right_with_its_accuracy(accuracy, rng):
    shares = np.array([0.5, 0.3, 0.2])
    totals = rng.integers(0, 20, (3, 5)).astype(float)
    said, silent = better_than_chance(totals, 1000.0, shares, STATEMENTS, accuracy=accuracy)
    np.testing.assert_allclose(said.sum(axis=1) + silent, 1)
    assert (said > 0).all()
    assert (silent > 0).all()
    joint = said * shares
    right = (joint * STATEMENTS).sum(axis=2) / joint.sum(axis=2)
    # never worse than by chance, which is .8 for the set of the two common classes
    allowed = np.broadcast_to(np.maximum(accuracy, STATEMENTS @ shares), right.shape)
    np.testing.assert_allclose(right, allowed, atol=0.01)  # up to the normalization with silence
    rate = joint.sum(axis=2)
    np.testing.assert_allclose(rate, (totals + 0.2) / 1001, rtol=0.02)


def test_a_vote_for_the_class_of_nearly_all_does_not_speak_for_another():
    """Right seven times in ten would be worse than chance, and turn every vote around."""
    shares = np.array([0.98, 0.01, 0.01])
    totals = np.array([[50.0, 0, 0, 0, 0]])
    said, _ = better_than_chance(totals, 100.0, shares, STATEMENTS, accuracy=0.7)
    assert said[0, 0, 0] >= said[0, 0, 1:].max() - 1e-12


def test_log0_of_nothing_is_minus_infinity():
    found = log0(np.array([0.0, 1.0, np.e]))
    np.testing.assert_allclose(found, [-np.inf, 0.0, 1.0])


def test_expected_log_takes_nothing_of_infinity():
    weight, logs = np.array([0.0, 2.0]), np.array([-np.inf, -1.5])
    assert expected_log(weight, logs) == -3.0
