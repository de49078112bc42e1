"""The smallest change of votes that changes a label."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product
from math import comb, prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from weaklabel._device import on_host
from weaklabel.analysis._speech import Speech, opened, repeated
from weaklabel.analysis._votes import statement

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence

__all__ = ["flip"]

MOST_TRIED = 20_000  # changes of one size that are all tried; beyond that, one after another
SILENT = -1


class _Item(NamedTuple):
    """The votes on one item, and what every voter might say instead."""

    speech: Speech
    voters: np.ndarray  # positions of sources
    said: list[list[tuple[int, float]]]  # code and weight of what each said
    instead: list[list[int]]  # codes; SILENT for no vote


def flip(model: Any, evidence: Evidence, item: Any) -> pd.DataFrame:
    """Find the fewest votes on an item that would have to be other for it to lose its label.

    A vote may be taken back, or be for what its source says elsewhere in the evidence. The model
    stays as it was learned, and so does what bags, neighbors and features say of the item.

    Parameters
    ----------
    model : label model
        Fitted.
    evidence : Evidence
        Holds the item, and shows what sources say elsewhere.
    item : hashable
        Label of the item in the evidence's index.

    Returns
    -------
    DataFrame, one row a vote to change
        Index: sources. Columns `says`, `instead` (None: no vote) and `label`, the label after the
        changes down to this row, None if there is none or a tie. Empty if no change of votes takes
        the label away. ``attrs["label"]`` is the label now, ``attrs["exact"]`` says whether no
        smaller change exists: all changes are tried, size by size, as long as there are at most
        20,000 of a size; beyond that, votes are changed one after another.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the model is not fitted.
    KeyError
        If there is no such item.
    ValueError
        If the evidence has no votes, classes or sources are not those of the fit, or the model
        reads items in sequences.

    See Also
    --------
    explain : what every source adds to the score.

    Examples
    --------
    >>> import weaklabel as wl
    >>> votes = pd.DataFrame({"a": ["x", "y"], "b": ["x", "x"], "c": ["y", "y"], "d": ["x", "x"]})
    >>> evidence = wl.Evidence(votes.index, classes=["x", "y"]).with_votes(votes)
    >>> flip(wl.MajorityVote().fit(evidence), evidence, 0)
      says instead label
    a    x       y  None
    """
    if evidence.votes is None:
        msg = "This evidence has no votes, so that none can be changed. Add with_votes(...)."
        raise ValueError(msg)
    speech = opened(model, evidence, item)
    votes: Any = speech.original.votes
    source = on_host(votes.source)
    voters = np.unique(source)
    entries = list(zip(source, on_host(votes.code), on_host(votes.weight), strict=True))
    said = [[(int(c), float(w)) for s, c, w in entries if s == j] for j in voters]
    elsewhere = _says(model._matched(evidence).votes)  # pyright: ignore[reportPrivateUsage]
    instead = [
        [SILENT, *(c for c in elsewhere[j] if [c] != [code for code, _ in now])]
        for j, now in zip(voters, said, strict=True)
    ]
    found = _Item(speech, voters, said, instead)
    now = int(_labels(found, [{}])[0])
    change, exact = ({}, True) if now < 0 else _smallest(found, now)
    return _table(found, change, now, exact=exact)


def _says(votes: Any) -> list[list[int]]:
    """Codes that every source ever says."""
    counts = on_host(votes.n_said)
    return [np.flatnonzero(row).tolist() for row in counts.reshape(votes.n_sources, -1)]


def _smallest(item: _Item, now: int) -> tuple[dict[int, int], bool]:
    """Try changes of one vote, of two, and so on; give the first that works."""
    n = len(item.voters)
    for size in range(1, n + 1):
        if _n_changes(item, size) > MOST_TRIED:
            return _greedy(item, now), False
        changes = [
            dict(zip(which, codes, strict=True))
            for which in combinations(range(n), size)
            for codes in product(*(item.instead[v] for v in which))
        ]
        labels = _labels(item, changes)
        if (labels != now).any():
            works = [change for change, label in zip(changes, labels, strict=True) if label != now]
            return _clearest(item, works), True
    return {}, True


def _n_changes(item: _Item, size: int) -> int:
    """Count the changes of a size, at most."""
    most = sorted((len(codes) for codes in item.instead), reverse=True)[:size]
    return comb(len(item.voters), size) * prod(most)


def _clearest(item: _Item, works: list[dict[int, int]]) -> dict[int, int]:
    """Prefer changes that give another label to those that give none, then the first."""
    labels = _labels(item, works)
    return works[int((labels >= 0).argmax())]


def _greedy(item: _Item, now: int) -> dict[int, int]:
    """Change the vote that costs the label most, again and again."""
    change: dict[int, int] = {}
    while len(change) < len(item.voters):
        tries = [
            {**change, v: code}
            for v in range(len(item.voters))
            if v not in change
            for code in item.instead[v]
        ]
        lead, labels = _leads(item, tries, now), _labels(item, tries)
        if (labels != now).any():
            return tries[int((labels != now).argmax())]
        change = tries[int(lead.argmin())]
    return {}


def _leads(item: _Item, changes: list[dict[int, int]], now: int) -> np.ndarray:
    """By how many nats the label leads after each change."""
    scores = item.speech.before_solver(_changed(item, changes)) + item.speech.correction()
    others = np.delete(scores, now, axis=1).max(axis=1)
    return np.where(np.isneginf(others), np.inf, scores[:, now] - np.maximum(others, -1e300))


def _labels(item: _Item, changes: list[dict[int, int]]) -> np.ndarray:
    """Position of the label after each change; -1 for none."""
    return item.speech.labels(_changed(item, changes))


def _changed(item: _Item, changes: list[dict[int, int]]) -> Evidence:
    """Make one row of evidence for every change."""
    rows: list[tuple[int, int, int, float]] = []
    for number, change in enumerate(changes):
        for v, j in enumerate(item.voters):
            now = item.said[v] if v not in change else [(change[v], 1.0)]
            rows += [(number, int(j), code, weight) for code, weight in now if code != SILENT]
    votes: Any = item.speech.original.votes
    at = np.array(rows, dtype=float).reshape(-1, 4).T
    changed = replace(
        votes,
        item=at[0].astype(votes.item.dtype),
        source=at[1].astype(votes.source.dtype),
        code=at[2].astype(votes.code.dtype),
        weight=at[3],
        n_items=len(changes),
    )
    return item.speech.heard(repeated(item.speech.original, changed))


def _table(item: _Item, change: dict[int, int], now: int, *, exact: bool) -> pd.DataFrame:
    """Show a change vote by vote, with the label on the way."""
    votes: Any = item.speech.original.votes

    def name(label: int) -> Any:
        return None if label < 0 else votes.classes[label]

    def words(v: int) -> Any:
        told = item.said[v]
        if len(told) == 1:
            return statement(votes, told[0][0])
        return {statement(votes, code): weight for code, weight in told}

    steps = list(change.items())
    partial = [dict(steps[: k + 1]) for k in range(len(steps))]
    labels = _labels(item, partial) if partial else []
    table = pd.DataFrame(
        {
            "says": pd.Series([words(v) for v in change], dtype=object),
            "instead": pd.Series(
                [None if code == SILENT else statement(votes, code) for code in change.values()],
                dtype=object,
            ),
            "label": pd.Series([name(int(label)) for label in labels], dtype=object),
        }
    ).set_axis(pd.Index([votes.sources[item.voters[v]] for v in change], dtype=object))
    table.attrs.update(label=name(now), exact=exact)
    return table
