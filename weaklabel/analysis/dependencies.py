"""Sources that agree more than independent errors explain, by name and strength."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weaklabel.analysis._dependence import dependence
from weaklabel.analysis._outcomes import outcomes
from weaklabel.analysis._votes import as_votes, one_each
from weaklabel.evidence import Evidence
from weaklabel.models._units import item_weights

__all__ = ["dependencies"]


def dependencies(votes: Any, *, strength: float = 0.05, errors: float = 5.0) -> pd.DataFrame:
    r"""Find pairs of sources that agree more than independent errors explain.

    Copies, rules that read the same words, judges that are one language model: where they err,
    they err together, and together they count for more than they know. Two good sources agree,
    too, but only as often as the class explains. If all sources erred independently given the
    class, the covariances of what pairs of them do would be

    .. math:: \mathrm{Cov}(a = k, b = l) = \sum_y \pi_y\, \delta_{aky}\, \delta_{bly}

    with :math:`\delta_{aky} = P(a = k \mid y) - P(a = k)`: few numbers a source for all pairs. They
    are fitted so that as few pairs as possible differ, and what these agree on beyond the fit is
    their dependence. No gold is needed, and nothing is said of the class.

    Parameters
    ----------
    votes : DataFrame, Evidence or Votes
        As `apply` returns them, n_items x n_sources. Soft votes count as their most probable class;
        items of Evidence count by their weight.
    strength : float
        Least strength of a pair, 0 to 1.
    errors : float
        Least number of standard errors that a pair is above what is explained.

    Returns
    -------
    DataFrame, one row a pair, the strongest first
        `source`, `other`;
        `strength`, 0 to 1: the share of their common items on which, as it were, one repeats the
        other; agreement beyond the explained one, over the most there could be;
        `agreement`: the share of common items on which they do the same, and `expected`: the same
        if they erred independently; `errors`: standard errors between the two; `n_common`: items
        that both saw. Where silence is informative, a source saw every item, and being silent
        together is to do the same; where items were assigned, only those with both votes count.

    Raises
    ------
    ValueError
        If `strength` is no share, or `errors` is negative.

    See Also
    --------
    near_copies : the much narrower question which sources are one fact.

    Notes
    -----
    Pairs need 30 common items and at least three such partners each: about three sources nothing
    can be said, about four little. With few sources of many classes the fit is flexible and finds
    less. Where more than half of the sources are copies of one that always votes, votes alone do
    not tell who is the class and who the copies.

    Pairs that share a cause which is not the class (the length of a text) depend, too.

    Examples
    --------
    >>> import weaklabel as wl
    >>> case = wl.datasets.correlated_copies(5000, n_copies=1, q=0.5, random_state=0)
    >>> dependencies(case.votes)[["source", "other"]]
         source     other
    0  source_0  source_4
    """
    if not 0 <= strength <= 1:
        msg = f"strength is a share, 0 to 1, not {strength!r}."
        raise ValueError(msg)
    if not errors >= 0:
        msg = f"errors is a number of standard errors, 0 or more, not {errors!r}."
        raise ValueError(msg)
    found, _ = as_votes(votes)
    found = one_each(found)
    weights = item_weights(votes) if isinstance(votes, Evidence) else np.ones(found.n_items)
    pairs = outcomes(found, weights)
    told = dependence(pairs, len(found.classes))
    i, j = np.nonzero(np.triu(told.clear(errors) & (told.strength >= strength), 1))
    table = pd.DataFrame(
        {
            "source": found.sources[i],
            "other": found.sources[j],
            "strength": told.strength[i, j],
            "agreement": pairs.same[i, j],
            "expected": told.expected[i, j],
            "errors": told.errors[i, j],
            "n_common": pairs.n_common[i, j],
        }
    )
    by = ["strength", "errors"]
    return table.sort_values(by, ascending=False, kind="stable", ignore_index=True)
