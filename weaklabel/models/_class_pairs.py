"""Which classes go together, learned from uncertain answers, and what one says of another."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

SWEEPS = 10  # of EM for each pair of classes
PSEUDO_ITEMS = 10.0  # on which two classes are independent
CLEAR = 3.0  # standard errors of a correlation from which on a pair is looked at
PARTNERS = 30  # of a class: the most clearly correlated
LEAST_EIGENVALUE = 0.1  # of correlations, before they are inverted
MOST_NATS = 30.0


class ClassPairs(NamedTuple):
    """Pairs of classes."""

    both: np.ndarray  # n_classes x n_classes: share of items that have both
    direct: np.ndarray  # n_classes x n_classes: part of a correlation that no third explains


def class_pairs(log_odds: np.ndarray, share: np.ndarray, weights: np.ndarray) -> ClassPairs:
    r"""Learn which classes go together.

    The shares of items with both, one or none of two classes are found by EM from what votes say,
    so that uncertain votes do not dilute them. Of a correlation that third classes explain the part
    counts that they leave: partial over plain correlation.

    Parameters
    ----------
    log_odds : floating array, n_items x n_classes
        What votes say: log P(votes | has the class) - log P(votes | has it not), in nats.
    share : floating array, n_classes
        Share of items with the class.
    weights : floating array, n_items
    """
    n_classes = len(share)
    both = np.outer(share, share)
    np.fill_diagonal(both, share)
    odds = np.exp(np.clip(log_odds, -MOST_NATS, MOST_NATS))
    for k, partners in enumerate(_partners(odds, share, weights)):
        later = partners[partners > k]
        if len(later):
            found = _shared(odds[:, [k]], odds[:, later], share[k], share[later], weights)
            both[k, later] = both[later, k] = found
    spread = np.sqrt(share * (1 - share))
    correlation = (both - np.outer(share, share)) / np.outer(spread, spread)
    np.fill_diagonal(correlation, 1.0)
    values, vectors = np.linalg.eigh(correlation)
    inverse = (vectors / np.maximum(values, LEAST_EIGENVALUE)) @ vectors.T
    size = np.sqrt(np.diag(inverse))
    partial = -inverse / np.outer(size, size)
    clear = (np.abs(correlation) > 1e-9) & ~np.eye(n_classes, dtype=bool)
    direct = np.divide(partial, correlation, out=np.zeros_like(partial), where=clear)
    return ClassPairs(both, np.clip(direct, 0, 1))


def _partners(odds: np.ndarray, share: np.ndarray, weights: np.ndarray) -> list[np.ndarray]:
    """Give the classes with which each one clearly goes together, or clearly does not."""
    p = odds * share / (odds * share + 1 - share)
    total = weights.sum()
    mean = weights @ p / total
    spread = np.sqrt(np.maximum(weights @ p**2 / total - mean**2, 1e-12))
    correlation = ((p.T * weights) @ p / total - np.outer(mean, mean)) / np.outer(spread, spread)
    score = np.abs(correlation) * np.sqrt(total)
    np.fill_diagonal(score, 0.0)
    # a pair is looked at if either wants it
    rank = np.argsort(np.argsort(-score, axis=1, kind="stable"), axis=1, kind="stable")
    wanted = (score >= CLEAR) & (rank < PARTNERS)
    wanted |= wanted.T
    return [np.flatnonzero(row) for row in wanted]


def _shared(
    one: np.ndarray, other: np.ndarray, share: float, shares: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Share of items that have both a class and each of some others, by EM."""
    neither, second = (1 - share) * (1 - shares), (1 - share) * shares
    first, both = share * (1 - shares), share * shares
    start = (neither, second, first, both)
    total = weights.sum()
    for _ in range(SWEEPS):
        says = (neither + 0 * other, second * other, first * one + 0 * other, both * one * other)
        scale = weights[:, None] / (says[0] + says[1] + says[2] + says[3])
        neither, second, first, both = (
            ((part * scale).sum(axis=0) + PSEUDO_ITEMS * before) / (total + PSEUDO_ITEMS)
            for part, before in zip(says, start, strict=True)
        )
    return both


def told_by_others(log_odds: np.ndarray, share: np.ndarray, pairs: ClassPairs) -> np.ndarray:
    """Give what votes on other classes add to the log odds of each, n_items x n_classes, in nats.

    For two classes this is Bayes' rule. Only what votes say of the others is heard, not what was
    concluded from it, so that nothing echoes.
    """
    odds = np.exp(np.clip(log_odds, -MOST_NATS, MOST_NATS))
    told = np.zeros_like(log_odds)
    for k in range(len(share)):
        others = np.flatnonzero(pairs.direct[k] > 0)
        both, only, other, neither = four_shares(share[k], share[others], pairs.both[k, others])
        with_it = (both * odds[:, others] + only) / (both + only)
        without = (other * odds[:, others] + neither) / (other + neither)
        told[:, k] = (np.log(with_it) - np.log(without)) @ pairs.direct[k, others]
    return told


def four_shares(one: Any, other: Any, both: np.ndarray) -> tuple[np.ndarray, ...]:
    """Give the shares of items with both of two classes, the first alone, the second, and none."""
    cells = both, one - both, other - both, 1 - one - other + both
    return tuple(np.clip(cell, 1e-12, None) for cell in cells)
