"""Votes of one function, checked against the classes, and as columns of a frame."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from weaklabel._check import first_few
from weaklabel.functions._classes import KINDS, Classes, InvalidVoteError
from weaklabel.functions._column import Coded, Column, Soft
from weaklabel.functions.values import Not, as_python, in_order


@dataclass(frozen=True, kw_only=True, eq=False)
class Resolved:
    """Checked votes, and where a value was none.

    `invalid` are positions of items, increasing; `value` and `reason` are those of the first.
    """

    column: Column
    invalid: np.ndarray
    value: Any = None
    reason: str = ""

    def error(self, name: str, index: pd.Index, classes: Classes) -> ValueError:
        """Say which value of which item is no vote."""
        more = len(self.invalid) - 1
        msg = (
            f"{name!r} returned {self.value!r} for item {first_few(index[self.invalid[:1]])}"
            f"{f' and {more} more' if more else ''}. {self.reason} "
            f"{KINDS.format(example=classes.example())}"
        )
        return InvalidVoteError(msg)


def resolve(column: Column, classes: Classes) -> Resolved:
    """Check the distinct votes of a column and name them by their classes."""
    if isinstance(column, Soft):
        return _resolve_soft(column, classes)
    table: list[Any] = []
    wrong: dict[int, str] = {}
    for code, value in enumerate(column.table):
        try:
            table.append(classes.resolve(value))
        except InvalidVoteError as error:
            table.append(None)
            wrong[code] = str(error)
    invalid = np.flatnonzero(np.isin(column.codes, list(wrong)) if wrong else ())
    codes = _merge(column.codes, table)
    merged = Coded(codes=codes, table=tuple(table))
    if not len(invalid):
        return Resolved(column=merged, invalid=invalid)
    first = int(column.codes[invalid[0]])
    return Resolved(
        column=merged, invalid=invalid, value=as_python(column.table[first]), reason=wrong[first]
    )


def _merge(codes: np.ndarray, table: list[Any]) -> np.ndarray:
    """Silence the codes whose vote is None."""
    if all(vote is not None for vote in table):
        return codes
    silent = np.array([vote is None for vote in table] + [True])
    return np.where(silent[codes], np.int32(-1), codes)


def _resolve_soft(column: Soft, classes: Classes) -> Resolved:
    """Name the classes of probabilities, which are checked already."""
    nowhere = np.empty(0, np.int64)
    try:
        uniform = dict.fromkeys(column.classes, 1 / max(len(column.classes), 1))
        names = tuple(classes.resolve(uniform))
    except InvalidVoteError as error:
        voted = np.flatnonzero(~np.isnan(column.probabilities[:, :1]).any(axis=1))
        if not len(voted):
            return Resolved(column=column, invalid=nowhere)
        value = column.as_dicts()[voted[0]]
        quiet = Soft(probabilities=np.full_like(column.probabilities, np.nan), classes=())
        return Resolved(column=quiet, invalid=voted, value=value, reason=str(error))
    return Resolved(column=Soft(probabilities=column.probabilities, classes=names), invalid=nowhere)


def as_frame(resolved: dict[str, Resolved], index: pd.Index, classes: Classes) -> pd.DataFrame:
    """Put the columns side by side; all that are Categorical share their categories."""
    if classes.declared is None:
        seen = {name for each in resolved.values() for name in _named(each.column)}
        names = in_order(seen)
    else:
        names = classes.declared
    categories = pd.Index(names, tupleize_cols=False)
    columns = {name: _as_series(each.column, categories) for name, each in resolved.items()}
    return pd.DataFrame(columns, index=index, columns=pd.Index(list(columns), dtype=object))


def _named(column: Column) -> set[Hashable]:
    """List the classes that votes name."""
    if isinstance(column, Soft):
        return set(column.classes)
    used = np.flatnonzero(np.bincount(column.codes + 1)[1:])  # silence first
    named: set[Hashable] = set()
    for code in used:
        vote = column.table[code]
        if isinstance(vote, Not):
            named |= vote.classes
        elif isinstance(vote, (frozenset, dict)):
            named |= set(vote)
        else:
            named.add(vote)
    return named


def _as_series(column: Column, categories: pd.Index) -> Any:
    """Make a Categorical of single classes, objects of everything else."""
    if isinstance(column, Soft):
        return _objects(column.as_dicts())
    if any(isinstance(vote, (frozenset, Not, dict)) for vote in column.table):
        table = _objects([*column.table, None])
        return table[column.codes]
    position = {name: code for code, name in enumerate(categories.tolist())}
    into = [-1 if vote is None else position[vote] for vote in column.table]
    codes = np.array([*into, -1], np.int32)[column.codes]
    return pd.Categorical.from_codes(codes, categories=categories)


def _objects(values: list[Any]) -> np.ndarray:
    """Make an array of objects as they are."""
    array = np.empty(len(values), object)
    array[:] = values
    return array
