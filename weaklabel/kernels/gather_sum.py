"""Sum rows of a table over segments: votes to scores, and posteriors to statistics."""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

from weaklabel._device import device_of
from weaklabel.kernels._dispatch import kernel


@kernel
def gather_sum(table: Any, row: Any, weight: Any, starts: Any) -> Any:
    r"""Add up weighted rows of a table, segment by segment.

    .. math:: \mathrm{out}_s = \sum_{v = \mathrm{starts}_s}^{\mathrm{starts}_{s+1} - 1}
              \mathrm{weight}_v \, \mathrm{table}_{\mathrm{row}_v}

    This one operation is both halves of an EM step. With segments = items and table = log
    emissions it gives scores; with segments = (source, code) and table = posterior, statistics.

    Parameters
    ----------
    table : floating array, n_rows x n_columns
        ``-inf`` is an ordinary value.
    row : integer array, n_votes
        Row of `table` that each vote gathers.
    weight : floating array, n_votes or 1
        Must be positive: zero times ``-inf`` is no number.
    starts : integer array, n_segments + 1
        Votes ``starts[s]`` to ``starts[s + 1] - 1`` belong to segment s; rising from 0 to n_votes.

    Returns
    -------
    floating array, n_segments x n_columns
        An empty segment gives zeros.

    Notes
    -----
    Neighbors are added in pairs until one value a segment is left. That is as accurate as
    pairwise summation, does not depend on threads, and takes only gathers and additions, so that
    ``-inf`` beside large numbers stays what it is (differences of a cumulative sum would not).

    Examples
    --------
    >>> import numpy as np
    >>> table = np.array([[1.0, 10.0], [2.0, 20.0]])
    >>> gather_sum(table, np.array([0, 1, 1]), np.ones(3), np.array([0, 2, 2, 3]))
    array([[ 3., 30.],
           [ 0.,  0.],
           [ 2., 20.]])
    """
    xp = array_namespace(table, row, weight, starts)
    values = xp.take(table, row, axis=0) * weight[:, None]
    sizes = starts[1:] - starts[:-1]
    filled = sizes > 0
    counts = xp.take(sizes, xp.nonzero(filled)[0])
    while values.shape[0] > counts.shape[0]:
        values, counts = _add_pairs(xp, values, counts)
    zeros = xp.zeros((1, table.shape[1]), dtype=values.dtype, device=device_of(table))
    slot = xp.where(filled, xp.cumulative_sum(xp.astype(filled, starts.dtype)) - 1, counts.shape[0])
    return xp.take(xp.concat([values, zeros]), slot, axis=0)


def _add_pairs(xp: Any, values: Any, counts: Any) -> tuple[Any, Any]:
    """Halve every segment by adding its second value to its first, its fourth to its third."""
    ends = xp.cumulative_sum(counts)
    segment = xp.repeat(xp.arange(counts.shape[0], device=device_of(counts)), counts)
    place = xp.arange(values.shape[0], device=device_of(counts)) - xp.take(ends - counts, segment)
    first = xp.nonzero(place % 2 == 0)[0]
    paired = xp.take(place, first) + 1 < xp.take(counts, xp.take(segment, first))
    second = xp.where(paired, first + 1, first)
    added = xp.where(paired[:, None], xp.take(values, second, axis=0), 0.0)
    return xp.take(values, first, axis=0) + added, (counts + 1) // 2
