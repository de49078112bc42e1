"""Counts of several classes in large bags, held against closed forms and exact recursion."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.special import logsumexp, softmax

import weaklabel as wl
from weaklabel.solvers import BeliefPropagation, _count_factors
from weaklabel.solvers._count_states import axis_of, plan_for

CLASSES = list("abcdefghij")


def one_bag(n_items, n_classes, *constraints):
    return wl.Evidence(range(n_items), classes=CLASSES[:n_classes]).with_bags(
        ["A"] * n_items, *constraints
    )


def drawn(rng, n_items, n_classes):
    """Scores, and counts that they do not quite expect."""
    scores = rng.normal(scale=2, size=(n_items, n_classes))
    gold = (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)
    gold = np.where(rng.random(n_items) < 0.3, rng.integers(n_classes, size=n_items), gold)
    return scores, np.bincount(gold, minlength=n_classes)


def solved(scores, evidence, monkeypatch, most_states):
    monkeypatch.setattr(_count_factors, "MOST_STATES", most_states)
    return BeliefPropagation().solve(scores, evidence)


# ---- few states, whatever the size ----------------------------------------------------------


def test_tags_of_a_large_bag_by_inclusion_and_exclusion(rng):
    scores = rng.normal(size=(400, 4)) - np.array([5.0, 7.0, 0.0, 0.0])
    p = softmax(scores, axis=1)
    tags = wl.Tags({"A": {"a", "b", "c"}}, unknown=["d"])
    found = BeliefPropagation().solve(scores, one_bag(400, 4, tags))
    assert found.exact
    chance, with_class = 0.0, np.zeros_like(p)
    for missed in itertools.chain.from_iterable(
        itertools.combinations(range(3), r) for r in (0, 1, 2, 3)
    ):
        left = np.delete(np.arange(4), missed)
        none = (-1) ** len(missed) * np.prod(p[:, left].sum(axis=1))
        chance += none
        with_class[:, left] += none * p[:, left] / p[:, left].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.probabilities, with_class / chance, rtol=1e-8, atol=1e-12)
    assert found.log_normalizer.sum() == pytest.approx(
        np.log(chance) + logsumexp(scores, axis=1).sum()
    )


def test_tags_of_every_class_leave_no_class_out(rng):
    """All classes are stated; none is counted by the others."""
    scores = rng.normal(size=(500, 5))
    found = BeliefPropagation().solve(scores, one_bag(500, 5, wl.Tags({"A": set("abc")})))
    assert found.exact
    np.testing.assert_array_equal(found.probabilities[:, 3:], 0.0)
    # three classes are surely there
    np.testing.assert_allclose(found.probabilities[:, :3], softmax(scores[:, :3], axis=1))


def test_one_label_for_a_large_bag_in_closed_form(rng):
    scores = 0.1 * rng.normal(size=(300, 6))
    found = BeliefPropagation().solve(scores, one_bag(300, 6, wl.SameLabel()))
    assert found.exact
    expected = softmax(scores.sum(axis=0))
    np.testing.assert_allclose(found.probabilities, np.tile(expected, (300, 1)), rtol=1e-9)
    assert found.log_normalizer.sum() == pytest.approx(logsumexp(scores.sum(axis=0)))


def test_axes_have_no_more_states_than_meanings():
    at_least_two = np.where(np.arange(11) >= 2, 0.0, -np.inf)
    at_most_three = np.where(np.arange(11) <= 3, 0.0, -np.inf)
    ends = np.full(11, -np.inf)
    ends[[0, 10]] = 0.0
    tables = [at_least_two, at_most_three, ends, np.zeros(11), np.full(11, -np.inf)]
    assert [len(axis_of(table).hit) for table in tables] == [3, 4, 3, 1, 1]
    assert len(axis_of(ends, whole=True).hit) == 11
    # leaving the last out takes full counts of the others, which would be more states here
    assert plan_for([at_least_two, at_least_two, at_least_two], complete=True).rest is None
    assert plan_for([at_most_three, at_most_three, at_least_two], complete=True).n_states == 16


# ---- many states: moments -------------------------------------------------------------------

WAYS = {
    "exact": lambda of, c, n: wl.Count(of, number=c),
    "within": lambda of, c, n: wl.Proportion(of, share=c / n, within=0.05),
    "gaussian": lambda of, c, n: wl.Proportion(of, share=c / n, scale=0.05),
    "laplace": lambda of, c, n: wl.Proportion(of, share=c / n, scale=0.03, noise="laplace"),
    "at least": lambda of, c, n: wl.AtLeast(of, number=int(0.9 * c)),
    "at most": lambda of, c, n: wl.AtMost(of, number=int(1.1 * c) + 1),
    "no room": lambda of, c, n: wl.AtLeast(of, number=c),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("n_stated", [2, 3])
def test_moments_are_near_the_exact_answer(way, n_stated, rng, monkeypatch):
    """The figures of the documentation: sizes 64 and 256, three classes."""
    for size, error in ((64, 4e-3), (256, 1e-3)):
        scores, counts = drawn(rng, size, 3)
        stated = [WAYS[way](CLASSES[k], int(counts[k]), size) for k in range(n_stated)]
        evidence = one_bag(size, 3, *stated)
        exact = solved(scores, evidence, monkeypatch, 1 << 40)
        found = solved(scores, evidence, monkeypatch, 0)
        assert (exact.exact, found.exact, found.converged, found.n_iter) == (True, False, True, 1)
        np.testing.assert_allclose(found.probabilities, exact.probabilities, atol=error)
        difference = found.log_normalizer.sum() - exact.log_normalizer.sum()
        assert abs(difference) < (0.05 if size == 64 else 0.01)


def test_five_exact_counts_among_64_are_within_a_thousandth(rng, monkeypatch):
    for _ in range(3):
        scores, counts = drawn(rng, 64, 5)
        evidence = one_bag(
            64, 5, *(wl.Count(c, number=n) for c, n in zip("abcde", counts, strict=True))
        )
        exact = solved(scores, evidence, monkeypatch, 1 << 40).probabilities
        found = solved(scores, evidence, monkeypatch, 0).probabilities
        np.testing.assert_allclose(found, exact, atol=1.5e-3)
        np.testing.assert_allclose(found.sum(axis=0), counts, atol=1e-5)


def test_many_bags_at_once_are_one_by_one(rng, monkeypatch):
    """Bags of several sizes, one of which states nothing about a class."""
    sizes = [30, 45, 60]
    scores, bag = rng.normal(size=(135, 3)), np.repeat(["A", "B", "C"], sizes)
    number = {"a": {"A": 10, "B": 20, "C": 30}, "b": {"A": 5, "C": 12}}
    evidence = wl.Evidence(range(135), classes=list("abc")).with_bags(
        bag, *(wl.Count(of, number=each) for of, each in number.items())
    )
    found = solved(scores, evidence, monkeypatch, 0).probabilities
    for name in "ABC":
        here = bag == name
        one = wl.Evidence(range(here.sum()), classes=list("abc")).with_bags(
            bag[here],
            *(wl.Count(of, number=each[name]) for of, each in number.items() if name in each),
        )
        np.testing.assert_allclose(
            found[here], solved(scores[here], one, monkeypatch, 0).probabilities, atol=1e-3
        )


def test_ten_thousand_members_of_ten_classes_meet_their_counts(rng):
    scores, counts = drawn(rng, 10_000, 10)
    constraints = [wl.Count(name, number=n) for name, n in zip(CLASSES, counts, strict=True)]
    found = BeliefPropagation().solve(scores, one_bag(10_000, 10, *constraints))
    assert not found.exact
    np.testing.assert_allclose(found.probabilities.sum(axis=0), counts, atol=1e-4)
    # what counts say is nearly one shift a class for all
    shift = np.log(found.probabilities) - scores
    shift = shift - shift[:, :1]
    assert np.ptp(shift, axis=0).max() < 0.01


def test_what_is_certain_or_absent_stays_so_in_large_bags(rng, monkeypatch):
    scores, _ = drawn(rng, 80, 4)
    scores[:5] = [0.0, -np.inf, -np.inf, -np.inf]
    constraints = [wl.Count("a", number=20), wl.Count("b", number=30), wl.AtMost("c", number=0)]
    found = solved(scores, one_bag(80, 4, *constraints), monkeypatch, 0).probabilities
    np.testing.assert_array_equal(found[:5, 0], 1.0)
    np.testing.assert_array_equal(found[:, 2], 0.0)
    np.testing.assert_allclose(found.sum(axis=0)[:2], [20, 30], atol=1e-6)


def test_large_bags_with_neighbors_converge(rng, monkeypatch):
    scores, counts = drawn(rng, 64, 3)
    evidence = one_bag(64, 3, *(wl.Count(c, number=n) for c, n in zip("abc", counts, strict=True)))
    evidence = evidence.with_neighbors(np.diag(np.full(63, 0.4), 1))
    exact = solved(scores, evidence, monkeypatch, 1 << 40)
    found = solved(scores, evidence, monkeypatch, 0)
    assert found.converged
    np.testing.assert_allclose(found.probabilities, exact.probabilities, atol=2e-3)
    np.testing.assert_allclose(found.probabilities.sum(axis=0), counts, atol=1e-3)


def test_only_bags_with_many_states_are_done_by_moments(rng, monkeypatch):
    scores = rng.normal(size=(40, 3))
    evidence = wl.Evidence(range(40), classes=list("abc")).with_bags(
        ["A"] * 36 + ["B"] * 4, *(wl.Proportion(of, share=0.3, within=0.05) for of in "ab")
    )
    exact = solved(scores, evidence, monkeypatch, 1 << 40).probabilities
    found = solved(scores, evidence, monkeypatch, 400).probabilities
    np.testing.assert_allclose(found[36:], exact[36:], atol=1e-12)
    assert 1e-9 < np.abs(found[:36] - exact[:36]).max() < 5e-3


def test_the_best_labels_of_large_bags_loop_between_classes(rng, monkeypatch):
    monkeypatch.setattr(_count_factors, "MOST_STATES", 0)
    scores = np.tile(np.eye(3) * 5, (20, 1)) + 0.1 * rng.normal(size=(60, 3))
    evidence = one_bag(60, 3, *(wl.Count(of, number=20) for of in "abc"))
    found = BeliefPropagation(mode="max").solve(scores, evidence)
    assert (found.exact, found.converged) == (False, True)
    np.testing.assert_array_equal(found.probabilities, np.tile(np.eye(3), (20, 1)))


IMPOSSIBLE = {
    "more than there are": ([wl.Count("a", number=20), wl.Count("b", number=20)], {}),
    "too few to be all": ([wl.AtMost(of, number=5) for of in "abc"], {}),
    "candidates": (
        [wl.Count("a", number=20), wl.Count("b", number=5)],
        {i: {"b", "c"} for i in range(15)},
    ),
    "no class is left": (
        [wl.AtMost("a", number=0), wl.Count("b", number=5)],
        {i: {"a"} for i in range(2)},
    ),
}


@pytest.mark.parametrize("why", IMPOSSIBLE)
def test_large_bags_that_cannot_be_are_named(why, rng, monkeypatch):
    monkeypatch.setattr(_count_factors, "MOST_STATES", 0)
    constraints, candidates = IMPOSSIBLE[why]
    evidence = one_bag(30, 3, *constraints)
    if candidates:
        evidence = evidence.with_candidates(candidates)
    with pytest.raises(ValueError, match="constraints of 1 bags cannot hold: 'A'"):
        BeliefPropagation().solve(rng.normal(size=(30, 3)), evidence)


def test_an_item_left_without_a_class_by_two_groupings_names_its_large_bag(rng, monkeypatch):
    monkeypatch.setattr(_count_factors, "MOST_STATES", 0)
    evidence = one_bag(30, 3, wl.AtMost("a", number=0), wl.Count("b", number=15))
    evidence = evidence.with_bags({0: "X"}, wl.Count("a", number=1))
    with pytest.raises(ValueError, match=r"cannot hold: '[AX]'"):
        BeliefPropagation().solve(rng.normal(size=(30, 3)), evidence)
