"""Sources that say nearly the same on nearly the same items, and so are one fact, not two."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weaklabel.analysis._votes import as_votes, one_each, ratio
from weaklabel.analysis.pairs import PairCounts, pair_counts
from weaklabel.votes import Votes

MARGIN = 0.25  # how far two sources must be more alike than independent ones could be
ENOUGH = 200  # common votes, for statements that rest on votes alone
SOUND = 9  # standard errors that a correlation must be away from 0 to divide by it


def near_copies(
    votes: Any,
    *,
    agreement: float = 0.98,
    silence: float = 0.5,
    min_common: int | None = None,
) -> pd.DataFrame:
    r"""Find pairs of sources that are near-copies of each other.

    A pair is one if both say the same on at least `agreement` of their common votes, of which
    there are at least `min_common`, *and* they are silent together: their silence correlates above
    `silence`. Agreement alone is no evidence, since two rules for one class always agree.

    Where silence says nothing (a source votes on every item, or items were assigned to it as in
    crowds), a pair must instead agree more than its accuracy allows. Write :math:`r_{ij}` for the
    correlation of two sources' votes (agreement beyond chance over the most there could be).
    For sources that err independently :math:`r_{ij} = r_{ik} r_{jl} / r_{kl}` for all other
    sources k and l; this is exact for two classes. The pair is flagged if :math:`r_{ij}` exceeds
    the median of these by more than 0.25, over k and l that are no copies themselves and are
    clearly correlated (0.1 and 9 standard errors above 0). This needs two further sources and 200
    common votes, with rare classes some thousand; with less, and for sources that are nearly
    always right, copies look like honest sources, and nothing is flagged.

    Parameters
    ----------
    votes : DataFrame, Evidence or Votes
        As `apply` returns them, n_items x n_sources. Soft votes count as their most probable class.
    agreement : float
        Least share of common votes that are the same.
    silence : float
        The correlation of silence (phi) must be above this.
    min_common : int or None
        Least number of common votes. None means 1 % of the items, but at least 20 and at most 200.

    Returns
    -------
    DataFrame, one row a pair
        Columns `source`, `other`, `agreement`, `n_common`, and `silence_correlation`, NaN where
        silence says nothing. The most alike come first. With all limits at their lowest
        (``agreement=0, silence=-2, min_common=0``) it holds all pairs whose silence can be read.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> refund = pd.Series(rng.choice(["bad", "fine", None], 1000))
    >>> money_back = refund.where(rng.random(1000) < 0.95, None)
    >>> stars = pd.Series(rng.choice(["bad", "fine", None], 1000))
    >>> votes = pd.DataFrame({"refund": refund, "money_back": money_back, "stars": stars})
    >>> near_copies(votes).round(2)
       source       other  agreement  n_common  silence_correlation
    0  refund  money_back        1.0       621                 0.95
    """
    found, _ = as_votes(votes)
    found = one_each(found)
    counts = pair_counts(found)
    least = min(ENOUGH, max(20, found.n_items // 100)) if min_common is None else min_common
    return _pairs(found, counts, agreement, silence, least)


def _pairs(
    votes: Votes, counts: PairCounts, agreement: float, silence: float, least: int
) -> pd.DataFrame:
    """Apply the rule to counted pairs."""
    same = ratio(counts.same, counts.both)
    together = _silence_correlation(votes, counts)
    alike = np.triu((same >= agreement) & (counts.both >= least), 1)
    flagged = alike & (together > silence)
    for i, j in np.argwhere(alike & np.isnan(together) & (counts.both >= ENOUGH)):
        flagged[i, j] = _beyond_accuracy(votes, counts, i, j, agreement)
    i, j = np.nonzero(flagged)
    table = pd.DataFrame(
        {
            "source": votes.sources[i],
            "other": votes.sources[j],
            "agreement": same[i, j],
            "n_common": counts.both[i, j].astype(np.int64),
            "silence_correlation": together[i, j],
        }
    )
    by = ["agreement", "silence_correlation", "n_common"]
    return table.sort_values(by, ascending=False, kind="stable", ignore_index=True)


def names_of_copies(votes: Votes, counts: PairCounts) -> list[list[Any]]:
    """Give, for every source, the names of its near-copies by the usual rule; needs `one_each`."""
    least = min(ENOUGH, max(20, votes.n_items // 100))
    pairs = _pairs(votes, counts, 0.98, 0.5, least)
    alike = pd.concat([pairs, pairs.rename(columns={"source": "other", "other": "source"})])
    copies = alike.groupby("source", sort=False)["other"].agg(list)
    return [copies.get(name, []) for name in votes.sources]


def _silence_correlation(votes: Votes, counts: PairCounts) -> np.ndarray:
    """Correlate voting with voting (phi); NaN where a source's silence says nothing."""
    n, voted = votes.n_items, np.diag(counts.both)
    spread = np.sqrt(voted * (n - voted))
    phi = ratio(n * counts.both - np.outer(voted, voted), np.outer(spread, spread))
    says = np.asarray(votes.informative_silence, dtype=bool)
    return np.where(np.outer(says, says), phi, np.nan)


def _vote_correlation(votes: Votes, counts: PairCounts) -> np.ndarray:
    """Agreement beyond chance over the most there could be; NaN without enough common votes."""
    units = votes.n_said
    share = units.reshape(votes.n_sources, -1)
    share = ratio(share, share.sum(axis=1, keepdims=True))
    spread = np.sqrt(1 - (share**2).sum(axis=1))
    enough = np.where(counts.both >= ENOUGH, counts.both, 0)
    return ratio(ratio(counts.same, enough) - share @ share.T, np.outer(spread, spread))


def _beyond_accuracy(votes: Votes, counts: PairCounts, i: int, j: int, agreement: float) -> bool:
    """Tell whether i and j agree more than two sources that err independently."""
    r = _vote_correlation(votes, counts)
    alike = ratio(counts.same, counts.both) >= agreement
    k = np.flatnonzero(~alike[i] & ~alike[j] & ~np.isnan(r[i] * r[j]))
    among = np.ix_(k, k)
    usable = ~alike[among] & (r[among] >= np.maximum(0.1, SOUND / np.sqrt(counts.both[among])))
    np.fill_diagonal(usable, val=False)
    if not usable.any():
        return False
    allowed = np.outer(r[i, k], r[j, k])[usable] / r[among][usable]
    return bool(r[i, j] - np.median(allowed) > MARGIN)
