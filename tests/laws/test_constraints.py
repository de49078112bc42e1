"""What every constraint promises, tried on whatever the family exports."""

from __future__ import annotations

import inspect

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weaklabel as wl
from weaklabel import constraints
from weaklabel._device import on_host
from weaklabel.constraints import Constraint, Statement

EXPORTED = [
    member
    for name in constraints.__all__
    if inspect.isclass(member := getattr(constraints, name)) and issubclass(member, Statement)
]
KINDS = [kind for kind in EXPORTED if issubclass(kind, Constraint) and kind is not Constraint]
STATEMENTS = [kind for kind in EXPORTED if kind not in {*KINDS, Constraint, Statement}]
SIZES = np.array([5, 1, 8, 0, 12])
NAMES = pd.Index(list("ABCDE"))

# numbers of each field for the bags above; a new field needs its line
FIELDS = {
    "share": [0.4, 1.0, 0.3, 0.5, 0.0],
    "number": [2.0, 1.0, 3.0, 0.0, 7.0],
    "within": [0.0, 0.1, 0.05, 0.0, 0.2],
    "scale": [0.5, 1.0, 2.0, 0.1, 0.7],
}


def fields_of(kind: type) -> list[str]:
    return [name for name in inspect.signature(kind).parameters if name not in {"of", "noise"}]


def variants() -> dict[str, Constraint]:
    """Every kind with each of its ways to state something, one value a bag."""
    found: dict[str, Constraint] = {}
    for kind in KINDS:
        names = fields_of(kind)
        hard = {name: FIELDS[name] for name in names if name != "scale"}
        found[kind.__name__] = kind("bad", **hard).for_bags(NAMES)
        if "scale" in names:
            soft = {name: FIELDS[name] for name in names if name != "within"}
            for noise in ("gaussian", "laplace"):
                found[f"{kind.__name__}-{noise}"] = kind("bad", **soft, noise=noise).for_bags(NAMES)
    return found


VARIANTS = variants()
each = pytest.mark.parametrize("name", VARIANTS)
each_exact = pytest.mark.parametrize("name", [n for n, c in VARIANTS.items() if c.exact])
each_bounded = pytest.mark.parametrize("name", [n for n, c in VARIANTS.items() if c.bounded])


def test_the_family_is_found():
    assert {"Proportion", "Count", "AtLeast", "AtMost", "SameLabel"} <= {k.__name__ for k in KINDS}
    assert {kind.__name__ for kind in STATEMENTS} == {"Tags", "ClassBalance"}
    assert {"Count-laplace", "Proportion-gaussian"} <= VARIANTS.keys()


def one_by_one(constraint: Constraint):
    """Each bag alone, with every count that its members can have."""
    for g, size in enumerate(SIZES):
        yield constraint.take(np.array([g])), np.arange(size + 1), SIZES[g : g + 1]


# ---- one truth ------------------------------------------------------------------------------


@each_exact
def test_the_views_call_the_same_counts_allowed(name):
    for alone, count, size in one_by_one(VARIANTS[name]):
        excess, potential = alone.excess(count, size), alone.log_potential(count, size)
        penalty = alone.penalty(count, size)
        np.testing.assert_array_equal(penalty == 0, excess == 0)
        if (excess == 0).any():
            np.testing.assert_array_equal(potential == 0, excess == 0)
            assert np.isneginf(potential[excess > 0]).all()


@each_exact
def test_where_no_whole_count_fits_those_beside_keep_the_mean(name):
    for alone, count, size in one_by_one(VARIANTS[name]):
        if (alone.excess(count, size) == 0).any():
            continue
        weight = np.exp(alone.log_potential(count, size))
        low, high = alone.bounds(size)
        assert (weight > 0).sum() == 2
        assert weight.sum() == pytest.approx(1)
        assert weight @ count == pytest.approx((low[0] + high[0]) / 2)


@each_bounded
def test_bounds_are_within_the_bag_and_in_order(name):
    low, high = VARIANTS[name].bounds(SIZES)
    assert (low >= 0).all()
    assert (high <= SIZES).all()
    # more is asked for than there are members: nothing is allowed
    assert (low <= high)[low <= SIZES].all()


@each_bounded
def test_excess_is_the_distance_to_the_bounds(name):
    constraint = VARIANTS[name]
    low, high = constraint.bounds(SIZES)
    possible = low <= high
    for count in (low, high, (low + high) / 2):
        assert (constraint.excess(count, SIZES)[possible] == 0).all()
    np.testing.assert_allclose(constraint.excess(low - 0.25, SIZES)[possible], 0.25)
    np.testing.assert_allclose(constraint.excess(high + 0.25, SIZES)[possible], 0.25)


@each
def test_the_penalty_is_the_squared_share_of_the_excess(name):
    constraint, count = VARIANTS[name], SIZES * 0.37
    expected = (constraint.excess(count, SIZES) / np.maximum(SIZES, 1)) ** 2
    np.testing.assert_allclose(constraint.penalty(count, SIZES), expected)


@pytest.mark.parametrize("name", [n for n, c in VARIANTS.items() if not c.exact])
def test_noise_rules_nothing_out_and_is_a_density_of_what_is_stated(name):
    constraint = VARIANTS[name]
    for alone, count, size in one_by_one(constraint):
        assert np.isfinite(alone.log_potential(count, size)).all()
    # as a function of the stated number the potential of a count integrates to 1
    field = next(iter(constraint.values))
    grid = np.linspace(-40, 40, 80_001)
    stated = type(constraint)("bad", **{field: grid}, scale=2.0, noise=constraint.noise)
    size = np.full(len(grid), 4)
    density = np.exp(stated.log_potential(np.ones(len(grid)), size))
    assert np.trapezoid(density, grid) == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize("name", [n for n, c in VARIANTS.items() if not c.bounded])
def test_what_is_no_interval_says_so_by_name(name):
    kind = type(VARIANTS[name]).__name__
    with pytest.raises(TypeError, match=f"{kind} has no bounds.*solver of counts"):
        VARIANTS[name].bounds(SIZES)
    evidence = wl.Evidence(range(3), classes=["bad", "fine"])
    evidence = evidence.with_bags([0, 0, 1], VARIANTS[name])
    with pytest.raises(
        TypeError, match=f"Sinkhorn keeps expected counts.*{kind} of 'bad' has none"
    ):
        constraints.require_bounds(evidence, "Sinkhorn")


@each_bounded
def test_intervals_pass_where_bounds_are_needed(name):
    evidence = wl.Evidence(range(5), classes=["bad", "fine"])
    constraint = VARIANTS[name]
    evidence = evidence.with_bags(list("ABCDE"), constraint)
    constraints.require_bounds(evidence, "Sinkhorn")


# ---- bags -----------------------------------------------------------------------------------


@each
def test_a_block_of_bags_is_one_by_one(name):
    constraint = VARIANTS[name]
    count = np.broadcast_to(np.arange(4), (5, 4))
    for view in ("excess", "log_potential", "penalty"):
        together = getattr(constraint, view)(count, SIZES)
        assert together.shape == (5, 4)
        for g, size in enumerate(SIZES):
            alone = constraint.take(np.array([g]))
            expected = getattr(alone, view)(np.arange(4), np.array([size]))
            np.testing.assert_array_equal(together[g], expected)


@each
def test_plain_numbers_are_taken(name):
    alone = VARIANTS[name].take(np.array([2]))
    for view in ("excess", "log_potential", "penalty"):
        expected = getattr(alone, view)(np.arange(9), SIZES[2:3])
        np.testing.assert_array_equal(getattr(alone, view)(np.arange(9), 8), expected)
        assert getattr(alone, view)(3, 8) == expected[3]


@each
@given(chosen=st.permutations(range(5)), n_kept=st.integers(0, 5))
def test_take_keeps_fields_with_their_bags(name, chosen, n_kept):
    constraint, kept = VARIANTS[name], np.array(chosen[:n_kept], dtype=np.int64)
    count = SIZES * 0.6
    for view in ("excess", "log_potential", "penalty"):
        whole = getattr(constraint, view)(count, SIZES)
        part = getattr(constraint.take(kept), view)(count[kept], SIZES[kept])
        np.testing.assert_array_equal(part, whole[kept])


# with noise there is no interval
STATED = [
    (name, field)
    for name, constraint in VARIANTS.items()
    for field in constraint.values
    if constraint.exact or field != "within"
]


@pytest.mark.parametrize(("name", "field"), STATED)
def test_nan_states_nothing(name, field):
    constraint = VARIANTS[name]
    values = {key: value.copy() for key, value in constraint.values.items()}
    values[field][[0, 2]] = np.nan
    noise = {} if constraint.exact else {"noise": constraint.noise}
    of_nan = type(constraint)("bad", **values, **noise)
    assert of_nan.stated(5).tolist() == [False, True, False, True, True]
    low, high = of_nan.bounds(SIZES)
    assert (low[[0, 2]] == 0).all()
    assert (high[[0, 2]] == SIZES[[0, 2]]).all()
    count = np.broadcast_to(np.arange(6.0), (5, 6))
    potential, expected = (c.log_potential(count, SIZES) for c in (of_nan, constraint))
    assert (potential[0] == 0).all()
    assert (potential[2] == 0).all()
    np.testing.assert_array_equal(potential[[1, 3, 4]], expected[[1, 3, 4]])


@each
def test_violation_is_the_excess_of_the_expected_count(name):
    rng = np.random.default_rng(0)
    bag = pd.Series(rng.permutation(np.repeat(NAMES[[0, 1, 2, 4]], SIZES[[0, 1, 2, 4]])))
    kept = VARIANTS[name].take(np.array([NAMES.get_loc(one) for one in pd.unique(bag)]))
    evidence = wl.Evidence(bag.index, classes=["fine", "bad"]).with_bags(bag, kept)
    posterior = wl.Independent().solve(rng.normal(size=(len(bag), 2)), evidence)
    found = evidence.bags[0].constraints[0].violation(posterior, evidence.bags[0])
    count = posterior.frame()["bad"].groupby(bag).sum()
    for position, one in enumerate(found.index):
        size = np.array([(bag == one).sum()])
        expected = kept.take(np.array([position])).excess(count[[one]].to_numpy(), size)
        assert found[one] == pytest.approx(expected[0])


# ---- libraries ------------------------------------------------------------------------------


@each
@pytest.mark.parametrize("view", ["excess", "log_potential", "penalty"])
def test_any_array_library_gives_the_same_answer(name, view, xp):
    constraint = VARIANTS[name]
    there = constraint.map_arrays(xp.asarray)
    for count in (SIZES * 0.37, np.broadcast_to(np.arange(4), (5, 4))):
        found = getattr(there, view)(xp.asarray(count), xp.asarray(SIZES))
        assert type(found) is type(xp.asarray(SIZES))
        np.testing.assert_allclose(on_host(found), getattr(constraint, view)(count, SIZES))


@each
def test_torch_differentiates_the_penalty(name):
    torch = pytest.importorskip("torch")
    constraint = VARIANTS[name].map_arrays(torch.asarray)
    size = torch.asarray(SIZES)
    start = np.array([1.3, 0.2, 6.1, 0.0, 3.3])
    count = torch.tensor(start, requires_grad=True)
    constraint.penalty(count, size).sum().backward()
    step = 1e-6
    numeric = [
        (VARIANTS[name].penalty(start + e, SIZES) - VARIANTS[name].penalty(start - e, SIZES)).sum()
        / (2 * step)
        for e in step * np.eye(5)
    ]
    inside = SIZES > 0  # a bag of nobody has no share
    np.testing.assert_allclose(count.grad.numpy()[inside], np.array(numeric)[inside], atol=1e-6)
