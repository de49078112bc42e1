"""One form of votes a column: single classes, lists of classes, or shares, in every batch."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from weaklabel._check import first_few
from weaklabel._frames import in_kind
from weaklabel.functions._base import LabelingFunction
from weaklabel.functions.values import Not

SETS = (set, frozenset, Not)
WORDS = {"class": "single classes", "sets": "sets of classes", "shares": "probabilities"}


def voting_with_sets(functions: Sequence[LabelingFunction], sets: Iterable[str]) -> set[str]:
    """Name the functions that vote with sets: those named, and those that are declared so.

    Raises
    ------
    ValueError
        If a name is of no function.
    """
    names = [sets] if isinstance(sets, str) else list(sets)
    absent = [name for name in names if name not in {f.name for f in functions}]
    if absent:
        msg = f"sets= names {first_few(absent)}, which is no function. Check the spelling."
        raise ValueError(msg)
    return {*names, *(f.name for f in functions if isinstance(getattr(f, "vote", None), SETS))}


class Forms:
    """Turns columns of votes into Arrow arrays of one form each.

    Parameters
    ----------
    classes : list of hashable
    sets : set of str
        Columns of sets. The form of others is that of the first batch.
    """

    def __init__(self, classes: list[Hashable], sets: set[str]) -> None:
        self.classes = classes
        self._form = dict.fromkeys(sets, "sets")

    def take_up(self, schema: Any) -> None:
        """Go on with the forms of a part that is there."""
        import pyarrow as pa

        for field in schema:
            nested = "sets" if pa.types.is_list(field.type) else "shares"
            form = nested if pa.types.is_nested(field.type) else "class"
            self._form.setdefault(field.name, form)

    def array(self, column: pd.Series, first: int) -> Any:
        """Make an array; the first vote is on row `first`.

        Raises
        ------
        ValueError
            If votes are of another form than those before.
        """
        import pyarrow as pa

        name = str(column.name)
        form = self._form.setdefault(name, _form(column))
        if column.dtype != object and form == "class":  # by far the most columns
            return in_kind(column.to_frame(), "arrow").column(0)
        votes = column.astype(object).where(column.notna(), None)
        strange = np.flatnonzero([_differs(vote, form) for vote in votes])
        if len(strange):
            raise ValueError(_told(name, votes.iloc[strange[0]], first + strange[0], form))
        if form == "class":
            single = votes.astype(pd.CategoricalDtype(self.classes))
            return in_kind(single.to_frame(), "arrow").column(0)
        if form == "sets":
            kind = pa.list_(self._of_classes())
            return pa.array([None if v is None else self._members(v) for v in votes], kind)
        kind = pa.struct([(str(each), pa.float64()) for each in self.classes])
        return pa.array([None if v is None else _shares(v) for v in votes], kind)

    def _of_classes(self) -> Any:
        """Give the Arrow type of classes."""
        names = pd.DataFrame({"classes": pd.Series(self.classes, dtype=object)})
        return in_kind(names, "arrow").column(0).type

    def _members(self, vote: Any) -> list[Hashable]:
        """List what a vote allows, in the order of the classes."""
        if isinstance(vote, Not):
            return [each for each in self.classes if each not in vote.classes]
        allowed: Any = vote if isinstance(vote, set | frozenset) else {vote}
        return [each for each in self.classes if each in allowed]


def _form(column: pd.Series) -> str:
    """Tell the form of a column of votes; objects without a set are probabilities."""
    if column.dtype != object:
        return "class"
    return "sets" if any(isinstance(vote, SETS) for vote in column) else "shares"


def _differs(vote: Any, form: str) -> bool:
    """Tell votes that a column of a form cannot hold; a single class fits all."""
    kinds = {"class": (*SETS, dict), "sets": dict, "shares": SETS}[form]
    return isinstance(vote, kinds)


def _shares(vote: Any) -> dict[str, float]:
    """Give probabilities by names; a class alone is certain."""
    pairs = vote.items() if isinstance(vote, dict) else [(vote, 1.0)]
    return {str(name): float(share) for name, share in pairs}


def _told(name: str, vote: Any, row: int, form: str) -> str:
    """Say which function says what, and what helps."""
    help_ = "Let it vote with one of them throughout."
    if form == "class" and not isinstance(vote, dict):
        help_ = (
            f"Give sets=[{name!r}] and overwrite=True: its column then holds lists of classes "
            "throughout."
        )
    return (
        f"{name!r} says {vote!r} for row {row}, while its column holds {WORDS[form]}; a file has "
        f"one kind of votes a column. {help_}"
    )
