"""Newton's method on the potentials of a few columns: rows follow from them in one sweep.

With rows at their optimum the dual problem is concave in as many variables as there are columns.
Sinkhorn's sweep is a step in it that takes no account of how columns compete for rows, which at
small epsilon needs thousands; the curvature that says it costs one more reading of the costs. Far
from the answer steps are damped (Levenberg and Marquardt), and where even that fails a sweep is
made instead, which never makes things worse.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from array_api_compat import array_namespace

from weaklabel._device import beside, device_of, on_host
from weaklabel.kernels import soft_assign
from weaklabel.kernels.soft_assign import blocks
from weaklabel.transport._side import FAR, Side, level

MOST_COLUMNS = 1000  # with more the curvature costs more than the sweeps it saves
LEAST_DAMPING, FIRST_DAMPING, MOST_DAMPING = 1e-10, 1e-3, 1.0
CURVATURE_BLOCK = 1 << 17  # entries of the costs that are worked on at a time
ENOUGH = 1e-4  # of the rise that the slope promises
LEAST_SUM = 1e-280  # of a row; one with less pulls at nothing
NOISE = 1e-11  # of the dual value, by which rounding may move it


class Point(NamedTuple):
    """Column potentials, in nats, and what one reading of the costs says about them."""

    column: Any  # n_columns, or one more for mass that stays
    row: Any  # n_rows
    better: Any  # column potentials after a sweep
    error: float  # share of the mass that this sweep would move
    arrives: Any  # column marginal of the plan
    wanted: Any  # what it would be after the sweep


class Rise(NamedTuple):
    """Dual objective over epsilon, and what is known of its shape."""

    value: float
    scale: float  # size of the numbers that the value is the sum of
    slope: np.ndarray  # n_columns; one-sided where bounds make an edge
    yields: np.ndarray  # n_columns; part of the curvature that is the columns' own


def look(cost: Any, givers: Side, takers: Side, column: Any, epsilon: float) -> Point:
    """Read the costs once, at the given potentials of columns."""
    xp = array_namespace(column)
    sides = (givers.log_low, givers.log_high, givers.damping(epsilon))
    row, log_sum = soft_assign(cost, epsilon, column, *sides)
    better = takers.potential(log_sum, epsilon)
    better = better - level(givers, takers, row, better, epsilon)
    most = xp.full_like(column, FAR)  # only steps that will be refused come there
    arrives, wanted = (xp.exp(xp.minimum(log_sum + each, most)) for each in (column, better))
    mass = float(xp.sum(wanted))
    error = float(xp.sum(xp.abs(arrives - wanted))) / (mass if mass > 0 else 1.0)
    return Point(column, row, better, error, arrives, wanted)


class Climb:
    """Finds the next potentials from the last ones; keeps how much steps are damped.

    Parameters
    ----------
    cost : floating array, n_rows x n_columns
    givers, takers : Side
    epsilon : float
    """

    def __init__(self, cost: Any, givers: Side, takers: Side, epsilon: float) -> None:
        self.problem = cost, givers, takers
        self.epsilon = epsilon
        self.damping = FIRST_DAMPING

    @property
    def pays(self) -> bool:
        """Whether steps cost less than the sweeps that they save."""
        return self.problem[0].shape[1] <= MOST_COLUMNS

    def look(self, column: Any) -> Point:
        """Read the costs once, at the given potentials of columns."""
        return look(*self.problem, column, self.epsilon)

    def rise(self, at: Point) -> Rise:
        """Work out the dual objective and its slope; the costs are not read."""
        xp = array_namespace(at.column)
        _, givers, takers = self.problem
        parts = givers.gain(at.row, self.epsilon), takers.gain(at.column, self.epsilon)
        mass = float(xp.sum(at.arrives))
        slope, yields = takers.pull(at.column, at.arrives, self.epsilon)
        alive = on_host((at.arrives > 0) | (at.wanted > 0))
        slope, yields = (np.where(alive, on_host(each), 0.0) for each in (slope, yields))
        return Rise(sum(parts) - mass, sum(map(abs, parts)) + mass, slope, yields)

    def step(self, at: Point, most: int) -> tuple[Point, int]:
        """Make one step upwards; give where it leads and how often costs were read, 2 to `most`."""
        before = self.rise(at)
        curvature = self._curvature(at) + np.diag(before.yields)
        for n_read in range(2, most + 1):
            if self.damping > MOST_DAMPING:
                self.damping = FIRST_DAMPING
                return self.look(at.better), n_read
            column, step = self._move(at, before.slope, curvature)
            found = self.look(beside(column, at.column))
            if self._good(before, self.rise(found), step):
                return found, n_read
        return at, most

    def _move(self, at: Point, slope: np.ndarray, curvature: np.ndarray) -> Any:
        """Solve for the step, and stop it at edges; give potentials and step, n_columns."""
        column, takers = on_host(at.column), self.problem[2]
        size = np.maximum(on_host(at.arrives), on_host(at.wanted))
        finite = np.isfinite(column)
        free = np.flatnonzero(finite & (size > 0) & ((slope != 0) | (column != 0)))
        step = np.zeros_like(column)
        matrix = curvature[np.ix_(free, free)] + self.damping * np.diag(size[free])
        step[free] = np.linalg.solve(matrix, slope[free])
        side = np.sign(np.where(column != 0, column, slope))
        edged = on_host(takers.log_low < takers.log_high)
        crosses = edged & finite & ((column + step) * side < 0)
        step = np.where(crosses, -np.where(finite, column, 0.0), step)
        return column + step, step

    def _good(self, before: Rise, after: Rise, step: np.ndarray) -> bool:
        """Judge a step by value and slope, and damp the next one accordingly [Hager and Zhang]."""
        promised, left = float(before.slope @ step), float(after.slope @ step)
        rise = after.value - before.value
        near = rise >= -NOISE * before.scale and abs(left) <= (1 - 2 * ENOUGH) * promised
        good = promised > 0 and (rise >= ENOUGH * promised or near)
        factor = 0.1 if left >= -0.5 * promised else 4.0
        self.damping = max(self.damping * (factor if good else 10.0), LEAST_DAMPING)
        return good

    def _curvature(self, at: Point) -> np.ndarray:
        """How slopes fall as potentials rise, without what columns yield, n_columns squared."""
        cost, givers, _ = self.problem
        xp = array_namespace(cost, at.column)
        n_columns = at.column.shape[0]
        damping = givers.damping(self.epsilon)
        exact = givers.log_low == givers.log_high
        total = xp.zeros((n_columns, n_columns), dtype=xp.float64, device=device_of(at.column))
        for rows in blocks(cost, CURVATURE_BLOCK):
            log_plan = xp.astype(cost[rows, :], at.column.dtype) / (-self.epsilon)
            if n_columns > cost.shape[1]:
                log_plan = xp.concat([log_plan, xp.zeros_like(log_plan[:, :1])], axis=1)
            plan = xp.exp(log_plan + at.row[rows, None] + at.column[None, :])
            sums = xp.sum(plan, axis=1)
            # rows between their bounds give way, those at one answer by what its slack leaves
            held = (at.row[rows] != 0) | _of(exact, rows)
            some = held & (sums > LEAST_SUM)
            share = _of(damping, rows) / xp.where(some, sums, xp.ones_like(sums))
            share = xp.where(some, share, xp.zeros_like(sums))
            total = total + xp.matmul(xp.matrix_transpose(plan * share[:, None]), plan)
        return np.diag(on_host(at.arrives)) - on_host(total)


def _of(values: Any, rows: slice) -> Any:
    """Values of some rows; one value stands for all."""
    return values if values.shape[0] == 1 else values[rows]
