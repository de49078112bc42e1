"""Fair shares of what votes do together: Shapley values, exact where they can be."""

from __future__ import annotations

from collections.abc import Callable
from math import factorial

import numpy as np

MOST = 10  # voters among whom all coalitions are tried: 1024
ROUNDING = 1e-11  # nats
BELOW = np.log(10)  # what a coalition without hope for a class lacks to the most hopeless other


def fair_shares(value: Callable[[np.ndarray], np.ndarray], n_voters: int) -> np.ndarray:
    r"""Give every voter a share of what all votes together do to the scores.

    Where votes simply add up, a share is what a vote adds, whoever else votes. Elsewhere it is
    what the vote adds on average, if votes come in one by one in a random order (Shapley value
    [1]_): exact up to ten voters, beyond that the mean over all rotations of their order, there
    and back.

    Parameters
    ----------
    value : callable
        Takes coalitions, a boolean array n_rows x n_voters, and gives their scores,
        n_rows x n_classes, in nats. ``-inf`` is taken for a tenth of the lowest probability ratio
        that any coalition gives the class, so that shares stay finite.
    n_voters : int

    Returns
    -------
    floating array, n_voters x n_classes
        Sums to the value of all minus that of none; ``-inf`` for voters who rule a class out.

    References
    ----------
    .. [1] Shapley, "A value for n-person games", 1953.
    """
    nobody, everybody = np.zeros((1, n_voters), bool), np.ones((1, n_voters), bool)
    each = np.eye(n_voters, dtype=bool)
    probes = value(np.concatenate([nobody, everybody, each, ~each]))
    none, total = probes[:1], probes[1:2]
    if np.isfinite(probes).all():
        added, lost = probes[2 : 2 + n_voters] - none, total - probes[2 + n_voters :]
        if np.allclose(added, lost, rtol=0, atol=ROUNDING):
            return added
    shares = (_exact if n_voters <= MOST else _by_orders)(value, n_voters)
    alone = probes[2 : 2 + n_voters]
    return np.where(np.isfinite(total), shares, _who_rules_out(none, alone))


def _exact(value: Callable[[np.ndarray], np.ndarray], n: int) -> np.ndarray:
    """Try every coalition."""
    coalition = (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(bool)
    values = _finite(value(coalition))
    size = coalition.sum(axis=1)
    weight = np.array([factorial(s) * factorial(n - 1 - s) / factorial(n) for s in range(n)])
    shares = np.empty((n, values.shape[1]))
    for j in range(n):
        without = np.flatnonzero(~coalition[:, j])
        gain = values[without | (1 << j)] - values[without]
        shares[j] = weight[size[without]] @ gain
    return shares


def _by_orders(value: Callable[[np.ndarray], np.ndarray], n: int) -> np.ndarray:
    """Average over rotations of the order of voters, forwards and backwards."""
    order = (np.arange(n) + np.arange(n)[:, None]) % n
    order = np.concatenate([order, order[:, ::-1]])
    rank = np.argsort(order, axis=1)
    coalition = (rank[:, None, :] < np.arange(n + 1)[None, :, None]).reshape(-1, n)
    values = _finite(value(coalition))
    gains = np.diff(values.reshape(len(order), n + 1, -1), axis=1)
    shares = np.zeros((n, values.shape[1]))
    np.add.at(shares, order, gains)
    return shares / len(order)


def _finite(values: np.ndarray) -> np.ndarray:
    """Replace ``-inf`` by what is clearly below all else that is said of the class."""
    finite = np.isfinite(values)
    least = np.where(finite, values, np.inf).min(axis=0)
    return np.where(finite, values, np.where(np.isfinite(least), least - BELOW, 0.0))


def _who_rules_out(none: np.ndarray, alone: np.ndarray) -> np.ndarray:
    """Shares in a class that all together rule out, n_voters x n_classes.

    ``-inf`` for those who do so alone, or for all if nobody does; to the others what they add.
    """
    finite = np.isfinite(alone) & np.isfinite(none)
    added = np.where(finite, alone, 0.0) - np.where(finite, none, 0.0)
    rules_out = ~np.isfinite(alone)
    return np.where(rules_out | ~rules_out.any(axis=0), -np.inf, added)
