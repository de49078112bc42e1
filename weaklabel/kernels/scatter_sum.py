"""Add rows of a table to rows of another, segment by segment: posteriors to statistics."""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

from weaklabel._device import device_of
from weaklabel.kernels._dispatch import kernel
from weaklabel.kernels.gather_sum import gather_sum


@kernel
def scatter_sum(table: Any, row: Any, weight: Any, starts: Any, n_rows: int) -> Any:
    r"""Add the row of each segment to the rows that its votes name.

    .. math:: \mathrm{out}_r = \sum_{v : \mathrm{row}_v = r} \mathrm{weight}_v \,
              \mathrm{table}_{s(v)}, \quad \mathrm{starts}_{s(v)} \le v < \mathrm{starts}_{s(v) + 1}

    The transpose of `gather_sum`, without sorting votes by row.

    Parameters
    ----------
    table : floating array, n_segments x n_columns
    row : integer array, n_votes
        Row of the result to which each vote adds.
    weight : floating array, n_votes or 1
    starts : integer array, n_segments + 1
        Votes ``starts[s]`` to ``starts[s + 1] - 1`` belong to segment s; rising from 0 to n_votes.
    n_rows : int

    Returns
    -------
    floating array, n_rows x n_columns

    Examples
    --------
    >>> import numpy as np
    >>> table = np.array([[1.0, 10.0], [2.0, 20.0]])
    >>> scatter_sum(table, np.array([2, 0, 2]), np.ones(1), np.array([0, 1, 3]), 3)
    array([[ 2., 20.],
           [ 0.,  0.],
           [ 3., 30.]])
    """
    xp = array_namespace(table, row, weight, starts)
    segments = xp.arange(table.shape[0], dtype=starts.dtype, device=device_of(starts))
    segment = xp.repeat(segments, starts[1:] - starts[:-1])
    order = xp.argsort(row, stable=True)
    rows = xp.arange(n_rows + 1, dtype=row.dtype, device=device_of(row))
    ordered = weight if weight.shape[0] == 1 else xp.take(weight, order)
    bounds = xp.searchsorted(xp.take(row, order), rows)
    return gather_sum(table, xp.take(segment, order), ordered, bounds)
