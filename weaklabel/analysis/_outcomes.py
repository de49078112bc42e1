"""What pairs of sources do on the items that both saw: covariances of their outcomes."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy import sparse

from weaklabel._together import said_together
from weaklabel.votes import Votes


class Outcomes(NamedTuple):
    """Pairs of sources; an outcome is what a source says of an item, or its silence."""

    covariance: np.ndarray  # n_sources x n_outcomes x n_sources x n_outcomes, of indicators
    error: np.ndarray  # the same shape: standard error, were the two independent
    n_common: np.ndarray  # n_sources x n_sources: weight of the items that both saw
    same: np.ndarray  # n_sources x n_sources: share of these on which they do the same
    chance: np.ndarray  # n_sources x n_sources: the same, were the two independent
    most: np.ndarray  # n_sources x n_sources: the same, were they as alike as they can be
    same_error: np.ndarray  # n_sources x n_sources: of same - chance, at least that of an item


def outcomes(votes: Votes, weights: np.ndarray) -> Outcomes:
    """Compare all pairs; needs `one_each`.

    A source whose silence is informative saw every item and is silent as one outcome more; any
    other saw the items of its votes.

    Parameters
    ----------
    votes : Votes
        On the host.
    weights : floating array, n_items
    """
    together = _together(votes, weights)
    n_common = together.sum(axis=(1, 3))
    safe = np.maximum(n_common, 1e-300)
    share = together / safe[:, None, :, None]
    one, other = share.sum(axis=3, keepdims=True), share.sum(axis=1, keepdims=True)
    n_outcomes = share.shape[1]
    chance = np.einsum("akbo,aobk->ab", one, other)
    same = np.einsum("akbk->ab", share)
    spread = one * (1 - one) * other * (1 - other)
    # same - chance is the mean of 1[k = l] - P(other says k) - P(one says l) + chance
    value = chance[:, None, :, None] - np.swapaxes(other, 1, 3) - np.swapaxes(one, 1, 3)
    value = value + np.eye(n_outcomes)[None, :, None, :]
    square = value**2
    variance = (share * square).sum(axis=(1, 3)) - (same - chance) ** 2
    # of two that hardly ever differ, a few items do not show how much chance there is
    variance = np.maximum(variance, (one * other * square).sum(axis=(1, 3)))
    return Outcomes(
        covariance=share - one * other,
        error=np.sqrt(np.maximum(spread, 1e-12) / np.maximum(safe, 1)[:, None, :, None]),
        n_common=n_common,
        same=same,
        chance=chance,
        most=np.minimum(one[:, :, :, 0], np.swapaxes(other[:, 0], 1, 2)).sum(axis=1),
        same_error=np.sqrt((variance + 1 / np.maximum(safe, 1)) / np.maximum(safe, 1)),
    )


def _together(votes: Votes, weights: np.ndarray) -> np.ndarray:
    """Weigh the items on which two sources have two outcomes, as `Outcomes.covariance`."""
    n_sources, n_codes = votes.n_sources, votes.n_codes
    hard = votes if votes.hard else replace(votes, weight=np.broadcast_to(1.0, votes.n_votes))
    said = said_together(hard, weights)
    said = said.toarray() if sparse.issparse(said) else said
    said = said.reshape(n_sources, n_codes, n_sources, n_codes)
    beside = said.sum(axis=3)
    both = beside.sum(axis=1)
    saw_all = np.asarray(votes.informative_silence, dtype=bool)
    together = np.zeros((n_sources, n_codes + 1, n_sources, n_codes + 1))
    together[:, :-1, :, :-1] = said
    quiet = np.where(saw_all, hard.said(weights)[:, :, None] - beside, 0)
    together[:, :-1, :, -1] = quiet
    together[:, -1, :, :-1] = quiet.transpose(2, 0, 1)
    rates = np.diag(both)
    silent = weights.sum() - rates[:, None] - rates[None, :] + both
    together[:, -1, :, -1] = np.where(np.outer(saw_all, saw_all), silent, 0)
    return together
