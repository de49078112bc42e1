"""Share every row of a cost table out over its columns: one sweep of entropic transport."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from array_api_compat import array_namespace

from weaklabel.kernels._dispatch import kernel
from weaklabel.kernels.log_sum_exp import log_sum_exp

BLOCK = 1 << 20  # entries of the table that are worked on at a time


@kernel
def soft_assign(
    cost: Any, epsilon: Any, column: Any, log_low: Any, log_high: Any, damping: Any
) -> tuple[Any, Any]:
    r"""Find potentials that bring the rows of a plan between bounds, and what columns then get.

    .. math:: s_i &= \log \sum_j \exp(\mathrm{column}_j - \mathrm{cost}_{ij} / \epsilon) \\
              \mathrm{row}_i &= \mathrm{damping}_i \,
              \mathrm{clip}(0, \mathrm{low}_i - s_i, \mathrm{high}_i - s_i) \\
              \mathrm{out}_j &= \log \sum_i \exp(\mathrm{row}_i - \mathrm{cost}_{ij} / \epsilon)

    Equal bounds prescribe the sums of rows; a damping below 1 lets them give way.

    Parameters
    ----------
    cost : floating array, n_rows x n_columns
        ``inf`` forbids a pair. Read once and never copied: work is done on a block of rows at a
        time, in double precision whatever the dtype of `cost`.
    epsilon : float
        Positive; in the unit of `cost`.
    column : float64 array, n_columns or n_columns + 1
        Potentials of columns over epsilon, in nats. One more than there are columns stands for a
        column of cost zero behind the last.
    log_low, log_high, damping : float64 array, n_rows or 1
        Logarithms of bounds on the sums of rows, and how far towards them a row moves, 0 to 1.

    Returns
    -------
    row : float64 array, n_rows
        Potentials of rows over epsilon, in nats. ``-inf`` where a row can go nowhere.
    log_sum : float64 array, as long as `column`
        The column potentials are not in it: the plan's marginal is ``exp(log_sum + column)``.

    Examples
    --------
    >>> import numpy as np
    >>> cost, half, one = np.array([[0.0, 1.0], [1.0, 0.0]]), np.log([0.5]), np.ones(1)
    >>> row, log_sum = soft_assign(cost, 1.0, np.zeros(2), half, half, one)
    >>> np.exp(log_sum)  # each column gets half of the mass
    array([0.5, 0.5])
    """
    xp = array_namespace(cost, column)
    rows: list[Any] = []
    top = xp.full_like(column, -xp.inf)
    total = xp.zeros_like(column)
    for part in blocks(cost):
        log_kernel = _log_kernel(xp, cost[part, :], epsilon, column)
        s = log_sum_exp(column[None, :] + log_kernel)
        row = _potential(xp, s, *(_of(each, part) for each in (log_low, log_high, damping)))
        log_kernel = log_kernel + row[:, None]
        rows.append(row)
        new_top = xp.maximum(top, xp.max(log_kernel, axis=0))
        shift = xp.where(xp.isfinite(new_top), new_top, xp.zeros_like(new_top))
        total = total * xp.exp(top - shift) + xp.sum(xp.exp(log_kernel - shift[None, :]), axis=0)
        top = new_top
    some = total > 0
    logs = xp.log(xp.where(some, total, xp.ones_like(total)))
    log_sum = xp.where(some, top + logs, xp.full_like(total, -xp.inf))
    return (xp.concat(rows) if rows else column[:0]), log_sum


def blocks(cost: Any, entries: int = BLOCK) -> Iterator[slice]:
    """Cut the rows of a table into slices of at most so many entries."""
    step = max(1, entries // max(1, cost.shape[1]))
    for start in range(0, cost.shape[0], step):
        yield slice(start, min(start + step, cost.shape[0]))


def _log_kernel(xp: Any, cost: Any, epsilon: Any, column: Any) -> Any:
    """Minus cost over epsilon in double precision, with the column of cost zero if there is one."""
    log_kernel = xp.astype(cost, column.dtype) / (-epsilon)
    n_more = column.shape[0] - cost.shape[1]
    if not n_more:
        return log_kernel
    return xp.concat([log_kernel, xp.zeros_like(log_kernel[:, :1])], axis=1)


def _of(values: Any, part: slice) -> Any:
    """Values of some rows; one value stands for all."""
    return values if values.shape[0] == 1 else values[part]


def _potential(xp: Any, s: Any, log_low: Any, log_high: Any, damping: Any) -> Any:
    """Move the logarithm of a sum towards its bounds."""
    reached = s > -xp.inf
    s = xp.where(reached, s, xp.zeros_like(s))
    zero = xp.zeros_like(s)
    moved = damping * xp.minimum(xp.maximum(zero, log_low - s), log_high - s)
    return xp.where(reached, moved, xp.full_like(s, -xp.inf))
