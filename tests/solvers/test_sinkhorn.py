"""The closest posterior within bounds, against root finding and a general optimizer."""

from __future__ import annotations

import warnings
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize
from scipy.special import expit, logsumexp, softmax
from sklearn.exceptions import ConvergenceWarning

import weaklabel as wl
from weaklabel._device import on_host
from weaklabel.solvers import Independent, Sinkhorn
from weaklabel.solvers._climb import Climb


def evidence_in_bags(bag, *constraints: wl.constraints.Constraint, n_classes: int = 2):
    """Items in one block of bags."""
    classes = list("abcde")[:n_classes]
    return wl.Evidence(pd.RangeIndex(len(bag)), classes=classes).with_bags(bag, *constraints)


def counts(posterior, block) -> np.ndarray:
    """Expected counts, n_bags x n_classes."""
    q = np.asarray(posterior.probabilities)
    member, starts = np.asarray(block.member), np.asarray(block.starts)
    return np.array([q[member[a:b]].sum(axis=0) for a, b in pairwise(starts)])


def true_shares(rng, bag, classes):
    """Constraints that some labeling meets exactly."""
    truth = pd.Series(rng.choice(list(classes), len(bag)))
    return [
        wl.Proportion(name, share=(truth == name).groupby(np.asarray(bag)).mean())
        for name in classes[:-1]
    ]


def test_two_classes_are_one_root_a_bag(rng):
    bag = np.repeat(["A", "B", "C"], [5, 30, 200])
    scores = rng.normal(scale=2, size=(len(bag), 2))
    share = {"A": 0.3, "B": 0.9, "C": 0.05}
    evidence = evidence_in_bags(bag, wl.Proportion("a", share=share))
    found = Sinkhorn().solve(scores, evidence)
    for name, part in share.items():
        odds = (scores[:, 0] - scores[:, 1])[bag == name]

        def surplus(tilt, odds=odds, part=part):
            return expit(odds + tilt).mean() - part

        root = brentq(surplus, -50, 50, xtol=1e-13)
        assert found.duals[0].loc[name, "a"] == pytest.approx(root, abs=1e-6)
        np.testing.assert_allclose(
            found.probabilities[bag == name, 0], expit(odds + root), atol=1e-8
        )
    assert found.converged
    assert found.violation < 1e-6


@pytest.mark.parametrize("scale", [0.1, 1.0, 5.0])
@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_counts_keep_to_exact_shares(rng, scale, n_classes):
    bag = np.arange(600) // 40
    constraints = true_shares(rng, bag, "abcde"[:n_classes])
    evidence = evidence_in_bags(bag, *constraints, n_classes=n_classes)
    found = Sinkhorn().solve(rng.normal(scale=scale, size=(600, n_classes)), evidence)
    block = evidence.bags[0]
    for y, constraint in enumerate(block.constraints):
        wanted = constraint.bounds(block.sizes)[0]
        np.testing.assert_allclose(counts(found, block)[:, y], wanted, atol=1e-6)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, rtol=1e-12)


def test_many_shares_and_very_sure_scores_need_a_few_sweeps(rng):
    bag = np.arange(600) // 100
    constraints = true_shares(rng, bag, "abcde")
    evidence = evidence_in_bags(bag, *constraints, n_classes=5)
    found = Sinkhorn().solve(rng.normal(scale=300, size=(600, 5)), evidence)
    assert found.converged
    assert found.n_iter < 100


def test_newton_steps_find_what_single_classes_find(rng, monkeypatch):
    bag = np.arange(90) // 15
    constraints = [wl.Count(name, number=3, within=1) for name in "abcd"]
    evidence = evidence_in_bags(bag, *constraints, n_classes=5)
    scores = rng.normal(scale=3, size=(90, 5))
    at_once = Sinkhorn(tol=1e-11).solve(scores, evidence)
    monkeypatch.setattr("weaklabel.solvers._climb.Climb._at_once", Climb._in_turn)
    in_turn = Sinkhorn(tol=1e-11).solve(scores, evidence)
    np.testing.assert_allclose(at_once.probabilities, in_turn.probabilities, atol=1e-8)
    np.testing.assert_allclose(at_once.duals[0], in_turn.duals[0], atol=1e-6)
    assert (in_turn.duals[0].to_numpy() == 0).any()


def test_slack_bounds_change_nothing(rng):
    scores = rng.normal(size=(50, 3))
    evidence = evidence_in_bags(np.arange(50) // 10, wl.AtMost("a", number=10), n_classes=3)
    found = Sinkhorn().solve(scores, evidence)
    free = Independent().solve(scores, evidence)
    np.testing.assert_allclose(found.probabilities, softmax(scores, axis=1), rtol=1e-12)
    np.testing.assert_allclose(found.log_normalizer, free.log_normalizer, rtol=1e-12)
    assert (found.duals[0] == 0).all(axis=None)


@given(seed=st.integers(0, 2**20), n_classes=st.integers(2, 3))
def test_it_is_the_projection(seed, n_classes):
    """Least KL divergence among all posteriors within the bounds; overlapping bags, intervals."""
    rng = np.random.default_rng(seed)
    n_items = 6
    scores = rng.normal(scale=1.5, size=(n_items, n_classes))
    blocks = [(np.array([0, 0, 0, 1, 1, 1]), "a", 0.5), (np.array([0, 1, 1, 0, 0, 1]), "b", 1.0)]
    evidence = wl.Evidence(pd.RangeIndex(n_items), classes=list("abc")[:n_classes])
    sums = []
    truth = rng.dirichlet(np.ones(n_classes), n_items)
    for bag, name, within in blocks:
        y = "abc".index(name)
        number = pd.Series(truth[:, y]).groupby(bag).sum()
        evidence = evidence.with_bags(bag, wl.Count(name, number=number, within=within * 0.2))
        for g in (0, 1):
            for sign in (1, -1):

                def room(x, y=y, inside=bag == g, sign=sign, to=number[g], within=within * 0.2):
                    count = x.reshape(n_items, n_classes)[inside, y].sum()
                    return within - sign * (count - to)

                sums.append({"type": "ineq", "fun": room})
    sums.append({"type": "eq", "fun": lambda x: x.reshape(n_items, -1).sum(axis=1) - 1})
    log_free = scores - logsumexp(scores, axis=1, keepdims=True)

    def divergence(x):
        q = np.maximum(x, 1e-300).reshape(n_items, n_classes)
        return (q * (np.log(q) - log_free)).sum()

    best = minimize(
        divergence,
        truth.ravel(),
        bounds=[(1e-10, 1)] * truth.size,
        constraints=sums,
        method="SLSQP",
        options={"maxiter": 1000, "ftol": 1e-13},
    )
    found = Sinkhorn(tol=1e-8, max_iter=5000).solve(scores, evidence)
    assert found.converged
    np.testing.assert_allclose(found.probabilities.ravel(), best.x, atol=5e-4)
    # the sum of log normalizers is the bound on the log-likelihood that the optimum gives
    gap = logsumexp(scores, axis=1).sum() - found.log_normalizer.sum()
    assert gap == pytest.approx(best.fun, abs=1e-5)


def test_the_objective_of_em_never_falls(rng):
    """Scores from a posterior's own class shares: a model of one parameter vector."""
    bag = np.arange(120) // 12
    evidence = evidence_in_bags(bag, *true_shares(rng, bag, "abc"), n_classes=3)
    likelihood = rng.normal(scale=2, size=(120, 3))
    prior, trace = np.full(3, 1 / 3), []
    for _ in range(15):
        found = Sinkhorn().solve(likelihood + np.log(prior), evidence)
        trace.append(found.log_normalizer.sum())
        prior = found.probabilities.mean(axis=0)
    assert (np.diff(trace) > -1e-6).all()


def test_candidates_stay_out_and_scores_of_minus_infinity_too(rng):
    bag = np.arange(40) // 10
    scores = rng.normal(size=(40, 3))
    scores[::7, 2] = -np.inf
    evidence = evidence_in_bags(bag, wl.Count("a", number=4), n_classes=3).with_candidates(
        exclude={1: "a", 2: {"a", "b"}, 15: "c"}
    )
    found = Sinkhorn().solve(scores, evidence)
    q = found.probabilities
    assert q[1, 0] == q[2, 0] == q[2, 1] == q[15, 2] == q[0, 2] == 0
    assert q[2, 2] == 1
    np.testing.assert_allclose(counts(found, evidence.bags[0])[:, 0], 4, atol=1e-6)


@pytest.mark.parametrize(
    ("constraint", "expected", "dual"),
    [
        (wl.AtMost("a", number=0), [0.0, 0.5, 0.5], -np.inf),
        (wl.Count("a", number=3), [1.0, 0.0, 0.0], np.inf),
    ],
)
def test_bounds_without_choice_are_met_exactly(constraint, expected, dual):
    evidence = evidence_in_bags(["A"] * 3, constraint, n_classes=3)
    found = Sinkhorn().solve(np.zeros((3, 3)), evidence)
    np.testing.assert_array_equal(found.probabilities, [expected] * 3)
    assert found.duals[0].loc["A", "a"] == dual
    assert found.converged


def test_what_follows_from_other_classes_is_met_exactly():
    """All members are a or b, so none is c, about which nothing was said."""
    constraints = wl.Count("a", number=1), wl.Count("b", number=2)
    evidence = evidence_in_bags(["A"] * 3, *constraints, n_classes=3)
    found = Sinkhorn().solve(np.zeros((3, 3)), evidence)
    np.testing.assert_allclose(found.probabilities, [[1 / 3, 2 / 3, 0]] * 3, atol=1e-9)


def test_items_that_nothing_explains_are_shared_out_too():
    scores = np.array([[-np.inf, -np.inf], [0.0, 0.0]])
    evidence = evidence_in_bags(["A", "A"], wl.Count("a", number=1.5))
    found = Sinkhorn().solve(scores, evidence)
    np.testing.assert_allclose(found.probabilities, [[0.75, 0.25]] * 2, atol=1e-8)
    assert np.isneginf(found.log_normalizer[0])
    assert np.isfinite(found.log_normalizer[1])


def test_items_outside_of_bags_are_left_alone(rng):
    scores = rng.normal(size=(4, 2))
    evidence = evidence_in_bags(["A", None, "A", None], wl.Count("a", number=1))
    found = Sinkhorn().solve(scores, evidence)
    np.testing.assert_allclose(found.probabilities[[1, 3]], softmax(scores[[1, 3]], axis=1))


def test_several_statements_about_a_class_intersect():
    constraints = wl.AtLeast("a", number=1), wl.AtMost("a", number=1)
    evidence = evidence_in_bags(["A"] * 4, *constraints)
    found = Sinkhorn().solve(np.zeros((4, 2)), evidence)
    np.testing.assert_allclose(found.probabilities[:, 0], 0.25, atol=1e-9)
    assert found.duals[0].shape == (1, 1)


def test_contradictions_end_with_a_warning_that_names_bags():
    evidence = evidence_in_bags(["A", "A", "B", "B"], wl.Count("a", number=1)).with_bags(
        ["x", "x", None, None], wl.Count("a", number=2)
    )
    with pytest.warns(
        ConvergenceWarning, match=r"still broken after .* 'A'.*give one of them room"
    ):
        found = Sinkhorn(max_iter=50).solve(np.zeros((4, 2)), evidence)
    assert not found.converged
    assert found.violation > 0.4
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(found.probabilities[2:], 0.5, atol=1e-9)


@pytest.mark.parametrize("spread", [1e3, 1e16])
def test_sure_scores_give_no_nan(rng, spread):
    scores = spread * rng.normal(size=(30, 2))
    evidence = evidence_in_bags(np.arange(30) // 10, wl.Count("a", number=5))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # steps of 1e16 have no half way
        found = Sinkhorn(max_iter=20).solve(scores, evidence)
    assert np.isfinite(found.probabilities).all()
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)
    assert found.violation < 1


def test_any_array_library_gives_the_same_answer_in_bags(rng, xp):
    bag = np.arange(40) // 8
    evidence = evidence_in_bags(bag, *true_shares(rng, bag, "abc"), n_classes=3)
    scores = rng.normal(size=(40, 3))
    expected = Sinkhorn().solve(scores, evidence)
    found = Sinkhorn().solve(xp.asarray(scores), evidence.map_arrays(xp.asarray))
    assert type(found.probabilities) is type(xp.asarray(scores))
    np.testing.assert_allclose(on_host(found.probabilities), expected.probabilities, atol=1e-9)
    pd.testing.assert_frame_equal(found.duals[0], expected.duals[0], atol=1e-6)


def test_a_label_model_uses_the_bags(rng):
    votes = pd.DataFrame(rng.choice(["a", "b"], (60, 3)))
    bag = np.arange(60) // 20
    evidence = wl.Evidence(votes.index, classes=["a", "b"]).with_votes(votes)
    evidence = evidence.with_bags(bag, wl.Proportion("a", share=0.8))
    found = wl.MajorityVote(solver=Sinkhorn()).fit(evidence).predict_proba(evidence)
    np.testing.assert_allclose(found["a"].groupby(bag).mean(), 0.8, atol=1e-6)
