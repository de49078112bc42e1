"""What every labeling function is: a name, and votes on a frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from typing import Any, ClassVar

import pandas as pd

from weaklabel._frames import kind_of
from weaklabel.functions._column import Column, Soft
from weaklabel.functions._row import Columns, pick
from weaklabel.functions._text import Text


class View:
    """A frame, or a slice of one, with what functions over it share: lists and text indices.

    `native` is the whole frame as the user gave it, where that is of another library.
    """

    def __init__(self, frame: pd.DataFrame, native: Any = None) -> None:
        self.frame = frame
        self.native = frame if native is None else native
        self.columns = Columns(frame, gaps_are_none=kind_of(self.native) != "pandas")
        self._texts: dict[Hashable, Text] = {}

    def __len__(self) -> int:
        return len(self.frame)

    def text(self, column: Hashable) -> Text:
        """Index a text column, once."""
        if column not in self._texts:
            self._texts[column] = Text(pick(self.frame, column))
        return self._texts[column]


class LabelingFunction(ABC):
    """Something with a name that votes on the items of a frame.

    Made by `labeling_function` from a Python function, or declared: `Keywords`, `Regex`,
    `Lexicon`, `Threshold`, `ModelVotes`, `FrameVotes`. Give a list of them to `apply`.

    Attributes
    ----------
    name : str
        Name of the column of votes.
    """

    name: str
    whole_frame: ClassVar[bool] = False  # True: sees the frame as a whole, never a slice of it

    @abstractmethod
    def content(self) -> tuple[Any, ...]:
        """List everything besides the data that the votes depend on."""

    def reads(self) -> list[Hashable] | None:
        """Name the columns that the votes depend on; None: all of them, and the index."""
        return None


class Computed(LabelingFunction):
    """A function that votes on many items at once."""

    @abstractmethod
    def compute(self, view: View) -> Column:
        """Vote on every item of the view."""


class Declared(Computed):
    """A function told by its fields instead of by a Python body."""

    def __call__(self, frame: pd.DataFrame) -> pd.Series:
        """Vote on a frame.

        Parameters
        ----------
        frame : pandas.DataFrame, n_items x n_columns

        Returns
        -------
        pandas.Series, n_items
            Votes on the index of the frame; None abstains.
        """
        column = self.compute(View(frame))
        if isinstance(column, Soft):
            votes = column.as_dicts()
        else:
            votes = [*column.table, None]
            votes = [votes[code] for code in column.codes.tolist()]
        return pd.Series(votes, index=frame.index, dtype=object, name=self.name)
