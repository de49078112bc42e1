"""Mean field held against enumeration: what it bounds, and where it is exact."""

from __future__ import annotations

import warnings

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

import weaklabel as wl
from weaklabel._device import on_host
from weaklabel.kernels import graph_colors
from weaklabel.solvers import BeliefPropagation, MeanField
from weaklabel.solvers._coupling import estimated_coupling
from weaklabel.solvers._mean_parts import symmetric, units_of


def blank(n_items, n_classes):
    return wl.Evidence([f"r{i}" for i in range(n_items)], classes=list("abcd")[:n_classes])


def potential(graph, allowed=lambda labels: True):
    """Of Potts edges stated once each, and of what is allowed."""

    def log_potential(labels):
        if not allowed(labels):
            return -np.inf
        same = np.equal.outer(labels, labels)
        return float((np.triu(graph, 1) * same).sum())

    return log_potential


def random_graph(rng, n_items, strength=1.0, share=0.5):
    graph = np.triu(rng.random((n_items, n_items)) < share, 1) * strength
    graph = graph * rng.random((n_items, n_items))
    return graph + graph.T


def between_bags(graph, bag):
    return graph * (np.not_equal.outer(bag, bag))


@given(
    seed=st.integers(0, 2**20),
    n_classes=st.integers(2, 3),
    strength=st.sampled_from([0.3, 1.0, 4.0]),
)
def test_a_graph_gives_a_bound(seed, n_classes, strength):
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, 5, strength)
    scores = rng.normal(scale=2, size=(5, n_classes))
    found = MeanField(max_iter=2000, coupling=1.0, tol=1e-7).solve(
        scores, blank(5, n_classes).with_neighbors(graph)
    )
    truth = oracle.log_normalizer(scores, potential(graph))
    assert found.bound
    assert found.converged
    assert found.log_normalizer.sum() <= truth + 1e-9
    # the expectations of neighbors are those of the probabilities
    np.testing.assert_allclose(
        found.probabilities, oracle.posterior(scores + graph @ found.probabilities), atol=1e-5
    )


@given(seed=st.integers(0, 2**20), damping=st.sampled_from([0.0, 0.5]), bags=st.booleans())
def test_in_turn_the_bound_never_falls(seed, damping, bags):
    rng = np.random.default_rng(seed)
    n_items, bag = 8, np.repeat([0, 1, 2, 3], 2)
    graph = random_graph(rng, n_items, 3.0)
    evidence = blank(n_items, 2)
    if bags:
        graph = between_bags(graph, bag)
        evidence = evidence.with_bags(bag, wl.Count("a", number=1))
    scores, evidence = rng.normal(size=(n_items, 2)), evidence.with_neighbors(graph)
    bounds = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for sweeps in range(1, 12):
            solver = MeanField(max_iter=sweeps, damping=damping, tol=0.0, coupling=1.0)
            bounds.append(solver.solve(scores, evidence).log_normalizer.sum())
    assert (np.diff(bounds) >= -1e-9).all()


@given(seed=st.integers(0, 2**20), n_classes=st.integers(2, 3))
def test_counts_and_a_graph_between_bags_give_a_bound(seed, n_classes):
    rng = np.random.default_rng(seed)
    bag, gold = np.array([0, 0, 0, 1, 1, 1]), rng.integers(n_classes, size=6)
    graph = between_bags(random_graph(rng, 6, 2.0), bag)
    number = {g: int((gold[bag == g] == 0).sum()) for g in (0, 1)}
    evidence = (
        blank(6, n_classes)
        .with_bags(bag, wl.Count("a", number=pd.Series(number)))
        .with_neighbors(graph)
    )

    def allowed(labels):
        return all((np.array(labels)[bag == g] == 0).sum() == number[g] for g in (0, 1))

    scores = rng.normal(size=(6, n_classes))
    found = MeanField(max_iter=2000, coupling=1.0, tol=1e-7).solve(scores, evidence)
    assert found.bound
    truth = oracle.log_normalizer(scores, potential(graph, allowed))
    assert found.log_normalizer.sum() <= truth + 1e-9
    counted = [found.probabilities[bag == g, 0].sum() for g in (0, 1)]
    np.testing.assert_allclose(counted, [number[0], number[1]], atol=1e-9)


@given(seed=st.integers(0, 2**20), n_classes=st.integers(2, 3))
def test_disjoint_bags_alone_are_exact(seed, n_classes):
    rng = np.random.default_rng(seed)
    bag, gold = rng.integers(3, size=9), rng.integers(n_classes, size=9)
    counts = [pd.Series(gold == y).groupby(bag).sum() for y in range(n_classes)]
    evidence = blank(9, n_classes).with_bags(
        bag, *(wl.Count(name, number=counts[y]) for y, name in enumerate("abc"[:n_classes]))
    )
    scores = rng.normal(scale=3, size=(9, n_classes))
    found = MeanField().solve(scores, evidence)
    expected = BeliefPropagation().solve(scores, evidence)
    assert (found.exact, found.bound, found.converged, found.n_iter) == (True, True, True, 1)
    np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=1e-12)
    np.testing.assert_allclose(found.log_normalizer, expected.log_normalizer, atol=1e-12)


def test_weak_neighbors_come_near_the_truth(rng):
    errors = []
    for _ in range(20):
        graph = random_graph(rng, 6, 0.3)
        scores = rng.normal(size=(6, 2))
        found = MeanField(coupling=1.0).solve(scores, blank(6, 2).with_neighbors(graph))
        truth = oracle.posterior(scores, potential(graph))
        errors.append(np.abs(found.probabilities - truth).max())
    assert np.mean(errors) < 0.02


def test_in_turn_and_at_once_meet(rng):
    """With weak neighbors there is one optimum."""
    graph = random_graph(rng, 30, 0.3, 0.2)
    evidence, scores = wl.Evidence(range(30), classes=["a", "b"]), rng.normal(size=(30, 2))
    evidence = evidence.with_neighbors(graph)
    one = MeanField(tol=1e-10, coupling=1.0).solve(scores, evidence)
    other = MeanField(tol=1e-10, schedule="parallel", damping=0.3, coupling=1.0).solve(
        scores, evidence
    )
    np.testing.assert_allclose(other.probabilities, one.probabilities, atol=1e-8)


def test_bags_that_overlap_are_no_bound(rng):
    evidence = (
        blank(6, 2)
        .with_bags([0, 0, 0, 1, 1, 1], wl.Proportion("a", share=0.4, within=0.3))
        .with_bags([0, 1, 0, 1, 0, 1], wl.AtLeast("b"))
    )
    scores = rng.normal(size=(6, 2))
    found = MeanField(tol=1e-7).solve(scores, evidence)
    assert found.converged
    assert not found.bound
    assert not found.exact
    assert set(units_of(evidence)) == {0}
    expected = BeliefPropagation().solve(scores, evidence)
    np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=1e-5)


def test_neighbors_in_the_same_bag_are_no_bound(rng):
    evidence = blank(4, 2).with_bags([0, 0, 0, 1], wl.Count("a", number=1))
    evidence = evidence.with_neighbors(random_graph(rng, 4, 0.5, 1.0))
    found = MeanField(damping=0.3).solve(rng.normal(size=(4, 2)), evidence)
    assert found.converged
    assert not found.bound
    np.testing.assert_allclose(found.probabilities[:3, 0].sum(), 1, atol=1e-12)


def test_infeasible_bags_are_named():
    evidence = blank(3, 2).with_bags(list("AAB"), wl.AtLeast("a", number=2))
    with pytest.raises(ValueError, match=r"of 1 bags cannot hold: 'B'"):
        MeanField().solve(np.zeros((3, 2)), evidence.with_neighbors(np.ones((3, 3))))


def test_coupling_multiplies_the_weights(rng):
    graph, scores = random_graph(rng, 6), rng.normal(size=(6, 2))
    one = MeanField(coupling=0.7).solve(scores, blank(6, 2).with_neighbors(graph))
    other = MeanField(coupling=1.0).solve(scores, blank(6, 2).with_neighbors(0.7 * graph))
    np.testing.assert_allclose(one.probabilities, other.probabilities)
    none = MeanField(coupling=0.0).solve(scores, blank(6, 2).with_neighbors(graph))
    np.testing.assert_allclose(none.probabilities, oracle.posterior(scores))


def test_a_pair_counts_once_however_it_is_stated():
    graphs = ([[0, 1.2], [0, 0]], [[0, 1.2], [1.2, 0]], [[5, 0.3], [1.2, 9]])
    found = [symmetric(np.array(graph), 2).toarray().tolist() for graph in graphs]
    assert found == [[[0, 1.2], [1.2, 0]]] * 3


def test_oscillation_is_reported():
    graph = 8.0 * np.array([[0, 1], [1, 0]])
    scores = np.array([[3.0, 0.0], [0.0, 3.0]])
    solver = MeanField(schedule="parallel", max_iter=50, coupling=1.0)
    with pytest.warns(ConvergenceWarning, match=r"still changes by .* after 50 sweeps.*damping"):
        found = solver.solve(scores, blank(2, 2).with_neighbors(graph))
    assert not found.converged
    assert found.last_change > solver.tol


def test_any_array_library_with_bags_and_neighbors(rng, xp):
    evidence = (
        blank(6, 2)
        .with_bags(list("AAABBB"), wl.Count("a", number=1))
        .with_neighbors(random_graph(rng, 6, 0.4))
    )
    scores = rng.normal(size=(6, 2))
    expected = MeanField(damping=0.3).solve(scores, evidence)
    found = MeanField(damping=0.3).solve(xp.asarray(scores), evidence.map_arrays(xp.asarray))
    assert type(found.probabilities) is type(xp.asarray(scores))
    np.testing.assert_allclose(on_host(found.probabilities), expected.probabilities, rtol=1e-12)


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"schedule": "random"}, "schedule='random' is unknown. Choose one of sequential, paral"),
        ({"damping": 1.0}, "damping is at least 0 and below 1, not 1.0"),
        ({"coupling": -1.0}, "coupling is at least 0 and finite, not -1.0"),
        ({"coupling": "strong"}, "coupling is at least 0 and finite, not 'strong'"),
        ({"max_iter": 0}, "max_iter is at least 1, not 0"),
    ],
)
def test_settings_that_are_none(settings_, message):
    with pytest.raises(ValueError, match=message):
        MeanField(**settings_).solve(np.zeros((2, 2)), blank(2, 2))


@given(seed=st.integers(0, 2**20), n_nodes=st.integers(0, 30), share=st.floats(0, 1))
def test_neighbors_have_different_colors(seed, n_nodes, share):
    near = random_graph(np.random.default_rng(seed), n_nodes, share=share) > 0
    starts = np.concatenate([[0], np.cumsum(near.sum(axis=1))])
    color = graph_colors(np.nonzero(near)[1], starts)
    one, other = np.nonzero(near)
    assert (color[one] != color[other]).all()
    assert (color <= near.sum(axis=1)).all()


# ---- how much neighbors say ---------------------------------------------------------------------


def drawn(rng, same, n_items=3000, n_classes=3):
    """A ring whose neighbors are of one class with probability `same`, and votes on it."""
    share = np.array([0.6, 0.3, 0.1])[:n_classes] / np.sum([0.6, 0.3, 0.1][:n_classes])
    gold = rng.choice(n_classes, n_items, p=share)
    for i in range(1, n_items):
        gold[i] = gold[i - 1] if rng.random() < same else gold[i]
    vote = np.where(rng.random(n_items) < 0.7, gold, rng.integers(n_classes, size=n_items))
    hit = 0.7 + 0.3 / n_classes
    scores = np.full((n_items, n_classes), np.log((1 - hit) / (n_classes - 1)))
    scores[np.arange(n_items), vote] = np.log(hit)
    scores[rng.random(n_items) < 0.3] = 0.0
    place = np.arange(n_items - 1)
    graph = sparse.csr_array((np.ones(n_items - 1), (place, place + 1)), (n_items, n_items))
    return gold, scores + np.log(share), graph


def loss(probabilities, gold):
    return -np.log(probabilities[np.arange(len(gold)), gold]).mean()


@pytest.mark.parametrize("same", [0.02, 0.5, 0.9])
def test_how_alike_neighbors_are_is_recovered(same, rng):
    """A chain whose truth is known: what all neighbors are worth is that of one pair."""
    _, scores, graph = drawn(rng, same)
    graph = symmetric(graph, len(scores))
    known = oracle_free(scores)
    nats, share = estimated_coupling(known, graph, np.arange(len(scores)))
    odds = np.expm1(nats * graph.sum(axis=1).mean()) / 3
    assert odds / (1 + odds) == pytest.approx(same, abs=0.06)
    np.testing.assert_allclose(share, known.mean(axis=0))


def oracle_free(scores):
    likely = np.exp(scores)
    return likely / likely.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("same", [0.0, 0.3, 0.8])
def test_a_graph_never_makes_the_loss_worse(same, rng):
    """On average over items; with uneven classes, and neighbors that say nothing or much."""
    change = []
    for _ in range(3):
        gold, scores, graph = drawn(rng, same)
        evidence = wl.Evidence(range(len(gold)), classes=["a", "b", "c"]).with_neighbors(graph)
        found = MeanField().solve(scores, evidence)
        change.append(loss(found.probabilities, gold) - loss(oracle_free(scores), gold))
    assert np.mean(change) < 0.004
    assert same < 0.5 or np.mean(change) < -0.05


def test_neighbors_of_whom_nothing_is_known_say_nothing():
    """However uneven the classes are."""
    scores = np.log(np.tile([0.9, 0.1], (6, 1)))
    found = MeanField(tol=1e-12).solve(scores, blank(6, 2).with_neighbors(1 - np.eye(6)))
    np.testing.assert_allclose(found.probabilities, np.exp(scores), atol=1e-9)
    assert found.coupling > 0


def test_what_a_bag_says_of_two_neighbors_is_no_agreement(rng):
    """Items of one bag, which is known to be of one class: only pairs between bags count."""
    bag, share = np.repeat(np.arange(50), 4), rng.random(50)
    known = np.stack([share, 1 - share], axis=1)[bag]
    inside = sparse.csr_array(np.equal.outer(bag, bag) * (1 - np.eye(200)))
    across = symmetric(sparse.csr_array(np.eye(200, k=97)), 200)
    graph = symmetric(inside + across, 200)
    both = estimated_coupling(known, graph, bag).nats * graph.sum(axis=1).mean()
    alone = estimated_coupling(known, across, bag).nats
    assert both == pytest.approx(alone * across.sum(axis=1).mean())
    assert estimated_coupling(known, inside, bag).nats > 0  # if there are no others


def test_without_a_graph_nothing_is_estimated():
    assert MeanField().solve(np.zeros((2, 2)), blank(2, 2)).coupling == 0
