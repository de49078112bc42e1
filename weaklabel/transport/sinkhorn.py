"""Entropic optimal transport in the log domain: one function, every kind of marginal."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

from array_api_compat import array_namespace
from sklearn.exceptions import ConvergenceWarning

from weaklabel._device import device_of
from weaklabel.kernels.soft_assign import blocks
from weaklabel.transport._newton import Climb
from weaklabel.transport._result import Transport
from weaklabel.transport._side import Side, check_totals, read_side

FIRST_EPSILON = 0.25  # of the spread of costs: where a descent through epsilons begins
ROUGH = 1e-2  # share of mass that may be misplaced at an epsilon on the way


class State(NamedTuple):
    """Where the iteration is; potentials over epsilon, in nats."""

    row: Any  # n_rows
    column: Any  # n_columns, or one more for mass that stays
    error: float
    n_iter: int


class Stage(NamedTuple):
    """One epsilon of the descent."""

    epsilon: float
    tol: float
    max_iter: int


def sinkhorn(  # noqa: PLR0913 one argument a statement about the problem
    cost: Any,
    row: Any = None,
    column: Any = None,
    epsilon: float = 0.05,
    *,
    row_slack: Any = math.inf,
    column_slack: Any = math.inf,
    mass: float | None = None,
    max_iter: int = 2000,
    tol: float = 1e-7,
    epsilon_scaling: float = 0.25,
    start: Transport | tuple[Any, Any] | None = None,
) -> Transport:
    r"""Move mass from rows to columns at least cost, smoothed by entropy.

    Minimizes, over plans :math:`P \ge 0` [1]_,

    .. math:: \langle P, C \rangle + \epsilon \sum_{ij} P_{ij} (\log P_{ij} - 1)
              + \mathrm{slack_r} \, \mathrm{KL}(P 1, r) + \mathrm{slack_c} \, \mathrm{KL}(P^T 1, c)

    where an infinite slack means that the marginal is exact, a pair of bounds means KL to the
    nearest marginal within them, and slack 0 leaves a side free [2]_. With `mass` less than what
    rows hold, the rest stays where it is, on a spare column of cost zero [3]_.

    Parameters
    ----------
    cost : floating array, n_rows x n_columns
        NumPy, CuPy, torch or any array of the standard. ``inf`` forbids a pair. Tall and thin
        problems are fast: put items in rows, classes in columns.
    row, column : floating array, or pair (low, high) of arrays, or None
        Marginals, or bounds on them. One number stands for all. None is uniform: rows sum to 1,
        columns to what rows sum to (to `mass`, if given).
    epsilon : float
        Strength of the entropy, in the unit of `cost`. Smaller is closer to the linear program
        and slower. At 1e-4 of the spread of costs marginals are still exact in single precision,
        because potentials and sums are kept in double precision.
    row_slack, column_slack : float or array
        Strength of the KL penalty on leaving the marginal (``reg_m`` in POT; ``tau = slack /
        (slack + epsilon)`` in OTT). inf: exact. 0: free, the marginal is ignored.
    mass : float or None
        How much is moved in all; no row gives more than its marginal. None moves everything that
        the marginals ask for. With finite `column_slack` this is progressive partial transport
        (P²OT), with an exact `column` (which then sums to `mass`) partial transport, and with
        ``column=(0, most)`` the partial transport in which neither side is exhausted.
    max_iter : int
        How often `cost` may be read. A sweep of Sinkhorn reads it once, a Newton step on the
        potentials of columns [4]_ twice; with up to a thousand columns all but the first sweep
        of each epsilon are such steps, and a hundred readings are enough for almost anything.
    tol : float
        Stop when the column marginal is right within this share of the mass (L1). 0 makes exactly
        `max_iter` sweeps of Sinkhorn at the given epsilon, without a warning.
    epsilon_scaling : float
        From a cold start, epsilon descends from a quarter of the spread of costs by this factor.
        1 starts at `epsilon` itself.
    start : Transport, or pair of potentials (row, column), or None
        Warm start: an earlier answer to a similar problem.

    Returns
    -------
    Transport
        Potentials and convergence; `plan`, `cost` and marginals on demand. Besides `cost` the
        function holds blocks of fixed size only; asking for the plan makes two arrays of its size.

    Raises
    ------
    ValueError
        If shapes do not fit, marginals are negative, contradict each other or `mass`, or `cost`
        holds NaN.

    Warns
    -----
    sklearn.exceptions.ConvergenceWarning
        If `max_iter` readings did not bring the error below `tol`.

    References
    ----------
    .. [1] Cuturi, "Sinkhorn distances", NeurIPS 2013.
    .. [2] Chizat et al., "Scaling algorithms for unbalanced transport problems", Mathematics of
       Computation 87, 2018.
    .. [3] Zhang et al., "P²OT: Progressive partial optimal transport for deep imbalanced
       clustering", ICLR 2024.
    .. [4] Brauer et al., "A Sinkhorn-Newton method for entropic optimal transport", 2017.

    Examples
    --------
    >>> import numpy as np
    >>> cost = np.array([[0.0, 1.0], [0.2, 1.0], [1.0, 0.3]])
    >>> found = sinkhorn(cost, np.ones(3), np.array([2.0, 1.0]), epsilon=0.01)
    >>> found.plan.round(3)
    array([[1., 0.],
           [1., 0.],
           [0., 1.]])
    >>> sinkhorn(cost, np.ones(3), (0.0, 1.5), epsilon=0.01).column_marginal.round(3)
    array([1.5, 1.5])
    >>> sinkhorn(cost, np.ones(3), column_slack=0.1, mass=1.5, epsilon=0.1).mass.__round__(6)
    1.5
    """
    _check_numbers(cost, epsilon, epsilon_scaling)
    givers, takers = _sides(cost, (row, row_slack), (column, column_slack), mass)
    first, stages = _first(cost, takers, start), [Stage(epsilon, tol, max_iter)]
    if start is None and tol > 0:
        stages = list(_descent(cost, epsilon, tol, max_iter, epsilon_scaling))
    state = State(first[:0], first / stages[0].epsilon, math.inf, 0)
    for stage, after in zip(stages, [*stages[1:], stages[-1]], strict=True):
        if after is stage or state.n_iter < stage.max_iter:
            state = _iterate(cost, givers, takers, state, stage)
        if after is not stage:
            state = state._replace(column=state.column * (stage.epsilon / after.epsilon))
    return _result(cost, epsilon, state, spare=mass is not None, tol=tol)


def _iterate(cost: Any, givers: Side, takers: Side, state: State, stage: Stage) -> State:
    """Bring rows and columns to their marginals, at one epsilon."""
    climb = Climb(cost, givers, takers, stage.epsilon)
    sweeps_only = stage.tol == 0 or not climb.pays
    first = state.n_iter + 1
    at, n_iter = climb.look(state.column), first
    while at.error > stage.tol and n_iter < stage.max_iter:
        most = stage.max_iter - n_iter
        # the first sweep closes columns that get nothing
        if sweeps_only or most < 2 or n_iter == first:
            at, n_read = climb.look(at.better), 1
        else:
            at, n_read = climb.step(at, most)
        n_iter += n_read
    # nothing moves the plan but its potentials: what is returned is what was measured
    return State(at.row, at.column, at.error, n_iter)


def _descent(
    cost: Any, epsilon: float, tol: float, max_iter: int, factor: float
) -> Iterator[Stage]:
    """Epsilons from a quarter of the spread of costs down to the one asked for."""
    larger = FIRST_EPSILON * _spread(cost) if factor < 1 else 0.0
    while larger * factor > epsilon:
        yield Stage(larger, max(tol, ROUGH), max_iter - 1)
        larger *= factor
    yield Stage(epsilon, tol, max_iter)


def _spread(cost: Any) -> float:
    """Largest minus smallest finite cost."""
    xp = array_namespace(cost)
    low, high = math.inf, -math.inf
    for rows in blocks(cost):
        part = cost[rows, :]
        finite = xp.isfinite(part)
        low = min(low, float(xp.min(xp.where(finite, part, xp.full_like(part, xp.inf)))))
        high = max(high, float(xp.max(xp.where(finite, part, xp.full_like(part, -xp.inf)))))
    return high - low if high > low else 0.0


def _first(cost: Any, takers: Side, start: Transport | tuple[Any, Any] | None) -> Any:
    """Column potentials to start from; rows follow from them."""
    xp = array_namespace(cost)
    n_columns = cost.shape[1]
    spare = takers.slack.shape[0] > n_columns
    zeros = xp.zeros(n_columns + spare, dtype=xp.float64, device=device_of(cost))
    if start is None:
        return zeros
    known = start.column_potential if isinstance(start, Transport) else start[1]
    stays = start.spare_potential if isinstance(start, Transport) else None
    known = xp.astype(xp.asarray(known, device=device_of(cost)), xp.float64)
    if known.shape != (n_columns,):
        msg = (
            f"'start' has {known.shape[0]} column potentials for {n_columns} columns. It is an "
            "earlier answer to a problem with the same columns; leave it out for a cold start."
        )
        raise ValueError(msg)
    return xp.concat([known, zeros[:1] + (stays or 0.0)]) if spare else known


def _sides(
    cost: Any, rows: tuple[Any, Any], columns: tuple[Any, Any], mass: float | None
) -> tuple[Side, Side]:
    """Read both marginals; mass that stays is one more column."""
    givers = read_side("row", *rows, cost, total=1.0)
    held = givers.total(cost.shape[0])[0] if givers.exact else 1.0
    takers = read_side("column", *columns, cost, total=held if mass is None else mass)
    if mass is not None:
        _check_mass(givers, mass, held)
        takers = takers.with_one(held - mass, cost.shape[1])
    check_totals(givers, takers, cost)
    return givers, takers


def _check_mass(givers: Side, mass: float, held: float) -> None:
    """Refuse a mass that rows do not hold."""
    if not givers.exact:
        msg = (
            "With 'mass' rows give up to their marginal, and the rest of it stays: bounds and "
            "slack of rows have no meaning then. Give 'row' as one array, or leave 'mass' out."
        )
        raise ValueError(msg)
    if not 0 < mass <= held * (1 + 1e-12):
        msg = f"mass={mass:g} is not between 0 and {held:g}, which is what the rows sum to."
        raise ValueError(msg)


def _check_numbers(cost: Any, epsilon: float, factor: float) -> None:
    """Refuse settings without meaning, and costs that are no numbers."""
    if not epsilon > 0:
        msg = f"epsilon={epsilon!r} is not positive. 0 is the linear program; try 1e-3."
        raise ValueError(msg)
    if not 0 < factor <= 1:
        msg = f"epsilon_scaling={factor!r} is not in (0, 1]. 1 starts at epsilon itself."
        raise ValueError(msg)
    if cost.ndim != 2:
        msg = f"'cost' has {cost.ndim} dimensions; it is a table, n_rows x n_columns."
        raise ValueError(msg)
    xp = array_namespace(cost)
    wrong = sum(
        int(xp.sum(xp.astype(~(cost[rows, :] > -xp.inf), xp.int64))) for rows in blocks(cost)
    )
    if wrong:
        msg = f"'cost' has {wrong} entries that are NaN or -inf. Pairs are forbidden by inf."
        raise ValueError(msg)


def _result(cost: Any, epsilon: float, state: State, *, spare: bool, tol: float) -> Transport:
    """Give potentials their unit, and say so if they are not good enough."""
    converged = state.error <= tol
    if not converged and tol > 0:
        warnings.warn(
            f"After {state.n_iter} sweeps {state.error:.2g} of the mass is still misplaced, more "
            f"than tol={tol:g}. Either forbidden pairs leave no plan with these marginals, or "
            f"epsilon is so small that it takes longer. Raise max_iter, tol or epsilon "
            f"({epsilon:g}), or start from an answer at a larger one.",
            ConvergenceWarning,
            stacklevel=3,
        )
    n_columns = cost.shape[1]
    return Transport(
        costs=cost,
        epsilon=epsilon,
        row_potential=state.row * epsilon,
        column_potential=state.column[:n_columns] * epsilon,
        spare_potential=float(state.column[n_columns]) * epsilon if spare else None,
        marginal_error=state.error,
        converged=converged,
        n_iter=state.n_iter,
    )
