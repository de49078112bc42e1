"""Entropic transport, against linear programs, general-purpose optimizers and itself."""

from __future__ import annotations

import tracemalloc
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment, linprog, minimize
from sklearn.exceptions import ConvergenceWarning

import weaklabel as wl
from weaklabel._device import on_host
from weaklabel.transport import Transport, sinkhorn


def problem(rng: np.random.Generator, n_rows: int, n_columns: int) -> tuple[np.ndarray, ...]:
    """Costs in [0, 1], uneven marginals."""
    return (
        rng.random((n_rows, n_columns)),
        rng.dirichlet(np.full(n_rows, 3.0)),
        rng.dirichlet(np.full(n_columns, 3.0)),
    )


def linear_program(cost: np.ndarray, row: np.ndarray, column: np.ndarray) -> float:
    """Least cost without entropy."""
    n_rows, n_columns = cost.shape
    sums = np.vstack(
        [
            np.kron(np.eye(n_rows), np.ones(n_columns)),
            np.kron(np.ones(n_rows), np.eye(n_columns)),
        ]
    )
    # the last follows from the others, and rounding would contradict it
    return linprog(cost.ravel(), A_eq=sums[:-1], b_eq=np.concatenate([row, column])[:-1]).fun


def same_problem(one: Transport, other: Transport, atol: float = 1e-6) -> None:
    """Two answers to one problem have the same plan."""
    np.testing.assert_allclose(one.plan, other.plan, atol=atol)


# ---- the linear program ----------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(50, 5), (5, 50), (7, 7)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_small_epsilon_gives_the_linear_program(rng, shape, dtype):
    cost, row, column = problem(rng, *shape)
    found = sinkhorn(cost.astype(dtype), row, column, 1e-3, max_iter=50_000)
    assert found.cost == pytest.approx(linear_program(cost, row, column), rel=0.01)
    assert found.plan.dtype == dtype


def test_small_epsilon_gives_the_assignment(rng):
    cost = rng.random((5, 5))
    found = sinkhorn(cost, np.ones(5), np.ones(5), 1e-3, max_iter=50_000)
    rows, columns = linear_sum_assignment(cost)
    np.testing.assert_allclose(found.plan[rows, columns], 1, atol=1e-2)
    assert found.cost == pytest.approx(cost[rows, columns].sum(), rel=0.01)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("epsilon", [1.0, 0.05, 1e-3, 1e-4])
@pytest.mark.parametrize("scaling", [0.25, 1.0])
def test_marginals_are_exact_at_every_epsilon(rng, dtype, epsilon, scaling):
    cost, _, column = problem(np.random.default_rng(0), 50, 5)
    row = np.full(50, 1 / 50)
    found = sinkhorn(
        cost.astype(dtype), row, column, epsilon, max_iter=50_000, epsilon_scaling=scaling
    )
    assert found.converged
    np.testing.assert_allclose(found.row_marginal, row, atol=1e-6)
    np.testing.assert_allclose(found.column_marginal, column, atol=1e-6)
    assert found.mass == pytest.approx(1)
    assert np.abs(found.column_marginal - column).sum() == pytest.approx(
        found.marginal_error, abs=1e-12
    )
    assert np.isfinite(found.plan).all()


@pytest.mark.parametrize("spread", [1e3, 1e8])
def test_costs_beyond_the_range_of_exponentials_give_no_nan(rng, spread):
    cost = spread * rng.random((60, 3)).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = sinkhorn(cost, epsilon=1e-4, max_iter=300)
    for array in (found.plan, found.row_potential, found.column_potential):
        assert np.isfinite(array).all()
    np.testing.assert_allclose(found.row_marginal, 1 / 60, rtol=1e-3)


def test_epsilon_scaling_saves_sweeps():
    needed = {0.25: 0, 1.0: 0}
    for seed in range(5):
        problems = problem(np.random.default_rng(seed), 50, 5)
        for factor in needed:
            needed[factor] += sinkhorn(*problems, 1e-4, epsilon_scaling=factor).n_iter
    assert needed[0.25] < needed[1.0]


# ---- Newton's method -------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("evenness", [0.3, 3.0])
def test_uneven_rows_at_the_smallest_epsilon_in_single_precision(seed, evenness):
    rng = np.random.default_rng(seed)
    n_rows, n_columns = rng.integers(2, 60), rng.integers(2, 9)
    cost = rng.random((n_rows, n_columns)).astype(np.float32)
    row, column = (rng.dirichlet(np.full(n, evenness)) for n in (n_rows, n_columns))
    found = sinkhorn(cost, row, column, 1e-4)
    assert found.converged
    np.testing.assert_allclose(found.row_marginal, row, atol=1e-6)
    np.testing.assert_allclose(found.column_marginal, column, atol=1e-6)
    # at most epsilon log(cells) above the least cost
    least = linear_program(cost, row, column)
    assert least - 1e-6 <= found.cost <= least + 1e-4 * np.log(cost.size)


KINDS = {
    "balanced": {},
    "bounds": {"column": (0.1, 0.3)},
    "soft bounds": {"column": (0.1, 0.2), "column_slack": 0.1},
    "relaxed": {"column_slack": 0.05},
    "relaxed twice": {"column_slack": 0.5, "row_slack": 3.0},
    "bounds on rows": {"row": (0.02, 0.08), "column": 0.2},
    "progressive partial": {"mass": 0.6, "column_slack": 0.1},
    "partial": {"mass": 0.6, "column": (0.0, 0.25)},
    "closed column": {"column": np.array([0.4, 0.6, 0, 0, 0])},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mass", [1.0, 1e6])
def test_newton_steps_find_what_sweeps_find(rng, monkeypatch, kind, mass):
    cost, options = rng.random((20, 5)), {"row": 1 / 20} | KINDS[kind]
    for name in set(options) & {"row", "column", "mass"}:
        bounds = options[name]
        scaled = tuple(mass * each for each in bounds) if isinstance(bounds, tuple) else None
        options[name] = scaled or mass * bounds
    quick = sinkhorn(cost, epsilon=0.05, tol=1e-10, **options)
    monkeypatch.setattr("weaklabel.transport._newton.MOST_COLUMNS", 0)
    plain = sinkhorn(cost, epsilon=0.05, tol=1e-10, max_iter=50_000, **options)
    assert quick.converged
    assert plain.converged
    assert quick.n_iter < 100
    np.testing.assert_allclose(quick.plan / mass, plain.plan / mass, atol=1e-8)


def test_where_steps_fail_sweeps_are_made(rng, monkeypatch):
    cost, row, column = problem(rng, 20, 5)
    expected = sinkhorn(cost, row, column, 0.1)

    def never(climb, *_):
        climb.damping *= 10
        return False

    monkeypatch.setattr("weaklabel.transport._newton.Climb._good", never)
    same_problem(sinkhorn(cost, row, column, 0.1), expected)
    with pytest.warns(ConvergenceWarning, match="After 4 sweeps"):
        assert sinkhorn(cost, row, column, 0.1, max_iter=4, epsilon_scaling=1).n_iter == 4


def test_a_hundred_thousand_rows_are_read_a_few_dozen_times(rng):
    cost = rng.random((100_000, 10)).astype(np.float32)
    found = sinkhorn(cost, None, rng.dirichlet(np.full(10, 3.0)), 1e-3)
    assert found.converged
    assert found.n_iter < 60


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_more_than_two_arrays_of_the_shape_of_costs_are_built(rng, dtype):
    cost = rng.random((200_000, 10)).astype(dtype)
    sinkhorn(cost[:5_000])  # loads the twin
    tracemalloc.start()
    found = sinkhorn(cost, None, rng.dirichlet(np.full(10, 3.0)), 0.05)
    solving = tracemalloc.get_traced_memory()[1]
    plan = found.plan
    in_all = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert plan.shape == cost.shape
    room = 8e6  # blocks of fixed size
    assert solving < 1.2 * cost.nbytes + room
    assert in_all < 2.3 * cost.nbytes + room


def test_what_no_plan_has_ends_with_a_warning():
    """Two rows may only go to the first column, which is to get less than they hold."""
    cost = np.array([[0.0, np.inf], [0.0, np.inf], [0.0, 0.0]])
    with pytest.warns(ConvergenceWarning, match="forbidden pairs leave no plan"):
        found = sinkhorn(cost, None, np.array([0.2, 0.8]), 0.1, max_iter=200)
    assert not found.converged
    assert np.isfinite(found.plan).all()


# ---- kinds of marginals ----------------------------------------------------------------------


def test_uniform_marginals_are_the_default(rng):
    found = sinkhorn(rng.random((6, 3)))
    np.testing.assert_allclose(found.row_marginal, 1 / 6)
    np.testing.assert_allclose(found.column_marginal, 1 / 3, atol=1e-6)


def test_duals_make_the_plan(rng):
    cost, row, column = problem(rng, 6, 4)
    found = sinkhorn(cost, row, column, 0.1)
    f, g = found.row_potential, found.column_potential
    np.testing.assert_allclose(found.plan, np.exp((f[:, None] + g - cost) / 0.1))
    assert found.cost == pytest.approx((found.plan * cost).sum())


def optimum(cost, epsilon, penalty, constraints=(), start=None):
    """Minimize over plans with a general optimizer."""

    def objective(flat):
        plan = np.maximum(flat, 1e-300).reshape(cost.shape)
        entropy = epsilon * (plan * (np.log(plan) - 1)).sum()
        return (plan * cost).sum() + entropy + penalty(plan)

    start = np.full(cost.size, 1 / cost.size) if start is None else start.ravel()
    found = minimize(
        objective,
        start,
        bounds=[(1e-12, None)] * cost.size,
        constraints=constraints,
        method="SLSQP",
        options={"maxiter": 2000, "ftol": 1e-14},
    )
    assert found.success, found.message
    return found.x.reshape(cost.shape)


def kl(sums, target):
    sums = np.maximum(sums, 1e-300)
    return (sums * np.log(sums / target) - sums + target).sum()


@pytest.mark.parametrize(("row_slack", "column_slack"), [(0.3, 0.8), (1.0, 0.0), (0.0, 0.5)])
def test_slack_is_a_kl_penalty(rng, row_slack, column_slack):
    cost, row, column = problem(rng, 3, 3)
    found = sinkhorn(cost, row, column, 0.2, row_slack=row_slack, column_slack=column_slack)

    def penalty(plan):
        rows, columns = plan.sum(axis=1), plan.sum(axis=0)
        return row_slack * kl(rows, row) + column_slack * kl(columns, column)

    expected = optimum(cost, 0.2, penalty)
    np.testing.assert_allclose(found.plan, expected, atol=2e-5)


def test_one_free_side_is_a_softmax(rng):
    cost, row, column = problem(rng, 6, 3)
    found = sinkhorn(cost, row, column, 0.1, column_slack=0)
    likely = np.exp(-cost / 0.1)
    np.testing.assert_allclose(
        found.plan, row[:, None] * likely / likely.sum(axis=1, keepdims=True), rtol=1e-9
    )
    assert found.n_iter == 1


def test_bounds_are_the_projection_onto_them(rng):
    cost, row, column = problem(rng, 4, 3)
    low, high = 0.8 * column, np.array([1.0, 0.3, 0.3])
    low = np.minimum(low, high)
    found = sinkhorn(cost, row, (low, high), 0.1)
    sums = [
        {"type": "eq", "fun": lambda x: x.reshape(4, 3).sum(axis=1) - row},
        {"type": "ineq", "fun": lambda x: x.reshape(4, 3).sum(axis=0) - low},
        {"type": "ineq", "fun": lambda x: high - x.reshape(4, 3).sum(axis=0)},
    ]
    start = np.outer(row, (low + high) / (low + high).sum())
    expected = optimum(cost, 0.1, lambda plan: 0.0, sums, start)
    np.testing.assert_allclose(found.plan, expected, atol=2e-5)


@given(seed=st.integers(0, 2**20), n_rows=st.integers(1, 8), n_columns=st.integers(1, 5))
def test_bounds_satisfy_the_conditions_of_optimality(seed, n_rows, n_columns):
    rng = np.random.default_rng(seed)
    cost, row, column = problem(rng, n_rows, n_columns)
    low, high = column * rng.random(n_columns), column * (1 + rng.random(n_columns))
    found = sinkhorn(cost, row, (low, high), 0.1, max_iter=20_000, tol=1e-9)
    sums, dual = found.column_marginal, found.column_potential
    assert (sums >= low - 1e-8).all()
    assert (sums <= high + 1e-8).all()
    np.testing.assert_allclose(found.row_marginal, row, atol=1e-12)
    np.testing.assert_allclose(sums[dual > 1e-6], low[dual > 1e-6], atol=1e-7)
    np.testing.assert_allclose(sums[dual < -1e-6], high[dual < -1e-6], atol=1e-7)


def test_wide_bounds_bind_nothing(rng):
    cost, row, _ = problem(rng, 6, 3)
    bounded = sinkhorn(cost, row, (0.0, 1.0), 0.1)
    same_problem(bounded, sinkhorn(cost, row, None, 0.1, column_slack=0.0))


def test_rows_may_have_bounds_and_slack_too(rng):
    cost, row, column = problem(rng, 6, 3)
    bounds = (0.5 * row, 2 * row)
    found = sinkhorn(cost, bounds, column, 0.1)
    assert ((found.row_marginal >= 0.5 * row - 1e-9) & (found.row_marginal <= 2 * row + 1e-9)).all()
    np.testing.assert_allclose(found.column_marginal, column, atol=1e-6)
    turned = sinkhorn(cost.T, column, bounds, 0.1)
    np.testing.assert_allclose(found.plan, turned.plan.T, atol=1e-6)


# ---- partial and progressive -----------------------------------------------------------------


@pytest.mark.parametrize("mass", [0.1, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("column_slack", [0.5, 1.0, np.inf])
def test_mass_is_what_is_asked_for(rng, mass, column_slack):
    cost, row, _ = problem(rng, 20, 4)
    found = sinkhorn(cost, row, None, 0.1, mass=mass, column_slack=column_slack)
    assert found.mass == pytest.approx(mass, abs=1e-6)
    assert (found.row_marginal <= row + 1e-9).all()
    if np.isinf(column_slack):
        np.testing.assert_allclose(found.column_marginal, mass / 4, atol=1e-6)


def reference_p2ot(scores, mass, gamma, epsilon, sweeps=5000):
    """The published iteration: scaling vectors, and a virtual cluster of cost zero."""
    n, k = scores.shape
    kernel = np.exp(-np.hstack([scores, np.zeros((n, 1))]) / epsilon)
    beta = np.append(np.full(k, mass / k), 1 - mass)
    power = np.append(np.full(k, gamma / (gamma + epsilon)), 1.0)
    b = np.ones(k + 1)
    for _ in range(sweeps):
        a = (1 / n) / (kernel @ b)
        b = (beta / (kernel.T @ a)) ** power
    a = (1 / n) / (kernel @ b)
    return (a[:, None] * kernel * b)[:, :k]


@pytest.mark.parametrize("mass", [0.2, 0.7])
def test_progressive_partial_transport_is_the_published_one(rng, mass):
    cost = -np.log(rng.dirichlet(np.ones(4), size=15))
    found = sinkhorn(cost, epsilon=0.1, mass=mass, column_slack=1.0, tol=1e-10, max_iter=20_000)
    np.testing.assert_allclose(found.plan, reference_p2ot(cost, mass, 1.0, 0.1), atol=1e-8)


def test_all_mass_is_unbalanced_transport(rng):
    cost, row, column = problem(rng, 12, 4)
    whole = sinkhorn(cost, row, column, 0.1, column_slack=1.0, mass=1.0)
    same_problem(whole, sinkhorn(cost, row, column, 0.1, column_slack=1.0))


def test_all_mass_and_a_strong_penalty_is_balanced_transport(rng):
    cost, row, column = problem(rng, 12, 4)
    firm = sinkhorn(cost, row, column, 0.1, column_slack=1e7, mass=1.0)
    same_problem(firm, sinkhorn(cost, row, column, 0.1))


def test_part_of_the_mass_and_a_strong_penalty_is_partial_transport(rng):
    cost, row, _ = problem(rng, 12, 4)
    firm = sinkhorn(cost, row, None, 0.1, column_slack=1e7, mass=0.6)
    same_problem(firm, sinkhorn(cost, row, 0.15, 0.1, mass=0.6))


def test_a_strong_penalty_is_exact(rng):
    cost, row, column = problem(rng, 12, 4)
    strong = sinkhorn(cost, row, column, 0.1, row_slack=1e6, column_slack=1e6)
    same_problem(strong, sinkhorn(cost, row, column, 0.1), atol=1e-5)


def test_partial_transport_without_penalty_equals_the_linear_program(rng):
    cost, row, column = problem(rng, 8, 3)
    found = sinkhorn(cost, row, (0.0, column), 1e-3, mass=0.6, max_iter=50_000)
    sums = np.vstack([np.kron(np.eye(8), np.ones(3)), np.kron(np.ones(8), np.eye(3))])
    expected = linprog(
        cost.ravel(),
        A_ub=sums,
        b_ub=np.concatenate([row, column]),
        A_eq=np.ones((1, 24)),
        b_eq=[0.6],
    ).fun
    assert found.cost == pytest.approx(expected, rel=0.01)
    assert (found.column_marginal <= column + 1e-6).all()


def test_partial_transport_to_exact_columns_equals_the_linear_program(rng):
    cost, row, column = problem(rng, 8, 3)
    found = sinkhorn(cost, row, 0.6 * column, 1e-4, mass=0.6)
    leave, arrive = np.kron(np.eye(8), np.ones(3)), np.kron(np.ones(8), np.eye(3))
    best = linprog(cost.ravel(), A_ub=leave, b_ub=row, A_eq=arrive, b_eq=0.6 * column)
    assert found.cost == pytest.approx(best.fun, abs=1e-4 * np.log(32))
    np.testing.assert_allclose(found.column_marginal, 0.6 * column, atol=1e-6)
    assert (found.row_marginal <= row + 1e-9).all()


# ---- starts, odd input, libraries ------------------------------------------------------------


def test_a_warm_start_needs_fewer_sweeps(rng):
    cost, row, column = problem(rng, 30, 5)
    cold = sinkhorn(cost, row, column, 0.01)
    near = cost + 1e-4 * rng.random(cost.shape)
    again, fresh = sinkhorn(near, row, column, 0.01, start=cold), sinkhorn(near, row, column, 0.01)
    assert again.n_iter < fresh.n_iter
    same_problem(again, fresh)
    duals = cold.row_potential, cold.column_potential
    assert sinkhorn(near, row, column, 0.01, start=duals).n_iter == again.n_iter
    assert sinkhorn(cost, row, column, 0.01, start=cold).n_iter == 1


def test_a_warm_start_knows_the_mass_that_stays(rng):
    cost, row, _ = problem(rng, 30, 5)
    options = {"epsilon": 0.02, "mass": 0.4, "column_slack": 1.0}
    cold = sinkhorn(cost, row, **options)
    again = sinkhorn(cost, row, start=cold, **options)
    assert again.n_iter == 1
    same_problem(again, cold)


def test_forbidden_pairs_and_empty_marginals():
    cost = np.array([[0.0, np.inf, 1.0], [1.0, 0.5, np.inf], [0.0, 0.0, 0.0]])
    found = sinkhorn(cost, np.array([0.5, 0.5, 0.0]), np.array([0.6, 0.4, 0.0]), 0.1)
    assert found.plan[0, 1] == found.plan[1, 2] == 0
    np.testing.assert_allclose(found.column_marginal, [0.6, 0.4, 0], atol=1e-6)
    np.testing.assert_array_equal(found.plan[2], 0)
    assert found.cost == pytest.approx(0.1 + 0.2, abs=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "options",
    [{}, {"column_slack": 1.0, "mass": 0.7}, {"column": (0.1, 0.5)}, {"row_slack": 2.0}],
    ids=["exact", "progressive", "bounds", "unbalanced"],
)
def test_any_array_library_gives_the_same_answer(rng, xp, dtype, options):
    cost = rng.random((9, 4)).astype(dtype)
    expected = sinkhorn(cost, epsilon=0.1, **options)
    found = sinkhorn(xp.asarray(cost), epsilon=0.1, **options)
    for name in ("plan", "row_marginal", "column_marginal", "row_potential", "column_potential"):
        array = getattr(found, name)
        assert type(array) is type(xp.asarray(cost))
        np.testing.assert_allclose(
            on_host(array), getattr(expected, name), rtol=1e-6 if dtype == "float32" else 1e-9
        )
    assert found.cost == pytest.approx(expected.cost, rel=1e-9)


def test_fixed_sweeps_warn_of_nothing(rng):
    found = sinkhorn(rng.random((6, 3)), epsilon=0.05, max_iter=3, tol=0)
    assert found.n_iter == 3
    assert not found.converged


def test_it_says_when_sweeps_run_out(rng):
    with pytest.warns(ConvergenceWarning, match=r"After 2 sweeps .* still misplaced.*max_iter"):
        found = sinkhorn(rng.random((20, 5)), epsilon=1e-3, max_iter=2)
    assert not found.converged
    assert "not converged after 2 sweeps" in repr(found)


WRONG = {
    r"epsilon=0 is not positive": {"epsilon": 0},
    r"epsilon_scaling=2 is not in": {"epsilon_scaling": 2},
    r"'row' has shape 2; \(3, 2\) costs need 3 numbers": {"row": np.ones(2)},
    r"'column' has shape 2x2": {"column": np.ones((2, 2))},
    r"'column' has 1 negative or missing": {"column": np.array([1.5, -0.5])},
    r"'column_slack' has 1 negative": {"column_slack": -1.0},
    r"column bounds cross in 1 places": {"column": (0.5, 0.2)},
    r"Rows give 1 and columns take 3: no plan": {"column": np.array([1.0, 2.0])},
    r"Rows give 1 and columns take 0 to 0\.8": {"column": (0.0, 0.4)},
    r"mass=2 is not between 0 and 1": {"mass": 2},
    r"With 'mass' rows give up to": {"mass": 0.5, "row_slack": 1.0},
    r"Rows give 1 and columns take 1\.5": {"mass": 0.5, "column": 0.5},
    r"'start' has 3 column potentials for 2": {"start": (np.zeros(3), np.zeros(3))},
}


@pytest.mark.parametrize(("message", "options"), WRONG.items(), ids=list(WRONG))
def test_what_is_wrong_is_said(message, options):
    with pytest.raises(ValueError, match=message):
        sinkhorn(np.zeros((3, 2)), **options)


@pytest.mark.parametrize(
    ("cost", "message"),
    [(np.zeros(3), "'cost' has 1 dimensions"), (np.full((2, 2), np.nan), "has 4 entries .* NaN")],
)
def test_costs_are_a_table_of_numbers(cost, message):
    with pytest.raises(ValueError, match=message):
        sinkhorn(cost)


def test_it_is_public():
    assert wl.transport.sinkhorn is sinkhorn
