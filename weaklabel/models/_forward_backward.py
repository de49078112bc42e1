"""Forward and backward along chains, all chains at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Chains(NamedTuple):
    """Class probabilities of items in chains, and what transitions are learned from."""

    marginals: np.ndarray  # n_items x n_classes
    log_normalizer: np.ndarray  # n_items: of each item, given those before it
    firsts: np.ndarray  # n_classes: weight of first items
    pairs: np.ndarray  # n_classes x n_classes: weight of neighbors, from row to column


def steps_of(chain: np.ndarray) -> list[np.ndarray]:
    """Sort items into steps: the first items of all chains, the second ones, and so on.

    Parameters
    ----------
    chain : integer array, n_items
        Number of the chain of each item; items of a chain follow each other as they come.

    Returns
    -------
    list of integer arrays
        Positions of items. Longer chains come first in all steps, so that the items of a step
        follow the first ones of the step before.
    """
    order = np.argsort(chain, kind="stable")
    _, first, length = np.unique(chain[order], return_index=True, return_counts=True)
    longest = np.argsort(-length, kind="stable")
    first, length = first[longest], length[longest]
    steps = range(length.max(initial=0))
    return [order[first[: (length > step).sum()] + step] for step in steps]


def forward_backward(
    scores: np.ndarray,
    log_first: np.ndarray,
    log_step: np.ndarray,
    steps: list[np.ndarray],
    weights: np.ndarray,
) -> Chains:
    """Sum over all labelings of every chain.

    Parameters
    ----------
    scores : floating array, n_items x n_classes
        What each item says of its own class, in nats; ``-inf`` rules a class out.
    log_first : floating array, n_classes
        Of the first item of a chain.
    log_step : floating array, n_classes x n_classes
        Of an item (column) after one of another class (row).
    steps : list of integer arrays
        As of `steps_of`.
    weights : floating array, n_items
        How much items count in the sums.

    Notes
    -----
    Where no class is possible after those before, the chain starts anew and the log normalizer is
    ``-inf``.
    """
    n_items, n_classes = scores.shape
    top = scores.max(axis=1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    likely, first, step = np.exp(scores - top), np.exp(log_first), np.exp(log_step)
    forward = np.empty((n_items, n_classes))
    total = np.empty(n_items)
    before = np.broadcast_to(first, (len(steps[0]), n_classes)) if steps else first
    for here in steps:
        joint = before[: len(here)] * likely[here]
        total[here] = joint.sum(axis=1)
        forward[here] = _over(joint, total[here], otherwise=1 / n_classes)
        before = forward[here] @ step
    after = np.ones((n_items, n_classes))
    pairs = np.zeros((n_classes, n_classes))
    for longer, following in zip(steps[-2::-1], steps[:0:-1], strict=True):
        here = longer[: len(following)]
        message = _over(likely[following] * after[following], total[following], otherwise=0.0)
        pairs += step * ((weights[here, None] * forward[here]).T @ message)
        after[here] = np.where(total[following, None] > 0, message @ step.T, 1.0)
    marginals = forward * after
    marginals /= marginals.sum(axis=1, keepdims=True)
    firsts = weights[steps[0]] @ marginals[steps[0]] if steps else np.zeros(n_classes)
    some = total > 0
    log_normalizer = np.where(some, np.log(np.where(some, total, 1.0)) + top[:, 0], -np.inf)
    return Chains(marginals, log_normalizer, firsts, pairs)


def _over(values: np.ndarray, total: np.ndarray, *, otherwise: float) -> np.ndarray:
    """Divide rows by totals; rows of nothing get a constant."""
    some = total[:, None] > 0
    return np.where(some, values / np.where(some, total[:, None], 1.0), otherwise)
