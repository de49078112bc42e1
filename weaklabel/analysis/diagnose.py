"""What keeps votes from telling how good their sources are, and what to add."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from weaklabel._check import first_few
from weaklabel._device import on_host
from weaklabel.analysis._votes import as_votes, one_each
from weaklabel.evidence import Evidence
from weaklabel.models._em import total_variation
from weaklabel.models._meeting import ENOUGH, meeting

if TYPE_CHECKING:
    from weaklabel.votes import Votes

__all__ = ["diagnose"]

FAR = 0.25  # total variation between class shares


class _Issue(NamedTuple):
    """One thing that is wrong."""

    issue: str
    about: list[Any]
    what: str
    add: str


def diagnose(votes: Any, *, model: Any = None) -> pd.DataFrame:
    """Find what keeps votes from telling how good their sources are, and say what to add.

    Accuracies are learned from agreement: of three sources that meet on the same items, each is
    judged by the other two. What follows from that can be seen before anything is fitted.

    Parameters
    ----------
    votes : DataFrame, Evidence or Votes
        As `apply` returns them, n_items x n_sources.
    model : label model or None
        Fitted to `votes`, which are Evidence then: its class shares are held against theirs.

    Returns
    -------
    DataFrame, one row an issue, none if all is well
        Columns `issue`, `about` (list of sources or classes), `what` is wrong, what to `add`.
        Issues:

        "few sources"
            Fewer than three that vote.
        "never meets"
            Sources that share no item with any other: only their own rate is known.
        "hardly meets"
            Sources that meet fewer than two others on at least 20 items each.
        "islands"
            Groups of sources that never meet each other; `about` holds a list for each.
        "class without votes", "class of one source"
            Classes that no source, or a single one, votes for.
        "one-sided, silence unread"
            Sources that vote for one class only, and whose silence is taken to say nothing. What
            such a source knows sits in when it is silent.
        "class shares drift"
            With a model: its class shares are far from those of the votes.

    Raises
    ------
    TypeError, ValueError
        If `votes` are no votes, or no Evidence where there is a model.

    See Also
    --------
    near_copies : sources that are one fact.

    Examples
    --------
    >>> votes = pd.DataFrame({"a": ["x", "x", None], "b": ["x", "y", None], "c": [None, None, "y"]})
    >>> diagnose(votes)[["issue", "about"]]
              issue   about
    0   never meets     [c]
    1  hardly meets  [a, b]
    """
    found, _ = as_votes(votes)
    hard = one_each(found)
    issues = [*_about_meeting(hard), *_about_classes(hard), *_about_silence(hard)]
    if model is not None:
        if not isinstance(votes, Evidence):
            msg = (
                f"A model is held against the Evidence that it was fitted to, and this is a "
                f"{type(votes).__name__}. Pass the evidence: diagnose(evidence, model=model)."
            )
            raise TypeError(msg)
        issues += _about_drift(model, votes)
    return pd.DataFrame(issues, columns=list(_Issue._fields))


def _about_meeting(votes: Votes) -> Iterator[_Issue]:
    """Look at which sources share items."""
    seen = meeting(votes)
    active, lone, hardly, island = seen.n_votes > 0, seen.lone, seen.hardly, seen.components
    if active.sum() < 3:
        yield _Issue(
            "few sources",
            votes.sources[active].tolist(),
            f"{active.sum()} sources vote, and accuracies need three that overlap.",
            "Further sources on the same items, or gold labels by with_candidates.",
        )
    if lone.any() and active.sum() > 1:
        yield _Issue(
            "never meets",
            votes.sources[lone].tolist(),
            f"{first_few(votes.sources[lone])}: no item has a vote of another source.",
            "Sources that vote on the same items, or gold labels on some of them.",
        )
    if hardly.any() and active.sum() > 2:
        yield _Issue(
            "hardly meets",
            votes.sources[hardly].tolist(),
            f"{first_few(votes.sources[hardly])}: fewer than two others meet them on {ENOUGH} "
            "items, so that their accuracy is mostly what the model takes for granted.",
            "Broader sources, more items, or gold labels on their items.",
        )
    islands = [
        votes.sources[island == number].tolist()
        for number in range(island.max(initial=-1) + 1)
        if (island == number).sum() > 1
    ]
    if len(islands) > 1:
        yield _Issue(
            "islands",
            islands,
            f"{len(islands)} groups of sources share no item, and are judged apart.",
            "A source that votes on the items of several groups.",
        )


def _about_classes(votes: Votes) -> Iterator[_Issue]:
    """Look at which classes are voted for."""
    unit = np.unique(votes.unit)
    single = unit[unit % votes.n_codes < len(votes.classes)]
    n_sources = np.bincount(single % votes.n_codes, minlength=len(votes.classes))
    allowed = votes.statements[unit % votes.n_codes].any(axis=0)
    never = (n_sources == 0) & ~allowed
    if never.any():
        names = votes.classes[never]
        yield _Issue(
            "class without votes",
            names.tolist(),
            f"No source votes for {first_few(names)}; it is known by silence alone.",
            "A source that votes for it, or leave the class out.",
        )
    lone = n_sources == 1
    if lone.any() and votes.n_sources > 1:
        names = votes.classes[lone]
        yield _Issue(
            "class of one source",
            names.tolist(),
            f"One source alone votes for {first_few(names)}: nothing but the others' silence or "
            "contradiction tells how good it is at that.",
            "A second source for the class.",
        )


def _about_silence(votes: Votes) -> Iterator[_Issue]:
    """Look at sources that say one thing."""
    unread = meeting(votes).one_sided & ~votes.informative_silence
    if unread.any():
        names = votes.sources[unread]
        yield _Issue(
            "one-sided, silence unread",
            names.tolist(),
            f"{first_few(names)} say one thing only, and their silence is taken to say nothing, so "
            "that their votes tell nothing either.",
            'If they saw every item: with_votes(..., silence="informative").',
        )


def _about_drift(model: Any, evidence: Any) -> list[_Issue]:
    """Hold class shares of a model against those of the votes."""
    mass = on_host(evidence.votes.voted).astype(float)
    if evidence.weights is not None:
        mass *= on_host(evidence.weights)
    mass /= mass.sum() or 1
    own = mass @ on_host(model.posterior(evidence).probabilities)
    shares = mass @ on_host(evidence.votes.shares)
    if total_variation(own, shares) <= FAR:
        return []
    most = evidence.classes[np.abs(own - shares).argmax()]
    one, other = (float(x[np.abs(own - shares).argmax()]) for x in (own, shares))
    return [
        _Issue(
            "class shares drift",
            [most],
            f"The model gives {most!r} {one:.0%} of the items, votes give it {other:.0%}.",
            "class_prior= with known shares, a few gold labels by with_candidates, or sources for "
            "the class that lost.",
        )
    ]
