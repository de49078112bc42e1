"""Many small transport problems at once, against the same problems one by one."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning

from weaklabel._device import on_host
from weaklabel.transport import sinkhorn, sinkhorn_groups


def problems(rng: np.random.Generator, n_groups: int = 6, n_columns: int = 4):
    """Rows of groups in any order, and marginals that a plan has."""
    group = rng.permutation(np.repeat(np.arange(n_groups), rng.integers(1, 9, n_groups)))
    cost = rng.random((len(group), n_columns))
    row = rng.random(len(group)) * 10.0 ** rng.integers(-2, 3)
    mass = np.bincount(group, row, n_groups)
    column = mass[:, None] * rng.dirichlet(np.ones(n_columns), n_groups)
    return cost, group, row, column


def one_by_one(cost, group, row, column, epsilon):
    """Plans of the groups by `sinkhorn`."""
    plan = np.zeros_like(cost)
    for g in range(len(np.unique(group))):
        here = group == g
        own = tuple(each[g] for each in column) if isinstance(column, tuple) else column[g]
        plan[here] = sinkhorn(cost[here], row[here], own, epsilon, tol=1e-10).plan
    return plan


@given(seed=st.integers(0, 2**20), epsilon=st.sampled_from([1.0, 0.1, 0.01]))
def test_each_group_is_a_transport_problem(seed, epsilon):
    cost, group, row, column = problems(np.random.default_rng(seed))
    found = sinkhorn_groups(cost, group, row, column, epsilon, tol=1e-10, max_iter=1000)
    assert found.converged
    expected = one_by_one(cost, group, row, column, epsilon)
    np.testing.assert_allclose(found.plan, expected, atol=1e-7 * row.max())
    np.testing.assert_allclose(found.plan.sum(axis=1), row, rtol=1e-10)


def test_bounds_hold_in_each_group(rng):
    cost, group, row, column = problems(rng)
    bounds = 0.7 * column, 1.2 * column + 0.1
    found = sinkhorn_groups(cost, group, row, bounds, 0.1, tol=1e-10)
    expected = one_by_one(cost, group, row, bounds, 0.1)
    np.testing.assert_allclose(found.plan, expected, atol=1e-7 * row.max())
    assert (found.column_potential == 0).any()


def test_duals_make_the_plan(rng):
    cost, group, row, column = problems(rng)
    found = sinkhorn_groups(cost, group, row, column, 0.1)
    likely = np.exp((found.column_potential[group] - cost) / 0.1)
    expected = row[:, None] * likely / likely.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.plan, expected, rtol=1e-9)


def test_a_prior_is_fitted_to_margins(rng):
    """With minus log prior as cost the plan has the prior's odds ratios."""
    prior = rng.dirichlet(np.ones(3), 4)
    group, row = np.repeat([0, 1], 4), rng.integers(1, 50, 8).astype(float)
    column = np.stack(
        [row[:4].sum() * np.array([0.2, 0.3, 0.5]), row[4:].sum() * np.full(3, 1 / 3)]
    )
    found = sinkhorn_groups(-np.log(np.tile(prior, (2, 1))), group, row, column, 1.0, tol=1e-12)
    for g in range(2):
        plan = found.plan[group == g]
        np.testing.assert_allclose(plan.sum(axis=0), column[g], rtol=1e-9)
        odds = plan * plan[0, 0] / (plan[:, :1] * plan[:1])
        np.testing.assert_allclose(
            odds, prior * prior[0, 0] / (prior[:, :1] * prior[:1]), rtol=1e-6
        )


def test_a_warm_start_needs_fewer_steps(rng):
    cost, group, row, column = problems(rng, n_groups=50)
    cold = sinkhorn_groups(cost, group, row, column, 0.02)
    warm = sinkhorn_groups(cost + 1e-4, group, row, column, 0.02, start=cold)
    assert warm.n_iter < cold.n_iter
    np.testing.assert_allclose(warm.plan, cold.plan, atol=1e-5 * row.max())


def test_nothing_goes_where_nothing_may():
    cost = np.array([[0.0, 1.0, np.inf], [1.0, 0.5, 0.0], [np.inf, np.inf, np.inf]])
    found = sinkhorn_groups(
        cost, np.zeros(3, int), np.array([1.0, 2.0, 0.0]), np.array([[1.2, 1.8, 0.0]]), 0.1
    )
    np.testing.assert_allclose(found.plan.sum(axis=0), [1.2, 1.8, 0], atol=1e-6)
    assert found.plan[0, 2] == 0
    assert found.plan[2].sum() == 0
    assert np.isneginf(found.column_potential[0, 2])


def test_groups_without_rows_are_no_trouble():
    column = np.array([[1.0, 1.0], [0.0, 0.0]])
    found = sinkhorn_groups(np.zeros((2, 2)), np.array([0, 0]), 1.0, column)
    assert found.converged
    np.testing.assert_allclose(found.plan, 0.5)


@pytest.mark.parametrize("epsilon", [1e-3, 1e-4])
def test_small_epsilons_in_single_precision(rng, epsilon):
    cost, group, row, column = problems(rng, n_groups=40)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = sinkhorn_groups(cost.astype(np.float32), group, row, column, epsilon, max_iter=2000)
    assert np.isfinite(found.plan).all()
    assert found.converged


def test_any_array_library_gives_the_same_groups(rng, xp):
    cost, group, row, column = problems(rng)
    expected = sinkhorn_groups(cost, group, row, column, 0.1)
    found = sinkhorn_groups(*(xp.asarray(each) for each in (cost, group, row, column)), 0.1)
    assert type(found.plan) is type(xp.asarray(cost))
    np.testing.assert_allclose(on_host(found.plan), expected.plan, rtol=1e-8)


def test_groups_that_have_no_plan_are_named():
    cost = np.array([[0.0, np.inf], [0.0, np.inf], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    group, column = np.array([1, 1, 1, 0, 0]), np.array([[1.0, 1.0], [1.0, 2.0]])
    with pytest.warns(ConvergenceWarning, match=r"1 groups still have more .*: 1\. Either"):
        found = sinkhorn_groups(cost, group, 1.0, column, 0.1)
    assert found.marginal_error[0] < 1e-7
    assert not found.converged


def test_fixed_steps_say_nothing(rng):
    found = sinkhorn_groups(*problems(rng), 0.01, max_iter=2, tol=0)
    assert found.n_iter == 2
    assert not found.converged


WRONG = {
    "epsilon=0 is not positive": {"epsilon": 0},
    r"'group' \(2,\); wanted are": {"group": np.array([0, 0])},
    r"'group' has numbers outside of 0 to 1": {"group": np.array([0, 1, 2])},
    r"'column' has shape \(2, 3\); wanted is n_groups x 2": {"column": np.ones((2, 3))},
    r"'row' has shape \(2,\); wanted is 3": {"row": np.ones(2)},
    "'row' has negative or missing": {"row": np.array([1, 1, np.nan])},
    "'cost' has entries that are NaN": {"cost": np.full((3, 2), np.nan)},
    r"Rows and columns of 1 groups do not agree: 1\. In group 1 rows give 1 and columns take 3": {
        "column": np.array([[1.0, 1.0], [2.0, 1.0]])
    },
    "1 rows hold mass and may go to no column": {
        "cost": np.array([[np.inf, 0.0], [0.0, 0.0], [0.0, 0.0]]),
        "column": np.array([[2.0, 0.0], [0.5, 0.5]]),
    },
    r"'start' has 1 groups and 2 columns; this problem has 2": {
        "start": sinkhorn_groups(np.zeros((2, 2)), np.zeros(2, int), 1.0, np.ones((1, 2)))
    },
}


@pytest.mark.parametrize(("message", "options"), WRONG.items(), ids=list(WRONG))
def test_what_is_wrong_with_groups_is_said(message, options):
    given_ = {
        "cost": np.zeros((3, 2)),
        "group": np.array([0, 0, 1]),
        "row": 1.0,
        "column": np.array([[1.0, 1.0], [0.5, 0.5]]),
    }
    with pytest.raises(ValueError, match=message):
        sinkhorn_groups(**(given_ | options))
