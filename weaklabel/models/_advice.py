"""What a label model refuses, and what it warns of."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning

from weaklabel._check import first_few
from weaklabel._device import on_host
from weaklabel.evidence import Evidence
from weaklabel.models._em import Ending
from weaklabel.models._meeting import ENOUGH, meeting
from weaklabel.models._votes import n_votes_of, votes_of

if TYPE_CHECKING:
    from weaklabel.votes import Votes


LEAST_ITEMS = 100  # with fewer, votes that meet rarely are no news

Advice = tuple[str, type[Warning]]


class DriftWarning(UserWarning):
    """The fit left what the votes say about classes; its first sweep is kept."""


class SourceWarning(UserWarning):
    """Something about sources that makes what is learned of them doubtful."""


class UnusedEvidence(UserWarning):
    """A part of the evidence that neither the terms nor the solver use."""


def refuse_labels(model: Any, evidence: Any, y: Any) -> None:
    """Refuse labels in `fit`, and a vote frame in place of evidence."""
    if y is not None:
        msg = (
            f"{type(model).__name__}.fit takes evidence alone; it learns without labels. Gold "
            "labels belong into the evidence: evidence.with_candidates(gold)."
        )
        raise ValueError(msg)
    refuse_other_things(model, evidence)


def refuse_other_things(model: Any, evidence: Any) -> None:
    """Refuse a vote frame, or anything else, in place of evidence."""
    if not isinstance(evidence, Evidence):
        msg = (
            f"{type(model).__name__} takes Evidence, not {type(evidence).__name__}. Wrap the votes:"
            " Evidence(votes.index, classes=[...]).with_votes(votes)."
        )
        raise TypeError(msg)


def refuse_other_classes(model: Any, evidence: Evidence) -> None:
    """Refuse evidence about other classes than those of the fit."""
    if not evidence.classes.equals(model.classes_):
        msg = (
            f"The model was fitted to classes {model.classes_.tolist()}, this evidence has "
            f"{evidence.classes.tolist()}. Make Evidence with the same classes in the same order."
        )
        raise ValueError(msg)


def refuse_other_sources(model: Any, votes: Votes) -> None:
    """Refuse evidence with other sources than those of the fit.

    A source to which items are assigned may have got none this time; one that sees every item
    cannot be absent, since its silence says something.
    """
    saw_all = model.sources_[model.informative_silence_]
    missing = saw_all.difference(votes.sources, sort=False)
    if len(missing):
        msg = (
            f"{len(missing)} sources that the model was fitted to are absent: {first_few(missing)}."
            " Sources are matched by name. Apply them too (a source may be silent everywhere), or "
            "fit again without them."
        )
        raise ValueError(msg)
    unknown = votes.sources.difference(model.sources_, sort=False)
    if len(unknown):
        msg = (
            f"{len(unknown)} sources are unknown to the model: {first_few(unknown)}. It learned "
            "nothing about them. Fit again with them, or leave them out."
        )
        raise ValueError(msg)


def warn_about_fit(model: Any, evidence: Evidence) -> None:
    """Warn of what makes the fit doubtful, and say what to do."""
    for text, category in [*_about_ending(model), *_about_sources(model, evidence)]:
        warnings.warn(text, category, stacklevel=3)  # the line that called `fit`
    unused = _unused(model, evidence)
    if unused:
        text = (
            f"{type(model).__name__} with {type(model._solver()).__name__} does not use "
            f"{', '.join(unused)} of the evidence; the labels do not depend on it."
        )
        warnings.warn(text, UnusedEvidence, stacklevel=3)


def warn_about_ending(model: Any) -> None:
    """Warn of a fit in parts that drifted, did not fit, or did not end."""
    for text, category in _about_ending(model):
        warnings.warn(text, category, stacklevel=4)  # the line that called the public function


def _about_ending(model: Any) -> Iterator[Advice]:
    """Say that the fit drifted, did not fit, or did not end."""
    if model.ending_ in {Ending.DRIFTED, Ending.MISFIT}:
        yield f"{type(model).__name__}: {model.ending_.value}", DriftWarning
    if model.ending_ == Ending.MAX_ITER:
        text = f"{type(model).__name__} took {model.n_iter_} sweeps. {Ending.MAX_ITER.value}"
        yield text, ConvergenceWarning


def _about_sources(model: Any, evidence: Evidence) -> Iterator[Advice]:
    """Name sources that are silent, worse than chance, or too few."""
    if not any("votes" in term._uses for term in model._terms()):
        return
    accuracy: pd.Series = model.source_accuracy_
    silent = accuracy.index[accuracy.isna()]
    if len(silent):
        text = (
            f"{len(silent)} sources never vote: {first_few(silent)}. They change nothing. Check "
            "what they look for, or leave them out."
        )
        yield text, SourceWarning
    chance = _chance(model, evidence)
    # three standard errors, so that a handful of unlucky votes is no accusation
    margin = 3 * np.sqrt(chance * (1 - chance) / np.maximum(n_votes_of(evidence), 1))
    against = accuracy.index[accuracy < chance - margin]
    if len(against):
        text = (
            f"{len(against)} sources are learned to be wrong more often than chance: "
            f"{first_few(against)}. Their votes count against what they say. Probably their "
            "classes are swapped; errors(votes, gold, source) shows rows."
        )
        yield text, SourceWarning
    if len(accuracy) < 3:
        text = (
            f"With {len(accuracy)} source{'s' * (len(accuracy) > 1)} accuracies cannot be learned "
            "from agreement; they are mostly what the model takes for granted. Three or more "
            "sources that overlap let the data speak."
        )
        yield text, SourceWarning
    else:
        yield from _about_meeting(votes_of(evidence))


def _about_meeting(votes: Votes) -> Iterator[Advice]:
    """Say that accuracies rest on little: sources do not meet, or their silence is not read."""
    seen = meeting(votes)
    lone = votes.sources[seen.lone]
    if len(lone):
        text = (
            f"{len(lone)} sources vote on no item of another: {first_few(lone)}. How good they are "
            "is taken for granted. Add sources that vote on the same items, or gold labels on some "
            "of them by with_candidates."
        )
        yield text, SourceWarning
    most = seen.n_votes.sum() / 2
    if (
        len(votes.sources)
        and votes.n_items >= LEAST_ITEMS
        and seen.n_votes[seen.hardly].sum() > most
    ):
        text = (
            f"Most votes are of sources that meet fewer than two others on {ENOUGH} items each, "
            "so that accuracies are mostly what the model takes for granted. Add broader sources, "
            "more items, or gold labels by with_candidates; diagnose(evidence) names the sources."
        )
        yield text, SourceWarning
    unread = seen.one_sided & ~on_host(votes.informative_silence) & (seen.n_votes >= ENOUGH)
    if seen.n_votes[unread].sum() > most:
        text = (
            f"{unread.sum()} sources say one thing only, and their silence is taken to say "
            f"nothing: {first_few(votes.sources[unread])}. Then their votes tell nothing either. "
            'If they saw every item, say so: with_votes(..., silence="informative").'
        )
        yield text, SourceWarning


def _chance(model: Any, evidence: Evidence) -> np.ndarray:
    """How often each source would be right by what it says alone, were items mixed up.

    Not 1 / n_classes: a rule for a rare class may be wrong mostly and still tell a lot.
    """
    votes = votes_of(evidence)
    mass = on_host(votes.statements) @ model.class_prior_.to_numpy()
    said = on_host(votes.said(evidence.weights))
    right, total = said @ mass, said.sum(axis=1)
    return np.divide(right, total, out=np.zeros(votes.n_sources), where=total > 0)


def _unused(model: Any, evidence: Evidence) -> list[str]:
    """Name the parts that neither terms nor solver use."""
    present = {
        "votes": evidence.votes is not None,
        "bags": bool(evidence.bags),
        "features": evidence.features is not None,
        "neighbors": evidence.neighbors is not None,
    }
    used = model._solver().respects.union(*(term._uses for term in model._terms()))
    return [part for part, there in present.items() if there and part not in used]
