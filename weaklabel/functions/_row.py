"""One item as row functions see it: columns by attribute or by name, nothing copied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import pandas as pd

from weaklabel._check import first_few


class Columns(dict[Any, list[Any]]):
    """Columns of a frame as lists of Python values, made when first asked for.

    `gaps_are_none` says what missing values are: None, as polars and Arrow have it, or what
    pandas has.
    """

    def __init__(self, frame: pd.DataFrame, *, gaps_are_none: bool = False) -> None:
        super().__init__()
        self.frame = frame
        self.gaps_are_none = gaps_are_none

    def __missing__(self, name: Any) -> list[Any]:
        column = pick(self.frame, name)
        values = column.tolist()
        if self.gaps_are_none and column.hasnans:
            there = column.notna().tolist()
            pairs = zip(values, there, strict=True)
            values = [value if is_there else None for value, is_there in pairs]
        self[name] = values
        return values


def pick(frame: pd.DataFrame, name: Any) -> pd.Series:
    """Take one column; errors name the columns there are."""
    if name not in frame.columns:
        msg = f"the frame has no column {name!r}; its columns are {first_few(frame.columns, 10)}"
        raise KeyError(msg)
    column = frame[name]
    if not isinstance(column, pd.Series):
        msg = f"the frame has {column.shape[1]} columns named {name!r}; give each its own name"
        raise KeyError(msg)
    return column


class Row:
    """One item: ``row.text`` or ``row["some text"]``.

    It reads from lists that all rows of the frame share, which makes it about a hundred times
    cheaper than the pandas Series of ``frame.iterrows()``. Any column can be had by ``row[name]``;
    those whose names are Python names by attribute, too. All functions see the same row, so that
    nothing can be assigned to it.
    """

    def __init__(self, columns: Columns, position: int) -> None:
        own = self.__dict__
        own["_columns"] = columns
        own["_position"] = position

    def __getitem__(self, name: Any) -> Any:
        return self._columns[name][self._position]

    def __getattr__(self, name: str) -> Any:
        if name in _OWN or name.startswith("__"):  # copying asks before they are set
            raise AttributeError(name)
        try:
            value = self._columns[name][self._position]
        except KeyError as error:
            raise AttributeError(error.args[0]) from None
        self.__dict__[name] = value  # Python finds it by itself the next time, ten times faster
        return value

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        msg = f"a row is only read; keep {name!r} in a variable of your own"
        raise AttributeError(msg)

    def __contains__(self, name: object) -> bool:
        return name in self._columns.frame.columns

    def __iter__(self) -> Iterator[Any]:
        return iter(self._columns.frame.columns)

    def __len__(self) -> int:
        return len(self._columns.frame.columns)

    def __repr__(self) -> str:
        return f"Row({ {name: self[name] for name in self} })"


_OWN = {"_columns", "_position"}
