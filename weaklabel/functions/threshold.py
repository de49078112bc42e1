"""Vote where a number lies in an interval."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from weaklabel.functions._base import Declared, View
from weaklabel.functions._column import Column, one_vote
from weaklabel.functions._names import checked, checked_vote, readable
from weaklabel.functions._row import pick


@dataclass(frozen=True)
class Threshold(Declared):
    """Vote for a class where ``low <= x < high``.

    The interval is closed below and open above, so that neighbors such as ``high=3`` and
    ``low=3`` meet without a gap and never both vote. Missing values abstain.

    Parameters
    ----------
    column : hashable
        A column of numbers, or of anything else that compares with the bounds (dates).
    vote : hashable, set or Not
        The class to vote for; a set means one of them, `Not` none of them.
    low, high : number or None
        Bounds; None leaves that side open. One at least must be given.
    name : str or None
        Name of the column of votes. None makes one of column and bounds.

    Raises
    ------
    ValueError
        If no bound is given, or the interval is empty, or the vote says nothing.

    Examples
    --------
    >>> import pandas as pd
    >>> few = Threshold("stars", vote="bad", high=3)
    >>> few.name
    'stars_below_3'
    >>> few(pd.DataFrame({"stars": [1, 2.5, 3, None]})).tolist()
    ['bad', 'bad', None, None]
    """

    column: Hashable
    vote: Any = field(kw_only=True)
    low: Any = field(default=None, kw_only=True)
    high: Any = field(default=None, kw_only=True)
    name: str | None = field(default=None, kw_only=True)  # pyright: ignore[reportIncompatibleVariableOverride]

    def __post_init__(self) -> None:
        _check_bounds(self.low, self.high)
        default = readable(
            str(self.column),
            [
                *([] if self.low is None else ["from", self.low]),
                *([] if self.high is None else ["below", self.high]),
            ],
            most=4,
        )
        object.__setattr__(self, "vote", checked_vote(self.vote, "Threshold"))
        object.__setattr__(self, "name", checked(self.name, default))

    def compute(self, view: View) -> Column:
        """Vote on every item of the view."""
        values = pick(view.frame, self.column)
        hits = values.notna().to_numpy(copy=True)
        present = values[hits]
        inside = np.ones(len(present), bool)
        if self.low is not None:
            inside &= (present >= self.low).to_numpy(bool)
        if self.high is not None:
            inside &= (present < self.high).to_numpy(bool)
        hits[hits] = inside
        return one_vote(hits, self.vote)

    def content(self) -> tuple[Any, ...]:
        """List the fields that the votes depend on."""
        return "threshold", self.column, self.vote, self.low, self.high

    def reads(self) -> list[Hashable]:
        """Name the column."""
        return [self.column]


def _check_bounds(low: Any, high: Any) -> None:
    """Refuse an interval that has no bound or no content."""
    if low is None and high is None:
        msg = "Threshold got no bound. Give low=, high= or both; low <= x < high votes."
        raise ValueError(msg)
    if pd.isna(low) * (low is not None) or pd.isna(high) * (high is not None):
        msg = f"Threshold got low={low!r}, high={high!r}, a missing value. None leaves a side open."
        raise ValueError(msg)
    if low is not None and high is not None and not low < high:
        msg = (
            f"No x has {low!r} <= x < {high!r}, so it would never vote. "
            "Probably low and high are exchanged, or high is meant to be included."
        )
        raise ValueError(msg)
