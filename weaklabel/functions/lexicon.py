"""Vote by a table of terms, each with its class and weight."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from weaklabel._check import first_few
from weaklabel.functions._base import Declared, View
from weaklabel.functions._column import Coded, Column, silent
from weaklabel.functions._find import items_with_term
from weaklabel.functions._names import checked, readable
from weaklabel.functions._text import Text
from weaklabel.functions.keywords import checked_terms
from weaklabel.functions.values import as_python

_TIE = 1e-9  # weights that differ by less are equal but for the order of adding


@dataclass(frozen=True, eq=False)
class Lexicon(Declared):
    """Vote for the class whose terms weigh most in a text.

    Every term counts once a text, however often it stands there. Texts without a term, texts
    where two classes weigh the same, and missing texts abstain.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``term`` (text), ``vote`` (class) and, if wanted, ``weight`` (a number above 0; 1
        where the column is absent or empty). Other columns, such as notes, are kept and not used.
    column : hashable
        The text column.
    name : str or None
        Name of the column of votes. None makes one of the first terms.
    whole_words : bool
        True: no letter, digit or underscore may touch the term.
    ignore_case : bool
        True: compare case folded.

    Raises
    ------
    ValueError
        If a column is absent, a term is there twice, or a vote or weight makes no sense.
    TypeError
        If the table is no DataFrame or a term is no string.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [("great", "fine", 1), ("poor", "bad", 1), ("refund", "bad", 3)]
    >>> table = pd.DataFrame(rows, columns=["term", "vote", "weight"])
    >>> feelings = Lexicon(table)
    >>> texts = ["Great!", "great, but I want a refund", "great and poor", "hm"]
    >>> feelings(pd.DataFrame({"text": texts})).tolist()
    ['fine', 'bad', None, None]
    """

    table: pd.DataFrame
    column: Hashable = field(default="text", kw_only=True)
    name: str | None = field(default=None, kw_only=True)  # pyright: ignore[reportIncompatibleVariableOverride]
    whole_words: bool = field(default=True, kw_only=True)
    ignore_case: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        table = _checked_table(self.table, ignore_case=self.ignore_case)
        default = readable("lexicon", table["term"].tolist())
        object.__setattr__(self, "table", table)
        object.__setattr__(self, "name", checked(self.name, default))

    @classmethod
    def read_csv(cls, path: str | Path, **settings: Any) -> Lexicon:
        """Read a lexicon from a CSV file with the columns of `table`, in UTF-8.

        Terms such as "null" or "007" stay what they are. Votes that are whole numbers are read as
        such if all of them are.

        Parameters
        ----------
        path : str or Path
            A file that `to_csv`, a spreadsheet or a person wrote.
        **settings
            The other parameters of `Lexicon`.

        Raises
        ------
        ValueError
            If the file lacks a column or its content makes no sense as a lexicon.
        """
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        if "vote" in table and table["vote"].str.fullmatch(r"-?\d+").all():
            table["vote"] = table["vote"].astype(np.int64)
        if "weight" in table:
            table["weight"] = table["weight"].where(table["weight"] != "")
        return cls(table, **settings)

    def to_csv(self, path: str | Path) -> None:
        """Write the table to a CSV file (UTF-8, marked so that spreadsheets see it).

        `read_csv` gives the same lexicon back, if votes are strings or integers.
        """
        self.table.to_csv(path, index=False, encoding="utf-8-sig")

    def compute(self, view: View) -> Column:
        """Vote on every item of the view."""
        text = view.text(self.column)
        classes = tuple(dict.fromkeys(map(as_python, self.table["vote"])))
        weights = np.zeros((len(classes), len(text)))
        for term, vote, weight in zip(*self._terms(), strict=True):
            weights[classes.index(vote), self._items(text, term)] += weight
        return _heaviest(weights, classes)

    def _terms(self) -> tuple[list[str], list[Any], list[float]]:
        """List terms, votes and weights."""
        weight = (
            self.table["weight"].tolist() if "weight" in self.table else [1.0] * len(self.table)
        )
        return self.table["term"].tolist(), [*map(as_python, self.table["vote"])], weight

    def _items(self, text: Text, term: str) -> np.ndarray:
        """List the positions of the items that hold a term."""
        term = term.casefold() if self.ignore_case else term
        return items_with_term(
            text, term, whole_words=self.whole_words, ignore_case=self.ignore_case
        )

    def content(self) -> tuple[Any, ...]:
        """List the fields that the votes depend on."""
        return "lexicon", self._terms(), self.column, self.whole_words, self.ignore_case

    def reads(self) -> list[Hashable]:
        """Name the text column."""
        return [self.column]


def _heaviest(weights: np.ndarray, classes: tuple[Any, ...]) -> Coded:
    """Vote for the heaviest class of each item; `weights` is n_classes x n_items."""
    if not len(classes) or not weights.size:
        return silent(weights.shape[1])
    best = weights.argmax(axis=0)
    heaviest = weights.max(axis=0)
    rivals = (weights >= heaviest * (1 - _TIE)).sum(axis=0)
    codes = np.where((heaviest > 0) & (rivals == 1), best, -1).astype(np.int32)
    return Coded(codes=codes, table=classes)


def _checked_table(table: Any, *, ignore_case: bool) -> pd.DataFrame:
    """Check the table and copy it, so that later edits of the caller's do not matter."""
    if not isinstance(table, pd.DataFrame):
        msg = (
            f"Lexicon wants a DataFrame, not {type(table).__name__}. "
            "Use Lexicon.read_csv for a file."
        )
        raise TypeError(msg)
    absent = [column for column in ("term", "vote") if column not in table]
    if absent:
        msg = (
            f"The table lacks {first_few(absent)}; it has {first_few(table.columns, 10)}. "
            "A lexicon needs the columns term and vote, and may have weight."
        )
        raise ValueError(msg)
    table = table.reset_index(drop=True).copy()
    terms = pd.Series(list(table["term"]), dtype=object)
    checked_terms(terms.tolist(), "Lexicon")
    twice = terms.map(str.casefold if ignore_case else str).duplicated(keep=False)
    _refuse(terms[twice], "are there more than once", "Give each term one line.")
    empty = table["vote"].isna() | (table["vote"].astype(object) == "")
    _refuse(terms[empty.to_numpy(bool)], "have no vote", "Fill in their class, or leave them out.")
    if "weight" in table:
        weight = pd.to_numeric(table["weight"], errors="coerce").fillna(
            table["weight"].isna().astype(float).replace(0.0, np.nan)
        )
        bad = ~((weight > 0) & np.isfinite(weight))
        _refuse(
            terms[bad.to_numpy(bool)], "have no weight above 0", "Leave out terms that say nothing."
        )
        table["weight"] = weight.astype(float)
    return table


def _refuse(terms: pd.Series, what: str, remedy: str) -> None:
    """Raise if there are any such terms."""
    if len(terms):
        msg = f"{len(terms)} terms of the lexicon {what}: {first_few(terms.tolist())}. {remedy}"
        raise ValueError(msg)
