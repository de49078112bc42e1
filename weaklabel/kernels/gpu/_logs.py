"""Numbers that are given as logarithms, on the device."""

from __future__ import annotations

import math

from numba import cuda


@cuda.jit(device=True)
def add_logs(a, b, maximize):
    """Log of the sum of two exponentials, or the larger one."""
    high, low = max(a, b), min(a, b)
    if maximize or low == -math.inf:
        return high
    return high + math.log1p(math.exp(low - high))


@cuda.jit(device=True)
def take_in(top, total, value):
    """Add an exponential to a sum of some, given relative to the largest; give both anew."""
    if value > top:
        return value, total * math.exp(top - value) + 1.0
    if value > -math.inf:
        return top, total + math.exp(value - top)
    return top, total
