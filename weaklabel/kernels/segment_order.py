"""Sort votes by item, then by what breaks ties within it."""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

from weaklabel._device import device_of
from weaklabel.kernels._dispatch import kernel


@kernel
def segment_order(segment: Any, first: Any, second: Any, n_segments: int) -> tuple[Any, Any]:
    """Give the order that sorts by segment, then by two keys; equal votes stay in order.

    Parameters
    ----------
    segment : integer array, n_votes
        From 0 to ``n_segments - 1``.
    first, second : integer arrays, n_votes
    n_segments : int

    Returns
    -------
    order : integer array, n_votes
    starts : integer array, n_segments + 1
        In that order votes ``starts[s]`` to ``starts[s + 1] - 1`` are of segment s.

    Examples
    --------
    >>> import numpy as np
    >>> segment, first, second = np.array([1, 0, 1]), np.array([5, 7, 2]), np.zeros(3, dtype=int)
    >>> segment_order(segment, first, second, 3)
    (array([1, 2, 0]), array([0, 1, 3, 3]))
    """
    xp = array_namespace(segment, first, second)
    order = xp.argsort(second, stable=True)
    for key in (first, segment):
        order = xp.take(order, xp.argsort(xp.take(key, order), stable=True))
    segments = xp.arange(n_segments + 1, dtype=segment.dtype, device=device_of(segment))
    return order, xp.searchsorted(xp.take(segment, order), segments)
