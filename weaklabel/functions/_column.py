"""The votes of one function while they are computed: a code an item, and what each code says."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from weaklabel.functions.values import as_python


@dataclass(frozen=True, kw_only=True, eq=False)
class Coded:
    """Votes as positions in a table of distinct values.

    `codes` is an integer array, n_items; entries index into `table`, -1 abstains.
    """

    codes: np.ndarray
    table: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def n_bytes(self) -> int:
        """Bytes held, with a rough guess for the values of the table."""
        return self.codes.nbytes + 200 * len(self.table)


@dataclass(frozen=True, kw_only=True, eq=False)
class Soft:
    """Votes as checked probabilities, float64, n_items x n_classes; a row of NaN abstains."""

    probabilities: np.ndarray
    classes: tuple[Hashable, ...]

    def __len__(self) -> int:
        return len(self.probabilities)

    @property
    def n_bytes(self) -> int:
        """Bytes held."""
        return self.probabilities.nbytes

    def as_dicts(self) -> list[dict[Hashable, float] | None]:
        """Give each item its dict of probabilities, or None."""
        silent: Any = np.isnan(self.probabilities[:, :1]).any(axis=1)
        return [
            None if abstains else dict(zip(self.classes, row, strict=True))
            for abstains, row in zip(silent.tolist(), self.probabilities.tolist(), strict=True)
        ]


Column = Coded | Soft


def one_vote(hits: np.ndarray, vote: Any) -> Coded:
    """Vote the same wherever `hits` (bool, n_items) is true."""
    return Coded(codes=hits.view(np.int8) - np.int8(1), table=(vote,))


def silent(n_items: int) -> Coded:
    """Abstain everywhere."""
    return Coded(codes=np.full(n_items, -1, np.int32), table=())


def from_list(values: Sequence[Any]) -> Coded:
    """Give each distinct value a code; True, 1 and 1.0 stay apart, though they are equal."""
    kinds = set(map(type, values))
    kinds.discard(type(None))
    if len(kinds) <= 1 and kinds <= {str, int, bool}:  # equal means the same here: be quick
        distinct = {value: code for code, value in enumerate(dict.fromkeys(values))}
        codes = np.fromiter(map(distinct.__getitem__, values), np.int32, len(values))
        return Coded(codes=codes, table=tuple(distinct))
    return _from_mixed(values)


def _from_mixed(values: Sequence[Any]) -> Coded:
    """Give a code to values of several types; each unhashable one is a value of its own."""
    seen: dict[tuple[type, Any], int] = {}
    table: list[Any] = []
    codes = np.empty(len(values), np.int32)
    for position, value in enumerate(values):
        try:
            code = seen.setdefault((type(value), value), len(table))
        except TypeError:
            code = len(table)
        if code == len(table):
            table.append(value)
        codes[position] = code
    return Coded(codes=codes, table=tuple(table))


def from_array(values: Any) -> Coded:
    """Give each distinct value a code, in a Series, an extension array or a numpy array."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        codes = np.asarray(pd.Categorical(values).codes, np.int32)
        return Coded(codes=codes, table=tuple(dtype.categories.tolist()))
    if pd.api.types.is_object_dtype(dtype):
        return from_list(list(values))
    codes, distinct = pd.factorize(values)
    return Coded(codes=codes.astype(np.int32), table=tuple(map(as_python, list(distinct))))


def concat(columns: Sequence[Column]) -> Column:
    """Put the votes of consecutive slices of a frame one after the other.

    Soft votes come only from functions that see the frame as a whole, in one slice.
    """
    if len(columns) == 1:
        return columns[0]
    coded = [column for column in columns if isinstance(column, Coded)]
    merged = from_list([value for column in coded for value in column.table])
    starts = np.cumsum([0, *(len(column.table) for column in coded)])
    codes = [
        _recode(column.codes, merged.codes[start : start + len(column.table)])
        for column, start in zip(coded, starts, strict=False)
    ]
    return Coded(codes=np.concatenate(codes), table=merged.table)


def _recode(codes: np.ndarray, into: np.ndarray) -> np.ndarray:
    """Replace each code by `into[code]`; -1 stays -1."""
    return np.append(into, np.int32(-1))[codes]  # position -1 is the appended one
