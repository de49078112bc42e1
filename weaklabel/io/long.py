"""Long frames of votes, one row a vote, as crowdsourcing tools write them."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from weaklabel._check import first_few
from weaklabel.io.codes import SPREAD, UNKNOWN, Codes
from weaklabel.io.wide import column_codes, refuse_unknown
from weaklabel.votes import Votes

Repeats = Literal["raise", "all", "unique", "last"]

# what others call these columns; the words live here alone
ITEM = ("item", "task")
SOURCE = ("source", "worker", "performer", "annotator")
LABEL = ("label", "vote")


def columns_of_long(frame: pd.DataFrame) -> tuple[str, str, str] | None:
    """Find the columns (item, source, vote) of a long frame; None if it is not one.

    Examples
    --------
    >>> columns_of_long(pd.DataFrame(columns=["task", "worker", "label"]))
    ('task', 'worker', 'label')
    """
    found = [
        next((name for name in names if name in frame.columns), None)
        for names in (ITEM, SOURCE, LABEL)
    ]
    item, source, label = found
    if item is None and frame.index.name in ITEM:
        item = frame.index.name
    return None if item is None or source is None or label is None else (item, source, label)


def votes_from_long(
    frame: pd.DataFrame, index: pd.Index, classes: pd.Index, *, repeats: Repeats = "raise"
) -> Votes:
    """Read a frame with one row a vote.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns item, source, label; also task, worker (or performer, annotator), vote.
    index, classes : pandas.Index
        Items and class names of the evidence.
    repeats : {"raise", "all", "unique", "last"}
        What to do where a source votes on an item again: refuse; count every vote; count equal
        votes once; or keep the last.

    Returns
    -------
    Votes
        Sources in sorted order. Silence says nothing: items were assigned to sources.

    Raises
    ------
    ValueError
        If an item is unknown, a vote is none, or a source repeats itself and `repeats` is "raise".
    """
    found = columns_of_long(frame)
    if found is None:
        msg = (
            f"A long frame has columns item, source and label, one row a vote; this one has "
            f"{frame.columns.tolist()}. Rename them (task, worker and vote are understood too)."
        )
        raise ValueError(msg)
    item, source, label = found
    rows = frame.reset_index() if item == frame.index.name else frame
    rows = rows[[item, source, label]].dropna(subset=[label]).reset_index(drop=True)
    rows = _without_repeats(rows, item, source, label, repeats)
    where = _item_positions(rows[item], index)
    codes = Codes(classes)
    code = column_codes(rows[label], codes)
    code[code == SPREAD] = UNKNOWN
    named = rows[label].set_axis(pd.Index(rows[item])).rename("label")
    refuse_unknown(named, code == UNKNOWN, classes)
    names, number = _sorted_names(rows[source])
    keep = code >= 0
    order = np.lexsort((code[keep], number[keep], where[keep]))
    return Votes(
        item=where[keep][order],
        source=number[keep][order].astype(np.int32),
        code=code[keep][order].astype(np.int32),
        weight=np.ones(len(order)),
        n_items=len(index),
        sources=names,
        classes=classes,
        statements=codes.statements,
        informative_silence=np.zeros(len(names), dtype=bool),
    )


def _without_repeats(
    rows: pd.DataFrame, item: str, source: str, label: str, repeats: Repeats
) -> pd.DataFrame:
    """Deal with sources that vote on an item again."""
    if repeats == "all":
        return rows
    if repeats == "unique":
        return rows.drop_duplicates([item, source, label])
    if repeats == "last":
        return rows.drop_duplicates([item, source], keep="last")
    if repeats != "raise":
        msg = f"repeats={repeats!r} is unknown. Choose 'raise', 'all', 'unique' or 'last'."
        raise ValueError(msg)
    again = rows.duplicated([item, source])
    if again.any():
        pairs = list(zip(rows.loc[again, source], rows.loc[again, item], strict=True))
        shown = ", ".join(f"{who!r} on item {what!r}" for who, what in pairs[:3])
        more = f" and {len(pairs) - 3} more" if len(pairs) > 3 else ""
        msg = (
            f"Sources vote again on the same item: {shown}{more}. Counting them would give one "
            "voice more weight. Pass repeats='unique' (equal votes once), 'last' or 'all'."
        )
        raise ValueError(msg)
    return rows


def _item_positions(items: pd.Series, index: pd.Index) -> np.ndarray:
    """Find the items of a long frame in the index."""
    found = index.get_indexer(pd.Index(items))
    if (found < 0).any():
        strangers = pd.Index(items[found < 0]).unique()
        msg = (
            f"The votes are about {len(strangers)} items that the evidence does not have: "
            f"{first_few(strangers)}. Make Evidence with all items, for instance "
            f"Evidence(votes[{items.name!r}].unique(), classes=...)."
        )
        raise ValueError(msg)
    return found


def _sorted_names(sources: pd.Series) -> tuple[pd.Index, np.ndarray]:
    """Give the sources numbers in sorted order, so that the order of rows does not matter."""
    try:
        number, names = pd.factorize(sources, sort=True)
    except TypeError:  # names of several types do not compare: by their text
        _, names = pd.factorize(sources)
        names = pd.Index(sorted(names, key=lambda name: (type(name).__name__, str(name))))
        number = names.get_indexer(pd.Index(sources))
    return pd.Index(names), number
