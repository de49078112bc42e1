"""Numba twin: one pass and one exponential an entry; blocks of rows in parallel, in fixed order."""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

__all__ = ["soft_assign"]

TILE = 64  # rows that are worked on side by side, column after column, in vector registers
BLOCK = 1 << 15  # entries; depends on the shape alone, so that sums do not depend on threads
TINY, HUGE = 1e-200, 1e200  # sums outside are taken again, in the log domain
LEAST = -700.0  # exponentials below are zero beside one

LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
MAGIC = 6755399441055744.0  # 1.5 * 2**52: added to a number, leaves its integer in the last bits


@njit(parallel=True, cache=True)
def soft_assign(cost, epsilon, column, log_low, log_high, damping):
    inverse = 1.0 / epsilon
    tiles = max(1, BLOCK // (TILE * column.size))
    step = tiles * TILE
    row = np.empty(cost.shape[0])
    parts = np.zeros(((row.size + step - 1) // step, column.size))
    for b in prange(parts.shape[0]):
        likely, share = np.empty((column.size, TILE)), np.zeros((column.size, TILE))
        power = np.empty(TILE)
        top, weight = np.empty(TILE), np.empty(TILE)
        for first in range(b * step, min(row.size, (b + 1) * step), TILE):
            here = row[first : first + TILE]
            _read(cost[first : first + TILE], inverse, column, likely)
            _tops(likely, top)
            _add_up_exponentials(likely, top, power, weight)
            for t in range(here.size):
                i = first + t
                low = log_low[i if log_low.size > 1 else 0]
                high = log_high[i if log_high.size > 1 else 0]
                push = damping[i if damping.size > 1 else 0]
                here[t] = _potential(top[t], weight[t], low, high, push)
            _weigh(here, top, weight)
            for j in range(column.size):
                for t in range(TILE):
                    share[j, t] += weight[t] * likely[j, t]
        for j in range(column.size):
            parts[b, j] = share[j].sum()
    return row, _log_sums(cost, inverse, column, row, parts)


@njit(cache=True)
def _read(cost, inverse, column, likely):
    """Fill a tile with scores, column after column; places without a row get zeros."""
    n_rows, n_columns = cost.shape
    for t in range(n_rows):
        for j in range(n_columns):
            likely[j, t] = column[j] - cost[t, j] * inverse
    likely[:, n_rows:] = 0.0
    likely[n_columns:, :n_rows] = column[column.size - 1]


@njit(cache=True)
def _tops(likely, top):
    """Find the best score of each row."""
    top[:] = likely[0]
    for j in range(1, likely.shape[0]):
        for t in range(TILE):
            top[t] = max(top[t], likely[j, t])


@njit(cache=True)
def _add_up_exponentials(likely, top, power, total):
    """Replace scores by exponentials and sum them over columns."""
    total[:] = 0.0
    for j in range(likely.shape[0]):
        _exponentials(likely[j], top, power)
        for t in range(TILE):
            total[t] += likely[j, t]


@njit(cache=True)
def _potential(top, total, low, high, damping):
    """Move the logarithm of a row's sum towards its bounds."""
    if top == -np.inf:
        return -np.inf
    s = top + math.log(total)
    return damping * min(max(0.0, low - s), high - s)


@njit(cache=True)
def _weigh(row, top, weight):
    """Turn exponentials into parts of the plan; what is no row weighs nothing."""
    weight[row.size :] = 0.0
    for t in range(row.size):
        weight[t] = math.exp(row[t] + top[t]) if top[t] > -np.inf else 0.0


@njit(cache=True)
def _exponentials(scores, top, power):
    """Replace scores by exp(scores - top), for scores of at most top.

    2**n times a polynomial in the rest, n by bits: the compiler turns each loop into vector
    instructions, as it cannot do with a call of exp. Error below 2e-16 of the value.
    """
    for t in range(TILE):
        x = scores[t] - top[t]
        kept = x if x > LEAST else LEAST  # also for NaN: -inf minus -inf
        shifted = kept * LOG2_E + MAGIC
        n = shifted - MAGIC
        r = (kept - n * LN2_HIGH) - n * LN2_LOW
        p = 1.0 + r * (1 / 12 + r * (1 / 156))
        p = 1.0 + r * (1 / 10) * (1.0 + r * (1 / 11) * p)
        p = 1.0 + r * (1 / 8) * (1.0 + r * (1 / 9) * p)
        p = 1.0 + r * (1 / 6) * (1.0 + r * (1 / 7) * p)
        p = 1.0 + r * (1 / 4) * (1.0 + r * (1 / 5) * p)
        p = 1.0 + r * (1 / 2) * (1.0 + r * (1 / 3) * p)
        scores[t] = (1.0 + r * p) if x > LEAST else 0.0
        power[t] = shifted
    bits = power.view(np.int64)
    for t in range(TILE):
        bits[t] = (bits[t] + 1023) << 52  # the last bits of `shifted` are n
    for t in range(TILE):
        scores[t] *= power[t]


@njit(cache=True)
def _log_sums(cost, inverse, column, row, parts):
    """Take the potentials out of the sums; where those left the range of doubles, sum again."""
    out = np.empty(column.size)
    for j in range(column.size):
        total = 0.0
        for b in range(parts.shape[0]):
            total += parts[b, j]
        if TINY < total < HUGE and np.isfinite(column[j]):
            out[j] = math.log(total) - column[j]
        else:
            out[j] = _log_sum_of(cost, inverse, row, j)
    return out


@njit(parallel=True, cache=True)
def _log_sum_of(cost, inverse, row, j):
    """Sum one column in the log domain."""
    step = BLOCK
    n_blocks = (row.size + step - 1) // step
    tops = np.full(n_blocks, -np.inf)
    parts = np.zeros(n_blocks)
    for b in prange(n_blocks):
        start, end = b * step, min(row.size, (b + 1) * step)
        top = -np.inf
        for i in range(start, end):
            top = max(top, _entry(cost, inverse, row, i, j))
        total = 0.0
        if top > -np.inf:
            for i in range(start, end):
                total += math.exp(_entry(cost, inverse, row, i, j) - top)
        tops[b] = top
        parts[b] = total
    top = -np.inf
    for b in range(n_blocks):
        top = max(top, tops[b])
    if top == -np.inf:
        return top
    total = 0.0
    for b in range(n_blocks):
        total += parts[b] * math.exp(tops[b] - top)
    return top + math.log(total)


@njit(inline="always")
def _entry(cost, inverse, row, i, j):
    """Log of an entry of the plan without its column potential."""
    return row[i] - cost[i, j] * inverse if j < cost.shape[1] else row[i]
