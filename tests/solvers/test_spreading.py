"""Spreading and random walks held against dense linear algebra and against walks."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.neighbors import KNeighborsClassifier
from sklearn.semi_supervised import LabelSpreading

import weaklabel as wl
from weaklabel._device import on_host
from weaklabel.solvers import Independent, RandomWalk, Spreading

SPREADERS = [Spreading(), Spreading(clamp=False), RandomWalk()]
each = pytest.mark.parametrize("solver", SPREADERS, ids=repr)


def random_graph(rng, n_items, share=0.5):
    graph = np.triu(rng.random((n_items, n_items)), 1)
    graph[rng.random(graph.shape) > share] = 0
    return graph + graph.T


def seeded(graph, gold, classes="ab"):
    """Evidence with gold of some items, by position."""
    labels = {f"r{i}": classes[y] for i, y in gold.items()}
    evidence = wl.Evidence([f"r{i}" for i in range(len(graph))], classes=list(classes))
    return evidence.with_candidates(labels).with_neighbors(graph)


def connected(rng, n_items):
    graph = random_graph(rng, n_items)
    return graph + np.eye(n_items, k=1) * 0.3 + np.eye(n_items, k=-1) * 0.3


@given(seed=st.integers(0, 2**20), n_items=st.integers(3, 12), n_classes=st.integers(2, 3))
def test_a_walk_is_the_absorbing_chain(seed, n_items, n_classes):
    rng = np.random.default_rng(seed)
    graph = connected(rng, n_items)
    gold = dict(enumerate(rng.integers(n_classes, size=n_items)))
    gold = {i: gold[i] for i in rng.permutation(n_items)[: rng.integers(1, n_items)]}
    evidence = seeded(graph, gold, "abc"[:n_classes])
    found = RandomWalk().solve(np.zeros((n_items, n_classes)), evidence)
    step = graph / graph.sum(axis=1, keepdims=True)
    end = np.array(sorted(gold))
    free = np.setdiff1d(np.arange(n_items), end)
    known = np.eye(n_classes)[[gold[i] for i in end]]
    inside = np.eye(len(free)) - step[np.ix_(free, free)]
    expected = np.linalg.solve(inside, step[np.ix_(free, end)] @ known)
    np.testing.assert_allclose(found.probabilities[free], expected, atol=1e-6)
    np.testing.assert_array_equal(found.probabilities[end], known)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, rtol=1e-12)
    assert found.reached.all()
    assert found.covered.all()


def test_walks_end_where_they_are_said_to():
    """Thrown dice: within four standard errors."""
    rng = np.random.default_rng(0)
    graph = connected(rng, 7)
    step = graph / graph.sum(axis=1, keepdims=True)
    found = RandomWalk().solve(np.zeros((7, 2)), seeded(graph, {0: 0, 6: 1})).probabilities
    ends = []
    for _ in range(2000):
        at = 3
        while at not in (0, 6):
            at = rng.choice(7, p=step[at])
        ends.append(at == 6)
    assert abs(np.mean(ends) - found[3, 1]) < 4 * np.sqrt(0.25 / 2000)


@given(
    seed=st.integers(0, 2**20),
    alpha=st.sampled_from([0.2, 0.9, 0.99]),
    clamp=st.booleans(),
)
def test_spreading_is_the_linear_system(seed, alpha, clamp):
    rng = np.random.default_rng(seed)
    graph = connected(rng, 9)
    gold = {int(i): int(rng.integers(2)) for i in rng.permutation(9)[:3]}
    found = Spreading(alpha=alpha, clamp=clamp).solve(np.zeros((9, 2)), seeded(graph, gold))
    root = np.sqrt(graph.sum(axis=1))
    flow = alpha * graph / root / root[:, None]
    known = np.zeros((9, 2))
    known[list(gold), list(gold.values())] = 1
    right = (1 - alpha) * known
    if clamp:
        flow[list(gold)] = 0
        right[list(gold)] = known[list(gold)]
    expected = np.linalg.solve(np.eye(9) - flow, right)
    expected /= expected.sum(axis=1, keepdims=True)
    free = np.setdiff1d(np.arange(9), list(gold))
    np.testing.assert_allclose(found.probabilities[free], expected[free], atol=1e-6)
    assert (found.probabilities[known > 0] == 1).all()


def test_soft_spreading_is_that_of_scikit_learn(rng):
    """Given the same graph; only that gold keeps its class with us."""
    graph = connected(rng, 20)
    told = np.full(20, -1)
    told[[2, 11, 17]] = [0, 1, 1]
    theirs = LabelSpreading(kernel=lambda x, y: graph, alpha=0.8, max_iter=500, tol=1e-12)
    expected = theirs.fit(np.zeros((20, 1)), told).label_distributions_
    gold = {2: 0, 11: 1, 17: 1}
    found = Spreading(alpha=0.8, clamp=False).solve(np.zeros((20, 2)), seeded(graph, gold))
    free = np.setdiff1d(np.arange(20), list(gold))
    np.testing.assert_allclose(found.probabilities[free], expected[free], atol=1e-6)


def test_neighbors_outvote_an_uncertain_label():
    graph = np.ones((5, 5))
    scores = np.zeros((5, 2))
    scores[0] = [0.0, 1.0]
    found = Spreading().solve(scores, seeded(graph, dict.fromkeys(range(1, 5), 0)))
    assert found.probabilities[0].argmax() == 0
    walk = RandomWalk().solve(scores, seeded(graph, dict.fromkeys(range(2, 5), 0)))
    np.testing.assert_allclose(walk.probabilities[0], np.exp(scores[0]) / np.exp(scores[0]).sum())


@each
def test_two_moons(solver):
    """K33: one label a class; the nearest label does it for three quarters."""
    accuracy, by_nearest = [], []
    for seed in range(6):
        points, gold = make_moons(300, noise=0.06, random_state=seed)
        rng = np.random.default_rng(seed)
        known = [int(rng.choice(np.flatnonzero(gold == y))) for y in (0, 1)]
        evidence = seeded(np.zeros((300, 300)), {known[0]: 0, known[1]: 1})
        evidence = evidence.with_neighbors(wl.neighbors(points))
        found = solver.solve(np.zeros((300, 2)), evidence).probabilities
        accuracy.append((found.argmax(axis=1) == gold).mean())
        near = KNeighborsClassifier(1).fit(points[known], gold[known])
        by_nearest.append(near.score(points, gold))
    assert np.mean(accuracy) >= 0.9
    assert np.mean(by_nearest) < 0.8


@each
def test_what_nothing_reaches_keeps_its_scores(solver):
    graph = np.zeros((5, 5))
    graph[0, 1] = graph[2, 3] = 1.0
    scores = np.log(np.tile([0.3, 0.7], (5, 1)))
    found = solver.solve(scores, seeded(graph, {0: 0}))
    np.testing.assert_allclose(found.probabilities[:2], [[1, 0], [1, 0]], atol=1e-9)
    np.testing.assert_allclose(found.probabilities[2:], np.exp(scores[2:]))
    assert found.reached.tolist() == found.covered.tolist() == [True, True, False, False, False]
    assert found.labels().isna().tolist() == [False, False, True, True, True]


@each
def test_the_class_prior_is_not_spread(solver, rng):
    """It is what all items share of which nothing is known."""
    graph = connected(rng, 8)
    flat = solver.solve(np.zeros((8, 2)), seeded(graph, {0: 0, 7: 1}))
    prior = solver.solve(np.log(np.tile([0.2, 0.8], (8, 1))), seeded(graph, {0: 0, 7: 1}))
    np.testing.assert_allclose(prior.probabilities, flat.probabilities, atol=1e-9)


@each
def test_scores_alone_are_spread(solver, rng):
    graph, scores = connected(rng, 8), np.zeros((8, 2))
    scores[0], scores[7] = [2, 0], [0, 3]
    evidence = wl.Evidence(range(8), classes=["a", "b"]).with_neighbors(graph)
    found = solver.solve(scores, evidence)
    assert found.reached.all()
    assert not found.covered.any()
    ends = Independent().solve(scores, evidence).probabilities
    low, high = ends[7, 0], ends[0, 0]
    inside = found.probabilities[1:7, 0]
    assert ((inside > low - 1e-9) & (inside < high + 1e-9)).all()


@each
def test_candidates_are_kept_to(solver, rng):
    graph = connected(rng, 8)
    evidence = seeded(graph, {0: 0, 7: 1}, "abc").with_candidates(exclude={"r3": "a", "r4": "c"})
    found = solver.solve(np.zeros((8, 3)), evidence).probabilities
    assert found[3, 0] == found[4, 2] == 0
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_a_walk_passes_items_with_several_candidates(rng):
    graph = connected(rng, 8)
    gold = {0: 0, 7: 1}
    plain = RandomWalk().solve(np.zeros((8, 3)), seeded(graph, gold, "abc"))
    some = seeded(graph, gold, "abc").with_candidates(exclude={"r3": "c"})
    np.testing.assert_allclose(
        RandomWalk().solve(np.zeros((8, 3)), some).probabilities, plain.probabilities, atol=1e-7
    )


@each
def test_votes_go_to_those_without(solver, rng):
    items = [f"r{i}" for i in range(40)]
    gold = np.repeat(["a", "b"], 20)
    frame = pd.DataFrame({"x": np.where(np.arange(40) % 4 == 0, gold, None)}, index=items)
    frame["y"] = np.where(np.arange(40) % 4 <= 1, gold, None)
    frame["z"] = np.where(np.arange(40) % 8 == 0, gold, None)
    points = (gold == "b")[:, None] * 4 + rng.normal(size=(40, 2))
    evidence = wl.Evidence(items, classes=["a", "b"]).with_votes(frame)
    evidence = evidence.with_neighbors(wl.neighbors(points, 5))
    model = wl.MajorityVote(solver=solver).fit(evidence)
    assert (model.posterior(evidence).labels() == gold).mean() > 0.9


@each
def test_any_array_library_with_a_graph(solver, rng, xp):
    evidence = seeded(connected(rng, 8), {0: 0, 7: 1})
    expected = solver.solve(np.zeros((8, 2)), evidence)
    found = solver.solve(xp.asarray(np.zeros((8, 2))), evidence.map_arrays(xp.asarray))
    assert type(found.probabilities) is type(xp.asarray(np.zeros(1)))
    np.testing.assert_allclose(on_host(found.probabilities), expected.probabilities, rtol=1e-12)
    assert on_host(found.covered).all()


@each
def test_the_scale_of_the_graph_does_not_matter(solver, rng):
    graph = connected(rng, 8)
    one, other = (
        solver.solve(np.zeros((8, 2)), seeded(graph * size, {0: 0, 7: 1})).probabilities
        for size in (1.0, 1e-6)
    )
    np.testing.assert_allclose(one, other, atol=1e-8)


@pytest.mark.parametrize("kind", [Spreading, RandomWalk])
def test_too_few_steps_are_reported(kind, rng):
    evidence = seeded(np.eye(200, k=1), {0: 0, 199: 1})
    with pytest.warns(ConvergenceWarning, match=r"still spread after 3 steps .*Raise max_iter"):
        found = kind(max_iter=3).solve(np.zeros((200, 2)), evidence)
    assert not found.converged
    assert found.n_iter == 3
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("solver", "message"),
    [
        (Spreading(alpha=1.0), "alpha is above 0 and below 1, not 1.0: .* RandomWalk()"),
        (Spreading(tol=0.0), "tol is above 0, not 0.0"),
        (RandomWalk(max_iter=0), "max_iter is at least 1, not 0"),
    ],
)
def test_settings_that_are_none(solver, message):
    with pytest.raises(ValueError, match=re.escape(message).replace(r"\.\*", ".*")):
        solver.solve(np.zeros((2, 2)), wl.Evidence(["r0", "r1"], classes=["a", "b"]))
