"""Which model suits the votes: whether sources err independently, depend, or are a crowd."""

# A choice looks at the settings of what it fits.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from array_api_compat import array_namespace
from sklearn.base import clone

from weaklabel._device import on_host
from weaklabel._memo import remembered
from weaklabel.analysis.near_copies import near_copies
from weaklabel.models._base import STOPPED
from weaklabel.models._em import class_shares, total_variation
from weaklabel.models._few_dependent import few_dependent
from weaklabel.models._merge import groups_of_copies, merge_sources
from weaklabel.models._misfit import misfit
from weaklabel.models._votes import informative, n_votes_of, start_shares, votes_of
from weaklabel.models.cautious import Cautious
from weaklabel.models.dawid_skene import DawidSkene
from weaklabel.models.majority_vote import MajorityVote
from weaklabel.models.one_coin import OneCoin
from weaklabel.models.weighted_vote import WeightedVote
from weaklabel.patterns import collapse

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence

    Fit = Callable[[Any, Evidence], Any]  # fits a model to evidence and gives it back

NEARLY_EVERY = 0.95  # share of the items with votes
WORTH_IT = 0.1  # share of the votes of a crowd that repeat others, from which on it matters
NO_COPIES = pd.DataFrame({"source": [], "other": []}, dtype=object)


class VoteChoice(NamedTuple):
    """A fitted model of the votes, how much of the posterior is plain votes, and why."""

    model: Any
    hedge: float
    copies: pd.DataFrame
    why: str
    weights: pd.Series | None = None  # of sources in plain votes; None: alike


def choose_for_votes(evidence: Evidence, fit: Fit) -> VoteChoice:
    """Fit what suits the votes; see `LabelModel`.

    Parameters
    ----------
    evidence : Evidence
        Votes, and what is known of single items.
    fit : callable
        Takes a model and evidence, gives the fitted model.
    """
    if not _speaks(evidence).any():
        return _for_crowd(evidence, fit)
    copies = _copies(evidence)
    merged = one_voice(evidence, copies)
    independent = fit(DawidSkene(), merged)
    small, _ = collapse(merged) or (merged, None)
    speaks = informative(votes_of(small), None)
    test = misfit(small, independent.parameters_, speaks)
    if independent.ending_ not in STOPPED and test.testable:
        why = "sources speak together as often as independent errors explain"
        return VoteChoice(independent, 0.0, copies, why)
    if _says_one_thing(evidence).any():
        why = "a source says the same about nearly every item, so that agreement tells little"
        return VoteChoice(fit(MajorityVote(), evidence), 0.0, NO_COPIES, why)
    few = few_dependent((collapse(evidence) or (evidence, None))[0])
    if few is not None:
        why = (
            f"sources err independently but for {few.n_pairs} pairs that repeat each other and "
            "count for less; dependencies(evidence) names them"
        )
        model = DawidSkene(voices=few.voices.to_dict(), max_misfit=np.inf)
        found = fit(model, evidence)
        if found.ending_ not in STOPPED:
            return VoteChoice(found, 0.0, NO_COPIES, why)
    why = "sources depend on each other beyond the class"
    if not test.testable:
        why = "the votes are too few to tell whether sources err independently"
    # takes copies as they are: it counts them once itself, by degrees
    return VoteChoice(fit(Cautious(), evidence), 0.0, NO_COPIES, why)


def one_voice(evidence: Evidence, copies: pd.DataFrame) -> Evidence:
    """Let copies speak as one source."""
    if evidence.votes is None or copies.empty:
        return evidence
    votes = evidence.votes
    group = groups_of_copies(copies, votes.sources)
    merged = remembered(votes, "_merged", (group.tobytes(),), lambda: merge_sources(votes, group))
    return replace(evidence, votes=merged)


def _for_crowd(evidence: Evidence, fit: Fit) -> VoteChoice:
    """Take the one whose class shares are nearer those of the votes.

    What is known of single items is left out of the choice: it speaks of few, and moves the shares.
    """
    votes_alone = replace(evidence, candidates=None, hints=None)
    fits = [fit(model, votes_alone) for model in (DawidSkene(), OneCoin())]
    shares = class_shares(votes_alone, start_shares(votes_alone), None)
    nearest = min(
        fits,
        key=lambda one: total_variation(
            shares, class_shares(votes_alone, one.posterior(votes_alone).probabilities, None)
        ),
    )
    why = "items were assigned to sources; its class shares are nearest those of the votes"
    weights = fit(WeightedVote(), evidence).weights_
    few = few_dependent((collapse(votes_alone) or (votes_alone, None))[0])
    if few is not None and _lost(votes_alone, few.voices) >= WORTH_IT:
        why += f"; {few.n_pairs} pairs that repeat each other count for less"
        weights = weights * few.voices.reindex(weights.index, fill_value=1.0)
        afresh: Any = clone(nearest)
        nearest = fit(afresh.set_params(voices=few.voices.to_dict()), evidence)
    elif evidence.candidates is not None or evidence.hints is not None:
        nearest = fit(clone(nearest), evidence)
    return VoteChoice(nearest, 0.5, NO_COPIES, why, weights)


def _lost(evidence: Evidence, voices: pd.Series) -> float:
    """Give the share of all votes that voices take away."""
    n_votes, sources = n_votes_of(evidence), votes_of(evidence).sources
    lost = 1 - voices.reindex(sources, fill_value=1.0).to_numpy()
    return float(n_votes @ lost / max(n_votes.sum(), 1.0))


def _says_one_thing(evidence: Evidence) -> np.ndarray:
    """Tell which sources say one thing about nearly all items that have votes, n_sources."""
    votes = votes_of(evidence)
    xp = array_namespace(votes.weight)
    weights = xp.astype(votes.voted, votes.weight.dtype)
    if evidence.weights is not None:
        weights = weights * evidence.weights
    said = on_host(votes.said(evidence.weights))
    return said.max(axis=1) >= NEARLY_EVERY * float(xp.sum(weights))


def _speaks(evidence: Evidence) -> np.ndarray:
    """Tell which sources' silence says something, boolean array, n_sources, on the host."""
    return on_host(votes_of(evidence).informative_silence)


def _copies(evidence: Evidence) -> pd.DataFrame:
    """Find near-copies among the sources that saw every item."""
    votes = votes_of(evidence).map_arrays(on_host)
    saw_all = votes.sources[votes.informative_silence]
    return near_copies(votes.select(saw_all))
