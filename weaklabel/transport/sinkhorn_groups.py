"""Many transport problems side by side: every group of rows has column marginals of its own."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from sklearn.exceptions import ConvergenceWarning

from weaklabel._check import first_few
from weaklabel._device import beside, device_of, on_host
from weaklabel.kernels import gather_sum, log_sum_exp
from weaklabel.transport._joint import (
    FIRST_DAMPING,
    MOST_DAMPING,
    Bounds,
    Joint,
    joint_step,
    slope,
)
from weaklabel.transport._side import log

ROOM = 1e-6  # share of its mass by which what a group gives and takes may differ


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupTransport:
    """What `sinkhorn_groups` found.

    Attributes
    ----------
    plan : float64 array, n_rows x n_columns
        How much goes from each row to each column.
    column_potential : float64 array, n_groups x n_columns
        Dual variables, in the unit of the costs; ``-inf`` where nothing may arrive.
    marginal_error : float64 array, n_groups
        Share of the mass of the group that is in the wrong column (largest column). Rows are
        right to rounding.
    converged : bool
        Whether no `marginal_error` is more than `tol`.
    n_iter : int
        Number of sweeps and Newton steps.
    """

    plan: Any
    column_potential: Any
    marginal_error: Any
    converged: bool
    n_iter: int


def sinkhorn_groups(  # noqa: PLR0913 one argument a statement about the problem
    cost: Any,
    group: Any,
    row: Any,
    column: Any,
    epsilon: float = 0.05,
    *,
    max_iter: int = 200,
    tol: float = 1e-7,
    start: GroupTransport | None = None,
) -> GroupTransport:
    r"""Solve one entropic transport problem a group of rows, all at once.

    Rows of group g move their mass to columns at least cost, so that columns get what is stated
    for g. That is `sinkhorn` on each group; here thousands of small problems take the time of one.

    Parameters
    ----------
    cost : floating array, n_rows x n_columns
        ``inf`` forbids a pair.
    group : integer array, n_rows
        Number of the group of each row, 0 to n_groups - 1, in any order.
    row : floating array, n_rows, or float
        Mass of each row.
    column : floating array, n_groups x n_columns, or pair (low, high) of such arrays
        What columns get from each group, or bounds on it.
    epsilon : float
        Strength of the entropy, in the unit of `cost`. With ``cost = -log(prior)`` and epsilon 1
        the plan is the prior brought to the marginals of each group (iterative proportional
        fitting).
    max_iter : int
        Most steps; few are needed, since all are Newton's but the first.
    tol : float
        Share of its mass by which a column of a group may be wrong. With 0, `max_iter` steps are
        made and nothing is said.
    start : GroupTransport or None
        Warm start: an earlier answer to a similar problem.

    Returns
    -------
    GroupTransport

    Raises
    ------
    ValueError
        If shapes do not fit, or what a group gives and takes differs.

    Warns
    -----
    sklearn.exceptions.ConvergenceWarning
        If `max_iter` steps did not bring every error below `tol`.

    Examples
    --------
    >>> import numpy as np
    >>> cost = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    >>> column = np.array([[1.0, 1.0], [2.0, 0.0]])
    >>> found = sinkhorn_groups(cost, np.array([0, 0, 1, 1]), 1.0, column, epsilon=0.1)
    >>> found.plan.round(3)
    array([[1., 0.],
           [0., 1.],
           [1., 0.],
           [1., 0.]])
    """
    _check_shapes(cost, group, epsilon)
    problem = _Problem.of(cost, group, row, column, tol)
    at, n_iter = problem.first(cost, epsilon, start), 0
    while n_iter < max_iter:
        lost = bool(problem.xp.any(at.damping > MOST_DAMPING))
        at = problem.sweep(at) if lost else joint_step(at, problem, problem.chosen, problem.bounds)
        n_iter += 1
        if bool(problem.xp.all(at.worst <= problem.bounds.tol)):
            break
    error = problem.error(at)
    converged = bool(problem.xp.all(error <= tol))
    if not converged and tol > 0:
        _warn_about(on_host(error), n_iter, tol)
    return GroupTransport(
        plan=problem.row[:, None] * problem.xp.exp(at.log_share),
        column_potential=at.dual * epsilon,
        marginal_error=error,
        converged=converged,
        n_iter=n_iter,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Problem:
    """Rows by groups, and what columns must get from each group."""

    xp: Any
    row: Any  # n_rows
    group: Any  # n_rows
    order: Any  # n_rows; group by group
    starts: Any  # n_groups + 1
    bounds: Bounds
    chosen: Any  # n_columns

    @classmethod
    def of(cls, cost: Any, group: Any, row: Any, column: Any, tol: float) -> _Problem:
        """Lay out the groups, and refuse what no plan can have."""
        xp = array_namespace(cost)
        n_rows, n_columns = cost.shape
        low, high = column if isinstance(column, tuple) else (column, column)
        low, high = (_numbers("column", each, cost, (None, n_columns)) for each in (low, high))
        codes, n_groups = on_host(group).astype(np.int64), low.shape[0]
        if ((codes < 0) | (codes >= n_groups)).any():
            msg = (
                f"'group' has numbers outside of 0 to {n_groups - 1}: 'column' has one row a group."
            )
            raise ValueError(msg)
        row = _numbers("row", row, cost, (n_rows,))
        counts = np.bincount(codes, minlength=n_groups)
        made = cls(
            xp=xp,
            row=row,
            group=beside(codes, cost),
            order=beside(np.argsort(codes, kind="stable"), cost),
            starts=beside(np.concatenate([[0], np.cumsum(counts)]), cost),
            bounds=Bounds(low, high, low[:, 0]),
            chosen=xp.arange(n_columns, device=device_of(cost)),
        )
        mass = made.counts(xp.ones_like(row)[:, None])[:, 0]
        _check_totals(*(on_host(each) for each in (mass, low, high)))
        return replace(made, bounds=Bounds(low, high, tol * mass))

    def counts(self, table: Any) -> Any:
        """Add up rows over each group, by their mass."""
        weight = self.xp.take(self.row, self.order)
        return gather_sum(table, self.order, weight, self.starts)

    def spread(self, values: Any) -> Any:
        """Give every row the values of its group."""
        return self.xp.take(values, self.group, axis=0)

    def first(self, cost: Any, epsilon: float, start: GroupTransport | None) -> Joint:
        """Share rows out as they like, but nothing to columns that get nothing."""
        xp, high = self.xp, self.bounds.high
        dual = xp.zeros_like(high) if start is None else start.column_potential / epsilon
        if dual.shape != high.shape:
            msg = (
                f"'start' has {dual.shape[0]} groups and {dual.shape[1]} columns; this problem has "
                f"{high.shape[0]} and {high.shape[1]}. Leave it out for a cold start."
            )
            raise ValueError(msg)
        dual = xp.where(high > 0, xp.where(xp.isfinite(dual), dual, 0.0 * high), -xp.inf + high)
        log_share = self.spread(dual) - xp.astype(cost, xp.float64) / epsilon
        none = xp.max(log_share, axis=1) == -xp.inf
        stuck = int(xp.sum(xp.astype(none & (self.row > 0), xp.int64)))
        if stuck:
            msg = (
                f"{stuck} rows hold mass and may go to no column that gets any: their costs are "
                "inf there. Give these pairs a large cost instead."
            )
            raise ValueError(msg)
        log_share = xp.where(none[:, None], xp.zeros_like(log_share), log_share)
        log_share = log_share - log_sum_exp(log_share)[:, None]
        lost = xp.full_like(high[:, 0], 2 * MOST_DAMPING)
        return Joint(log_share, dual, lost, lost)

    def sweep(self, at: Joint) -> Joint:
        """Bring all columns to their bounds in the way of Sinkhorn."""
        xp = self.xp
        counts = self.counts(xp.exp(at.log_share))
        some = counts > 0
        have = log(xp.where(some, counts, xp.ones_like(counts)))
        own = xp.where(some, at.dual, xp.zeros_like(have))
        low, high = (log(each) - have + own for each in self.bounds[:2])
        better = xp.minimum(xp.maximum(xp.zeros_like(have), low), high)
        step = xp.where(some & (self.bounds.high > 0), better - own, xp.zeros_like(own))
        log_share = at.log_share + self.spread(step)
        damping = xp.full_like(at.damping, FIRST_DAMPING)
        damping = xp.where(at.damping > MOST_DAMPING, damping, at.damping)
        worst = xp.full_like(damping, xp.inf)
        return Joint(log_share - log_sum_exp(log_share)[:, None], at.dual + step, damping, worst)

    def error(self, at: Joint) -> Any:
        """Share of the mass of each group by which its worst column is wrong."""
        xp = self.xp
        breach = slope(at.dual, self.counts(xp.exp(at.log_share)), self.bounds)
        mass = self.counts(xp.ones_like(self.row)[:, None])[:, 0]
        mass = xp.where(mass > 0, mass, xp.ones_like(mass))
        return xp.max(xp.abs(breach), axis=1) / mass


def _check_shapes(cost: Any, group: Any, epsilon: float) -> None:
    """Refuse tables that do not fit, and settings without meaning."""
    if not epsilon > 0:
        msg = f"epsilon={epsilon!r} is not positive. 0 is the linear program; try 1e-3."
        raise ValueError(msg)
    if cost.ndim != 2 or tuple(group.shape) != (cost.shape[0],):
        msg = (
            f"'cost' has shape {tuple(cost.shape)} and 'group' {tuple(group.shape)}; wanted are a "
            "table, n_rows x n_columns, and one group a row."
        )
        raise ValueError(msg)
    xp = array_namespace(cost)
    if not bool(xp.all(cost > -xp.inf)):
        msg = "'cost' has entries that are NaN or -inf. Pairs are forbidden by inf."
        raise ValueError(msg)


def _numbers(name: str, values: Any, cost: Any, shape: tuple[int | None, ...]) -> Any:
    """Make a float64 array of a shape beside the costs; None in the shape is any length."""
    xp = array_namespace(cost)
    array = xp.asarray(values, dtype=xp.float64, device=device_of(cost))
    if array.ndim == 0 and len(shape) == 1:
        array = xp.full(shape, float(array), dtype=xp.float64, device=device_of(cost))
    if array.ndim != len(shape) or any(
        wanted not in {None, have} for wanted, have in zip(shape, array.shape, strict=True)
    ):
        wanted = " x ".join("n_groups" if each is None else str(each) for each in shape)
        msg = f"{name!r} has shape {tuple(array.shape)}; wanted is {wanted}."
        raise ValueError(msg)
    if not bool(xp.all(array >= 0)):
        msg = f"{name!r} has negative or missing numbers. Mass is at least 0."
        raise ValueError(msg)
    return array


def _check_totals(mass: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    """Refuse groups whose rows hold what their columns do not take."""
    least, most = low.sum(axis=1), high.sum(axis=1)
    room = ROOM * np.maximum(mass, least)
    wrong = np.flatnonzero((mass > most + room) | (mass < least - room) | (low > high).any(axis=1))
    if len(wrong):
        g = wrong[0]
        msg = (
            f"Rows and columns of {len(wrong)} groups do not agree: {first_few(list(wrong))}. In "
            f"group {g} rows give {mass[g]:.6g} and columns take {least[g]:.6g} to {most[g]:.6g}. "
            "Scale one side, or give bounds (low, high)."
        )
        raise ValueError(msg)


def _warn_about(error: np.ndarray, n_iter: int, tol: float) -> None:
    """Name the groups that are worst."""
    worst = np.argsort(-error, kind="stable")[: np.count_nonzero(error > tol)]
    warnings.warn(
        f"After {n_iter} steps {len(worst)} groups still have more than tol={tol:g} of their mass "
        f"in a wrong column, up to {error.max():.2g}: {first_few(worst.tolist())}. Either "
        "forbidden pairs leave them no plan, or epsilon is very small. Raise max_iter, tol or "
        "epsilon.",
        ConvergenceWarning,
        stacklevel=3,
    )
