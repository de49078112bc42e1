"""Sources that err independently but for some pairs: who they are, and how much each counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from weaklabel._device import on_host
from weaklabel.analysis._dependence import dependence
from weaklabel.analysis._outcomes import outcomes
from weaklabel.analysis._votes import one_each
from weaklabel.models._units import item_weights
from weaklabel.models._votes import votes_of

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence

EXPLAINED = 2.5  # mean square residual of other pairs, in standard errors: 1 if independent
MOST_SOURCES = 200  # more are not looked at: the fit compares all pairs many times
MOST_UNITS = 600  # likewise of the different things that sources say


class FewDependent(NamedTuple):
    """Pairs that repeat each other, and what is left of each source."""

    n_pairs: int
    voices: pd.Series  # by source, above 0 and at most 1; only sources that depend


def few_dependent(evidence: Evidence) -> FewDependent | None:
    """Find pairs of sources that repeat each other, where all other pairs err independently.

    A source of which others repeat the shares s, t, ... of what it does counts 1 / (1 + s + t ...),
    so that a group of m equal sources with strength s counts m / (1 + (m - 1) s).

    Returns
    -------
    FewDependent or None
        None if no pair depends, if the other pairs are not explained either, as with most real
        labeling functions, or if they are too few to tell.
    """
    votes = one_each(votes_of(evidence).map_arrays(on_host))
    if votes.n_sources > MOST_SOURCES or np.count_nonzero(votes.n_said) > MOST_UNITS:
        return None
    told = dependence(outcomes(votes, item_weights(evidence)), len(votes.classes))
    clear = told.clear()
    others = np.triu(~clear & np.isfinite(told.unexplained), 1)
    ever_said = votes.n_said.reshape(votes.n_sources, -1) > 0
    n_free = ever_said.sum(axis=1) - ~votes.informative_silence
    n_numbers = np.outer(n_free, n_free)[others].sum()
    if not clear.any() or n_numbers <= n_free.sum() * (len(votes.classes) - 1):
        return None
    if told.unexplained[others].mean() > EXPLAINED:
        return None
    repeated = np.where(clear, told.strength, 0).sum(axis=1)
    voices = pd.Series(1 / (1 + repeated), votes.sources)
    return FewDependent(int(np.triu(clear).sum()), voices[repeated > 0])
