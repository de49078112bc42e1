"""Why an item has its label: what every source, and all else that is known, adds to the score."""

# Taking a model apart is looking at its parts.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from weaklabel._device import on_host
from weaklabel.analysis._shares import fair_shares
from weaklabel.analysis._speech import Speech, opened, subsets
from weaklabel.analysis._votes import statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from weaklabel.evidence import Evidence

__all__ = ["explain"]

ADDS_UP = 1e-9  # nats: by how much silences may miss their sum
ALL = "all sources"
FIRST = ("vote", "silence")


class Line(NamedTuple):
    """One line of an explanation."""

    name: Any
    part: str
    says: Any
    nats: np.ndarray  # n_classes


def explain(model: Any, evidence: Evidence, item: Any) -> pd.DataFrame:
    """Take the score of an item apart: who moved it, towards which class, and by how many nats.

    Parameters
    ----------
    model : label model
        Fitted.
    evidence : Evidence
        Holds the item; all of it is needed only where bags or neighbors bind the item to others.
    item : hashable
        Label of the item in the evidence's index.

    Returns
    -------
    DataFrame, one row for everything that speaks
        Index: names of sources, and of what else is known. Columns:

        part
            "prior", "vote", "silence", "features", "candidates", "plain votes" (what a
            `LabelModel` mixes into its posterior), "bags and neighbors".
        says
            What the source said: a class, a set of classes, or a dict of weights; None elsewhere.
        nats[c]
            For each class c what the row adds to the log score. Rows up to "plain votes" sum to
            the log score that the solver gets, exactly; all rows together to the log probability
            of the class, up to a constant that all classes share. ``-inf`` rules a class out.
        margin
            What the row adds to the log odds of the label against the class that comes second.

        Votes come first, those that move most on top.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the model is not fitted.
    KeyError
        If there is no such item.
    ValueError
        If classes or sources are not those of the fit, or the model reads items in sequences.

    Notes
    -----
    A vote gets what it adds to the score. Where votes do not simply add up (`Cautious` discounts
    many votes on an item, `MajorityVote` takes shares), it gets what it adds on average over all
    orders in which votes may come in, its Shapley value; up to ten voters this is exact, and the
    sum always is. Silences have a row each if the model tells them apart. Sources merged as copies
    speak under the name of the first.

    See Also
    --------
    flip : the smallest change of votes that changes the label.

    Examples
    --------
    >>> import weaklabel as wl
    >>> case = wl.datasets.independent(n_items=2000, random_state=0)
    >>> evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    >>> model = wl.OneCoin().fit(evidence)
    >>> explain(model, evidence, 5)[["part", "says", "margin"]].round(1).head(3)
              part      says  margin
    source_4  vote  positive     2.2
    source_0  vote  positive     1.6
    source_6  vote  positive     1.5
    """
    speech = opened(model, evidence, item)
    return _table(list(_lines(speech)), speech)


def _lines(speech: Speech) -> Iterator[Line]:
    """Give everything that speaks about the item, votes first."""
    parts = [line for number in range(len(speech.terms)) for line in _term_lines(speech, number)]
    yield from _summed(parts)
    yield Line("class prior", "prior", None, speech.log_prior)
    evidence = speech.evidence
    if evidence.hints is not None and np.ptp(on_host(evidence.hints)) > 0:
        yield Line("candidates", "candidates", None, on_host(evidence.hints)[0])
    yield from _after_the_score(speech)


def _after_the_score(speech: Speech) -> Iterator[Line]:
    """Give what comes after the log score: plain votes, certain candidates, bags and neighbors."""
    score = speech.scores(speech.evidence)[0]
    mixed = speech.before_solver(speech.evidence)[0]
    if speech.hedge and not np.allclose(score, mixed, rtol=0, atol=0):
        at = np.isfinite(score)
        told = np.where(np.isfinite(mixed), 0.0, -np.inf)
        told[at] = mixed[at] - score[at]
        yield Line("plain votes", "plain votes", None, told)
    told = speech.correction()
    excluded = np.isneginf(told)
    if speech.evidence.candidates is not None and excluded.any():
        yield Line("certain candidates", "candidates", None, np.where(excluded, -np.inf, 0.0))
        told = np.where(excluded, 0.0, told)
    if np.any(told):
        yield Line("bags and neighbors", "bags and neighbors", None, told)


def _term_lines(speech: Speech, number: int) -> Iterator[Line]:
    """Give what one term says, taken apart by source if it reads votes."""
    term, learned = speech.terms[number]
    evidence = speech.model._used_part(speech.evidence)
    if not on_host(term._informs(evidence)).any():
        return
    voices = 1.0
    if speech.model.pooled:
        voices = float(sum(on_host(one._informs(evidence)).sum() for one, _ in speech.terms))
    if "votes" not in term._uses:
        nats = on_host(term._score(evidence, learned))[0]
        yield Line(" and ".join(sorted(term._uses)), "features", None, nats / voices)
        return
    for line in _votes_and_silences(term, learned, evidence):
        yield line._replace(nats=line.nats / voices)


def _votes_and_silences(term: Any, learned: Any, evidence: Evidence) -> Iterator[Line]:
    """Give what every source adds by its vote, or its silence."""
    votes: Any = evidence.votes
    voters, voter = np.unique(on_host(votes.source), return_inverse=True)

    def value(coalitions: np.ndarray) -> np.ndarray:
        return on_host(term._score(subsets(evidence, coalitions[:, voter]), learned))

    everyone = np.ones((1, len(voters)), dtype=bool)
    none, total = value(~everyone)[0], value(everyone)[0]
    shares = fair_shares(value, len(voters))
    silence = _silences(learned, none, votes.n_sources)
    if silence is None:
        yield Line(ALL, "silence", None, _rest(total, shares, none))
    else:
        # a vote is told against saying nothing at all, not against silence
        shares = _instead_of_silence(shares, silence, voters, total)
        for j in np.setdiff1d(np.flatnonzero(silence.any(axis=1)), voters):
            yield Line(votes.sources[j], "silence", None, silence[j])
    for number, j in enumerate(voters):
        yield Line(votes.sources[j], "vote", _said(votes, voter == number), shares[number])


def _silences(learned: Any, none: np.ndarray, n_sources: int) -> np.ndarray | None:
    """Find what the silence of each source says, n_sources x n_classes, if the model tells.

    It does if it learned an array of that name which sums to what it says where all are silent.
    """
    if not none.any():
        return np.zeros((n_sources, len(none)))
    for name in ("log_silence", "silence"):
        told: Any = getattr(learned, name, None)
        fits = np.shape(told) == (n_sources, len(none))
        if fits and np.allclose(np.sum(told, axis=0), none, rtol=0, atol=ADDS_UP):
            return np.asarray(told)
    return None


def _instead_of_silence(
    shares: np.ndarray, silence: np.ndarray, voters: np.ndarray, total: np.ndarray
) -> np.ndarray:
    """Add what the silence of those who spoke would have said; the sum stays what it must be."""
    quiet = np.delete(silence, voters, axis=0).sum(axis=0)
    own = silence[voters]
    finite = np.isfinite(own).all(axis=0)
    shares = shares + np.where(finite, own, 0.0)
    # a source that is never silent on a class, but spoke
    open_to = ~finite & np.isfinite(total)
    lacks = np.where(open_to, total, 0) - np.where(open_to, quiet + shares.sum(axis=0), 0)
    shares = shares + lacks / len(shares)
    return np.where(np.isneginf(quiet), 0.0, shares)  # silence alone rules the class out


def _rest(total: np.ndarray, shares: np.ndarray, none: np.ndarray) -> np.ndarray:
    """Give what is left for everybody's silence, n_classes."""
    finite = np.isfinite(total) & np.isfinite(shares).all(axis=0)
    rest = np.where(finite, total, 0.0) - np.where(finite, shares.sum(axis=0), 0.0)
    return np.where(np.isfinite(none), none, rest)


def _said(votes: Any, entries: np.ndarray) -> Any:
    """Give what a source said; a soft vote as a dict."""
    codes, weights = on_host(votes.code)[entries], on_host(votes.weight)[entries]
    if len(codes) == 1:
        return statement(votes, codes[0])
    return {statement(votes, c): float(w) for c, w in zip(codes, weights, strict=True)}


def _summed(lines: list[Line]) -> list[Line]:
    """Add up what several terms say of one source."""
    found: dict[Any, Line] = {}
    for line in lines:
        key = line.part, line.name
        same = found.get(key)
        found[key] = line if same is None else line._replace(nats=line.nats + same.nats)
    return list(found.values())


def _table(lines: list[Line], speech: Speech) -> pd.DataFrame:
    """Sort votes and silences by what they move, and name the columns."""
    classes = speech.evidence.classes
    nats = np.array([line.nats for line in lines])
    second, best = np.argsort(speech.log_posterior, kind="stable")[-2:]
    with np.errstate(invalid="ignore"):
        margin = np.nan_to_num(
            nats[:, best] - nats[:, second], nan=0.0, posinf=np.inf, neginf=-np.inf
        )
    part = [line.part for line in lines]
    rank = np.array([FIRST.index(one) if one in FIRST else len(FIRST) for one in part])
    move = np.where(rank < len(FIRST), -np.abs(margin), 0.0)
    table = pd.DataFrame(
        {
            "part": part,
            "says": pd.Series([line.says for line in lines], dtype=object),
            **{f"nats[{name}]": nats[:, y] for y, name in enumerate(classes)},
            "margin": margin,
        }
    )
    table.index = pd.Index([line.name for line in lines], dtype=object)
    return table.iloc[np.lexsort(np.array([move, rank]))]
