"""The truth by enumeration, for at most 6 items: slow, short, and beyond doubt."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

MOST_ITEMS = 6


def no_constraint(labels: Sequence[int]) -> float:
    """Log potential of a world in which every labeling is as good as any other."""
    return 0.0


def labelings(n_items: int, n_classes: int) -> Any:
    """Every way to label the items."""
    if n_items > MOST_ITEMS:
        msg = f"The oracle enumerates at most {MOST_ITEMS} items, not {n_items}."
        raise ValueError(msg)
    return itertools.product(range(n_classes), repeat=n_items)


def weight(
    scores: np.ndarray, labels: Sequence[int], log_potential: Callable[[Sequence[int]], float]
) -> float:
    """How much one labeling counts."""
    return math.exp(sum(scores[i, y] for i, y in enumerate(labels)) + log_potential(labels))


def posterior(
    scores: np.ndarray, log_potential: Callable[[Sequence[int]], float] = no_constraint
) -> np.ndarray:
    """P(class of every item), n_items x n_classes, where `scores` are independent log weights."""
    n_items, n_classes = scores.shape
    total = np.zeros((n_items, n_classes))
    for labels in labelings(n_items, n_classes):
        for i, y in enumerate(labels):
            total[i, y] += weight(scores, labels, log_potential)
    return total / total.sum(axis=1, keepdims=True)


def log_normalizer(
    scores: np.ndarray, log_potential: Callable[[Sequence[int]], float] = no_constraint
) -> float:
    """Log of the sum of the weights of all labelings."""
    return math.log(
        math.fsum(weight(scores, labels, log_potential) for labels in labelings(*scores.shape))
    )


def joint(said: np.ndarray, prior: np.ndarray, emission: np.ndarray) -> Callable[..., float]:
    """P(labels, votes) of independent sources, as a function of the labels.

    `said[i, j]` is the row of `emission[j]` (n_rows x n_classes) that source j chose for item i,
    silence being a row like any other; -1 leaves the source out.
    """

    def probability(labels: Sequence[int]) -> float:
        product = 1.0
        for i, y in enumerate(labels):
            product *= prior[y]
            for j, row in enumerate(said[i]):
                product *= emission[j, row, y] if row >= 0 else 1.0
        return product

    return probability


def log_likelihood(said: np.ndarray, prior: np.ndarray, emission: np.ndarray) -> float:
    """Log P(votes) of a Dawid-Skene model: the sum of P(labels, votes) over all labelings."""
    probability = joint(said, prior, emission)
    return math.log(math.fsum(map(probability, labelings(len(said), len(prior)))))


def dawid_skene_posterior(said: np.ndarray, prior: np.ndarray, emission: np.ndarray) -> np.ndarray:
    """P(class of every item | votes) of a Dawid-Skene model."""
    probability = joint(said, prior, emission)
    total = np.zeros((len(said), len(prior)))
    for labels in labelings(*total.shape):
        for i, y in enumerate(labels):
            total[i, y] += probability(labels)
    return total / total.sum(axis=1, keepdims=True)


def counts(said: np.ndarray, posterior: np.ndarray, n_rows: int) -> np.ndarray:
    """Expected number of items of every class about which each source chose each row."""
    found = np.zeros((said.shape[1], n_rows, posterior.shape[1]))
    for i, j in np.ndindex(said.shape):
        if said[i, j] >= 0:
            found[j, said[i, j]] += posterior[i]
    return found


def emission(said: np.ndarray, posterior: np.ndarray, n_rows: int) -> np.ndarray:
    """Emissions that suit a posterior best, n_sources x n_rows x n_classes."""
    found = counts(said, posterior, n_rows)
    return found / found.sum(axis=1, keepdims=True)


def vote_shares(votes: Sequence[Sequence[Any]], classes: Sequence[Any]) -> np.ndarray:
    """Shares of the classes among the votes on each item, one cell after the other.

    A cell is None, a class, a set of classes, or a dict of probabilities.
    """
    shares = np.zeros((len(votes), len(classes)))
    for i, row in enumerate(votes):
        for vote in row:
            if vote is None:
                continue
            allowed = vote if isinstance(vote, (dict, set, frozenset)) else {vote}
            even = dict.fromkeys(allowed, 1 / len(allowed))
            for name, part in (vote if isinstance(vote, dict) else even).items():
                shares[i, list(classes).index(name)] += part
        shares[i] = shares[i] / shares[i].sum() if shares[i].any() else 1 / len(classes)
    return shares


def log_evidence(
    said: np.ndarray, n_classes: int, log_source: Callable[[Sequence[int], np.ndarray], float]
) -> float:
    """Log P(votes) under a uniform class prior: the sum over all labelings.

    `log_source(labels, column)` is log P(what one source said | labels), its parameters
    integrated out.
    """
    logs = [
        sum(log_source(labels, column) for column in said.T) - len(said) * math.log(n_classes)
        for labels in labelings(len(said), n_classes)
    ]
    return float(np.logaddexp.reduce(logs))


def log_dirichlet_counts(counts: np.ndarray, pseudo: np.ndarray) -> float:
    """Log P(a sequence of symbols with these counts), its distribution Dirichlet."""
    before, after = pseudo, pseudo + counts
    return (
        sum(map(math.lgamma, after))
        - math.lgamma(sum(after))
        - sum(map(math.lgamma, before))
        + math.lgamma(sum(before))
    )
