"""Sources that vote on an item more than once: refuse, or say which votes count."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from weaklabel._hash import scatter

Repeats = Literal["raise", "all", "unique", "last"]


class Entries(NamedTuple):
    """Votes in the order of a long frame's rows; a soft vote is several entries of one row."""

    row: np.ndarray  # not decreasing
    code: np.ndarray
    weight: np.ndarray


def without_repeats(rows: pd.DataFrame, entries: Entries, repeats: Repeats) -> Entries:
    """Deal with sources that vote on an item again.

    Parameters
    ----------
    rows : pandas.DataFrame
        Columns `item` and `source`, one row a row of the long frame.
    entries : Entries
        What the rows say; silent rows have none, and so repeat nothing.
    repeats : {"raise", "all", "unique", "last"}
        Refuse; count every vote; count equal votes once; or keep the last.

    Raises
    ------
    ValueError
        If a source repeats itself and `repeats` is "raise", or `repeats` is none of the four.
    """
    refuse_repeats(repeats)
    if repeats == "all" or not len(entries.row):
        return entries
    first = np.diff(entries.row, prepend=-1) > 0
    votes = rows.iloc[entries.row[first]].reset_index(drop=True)
    same = ["item", "source"]
    if repeats == "unique":
        votes["said"], same = _said(entries, first), [*same, "said"]
    again = votes.duplicated(same, keep="last" if repeats == "last" else "first").to_numpy()
    if repeats == "raise" and again.any():
        pairs = [f"{who!r} on item {what!r}" for what, who in votes[again].to_numpy().tolist()[:3]]
        more = f" and {again.sum() - 3} more" if again.sum() > 3 else ""
        msg = (
            f"Sources vote again on the same item: {', '.join(pairs)}{more}. Counting them would "
            "give one voice more weight. Pass repeats='unique' (equal votes once), 'last' or 'all'."
        )
        raise ValueError(msg)
    kept = ~again[np.cumsum(first) - 1]
    return Entries(*(part[kept] for part in entries))


def refuse_repeats(repeats: Repeats) -> None:
    """Refuse a setting that there is not."""
    if repeats not in {"raise", "all", "unique", "last"}:
        msg = f"repeats={repeats!r} is unknown. Choose 'raise', 'all', 'unique' or 'last'."
        raise ValueError(msg)


def _said(entries: Entries, first: np.ndarray) -> np.ndarray:
    """Give votes that say the same the same number: a hash of their codes and weights."""
    each = scatter(entries.code.astype(np.uint64) ^ scatter(entries.weight.view(np.uint64)))
    return np.add.reduceat(each, np.flatnonzero(first))
