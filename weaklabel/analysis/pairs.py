"""Sources side by side: how often two of them vote on the same item, agree, or contradict."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from weaklabel._together import said_together
from weaklabel.analysis._votes import as_votes, disjoint, one_each, ratio
from weaklabel.votes import Votes

__all__ = ["agreement", "conflict", "overlap"]


class PairCounts(NamedTuple):
    """Numbers of items, each n_sources x n_sources; diagonals count the source's own votes."""

    both: np.ndarray  # both vote
    clash: np.ndarray  # both vote, and allow no class in common
    same: np.ndarray  # both say the very same


def overlap(votes: Any) -> pd.DataFrame:
    """Tabulate on which share of all items two sources both vote.

    Parameters
    ----------
    votes : DataFrame, Evidence or Votes
        As `apply` returns them, n_items x n_sources.

    Returns
    -------
    DataFrame, n_sources x n_sources
        Between 0 and 1, symmetric; the diagonal is each source's coverage.

    Examples
    --------
    >>> votes = pd.DataFrame({"link": [1, 1, -1, -1], "caps": [1, 0, 0, -1]})
    >>> overlap(votes)
          link  caps
    link   0.5  0.50
    caps   0.5  0.75
    """
    found, _ = as_votes(votes)
    return _table(ratio(pair_counts(one_each(found)).both, found.n_items), found)


def conflict(votes: Any) -> pd.DataFrame:
    """Tabulate on which share of all items two sources contradict each other.

    Two votes contradict if no class is allowed by both: for single classes, if they differ. A
    soft vote counts as one for its most probable class.

    Parameters
    ----------
    votes : DataFrame, Evidence or Votes
        As `apply` returns them, n_items x n_sources.

    Returns
    -------
    DataFrame, n_sources x n_sources
        Between 0 and 1, symmetric, at most `overlap`; the diagonal is 0.

    Examples
    --------
    >>> votes = pd.DataFrame({"link": [1, 1, -1, -1], "caps": [1, 0, 0, -1]})
    >>> conflict(votes)
          link  caps
    link  0.00  0.25
    caps  0.25  0.00
    """
    found, _ = as_votes(votes)
    return _table(ratio(pair_counts(one_each(found)).clash, found.n_items), found)


def agreement(votes: Any) -> pd.DataFrame:
    """Tabulate on which share of the items that both vote on two sources do not contradict.

    Parameters
    ----------
    votes : DataFrame, Evidence or Votes
        As `apply` returns them, n_items x n_sources.

    Returns
    -------
    DataFrame, n_sources x n_sources
        Between 0 and 1, symmetric; NaN where two sources never vote on the same item. What is a
        contradiction is said in `conflict`.

    Examples
    --------
    >>> votes = pd.DataFrame({"link": [1, 1, -1, -1], "caps": [1, 0, 0, -1]})
    >>> agreement(votes)
          link  caps
    link   1.0   0.5
    caps   0.5   1.0
    """
    found, _ = as_votes(votes)
    counts = pair_counts(one_each(found))
    return _table(ratio(counts.both - counts.clash, counts.both), found)


def pair_counts(votes: Votes) -> PairCounts:
    """Count items by pair of sources; needs `one_each`."""
    if not votes.hard:
        votes = replace(votes, weight=np.broadcast_to(1.0, votes.n_votes))
    together = said_together(votes, None)
    m, k = votes.n_sources, votes.n_codes
    if not sparse.issparse(together):
        table, apart = together.reshape(m, k, m, k), disjoint(votes).astype(float)
        both, clash, same = (np.zeros((m, m)) for _ in range(3))
        for code in range(k):
            both += table[:, code].sum(axis=2)
            clash += table[:, code] @ apart[code]
            same += table[:, code, :, code]
        return PairCounts(both, clash, same)
    pairs = sparse.coo_array(together)
    (one, left), (other, right) = (np.divmod(units, k) for units in pairs.coords)
    pair = one.astype(np.int64) * m + other

    def by_pair(which: np.ndarray | float) -> np.ndarray:
        return np.bincount(pair, pairs.data * which, m * m).reshape(m, m)

    return PairCounts(by_pair(1.0), by_pair(disjoint(votes)[left, right]), by_pair(left == right))


def _table(values: np.ndarray, votes: Votes) -> pd.DataFrame:
    """Name both axes by source."""
    return pd.DataFrame(values, index=votes.sources, columns=votes.sources)
