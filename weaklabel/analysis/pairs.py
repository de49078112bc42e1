"""Sources side by side: how often two of them vote on the same item, agree, or contradict."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

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
    left, right, number = _together(votes)
    m, k = votes.n_sources, votes.n_codes
    pair = left // k * m + right // k
    left, right = left % k, right % k

    def by_pair(which: np.ndarray) -> np.ndarray:
        return np.bincount(pair[which], number[which], m * m).reshape(m, m)

    everything = np.ones(len(pair), dtype=bool)
    return PairCounts(
        by_pair(everything), by_pair(disjoint(votes)[left, right]), by_pair(left == right)
    )


def _together(votes: Votes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count on how many items two units (source and code) were said: unit, unit, number."""
    n_units = votes.n_sources * votes.n_codes
    used = np.flatnonzero(np.bincount(votes.unit, minlength=n_units))
    place = np.zeros(n_units, dtype=np.int64)
    place[used] = np.arange(len(used))
    said = sparse.csr_array(
        (np.ones(votes.n_votes), place[votes.unit], votes.starts), (votes.n_items, len(used))
    )
    together = sparse.coo_array(_gram(said))
    left, right = together.coords
    return used[left], used[right], together.data


def _gram(said: Any) -> Any:
    """Multiply the transpose of a matrix of ones with it, in the way that is less work."""
    n, m = said.shape
    sparse_work = float((np.diff(said.indptr).astype(float) ** 2).sum())
    if n * float(m) ** 2 > 40 * sparse_work:  # dense products do about 40 times more a second
        return said.T @ said
    total = np.zeros((m, m))
    rows = max(1, 2**22 // max(1, m))  # small enough for single precision to count exactly
    for start in range(0, n, rows):
        block = said[start : start + rows].astype(np.float32).toarray()
        total += block.T @ block
    return total


def _table(values: np.ndarray, votes: Votes) -> pd.DataFrame:
    """Name both axes by source."""
    return pd.DataFrame(values, index=votes.sources, columns=votes.sources)
