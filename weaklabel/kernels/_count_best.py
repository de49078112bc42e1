"""The best labeling with every count: the members with the highest log-odds, in turn."""

from __future__ import annotations

import numpy as np


def best(log_odds: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, float]:
    """Give max-product messages and the best log weight of one bag.

    Parameters
    ----------
    log_odds : floating array, size
        May be infinite.
    table : floating array, size + 1
        Log potential of every count.

    Returns
    -------
    message : floating array, size
    log_normalizer : float
        Of the weights ``min(log_odds, 0)`` and ``min(-log_odds, 0)``.

    Notes
    -----
    O(size log size), for any potential: with t members counted, the best are the first t in falling
    order of log-odds. Without member r of that order, they are the first t if t <= r, and the
    first t + 1 less that member otherwise.
    """
    forced = int(np.sum(np.isposinf(log_odds)))
    order = np.argsort(-log_odds, kind="stable")
    free = order[forced : forced + int(np.sum(np.isfinite(log_odds)))]
    falling = log_odds[free]
    # gain over the labeling in which each free member has what it prefers
    gain = np.concatenate([[0.0], np.cumsum(falling)]) - falling[falling > 0].sum()
    n_free = len(free)
    message = np.zeros(len(log_odds))
    total = _top(gain, table, forced)
    if np.isneginf(total):
        return message, total
    message[free] = _free(falling, gain, table[forced : forced + n_free + 1])
    above, below = _top(gain, table, forced + 1), _top(gain, table, forced - 1)
    message[np.isposinf(log_odds)] = _difference(np.array(total), np.array(below))
    message[np.isneginf(log_odds)] = _difference(np.array(above), np.array(total))
    return message, total


def _top(gain: np.ndarray, table: np.ndarray, forced: int) -> float:
    """Best of the free members beside some that are counted anyway."""
    counts = forced + np.arange(len(gain))
    inside = (counts >= 0) & (counts < len(table))
    value = gain[inside] + table[counts[inside]]
    return float(value.max()) if inside.any() else -np.inf


def _free(falling: np.ndarray, gain: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Messages to free members in falling order; entry t of the table is for t of them."""
    n = len(falling)
    if n == 0:
        return np.zeros(0)
    # others that are counted: t <= r takes gain[t], t > r takes gain[t + 1] less the member
    r = np.arange(n)
    counted = np.maximum(
        _running(gain[:n] + table[1:])[r], _running_back(gain[1:] + table[1:], 1)[r] - falling
    )
    left = np.maximum(
        _running(gain[:n] + table[:n])[r], _running_back(gain[1:] + table[:n], 1)[r] - falling
    )
    return _difference(counted, left)


def _running(values: np.ndarray) -> np.ndarray:
    """Highest value up to each place."""
    return np.maximum.accumulate(values)


def _running_back(values: np.ndarray, skip: int) -> np.ndarray:
    """Highest value from `skip` places after each place on."""
    back = np.maximum.accumulate(values[::-1])[::-1]
    return np.concatenate([back[skip:], np.full(skip, -np.inf)])


def _difference(counted: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Log-odds of two log weights; 0 where both are impossible."""
    neither = np.isneginf(counted) & np.isneginf(left)
    return np.where(neither, 0.0, np.where(neither, 0.0, counted) - np.where(neither, 0.0, left))
