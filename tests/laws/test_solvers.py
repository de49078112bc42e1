"""What every solver promises, held against enumeration."""

from __future__ import annotations

import inspect

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weaklabel as wl
from weaklabel import solvers
from weaklabel._device import on_host

SOLVERS = [
    getattr(solvers, name)
    for name in solvers.__all__
    if not inspect.isabstract(getattr(solvers, name))
]
each_solver = pytest.mark.parametrize("kind", SOLVERS, ids=lambda kind: kind.__name__)

NASTY = [0.0, 1.0, -3.0, 700.0, -700.0, 1e16, -1e16, -np.inf]


def blank(n_items: int, n_classes: int) -> wl.Evidence:
    return wl.Evidence([f"r{i}" for i in range(n_items)], classes=list("abcde")[:n_classes])


def with_masks(evidence: wl.Evidence, rng: np.random.Generator) -> wl.Evidence:
    """Candidates of every item, at least one."""
    allowed = rng.random((len(evidence), len(evidence.classes))) < 0.5
    allowed[np.arange(len(allowed)), rng.integers(allowed.shape[1], size=len(allowed))] = True
    return evidence.with_candidates(pd.DataFrame(allowed, evidence.index, evidence.classes))


@each_solver
@given(seed=st.integers(0, 2**20), n_items=st.integers(1, 5), n_classes=st.integers(2, 4))
def test_without_bags_it_is_exact(kind, seed, n_items, n_classes):
    rng = np.random.default_rng(seed)
    scores = rng.normal(scale=3, size=(n_items, n_classes))
    found = kind().solve(scores, blank(n_items, n_classes))
    np.testing.assert_allclose(found.probabilities, oracle.posterior(scores), rtol=1e-10)
    assert found.log_normalizer.sum() == pytest.approx(oracle.log_normalizer(scores))


@each_solver
@given(seed=st.integers(0, 2**20), n_items=st.integers(1, 5), n_classes=st.integers(2, 4))
def test_candidates_are_a_log_potential_of_minus_infinity(kind, seed, n_items, n_classes):
    rng = np.random.default_rng(seed)
    scores = rng.normal(scale=3, size=(n_items, n_classes))
    evidence = with_masks(blank(n_items, n_classes), rng)

    def allowed(labels):
        inside = all(evidence.candidates[i, y] for i, y in enumerate(labels))
        return 0.0 if inside else -np.inf

    found = kind().solve(scores, evidence)
    np.testing.assert_allclose(
        found.probabilities, oracle.posterior(scores, allowed), rtol=1e-10, atol=1e-300
    )
    assert found.log_normalizer.sum() == pytest.approx(oracle.log_normalizer(scores, allowed))


@each_solver
@given(seed=st.integers(0, 2**20), n_items=st.integers(0, 6), masked=st.booleans())
def test_nasty_scores_give_distributions(kind, seed, n_items, masked):
    rng = np.random.default_rng(seed)
    scores = rng.choice(NASTY, (n_items, 3))
    evidence = with_masks(blank(n_items, 3), rng) if masked else blank(n_items, 3)
    found = kind().solve(scores, evidence)
    assert (found.probabilities >= 0).all()
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, rtol=1e-12)
    allowed = np.ones_like(scores, dtype=bool) if not masked else evidence.candidates
    possible = allowed & ~np.isneginf(scores)
    explained = possible.any(axis=1)
    assert (found.probabilities[explained][~possible[explained]] == 0).all()
    # what nothing explains is as open as its candidates
    even = allowed / allowed.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.probabilities[~explained], even[~explained])
    np.testing.assert_array_equal(np.isneginf(found.log_normalizer), ~explained)


@each_solver
@given(seed=st.integers(0, 2**20), shift=st.floats(-1e3, 1e3))
def test_a_constant_in_a_row_changes_the_normalizer_alone(kind, seed, shift):
    scores = np.random.default_rng(seed).normal(size=(4, 3))
    one, other = (kind().solve(each, blank(4, 3)) for each in (scores, scores + shift))
    np.testing.assert_allclose(other.probabilities, one.probabilities, rtol=1e-9)
    np.testing.assert_allclose(other.log_normalizer, one.log_normalizer + shift, atol=1e-9)


@each_solver
def test_it_keeps_names_and_coverage(kind):
    evidence = blank(3, 2).with_candidates({"r1": "b"})
    found = kind().solve(np.zeros((3, 2)), evidence)
    assert found.index.equals(evidence.index)
    assert found.classes.equals(evidence.classes)
    assert found.covered.tolist() == [False, True, False]
    assert found.labels().tolist()[1] == "b"


@each_solver
def test_it_changes_neither_scores_nor_evidence(kind, rng):
    scores = rng.normal(size=(5, 3))
    evidence = with_masks(blank(5, 3), rng)
    scores.setflags(write=False)
    evidence.candidates.setflags(write=False)
    kind().solve(scores, evidence)  # writing raises


@each_solver
def test_any_array_library_gives_the_same_answer(kind, rng, xp):
    scores = np.where(rng.random((6, 3)) < 0.3, -np.inf, rng.normal(size=(6, 3)))
    evidence = with_masks(blank(6, 3), rng)
    expected = kind().solve(scores, evidence)
    found = kind().solve(xp.asarray(scores), evidence.map_arrays(xp.asarray))
    for name in ("probabilities", "log_normalizer"):
        array = getattr(found, name)
        assert type(array) is type(xp.asarray(scores))
        np.testing.assert_allclose(on_host(array), getattr(expected, name), rtol=1e-12)
    pd.testing.assert_frame_equal(found.frame(), expected.frame())


@each_solver
def test_it_says_what_it_respects(kind):
    assert kind.respects <= {"bags", "neighbors"}
