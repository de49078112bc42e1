"""Find segments that hold the same: items about which exactly the same is known."""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

from weaklabel._device import device_of
from weaklabel.kernels._dispatch import kernel


@kernel
def same_segments(row: Any, weight: Any, starts: Any, mark: Any) -> tuple[Any, Any]:
    """Give each different segment a number, in the order in which they turn up.

    Parameters
    ----------
    row : integer array, n_votes
        At least 0.
    weight : floating array, n_votes or 1
        Not NaN.
    starts : integer array, n_segments + 1
        Votes ``starts[s]`` to ``starts[s + 1] - 1`` belong to segment s; rising from 0 to n_votes.
    mark : integer array, n_segments or 1
        Segments of different marks are different.

    Returns
    -------
    first : integer array, n_different
        The first segment of each kind, rising.
    kind : integer array, n_segments

    Notes
    -----
    Segments are the same if they name the same rows in the same order, with the same weights.

    Examples
    --------
    >>> import numpy as np
    >>> row, starts = np.array([4, 2, 4, 2]), np.array([0, 1, 2, 3, 3, 4])
    >>> same_segments(row, np.ones(1), starts, np.zeros(1, dtype=np.int64))
    (array([0, 1, 3]), array([0, 1, 0, 2, 1]))
    """
    xp = array_namespace(row, weight, starts, mark)
    n_segments, device = starts.shape[0] - 1, device_of(starts)
    kind = xp.zeros(n_segments, dtype=xp.int64, device=device)
    place, sizes = starts[:-1], starts[1:] - starts[:-1]
    kind = _joined(xp, kind, xp.broadcast_to(mark, kind.shape))
    kind = _joined(xp, kind, sizes)
    weight = xp.broadcast_to(weight, row.shape)
    # one vote after the other: segments that were alike so far stay so if this one is the same
    for at in range(int(xp.max(sizes)) if n_segments else 0):
        there = sizes > at
        vote = xp.where(there, place + at, xp.zeros_like(place))
        for values in (row, weight):
            here = xp.take(values, vote)
            kind = _joined(xp, kind, xp.where(there, here, xp.zeros_like(here)))
    return _in_order(xp, kind)


def _joined(xp: Any, kind: Any, values: Any) -> Any:
    """Split kinds by further values."""
    found = xp.unique_inverse(values)
    return xp.unique_inverse(kind * found.values.shape[0] + found.inverse_indices).inverse_indices


def _in_order(xp: Any, kind: Any) -> tuple[Any, Any]:
    """Renumber kinds by their first segment."""
    if not kind.shape[0]:
        return kind, kind
    order = xp.argsort(kind, stable=True)
    sorted_kind = xp.take(kind, order)
    new = xp.concat([xp.ones_like(kind[:1]), sorted_kind[1:] - sorted_kind[:-1]]) > 0
    first = xp.take(order, xp.nonzero(new)[0])  # by kind
    by_first = xp.argsort(first, stable=True)
    number = xp.argsort(by_first, stable=True)
    return xp.take(first, by_first), xp.take(number, kind)
