"""One table that says what every source does: how much, how well, and who repeats whom."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weaklabel._frames import in_kind, kind_of
from weaklabel.analysis._scored import gold_codes
from weaklabel.analysis._votes import as_votes, contradicted, one_each, ratio, statement
from weaklabel.analysis.near_copies import names_of_copies
from weaklabel.analysis.pairs import pair_counts
from weaklabel.evidence import Evidence
from weaklabel.votes import Votes

__all__ = ["ALL_SOURCES", "summary"]

ALL_SOURCES = "all sources"  # label of the last row


def summary(votes: Any, gold: Any = None, *, model: Any = None) -> pd.DataFrame:
    """Summarize what every source does; with gold labels also how well.

    A soft vote counts as a vote for its most probable class. Two votes contradict if no class is
    allowed by both; a vote for a set of classes is correct if gold is in the set.

    Parameters
    ----------
    votes : DataFrame, Evidence or Votes
        As `apply` returns them, n_items x n_sources. Faults that `apply` counted are shown.
    gold : Series or array, n_items, optional
        Gold classes, aligned on the index; items without gold are left out of what needs it.
    model : label model, optional
        A fitted one; if it has `source_accuracy_`, that becomes `learned_accuracy`.

    Returns
    -------
    DataFrame, n_sources + 1 rows
        One row a source, and ``"all sources"``; of polars or Arrow, with a column "source" in
        place of an index, where the votes are. Columns:

        polarity
            Classes it ever votes for, and sets of classes.
        coverage, overlaps, conflicts
            Share of *all* items that it votes on; that another source votes on as well; that
            another source contradicts it on. In the last row: that any source votes on, that
            several do, that some contradict each other on.
        correct, incorrect, empirical_accuracy
            With gold: numbers of votes, and correct / (correct + incorrect), NaN (not 0) if it
            never votes. That is a precision over all its votes.
        learned_accuracy
            With a model that learned one.
        precision[c], recall[c]
            With gold, for every class c: the share of its votes for c that are right, and the
            share of the items of class c for which it votes c. Votes for sets count in neither.
            The last row pools all votes; there, recall is the share with any vote for c.
        n_votes, near_copies, faults
            Number of items voted on; names of its near-copies (see `near_copies`); failed calls,
            where the frame knows of them.

    Raises
    ------
    TypeError, ValueError
        If `votes` are no votes, or `gold` can not be aligned or holds what is no class.

    Examples
    --------
    >>> votes = pd.DataFrame({"link": ["spam", "spam", None], "thanks": [None, "ham", "ham"]})
    >>> gold = pd.Series(["spam", "ham", "ham"])
    >>> table = summary(votes, gold)
    >>> table[["polarity", "coverage", "conflicts", "empirical_accuracy", "recall[ham]"]].round(2)
                    polarity  coverage  conflicts  empirical_accuracy  recall[ham]
    link              [spam]      0.67       0.33                0.50          0.0
    thanks             [ham]      0.67       0.33                1.00          1.0
    all sources  [ham, spam]      1.00       0.33                0.75          1.0
    """
    if hasattr(gold, "predict_proba"):
        msg = f"{type(gold).__name__} was passed as gold. Write summary(votes, model=model)."
        raise TypeError(msg)
    found, index = as_votes(votes, gold)
    found = one_each(found)
    table = _shares(found)
    per_class: dict[str, Any] = {}
    if gold is not None:
        codes = gold_codes(gold, index, found.classes)
        table |= _right_and_wrong(found, codes)
        per_class = _precision_and_recall(found, codes)
    if hasattr(model, "source_accuracy_"):
        learned = model.source_accuracy_.reindex(found.sources).to_numpy(float)
        table["learned_accuracy"] = np.append(learned, np.nan)
    table |= per_class
    table["n_votes"] = _with_total(_by_source(found))
    table["near_copies"] = [*names_of_copies(found, pair_counts(found)), []]
    faults = getattr(votes, "attrs", {}).get("faults")
    if faults is not None:
        table["faults"] = _with_total(
            np.array([faults.get(name, 0) for name in found.sources], int)
        )
    frame = pd.DataFrame(table, index=pd.Index([*found.sources, ALL_SOURCES]))
    kind = votes.kind if isinstance(votes, Evidence) else kind_of(votes)
    return in_kind(frame, kind, label="source")


def _shares(votes: Votes) -> dict[str, Any]:
    """Polarity, coverage, overlaps and conflicts."""

    def of_items(which: np.ndarray) -> np.ndarray:
        counts = np.append(_by_source(votes, which), _n_distinct(votes.item[which]))
        return ratio(counts, votes.n_items)

    on_item = np.diff(votes.starts)
    return {
        "polarity": _polarity(votes),
        "coverage": of_items(np.ones(votes.n_votes, dtype=bool)),
        "overlaps": of_items(on_item[votes.item] > 1),
        "conflicts": of_items(contradicted(votes)),
    }


def _polarity(votes: Votes) -> list[list[Any]]:
    """List what each source ever says, then what any says."""
    units = votes.n_said
    ever = units.reshape(votes.n_sources, votes.n_codes) > 0
    ever = np.vstack([ever, ever.any(axis=0)])
    return [[statement(votes, code) for code in np.flatnonzero(row).tolist()] for row in ever]


def _right_and_wrong(votes: Votes, gold: np.ndarray) -> dict[str, Any]:
    """Votes on items with gold that allow it, and that do not."""
    known = gold[votes.item] >= 0
    right = known & votes.statements[votes.code, gold[votes.item]]
    correct = _with_total(_by_source(votes, right))
    incorrect = _with_total(_by_source(votes, known & ~right))
    return {
        "correct": correct,
        "incorrect": incorrect,
        "empirical_accuracy": ratio(correct, correct + incorrect),
    }


def _precision_and_recall(votes: Votes, gold: np.ndarray) -> dict[str, Any]:
    """Of the votes for each class the share that is right; of its items the share found."""
    n_classes = len(votes.classes)
    on = gold[votes.item]
    said = (on >= 0) & (votes.code < n_classes)
    hit = said & (votes.code == on)
    n_said = _with_total(_by_source_and_class(votes, said))
    n_hit = _with_total(_by_source_and_class(votes, hit))
    found = votes.item[hit]
    found = found[np.diff(found, prepend=-1) > 0]
    n_found = np.vstack([n_hit[:-1], np.bincount(gold[found], minlength=n_classes)])
    precision = ratio(n_hit, n_said)
    recall = ratio(n_found, np.bincount(gold[gold >= 0], minlength=n_classes))
    names = votes.classes.tolist()
    return {f"precision[{name}]": precision[:, y] for y, name in enumerate(names)} | {
        f"recall[{name}]": recall[:, y] for y, name in enumerate(names)
    }


def _by_source(votes: Votes, which: Any = slice(None)) -> np.ndarray:
    """Count votes by source."""
    return np.bincount(votes.source[which], minlength=votes.n_sources)


def _by_source_and_class(votes: Votes, which: np.ndarray) -> np.ndarray:
    """Count votes for single classes by source and class."""
    n_classes = len(votes.classes)
    cell = votes.source[which].astype(np.int64) * n_classes + votes.code[which]
    return np.bincount(cell, minlength=votes.n_sources * n_classes).reshape(-1, n_classes)


def _with_total(counts: np.ndarray) -> np.ndarray:
    """Append the sum over sources."""
    return np.concatenate([counts, counts.sum(axis=0, keepdims=True)])


def _n_distinct(items: np.ndarray) -> int:
    """Count different items in a sorted array."""
    return int((np.diff(items, prepend=-1) > 0).sum())
