"""Numba twin: bags in parallel, each by one thread; probabilities, or logarithms if they vanish."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

__all__ = ["state_messages"]

TINY = 1e-250  # a sum below may have lost terms to underflow


def state_messages(log_weight, log_potential, following, maximize=False):
    found = _all_bags(
        log_weight.astype(np.float64),
        log_potential.astype(np.float64),
        following.astype(np.int64),
        bool(maximize),
    )
    message, total = (array.astype(log_weight.dtype, copy=False) for array in found)
    return message, total


@njit(parallel=True, cache=True)
def _all_bags(log_weight, log_potential, following, maximize):
    n_bags = log_weight.shape[0]
    message, total = np.empty(log_weight.shape), np.empty(n_bags)
    for g in prange(n_bags):
        peak = log_potential[g].max()
        if peak == -np.inf:
            message[g] = -np.inf
            total[g] = -np.inf
            continue
        ends = log_potential[g] - peak
        ok, log_z = False, 0.0
        if not maximize:
            ok, log_z = _linear(np.exp(log_weight[g]), np.exp(ends), following, message[g])
        if not ok:
            log_z = _logs(log_weight[g], ends, following, maximize, message[g])
        total[g] = log_z + peak
        message[g] += peak
    return message, total


@njit(cache=True)
def _linear(weight, ends, following, message):
    """Recurse on probabilities; say whether no sum came near underflow."""
    size, n_outcomes = weight.shape
    backward, scale = np.zeros((size + 1, ends.size)), np.zeros(size + 1)
    backward[size] = ends
    for i in range(size - 1, -1, -1):
        for k in range(n_outcomes):
            _look_ahead(backward[i + 1], following[k], weight[i, k], backward[i])
        scale[i] = scale[i + 1] + _scaled(backward[i])
    ok = scale[0] > -np.inf and backward[0, 0] > TINY
    forward, later, so_far = np.zeros(ends.size), np.zeros(ends.size), 0.0
    forward[0] = 1.0
    for i in range(size):
        if not ok:
            break
        later[:] = 0.0
        for k in range(n_outcomes):
            total = _go_on(forward, backward[i + 1], following[k], weight[i, k], later)
            ok = ok and not 0 <= total < TINY
            message[i, k] = np.log(total) + so_far + scale[i + 1] if total > 0 else -np.inf
        so_far += _scaled(later)
        forward, later = later, forward
        ok = ok and so_far > -np.inf
    return ok, np.log(backward[0, 0]) + scale[0] if ok else 0.0


@njit(cache=True)
def _look_ahead(after, leads, weight, before):
    """Expect the potential, if this outcome comes next."""
    for s in range(leads.size):
        if leads[s] >= 0:
            before[s] += weight * after[leads[s]]


@njit(cache=True)
def _go_on(forward, after, leads, weight, later):
    """Move by this outcome, and sum over states; -1 where no state allows it."""
    total, ways = 0.0, 0
    for s in range(leads.size):
        t = leads[s]
        if t >= 0:
            total += forward[s] * after[t]
            later[t] += forward[s] * weight
            ways += 1
    return total if ways else -1.0


@njit(cache=True)
def _scaled(values):
    """Divide by the largest, and give its log; -inf if it is too small."""
    top = values.max()
    if top < TINY:
        return -np.inf
    values /= top
    return np.log(top)


@njit(cache=True)
def _add(a, b, maximize):
    """Log of the sum of two exponentials, or the larger one."""
    high, low = max(a, b), min(a, b)
    if maximize or low == -np.inf:
        return high
    return high + np.log1p(np.exp(low - high))


@njit(cache=True)
def _logs(log_weight, ends, following, maximize, message):
    """Recurse as `_linear` does, on logarithms."""
    size, n_outcomes = log_weight.shape
    backward = np.full((size + 1, ends.size), -np.inf)
    backward[size] = ends
    for i in range(size - 1, -1, -1):
        for k in range(n_outcomes):
            weight, leads = log_weight[i, k], following[k]
            for s in np.flatnonzero(leads >= 0):
                said = weight + backward[i + 1, leads[s]]
                backward[i, s] = _add(backward[i, s], said, maximize)
    forward, later = np.full(ends.size, -np.inf), np.empty(ends.size)
    forward[0] = 0.0
    for i in range(size):
        later[:] = -np.inf
        for k in range(n_outcomes):
            weight, leads, total = log_weight[i, k], following[k], -np.inf
            for s in np.flatnonzero(leads >= 0):
                t = leads[s]
                total = _add(total, forward[s] + backward[i + 1, t], maximize)
                later[t] = _add(later[t], forward[s] + weight, maximize)
            message[i, k] = total
        forward[:] = later
    return backward[0, 0]
