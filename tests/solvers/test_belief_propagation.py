"""Belief propagation, held against enumeration."""

from __future__ import annotations

import inspect
import warnings
from functools import partial

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.special import expit
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

import weaklabel as wl
from weaklabel import constraints
from weaklabel._device import on_host
from weaklabel.solvers import BeliefPropagation

SCHEDULES = ["flooding", "sequential", "residual"]
KINDS = [
    kind
    for name in constraints.__all__
    if isinstance(kind := getattr(constraints, name), type)
    and issubclass(kind, constraints.Constraint)
    and not inspect.isabstract(kind)
]  # other statements expand to these


def blank(n_items, n_classes):
    return wl.Evidence([f"r{i}" for i in range(n_items)], classes=list("abc")[:n_classes])


# true of every count; a kind with other fields adds its own
FIELDS = {
    "share": lambda count, size: count / size,
    "number": lambda count, size: count,
    "within": lambda count, size: 0.2 + 0 * count,
    "scale": lambda count, size: 0.4 + 0 * count,
}


def fields_of(kind):
    return [name for name in inspect.signature(kind).parameters if name not in {"of", "noise"}]


def all_or_none(of, count, size):
    """Same label where that is true, and otherwise something else that is."""
    alike = ((count == 0) | (count == size)).all()
    return wl.SameLabel(of) if alike else wl.AtLeast(of, number=count)


def builders():
    """Every kind in each of its ways: what it states of a class, given true counts and sizes."""
    found = {"SameLabel": all_or_none}
    for kind in KINDS:
        names = fields_of(kind)
        if not names:
            continue
        ways = {"": [n for n in names if n not in {"within", "scale"}]}
        ways |= {"-within": [n for n in names if n != "scale"]} if "within" in names else {}
        soft = [n for n in names if n != "within"] if "scale" in names else []
        for way, chosen in ways.items():
            found[kind.__name__ + way] = partial(stated, kind, chosen)
        for noise in ("gaussian", "laplace") if soft else ():
            found[f"{kind.__name__}-{noise}"] = partial(stated, kind, soft, noise=noise)
    return found


def stated(kind, names, of, count, size, **options):
    return kind(of, **{name: FIELDS[name](count, size) for name in names}, **options)


TRUE = builders()


def counted(gold, bag, code):
    """True count of a class by bag."""
    return pd.Series(np.asarray(gold) == code).groupby(np.asarray(bag)).sum()


def true_constraints(rng, evidence, gold, bag, kinds):
    """Constraints of the kinds given, each on some class, that hold for the gold classes."""
    sizes = pd.Series(bag).value_counts().sort_index()
    codes = rng.choice(len(evidence.classes), len(kinds), replace=len(kinds) > 2)
    return [
        TRUE[kind](evidence.classes[code], counted(gold, bag, code), sizes)
        for kind, code in zip(kinds, codes, strict=True)
    ]


def log_potential(evidence):
    """Log potential of a labeling: constraints by their own statement, and the graph."""
    statements = []
    for block in evidence.bags:
        for constraint in block.constraints:
            code = evidence.classes.get_loc(constraint.of)
            for g in range(block.n_bags):
                member = block.member[block.starts[g] : block.starts[g + 1]]
                every = np.arange(len(member) + 1)
                value = constraint.take([g]).log_potential(every, np.array([len(member)]))
                statements.append((member, code, value))
    graph = np.zeros((len(evidence),) * 2)
    if evidence.neighbors is not None:
        dense = evidence.neighbors.toarray()
        graph = np.triu(np.maximum(dense, dense.T), 1)

    def of(labels):
        labels = np.asarray(labels)
        total = (graph * (labels[:, None] == labels)).sum()
        for member, code, value in statements:
            total += float(value[(labels[member] == code).sum()])
        if (
            evidence.candidates is not None
            and not evidence.candidates[np.arange(len(labels)), labels].all()
        ):
            return -np.inf
        return total

    return of


def best_labels(scores, potential):
    """Labels with the largest weight, and its log."""
    every = list(oracle.labelings(*scores.shape))
    log_weight = [
        sum(scores[i, y] for i, y in enumerate(labels)) + potential(labels) for labels in every
    ]
    return every[int(np.argmax(log_weight))], max(log_weight)


def random_case(seed, kinds, *, n_bags=2, candidates=True, n_classes=None):
    """Scores and evidence in disjoint bags that gold labels satisfy."""
    rng = np.random.default_rng(seed)
    n_items, n_classes = int(rng.integers(1, 7)), n_classes or int(rng.integers(2, 4))
    gold = rng.integers(n_classes, size=n_items)
    bag = rng.integers(n_bags, size=n_items)
    evidence = blank(n_items, n_classes)
    if candidates:
        allowed = rng.random((n_items, n_classes)) < 0.6
        allowed[np.arange(n_items), gold] = True
        evidence = evidence.with_candidates(pd.DataFrame(allowed, evidence.index, evidence.classes))
    evidence = evidence.with_bags(bag, *true_constraints(rng, evidence, gold, bag, kinds))
    return rng.normal(scale=3, size=(n_items, n_classes)), evidence


def agrees(found, scores, evidence, atol=1e-8):
    potential = log_potential(evidence)
    np.testing.assert_allclose(found.probabilities, oracle.posterior(scores, potential), atol=atol)
    assert found.log_normalizer.sum() == pytest.approx(
        oracle.log_normalizer(scores, potential), abs=atol
    )


def test_every_kind_of_constraint_is_tried():
    assert {kind.__name__ for kind in KINDS} <= set(TRUE)
    assert {"Count", "Count-laplace", "Proportion-within", "Proportion-gaussian"} <= set(TRUE)


@pytest.mark.parametrize("kind", TRUE)
@settings(max_examples=20)
@given(seed=st.integers(0, 2**30), masked=st.booleans())
def test_disjoint_bags_equal_enumeration(kind, seed, masked):
    scores, evidence = random_case(seed, [kind], candidates=masked)
    found = BeliefPropagation().solve(scores, evidence)
    assert (found.exact, found.converged, found.n_iter) == (True, True, 1)
    agrees(found, scores, evidence)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**30),
    kinds=st.lists(st.sampled_from(sorted(TRUE)), min_size=2, max_size=3),
)
def test_several_constraints_on_a_bag_equal_enumeration(seed, kinds):
    """Two on one class, on both of two, on two or all of three."""
    scores, evidence = random_case(seed, kinds)
    found = BeliefPropagation().solve(scores, evidence)
    assert found.exact
    agrees(found, scores, evidence)


@pytest.mark.parametrize("n_constraints", [1, 2])
@settings(max_examples=40)
@given(seed=st.integers(0, 2**30), data=st.data())
def test_the_best_labels_equal_enumeration(n_constraints, seed, data):
    kinds = data.draw(
        st.lists(st.sampled_from(sorted(TRUE)), min_size=n_constraints, max_size=n_constraints)
    )
    scores, evidence = random_case(seed, kinds)
    found = BeliefPropagation(mode="max").solve(scores, evidence)
    labels, log_weight = best_labels(scores, log_potential(evidence))
    assert found.probabilities.argmax(axis=1).tolist() == list(labels)
    assert (found.probabilities.max(axis=1) == 1).all()
    assert found.log_normalizer.sum() == pytest.approx(log_weight, abs=1e-9)


def tagged(rng, gold, bag, n_classes):
    """Tags that hold, in one of the ways to give them, and what they say: present and absent."""
    names = list("abc")[:n_classes]
    here = {g: {names[y] for y in gold[bag == g]} for g in np.unique(bag)}
    way = rng.integers(4)
    if way == 0:
        return wl.Tags(here), {g: (s, set(names) - s) for g, s in here.items()}
    if way == 1:  # some forgotten
        some = {g: set(list(s)[: rng.integers(len(s) + 1)]) for g, s in here.items()}
        return wl.Tags(some, others="unknown"), {g: (s, set()) for g, s in some.items()}
    if way == 2:  # one class without a say
        some = {g: s - {"a"} for g, s in here.items()}
        told = {g: (s, set(names) - s - {"a"}) for g, s in some.items()}
        return wl.Tags(some, unknown=["a"]), told
    frame = pd.DataFrame({name: {g: name in s for g, s in here.items()} for name in names})
    frame = frame.astype("boolean").mask(rng.random(frame.shape) < 0.4)
    told = {
        g: ({n for n in names if row[n] is True}, {n for n in names if row[n] is False})
        for g, row in frame.astype(object).iterrows()
    }
    return wl.Tags(frame), told


@settings(max_examples=50)
@example(seed=16109)  # all classes are left open
@given(seed=st.integers(0, 2**30))
def test_tags_equal_enumeration(seed):
    rng = np.random.default_rng(seed)
    n_items, n_classes = int(rng.integers(1, 7)), int(rng.integers(2, 4))
    gold, bag = rng.integers(n_classes, size=n_items), rng.integers(2, size=n_items)
    tags, told = tagged(rng, gold, bag, n_classes)
    scores = rng.normal(scale=3, size=(n_items, n_classes))

    def potential(labels):
        names = np.array(list("abc"))[list(labels)]
        for g, (present, absent) in told.items():
            here = set(names[bag == g])
            if not present <= here or absent & here:
                return -np.inf
        return 0.0

    evidence = blank(n_items, n_classes).with_bags(bag, tags)
    found = BeliefPropagation().solve(scores, evidence)
    assert found.exact
    expected = oracle.posterior(scores, potential)
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-8)
    best = BeliefPropagation(mode="max").solve(scores, evidence)
    assert best.probabilities.argmax(axis=1).tolist() == list(best_labels(scores, potential)[0])


@settings(max_examples=20)
@given(seed=st.integers(0, 2**30))
def test_class_balance_and_tables_equal_enumeration(seed):
    """All items as one bag; and a table of counts of several classes a bag."""
    rng = np.random.default_rng(seed)
    n_items, n_classes = int(rng.integers(2, 7)), int(rng.integers(2, 4))
    gold, bag = rng.integers(n_classes, size=n_items), rng.integers(2, size=n_items)
    names = list("abc")[:n_classes]
    shares = dict(zip(names, np.bincount(gold, minlength=n_classes) / n_items, strict=True))
    scale = None if rng.random() < 0.5 else 0.1
    scores = rng.normal(scale=2, size=(n_items, n_classes))
    evidence = blank(n_items, n_classes).with_class_balance(shares, scale=scale)
    agrees(BeliefPropagation().solve(scores, evidence), scores, evidence)
    table = pd.DataFrame({name: counted(gold, bag, y) for y, name in enumerate(names)})
    evidence = blank(n_items, n_classes).with_bags(
        bag, *(wl.Count(name, number=table[name]) for name in names)
    )
    agrees(BeliefPropagation().solve(scores, evidence), scores, evidence)


def test_ties_share_the_best():
    evidence = blank(3, 2).with_bags(["A"] * 3, wl.Count("a", number=1))
    found = BeliefPropagation(mode="max").solve(np.zeros((3, 2)), evidence)
    np.testing.assert_array_equal(found.probabilities, 0.5)


def tree(rng, n_items):
    """A random tree, stated in one direction, with weights up to 3."""
    graph = np.zeros((n_items, n_items))
    for i in range(1, n_items):
        graph[i, rng.integers(i)] = 3 * rng.random()
    return sparse.csr_array(graph)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("damping", [0.0, 0.4])
@settings(max_examples=25)
@given(seed=st.integers(0, 2**30), n_classes=st.integers(2, 3))
def test_trees_of_neighbors_are_exact(schedule, damping, seed, n_classes):
    rng = np.random.default_rng(seed)
    evidence = blank(6, n_classes).with_neighbors(tree(rng, 6))
    scores = rng.normal(scale=2, size=(6, n_classes))
    solver = BeliefPropagation(schedule=schedule, damping=damping, tol=1e-11, max_iter=500)
    found = solver.solve(scores, evidence)
    assert found.converged
    agrees(found, scores, evidence)
    best = clone(solver).set_params(mode="max").solve(scores, evidence)
    labels, log_weight = best_labels(scores, log_potential(evidence))
    assert best.probabilities.argmax(axis=1).tolist() == list(labels)
    assert best.log_normalizer.sum() == pytest.approx(log_weight, abs=1e-8)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_trees_of_bags_are_exact(schedule, rng):
    """Two groupings that share one item, and a pair beside them."""
    for _ in range(20):
        evidence = (
            blank(6, 2)
            .with_bags({"r0": "A", "r1": "A", "r2": "A"}, wl.Count("a", number=1))
            .with_bags({"r2": "B", "r3": "B", "r4": "B"}, wl.AtLeast("b", number=2))
            .with_neighbors(sparse.csr_array(([1.5], ([4], [5])), shape=(6, 6)))
        )
        scores = rng.normal(scale=2, size=(6, 2))
        found = BeliefPropagation(schedule=schedule, tol=1e-11).solve(scores, evidence)
        assert found.converged
        assert not found.exact
        agrees(found, scores, evidence)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_overlapping_bags_and_loops_come_near(schedule, rng):
    """Loops make an approximation; it settles here, near the truth."""
    errors = []
    for _ in range(20):
        graph = np.triu(rng.random((6, 6)) < 0.4, 1) * 0.5
        evidence = (
            blank(6, 2)
            .with_bags([0, 0, 0, 1, 1, 1], wl.Proportion("a", share=0.4, within=0.3))
            .with_bags([0, 1, 0, 1, 0, 1], wl.AtLeast("b"))
            .with_neighbors(graph)
        )
        scores = rng.normal(size=(6, 2))
        found = BeliefPropagation(schedule=schedule, max_iter=300).solve(scores, evidence)
        assert found.converged
        assert found.last_change <= 1e-6
        expected = oracle.posterior(scores, log_potential(evidence))
        errors.append(np.abs(found.probabilities - expected).max())
    assert np.mean(errors) < 0.08
    assert np.max(errors) < 0.25


def test_a_positive_bag_in_closed_form(rng):
    """GFWS: P = 1 - prod(1 - p_i), q_i = p_i / P."""
    p = rng.uniform(0.05, 0.6, 9)
    evidence = blank(9, 2).with_bags(["A"] * 9, wl.AtLeast("a"))
    found = BeliefPropagation().solve(np.log(np.stack([p, 1 - p], axis=1)), evidence)
    some = 1 - np.prod(1 - p)
    np.testing.assert_allclose(found.probabilities[:, 0], p / some, rtol=1e-12)
    assert np.exp(found.log_normalizer.sum()) == pytest.approx(some, rel=1e-12)


def test_a_proportion_is_poisson_binomial(rng):
    """GFWS: P(count) of independent members, and of the others for a member."""
    p, number = rng.uniform(0.05, 0.95, 12), 5
    evidence = blank(12, 2).with_bags(["A"] * 12, wl.Proportion("a", share=number / 12))
    found = BeliefPropagation().solve(np.log(np.stack([p, 1 - p], axis=1)), evidence)
    chance = counts_of(p)[number]
    assert np.exp(found.log_normalizer.sum()) == pytest.approx(chance, rel=1e-12)
    q = [p[i] * counts_of(np.delete(p, i))[number - 1] / chance for i in range(12)]
    np.testing.assert_allclose(found.probabilities[:, 0], q, rtol=1e-11)


def counts_of(p):
    """P(count) of independent members, by convolution."""
    chance = np.ones(1)
    for each in p:
        chance = np.convolve(chance, [1 - each, each])
    return chance


def test_a_similar_pair_in_closed_form(rng):
    """GFWS: q_k ~ p_1k p_2k, in the limit of a strong edge."""
    p = rng.dirichlet(np.ones(3), size=2)
    evidence = blank(2, 3).with_neighbors(np.array([[0, 800.0], [0, 0]]))
    found = BeliefPropagation().solve(np.log(p), evidence)
    same = p.prod(axis=0) / p.prod(axis=0).sum()
    np.testing.assert_allclose(found.probabilities, [same, same], rtol=1e-9)


@given(seed=st.integers(0, 2**30), n_items=st.integers(2, 60))
def test_marginals_sum_to_exact_counts(seed, n_items):
    rng = np.random.default_rng(seed)
    bag = rng.integers(4, size=n_items)
    gold = rng.integers(2, size=n_items)
    evidence = blank(n_items, 2).with_bags(bag, wl.Count("a", number=counted(gold, bag, 0)))
    scores = rng.normal(scale=5, size=(n_items, 2))
    found = BeliefPropagation().solve(scores, evidence)
    sums = pd.Series(found.probabilities[:, 0]).groupby(bag).sum()
    np.testing.assert_allclose(sums, counted(gold, bag, 0), atol=1e-10)


def test_a_bag_of_ten_thousand_sums_to_its_count(rng):
    scores = np.stack([rng.normal(size=10_000), np.zeros(10_000)], axis=1)
    evidence = blank(10_000, 2).with_bags(["A"] * 10_000, wl.Proportion("a", share=0.3))
    found = BeliefPropagation().solve(scores, evidence)
    assert found.probabilities[:, 0].sum() == pytest.approx(3000, abs=1e-6)
    # in a large bag what the count says is one shift for all
    shift = np.log(found.probabilities[:, 0] / found.probabilities[:, 1]) - scores[:, 0]
    assert np.ptp(shift) < 1e-3
    assert expit(scores[:, 0] + shift.mean()).sum() == pytest.approx(3000, abs=0.1)


class Noisy(constraints.Count):
    """A count with Laplace noise."""

    def log_potential(self, count, size):
        return -np.abs(count - self.number) * 1.5


@settings(max_examples=60)
@given(seed=st.integers(0, 2**30))
def test_soft_counts_equal_enumeration(seed):
    rng = np.random.default_rng(seed)
    bag = rng.integers(2, size=5)
    number = {0: 1.3, 1: 2.0}
    stated = pd.Series({key: number[key] for key in np.unique(bag)})
    evidence = blank(5, 2).with_bags(bag, Noisy("b", number=stated))
    scores = rng.normal(scale=2, size=(5, 2))
    found = BeliefPropagation().solve(scores, evidence)
    agrees(found, scores, evidence)


def test_certain_items_and_impossible_classes(rng):
    scores = np.array([[0.0, -np.inf], [-np.inf, 3.0], [1.0, 0.0], [0.0, 0.0]])
    evidence = blank(4, 2).with_bags(["A"] * 4, wl.Count("a", number=2))
    found = BeliefPropagation().solve(scores, evidence).probabilities
    np.testing.assert_array_equal(found[:2], [[1, 0], [0, 1]])
    np.testing.assert_allclose(found[2:, 0], [expit(1), expit(-1)])


def test_an_item_that_nothing_explains_is_open_in_its_bag():
    scores = np.array([[-np.inf, -np.inf], [0.0, 0.0]])
    evidence = blank(2, 2).with_bags(["A", "A"], wl.Count("a", number=1))
    found = BeliefPropagation().solve(scores, evidence)
    np.testing.assert_allclose(found.probabilities, 0.5)
    assert np.isneginf(found.log_normalizer).tolist() == [True, False]


@pytest.mark.parametrize("mode", ["sum", "max"])
def test_infeasible_bags_are_named(mode):
    evidence = blank(5, 2).with_bags(list("AABBC"), wl.AtLeast("a", number=3))
    with pytest.raises(ValueError, match=r"of 3 bags cannot hold: 'A', 'B', 'C'"):
        BeliefPropagation(mode=mode).solve(np.zeros((5, 2)), evidence)


def test_candidates_against_a_bag_are_named():
    evidence = (
        blank(4, 3)
        .with_bags(["A", "A", "B", "B"], wl.AtLeast("c"), wl.AtMost("a", number=1))
        .with_candidates({"r0": "a", "r1": "b"})
    )
    with pytest.raises(ValueError, match="constraints of 1 bags cannot hold: 'A'"):
        BeliefPropagation().solve(np.zeros((4, 3)), evidence)


def test_groupings_against_each_other_are_named():
    evidence = (
        blank(2, 2)
        .with_bags(["A", "A"], wl.Count("a", number=2))
        .with_bags(["B", "B"], wl.Count("a", number=0))
    )
    for schedule in SCHEDULES:
        with pytest.raises(ValueError, match=r"bags cannot hold: '[AB]'"):
            BeliefPropagation(schedule=schedule).solve(np.zeros((2, 2)), evidence)


def test_messages_that_go_around_are_reported():
    graph = 4.0 * (1 - np.eye(6))
    evidence = blank(6, 2).with_neighbors(graph).with_bags(["A"] * 6, wl.Count("a", number=3))
    scores = np.random.default_rng(0).normal(size=(6, 2))
    solver = BeliefPropagation(max_iter=2, damping=0.0)
    with pytest.warns(ConvergenceWarning, match=r"still change by .* after 2 sweeps.*damping"):
        found = solver.solve(scores, evidence)
    assert not found.converged
    assert found.n_iter == 2
    assert found.last_change > solver.tol
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"mode": "mean"}, "mode='mean' is unknown. Choose 'sum'"),
        ({"schedule": "random"}, "schedule='random' is unknown. Choose one of flooding"),
        ({"damping": 1.0}, "damping is at least 0 and below 1, not 1.0"),
        ({"max_iter": 0}, "max_iter is at least 1, not 0"),
        ({"coupling": -1.0}, "coupling is at least 0 and finite, not -1.0"),
        ({"coupling": np.inf}, "coupling is at least 0 and finite, not inf"),
        ({"coupling": np.nan}, "coupling is at least 0 and finite, not nan"),
    ],
)
def test_settings_that_are_none(settings_, message):
    with pytest.raises(ValueError, match=message):
        BeliefPropagation(**settings_).solve(np.zeros((2, 2)), blank(2, 2))


def test_a_pair_counts_once_however_it_is_stated(rng):
    scores = rng.normal(size=(2, 2))
    answers = [
        BeliefPropagation().solve(scores, blank(2, 2).with_neighbors(np.array(graph))).probabilities
        for graph in ([[0, 1.2], [0, 0]], [[0, 1.2], [1.2, 0]], [[5, 0.3], [1.2, 9]])
    ]
    np.testing.assert_allclose(answers[1], answers[0])
    np.testing.assert_allclose(answers[2], answers[0])


@pytest.mark.parametrize("mode", ["sum", "max"])
def test_coupling_multiplies_the_weights_of_the_graph(mode, rng):
    scores, graph = rng.normal(size=(6, 3)), tree(rng, 6)
    found = BeliefPropagation(mode=mode, coupling=0.4).solve(
        scores, blank(6, 3).with_neighbors(graph)
    )
    expected = BeliefPropagation(mode=mode).solve(scores, blank(6, 3).with_neighbors(0.4 * graph))
    np.testing.assert_array_equal(found.probabilities, expected.probabilities)
    alone = BeliefPropagation(mode=mode, coupling=0).solve(
        scores, blank(6, 3).with_neighbors(graph)
    )
    assert alone.exact
    np.testing.assert_array_equal(
        alone.probabilities, BeliefPropagation(mode=mode).solve(scores, blank(6, 3)).probabilities
    )


def test_long_runs_show_their_progress_where_somebody_watches(monkeypatch, capsys, rng):
    module = inspect.getmodule(BeliefPropagation)
    evidence, scores = blank(6, 2).with_neighbors(tree(rng, 6)), rng.normal(size=(6, 2))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    BeliefPropagation().solve(scores, evidence)
    assert "propagating" not in capsys.readouterr().err
    monkeypatch.setattr(module, "LONG", 0)
    BeliefPropagation().solve(scores, evidence)
    assert "propagating" in capsys.readouterr().err


def test_float32_scores_give_float32(rng):
    scores = rng.normal(size=(6, 2))
    evidence = blank(6, 2).with_bags(list("AAABBB"), wl.Count("a", number=1))
    found = BeliefPropagation().solve(scores.astype(np.float32), evidence)
    assert found.probabilities.dtype == found.log_normalizer.dtype == np.float32
    expected = BeliefPropagation().solve(scores, evidence).probabilities
    np.testing.assert_allclose(found.probabilities, expected, rtol=1e-5)


def test_any_array_library_with_bags_and_neighbors(rng, xp):
    scores = rng.normal(size=(6, 2))
    evidence = (
        blank(6, 2)
        .with_bags(list("AAABBB"), wl.Proportion("a", share=1 / 3, within=0.01))
        .with_neighbors(tree(rng, 6))
    )
    expected = BeliefPropagation().solve(scores, evidence)
    found = BeliefPropagation().solve(xp.asarray(scores), evidence.map_arrays(xp.asarray))
    assert type(found.probabilities) is type(xp.asarray(scores))
    np.testing.assert_allclose(on_host(found.probabilities), expected.probabilities, rtol=1e-12)


def test_items_without_bags_and_no_bags_at_all(rng):
    scores = rng.normal(size=(4, 2))
    evidence = blank(4, 2).with_bags([None, "A", "A", None], wl.Count("a", number=1))
    found = BeliefPropagation().solve(scores, evidence)
    agrees(found, scores, evidence)
    nobody = blank(4, 2).with_bags([None] * 4, wl.Count("a", number=1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = BeliefPropagation().solve(scores, nobody)
    np.testing.assert_allclose(found.probabilities, oracle.posterior(scores))
