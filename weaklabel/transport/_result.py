"""Transport: a plan as its two potentials and the problem they solve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from array_api_compat import array_namespace

from weaklabel.kernels.soft_assign import blocks

BLOCK = 1 << 17  # entries of the plan that are worked out at a time


@dataclass(frozen=True, kw_only=True, eq=False)
class Transport:
    """What `sinkhorn` found: potentials, how good they are, and the problem they solve.

    The plan, its marginals and its cost are worked out when asked for, a block of rows at a time.

    Attributes
    ----------
    costs : floating array, n_rows x n_columns
        The problem's.
    epsilon : float
        The problem's strength of entropy, in the unit of `costs`.
    row_potential, column_potential : float64 array, n_rows; n_columns
        Dual variables, in the unit of `costs` (f and g in OTT, epsilon times ``log_u`` and
        ``log_v`` in POT): the plan is ``exp((f[:, None] + g[None, :] - costs) / epsilon)``.
    spare_potential : float or None
        Dual variable of the mass that stays where it is; None where `mass` was not given.
    marginal_error : float
        Mass (L1) by which the column marginal of the plan misses what it should be; where columns
        may give way, by which it would still move. Row marginals are right to rounding.
    converged : bool
        Whether `marginal_error` is at most `tol` times the mass.
    n_iter : int
        How often the costs were read, those times at larger epsilon included.

    Examples
    --------
    >>> import numpy as np, weaklabel as wl
    >>> found = wl.transport.sinkhorn(np.array([[0.0, 1.0], [1.0, 0.0]]), epsilon=0.1)
    >>> found.converged, round(found.cost, 4), round(found.mass, 4)
    (True, 0.0, 1.0)
    """

    costs: Any
    epsilon: float
    row_potential: Any
    column_potential: Any
    spare_potential: float | None
    marginal_error: float
    converged: bool
    n_iter: int

    @property
    def plan(self) -> Any:
        """How much goes from each row to each column, n_rows x n_columns, in the dtype of costs."""
        xp = array_namespace(self.costs)
        parts = [xp.astype(part, self.costs.dtype) for _, part in self._blocks()]
        return xp.concat(parts) if parts else self.costs

    @property
    def row_marginal(self) -> Any:
        """What leaves every row, float64 array, n_rows."""
        xp = array_namespace(self.costs)
        sums = [xp.sum(part, axis=1) for _, part in self._blocks()]
        return xp.concat(sums) if sums else self.row_potential

    @property
    def column_marginal(self) -> Any:
        """What arrives in every column, float64 array, n_columns."""
        xp = array_namespace(self.costs)
        total = xp.zeros_like(self.column_potential)
        for _, part in self._blocks():
            total = total + xp.sum(part, axis=0)
        return total

    @property
    def cost(self) -> float:
        """What the moves cost: the sum of plan times costs, without the entropy."""
        xp = array_namespace(self.costs)
        total = 0.0
        for rows, part in self._blocks():
            costs = xp.astype(self.costs[rows, :], part.dtype)
            total += float(xp.sum(part * xp.where(part > 0, costs, xp.zeros_like(part))))
        return total

    @property
    def mass(self) -> float:
        """How much is moved in all."""
        return float(array_namespace(self.costs).sum(self.column_marginal))

    def _blocks(self) -> Iterator[tuple[slice, Any]]:
        """Give the plan block by block, in double precision."""
        xp = array_namespace(self.costs)
        for rows in blocks(self.costs, BLOCK):
            costs = xp.astype(self.costs[rows, :], self.row_potential.dtype)
            column = self.column_potential[None, :]
            yield rows, xp.exp((self.row_potential[rows, None] + column - costs) / self.epsilon)

    def __repr__(self) -> str:
        n_rows, n_columns = self.costs.shape
        state = "converged" if self.converged else "not converged"
        return (
            f"Transport({n_rows} x {n_columns}, epsilon {self.epsilon:g}, {state} after "
            f"{self.n_iter} sweeps, marginal error {self.marginal_error:.1g})"
        )
