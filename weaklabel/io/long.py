"""Long frames of votes, one row a vote, as crowdsourcing tools write them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from weaklabel._check import as_index, first_few
from weaklabel.functions.values import in_order
from weaklabel.io.codes import Codes
from weaklabel.io.repeats import Entries, Repeats, refuse_repeats, without_repeats
from weaklabel.io.wide import entries
from weaklabel.kernels import segment_order
from weaklabel.votes import Votes

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
    there = {*frame.columns, *frame.index.names}
    item, source, label = (
        next((name for name in names if name in there), None) for names in (ITEM, SOURCE, LABEL)
    )
    if item is None or source is None or label is None or label not in frame.columns:
        return None
    return item, source, label


def votes_from_long(
    frame: pd.DataFrame, index: pd.Index, classes: pd.Index, *, repeats: Repeats = "raise"
) -> Votes:
    """Read a frame with one row a vote.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns item, source, label; also task, worker (or performer, annotator), vote. Item and
        source may be levels of the index.
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
        If an item is unknown, a source has no name, a vote is none, or a source repeats itself
        and `repeats` is "raise".
    """
    found = columns_of_long(frame)
    if found is None:
        msg = (
            f"A long frame has columns item, source and label, one row a vote; this one has "
            f"{frame.columns.tolist()}. Rename them (task, worker and vote are understood too)."
        )
        raise ValueError(msg)
    refuse_repeats(repeats)
    item, source, label = found
    if item not in frame.columns or source not in frame.columns:
        frame = frame.reset_index()
    rows = frame[[item, source]].set_axis(["item", "source"], axis=1)
    where = _item_positions(rows["item"], index, item)
    number, names = _numbered(rows["source"], source)
    codes = Codes(classes)
    said = Entries(*entries(frame[label], codes, speakers=rows["source"], items=rows["item"]))
    order, starts = _order(where, number, said, len(index))
    if repeats != "all" and _repeated(where, number, said.row[order]).any():
        said = without_repeats(rows, said, repeats)
        order, starts = _order(where, number, said, len(index))
    row, weight = said.row[order], said.weight
    hard = weight.strides == (0,)
    votes = Votes(
        item=where[row],
        source=number[row],
        code=said.code[order],
        weight=np.broadcast_to(1.0, len(row)) if hard else weight[order],
        n_items=len(index),
        sources=names,
        classes=classes,
        statements=codes.statements,
        informative_silence=np.zeros(len(names), dtype=bool),
    )
    vars(votes)["starts"] = starts
    return votes


def _order(
    where: np.ndarray, number: np.ndarray, said: Entries, n_items: int
) -> tuple[np.ndarray, np.ndarray]:
    """Sort entries by item, then source, then code; also tell where each item starts."""
    return segment_order(where[said.row], number[said.row], said.code, n_items)


def _repeated(where: np.ndarray, number: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Tell which entries, sorted, are another row's about the same item by the same source."""
    item, source = where[row], number[row]
    return (np.diff(item) == 0) & (np.diff(source) == 0) & (np.diff(row) != 0)


def _item_positions(items: pd.Series, index: pd.Index, column: str) -> np.ndarray:
    """Find the items of a long frame in the index."""
    found = index.get_indexer(pd.Index(items))
    if (found < 0).any():
        strangers = as_index(items[found < 0].unique())
        msg = (
            f"The votes are about {len(strangers)} items that the evidence does not have: "
            f"{first_few(strangers)}; its items are {first_few(index)}. Make Evidence with all "
            f"items, for instance Evidence(votes[{column!r}].unique(), classes=...)."
        )
        raise ValueError(msg)
    return found.astype(np.int32)


def _numbered(sources: pd.Series, column: str) -> tuple[np.ndarray, pd.Index]:
    """Give the sources numbers in sorted order, so that the order of rows does not matter."""
    nameless = sources.isna().to_numpy(dtype=bool)
    if nameless.any():
        msg = (
            f"{nameless.sum()} votes have no source: column {column!r} is missing in rows "
            f"{first_few(np.flatnonzero(nameless))} (counted from 0). Drop them, or fill in a name."
        )
        raise ValueError(msg)
    try:
        number, names = pd.factorize(sources, sort=True)
    except TypeError:  # names of several types do not compare: by their text
        names = as_index(in_order(sources))
        number = names.get_indexer(as_index(sources))
    return number.astype(np.int32), as_index(names)
