"""Numba twin: bags in parallel, each by one thread; probabilities, or logarithms if they vanish."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from weaklabel.kernels import _count_best
from weaklabel.kernels.count_messages import by_bags, full_table

__all__ = ["count_messages"]

TINY = 1e-250  # a positive sum below may have lost terms to underflow


def count_messages(log_odds, starts, log_potential, potential_starts, first, maximize=False):
    values = log_odds.astype(np.float64)
    bags = values, starts, log_potential, potential_starts, first
    found = by_bags(bags, maximize, small=_small)
    message, total = (array.astype(log_odds.dtype, copy=False) for array in found)
    return message, total


def _small(log_odds, starts, log_potential, potential_starts, first, maximize):
    """Sort for the best; recurse for sums."""
    if not maximize:
        return _sums(log_odds, starts, log_potential, potential_starts, first)
    message, total = np.zeros(len(log_odds)), np.zeros(len(starts) - 1)
    for g in range(len(total)):
        here = slice(starts[g], starts[g + 1])
        stated = log_potential[potential_starts[g] : potential_starts[g + 1]]
        table = full_table(stated, int(first[g]), int(starts[g + 1] - starts[g]))
        message[here], total[g] = _count_best.best(log_odds[here], table)
    return message, total


@njit(parallel=True, cache=True)
def _sums(log_odds, starts, log_potential, potential_starts, first):
    n_bags = starts.size - 1
    message, total = np.zeros(log_odds.size), np.zeros(n_bags)
    for g in prange(n_bags):
        here = log_odds[starts[g] : starts[g + 1]]
        stated = log_potential[potential_starts[g] : potential_starts[g + 1]]
        out = message[starts[g] : starts[g + 1]]
        potential, low, top, live = _allowed(stated, first[g], here.size)
        if low < 0:
            total[g] = -np.inf
        else:
            peak = potential.max()
            ok, log_z = _linear(here, np.exp(potential - peak), low, top, live, out)
            if not ok:
                log_z = _logs(here, potential - peak, low, top, live, out)
            total[g] = log_z + peak
    return message, total


@njit(cache=True)
def _allowed(stated, first, size):
    """Potentials of counts 0 to top; all counts from top on are alike, or (not live) ruled out."""
    last = min(first + stated.size - 1, size)
    while last >= first and stated[last - first] == -np.inf:
        last -= 1
    low = first
    while low <= last and stated[low - first] == -np.inf:
        low += 1
    if low > last:
        return np.zeros(1), -1, 0, False
    live = last == size
    top = last + 1
    if live:
        top = size
        while top > low and stated[top - 1 - first] == stated[size - first]:
            top -= 1
    potential = np.full(top + 1, -np.inf)
    for count in range(low, min(top, last) + 1):
        potential[count] = stated[count - first]
    return potential, low, top, live


@njit(cache=True)
def _possible(potential, top, live, size):
    """Count the allowed counts below each count."""
    so_far = np.zeros(size + 2, dtype=np.int64)
    for count in range(size + 1):
        allowed = live if count >= top else potential[count] > 0
        so_far[count + 1] = so_far[count] + allowed
    return so_far


@njit(cache=True)
def _linear(log_odds, potential, low, top, live, message):
    """Recurse on probabilities; say whether no sum that is positive came near underflow."""
    n = log_odds.size
    so_far = _possible(potential, top, live, n)
    one, maybe = log_odds == np.inf, log_odds != -np.inf
    n_one, n_maybe = one.sum(), maybe.sum()
    if so_far[n_maybe + 1] == so_far[n_one]:
        return True, -np.inf
    chance, other = 1.0 / (1.0 + np.exp(-log_odds)), 1.0 / (1.0 + np.exp(log_odds))
    backward = _backward(chance, other, potential, low, top, live)
    forward = np.zeros(top + 1)
    forward[0] = 1.0
    for i in range(n):
        counted, left = 0.0, 0.0
        for s in range(max(0, low - n + i), min(i, top) + 1):
            left += forward[s] * backward[i + 1, s]
            counted += forward[s] * backward[i + 1, min(s + 1, top)]
        least, most = n_one - one[i], n_maybe - maybe[i]
        possible = so_far[most + 1] > so_far[least], so_far[most + 2] > so_far[least + 1]
        if (possible[0] and left < TINY) or (possible[1] and counted < TINY):
            return False, 0.0
        message[i] = np.log(counted) - np.log(left)
        _count_one(forward, chance[i], other[i], min(i + 1, top - 1), live)
    return backward[0, 0] >= TINY, np.log(backward[0, 0])


@njit(cache=True)
def _backward(chance, other, potential, low, top, live):
    """Expect the potential, given the count up to each member."""
    n = chance.size
    backward = np.zeros((n + 1, top + 1))
    backward[n] = potential
    for i in range(n - 1, -1, -1):
        p, q = chance[i], other[i]
        backward[i, top] = potential[top] if live else 0.0
        for s in range(max(0, low - n + i), min(i, top - 1) + 1):
            backward[i, s] = q * backward[i + 1, s] + p * backward[i + 1, s + 1]
    return backward


@njit(cache=True)
def _count_one(forward, p, q, most, live):
    """Count one more member; the last state, if it is live, is never left."""
    top = forward.size - 1
    if top == 0:
        return
    if live:
        forward[top] += p * forward[top - 1]
    for s in range(most, 0, -1):
        forward[s] = q * forward[s] + p * forward[s - 1]
    forward[0] *= q


@njit(cache=True)
def _log_add(a, b):
    """Log of the sum of two exponentials."""
    high, low = max(a, b), min(a, b)
    return high if low == -np.inf else high + np.log1p(np.exp(low - high))


@njit(cache=True)
def _log_chance(log_odds):
    """Log of the probability of being counted."""
    if log_odds < 0:
        return log_odds - np.log1p(np.exp(log_odds))
    return -np.log1p(np.exp(-log_odds))


@njit(cache=True)
def _logs(log_odds, potential, low, top, live, message):
    """Recurse as `_linear` does, on logarithms."""
    n = log_odds.size
    backward = _log_backward(log_odds, potential, low, top, live)
    forward = np.full(top + 1, -np.inf)
    forward[0] = 0.0
    for i in range(n):
        counted, left = -np.inf, -np.inf
        for s in range(max(0, low - n + i), min(i, top) + 1):
            left = _log_add(left, forward[s] + backward[i + 1, s])
            counted = _log_add(counted, forward[s] + backward[i + 1, min(s + 1, top)])
        message[i] = counted - left
        _log_count_one(forward, log_odds[i], min(i + 1, top - 1), live)
    return backward[0, 0]


@njit(cache=True)
def _log_backward(log_odds, potential, low, top, live):
    """Expect the potential, given the count up to each member."""
    n = log_odds.size
    backward = np.full((n + 1, top + 1), -np.inf)
    backward[n] = potential
    for i in range(n - 1, -1, -1):
        p, q = _log_chance(log_odds[i]), _log_chance(-log_odds[i])
        backward[i, top] = potential[top] if live else -np.inf
        for s in range(max(0, low - n + i), min(i, top - 1) + 1):
            backward[i, s] = _log_add(q + backward[i + 1, s], p + backward[i + 1, s + 1])
    return backward


@njit(cache=True)
def _log_count_one(forward, log_odds, most, live):
    """Count one more member; the last state, if it is live, is never left."""
    top = forward.size - 1
    if top == 0:
        return
    p, q = _log_chance(log_odds), _log_chance(-log_odds)
    if live:
        forward[top] = _log_add(forward[top], p + forward[top - 1])
    for s in range(most, 0, -1):
        forward[s] = _log_add(q + forward[s], p + forward[s - 1])
    forward[0] += q
