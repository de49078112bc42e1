"""Numba twin: receivers in parallel, each by one thread; sums and changes in the same pass."""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

from weaklabel.kernels.potts_messages import LARGE

__all__ = ["potts_messages"]


@njit(parallel=True, cache=True)
def potts_messages(  # noqa: PLR0913, PLR0917
    belief, message, weight, sender, reverse, starts, damping, maximize=False
):
    n_items, n_columns = belief.shape
    new = np.empty_like(message)
    received = np.zeros((n_items, n_columns), dtype=message.dtype)
    change = np.zeros(n_items, dtype=message.dtype)
    for i in prange(n_items):
        said = np.empty(n_columns)
        for e in range(starts[i], starts[i + 1]):
            s, back, w = sender[e], reverse[e], np.float64(weight[e])
            if n_columns == 1:
                said[0] = _of_two(np.float64(belief[s, 0]) - message[back, 0], w, maximize)
            else:
                for y in range(n_columns):
                    said[y] = belief[s, y] - message[back, y]
                _of_several(said, w, maximize)
            for y in range(n_columns):
                change[i] = max(change[i], abs(said[y] - message[e, y]))
                new[e, y] = (1 - damping) * said[y] + damping * message[e, y]
                received[i, y] += new[e, y]
    return new, received, change


@njit(cache=True)
def _of_two(log_odds, weight, maximize):
    """Log-odds of the message from those of the sender."""
    size = abs(log_odds)
    near, far = min(size, weight), max(size, weight)
    if maximize:
        said = near
    elif far < LARGE:
        a, b = math.exp(-near), math.exp(-far)
        said = math.log((1.0 + a * b) / (a + b))
    else:
        gap = far - near if far > near else 0.0
        said = near + math.log1p(math.exp(-near - far)) - math.log1p(math.exp(-gap))
    return math.copysign(said, log_odds)


@njit(cache=True)
def _of_several(cavity, weight, maximize):
    """Replace the belief of the sender by the message."""
    top = cavity.max()
    if maximize:
        for y in range(cavity.size):
            cavity[y] = max(cavity[y] - top + weight, 0.0)
        return
    total = 0.0
    for y in range(cavity.size):
        total += math.exp(cavity[y] - top) if cavity[y] < top else 1.0
    if weight > LARGE:
        shift = weight - top - math.log(total)
        for y in range(cavity.size):
            far = cavity[y] + shift
            cavity[y] = max(far, 0.0) + math.log1p(math.exp(-abs(far)))
        return
    gain = math.expm1(weight)
    for y in range(cavity.size):
        share = (math.exp(cavity[y] - top) if cavity[y] < top else 1.0) / total
        cavity[y] = math.log(1.0 + gain * share)
