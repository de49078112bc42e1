"""Vote where a text matches a regular expression."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from weaklabel.functions._base import Declared, View
from weaklabel.functions._column import Column, one_vote
from weaklabel.functions._names import checked, checked_vote, readable
from weaklabel.functions._pattern import literals, to_re2, within_piece
from weaklabel.functions._text import Text

_FEW = 100  # texts that `re` has searched before RE2 is ready


@dataclass(frozen=True)
class Regex(Declared):
    r"""Vote for a class where ``re.search(pattern, text)`` finds something.

    The answer is always that of Python's `re`. Most patterns are searched by Arrow, many times
    faster, and only in texts that hold a word which the pattern cannot do without. Patterns with
    look-around or back references, and texts outside ASCII, are left to `re`.

    Parameters
    ----------
    pattern : str or re.Pattern
        A regular expression as `re` reads it. A compiled one keeps its flags.
    vote : hashable, set or Not
        The class to vote for; a set means one of them, `Not` none of them.
    column : hashable
        The text column; missing text abstains.
    name : str or None
        Name of the column of votes. None makes one of the pattern.
    flags : int or re.RegexFlag
        Flags for `re.compile`, such as ``re.IGNORECASE``.

    Raises
    ------
    ValueError
        If the pattern is no regular expression, or the vote says nothing.
    TypeError
        If the pattern is no string.

    Examples
    --------
    >>> import pandas as pd
    >>> money = Regex(r"\$\d+|\bfree\b", vote="spam", flags=re.IGNORECASE)
    >>> money.name
    'regex_d_bfree_b'
    >>> money(pd.DataFrame({"text": ["Win $100", "FREE", "freedom", None]})).tolist()
    ['spam', 'spam', None, None]
    """

    pattern: str | re.Pattern[str]
    vote: Any = field(kw_only=True)
    column: Hashable = field(default="text", kw_only=True)
    name: str | None = field(default=None, kw_only=True)  # pyright: ignore[reportIncompatibleVariableOverride]
    flags: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        compiled = _compiled(self.pattern, self.flags)
        object.__setattr__(self, "pattern", compiled.pattern)
        object.__setattr__(self, "flags", compiled.flags)
        object.__setattr__(self, "vote", checked_vote(self.vote, "Regex"))
        object.__setattr__(self, "name", checked(self.name, _name(compiled.pattern)))

    def compute(self, view: View) -> Column:
        """Vote on every item of the view."""
        text = view.text(self.column)
        pattern = re.compile(self.pattern, self.flags)
        pieces = _pieces_needed(text, literals(pattern))
        if within_piece(pattern):
            texts = text.pieces.texts
            chosen = range(len(texts)) if pieces is None else pieces.tolist()
            found = [piece for piece in chosen if pattern.search(texts[piece])]
            return one_vote(text.flags(found) & text.present, self.vote)
        possible = text.present if pieces is None else text.flags(pieces) & text.present
        return one_vote(_search(text, pattern, possible), self.vote)

    def content(self) -> tuple[Any, ...]:
        """List the fields that the votes depend on."""
        return "regex", self.pattern, self.vote, self.column, int(self.flags)

    def reads(self) -> list[Hashable]:
        """Name the text column."""
        return [self.column]


def _compiled(pattern: Any, flags: int) -> re.Pattern[str]:
    """Compile, with an error that says what to do."""
    if not isinstance(getattr(pattern, "pattern", pattern), str):
        msg = f"Regex got {pattern!r} as a pattern. A pattern is a string: r'\\bfree\\b'."
        raise TypeError(msg)
    try:
        return re.compile(pattern, flags)
    except (re.error, ValueError) as error:
        msg = (
            f"Regex cannot read {pattern!r}: {error}. Probably a character with a meaning of its "
            "own is not escaped; re.escape(...) escapes a text."
        )
        raise ValueError(msg) from error


def _name(pattern: str) -> str:
    """Make a name of what can be read in a pattern."""
    return readable("regex", [" ".join(re.findall(r"\w+", pattern))])[:60].rstrip("_")


def _pieces_needed(text: Text, required: list[str] | None) -> np.ndarray | None:
    """List the pieces that hold a required literal; None if nothing is required."""
    if required is None:
        return None
    return np.unique(np.concatenate([text.lowered.holding(literal) for literal in required]))


def _search(text: Text, pattern: re.Pattern[str], possible: np.ndarray) -> np.ndarray:
    """Flag the items where the pattern matches, out of those where it possibly does."""
    hits = np.zeros(len(text), bool)
    items = np.flatnonzero(possible)
    fast = to_re2(pattern)
    if fast is not None and len(items) > _FEW:
        chosen = text.take(items)
        plain = chosen.plain()
        found = _search_arrow(chosen, fast)
        if found is not None:
            hits[items[found & plain]] = True
            items = items[~plain]
    hits[text.where(items, pattern.search)] = True
    return hits


def _search_arrow(text: Text, pattern: str) -> np.ndarray | None:
    """Flag the items where RE2 finds the pattern; None if it is too large for RE2."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        found: Any = pc.match_substring_regex(text.arrow, pattern)  # pyright: ignore[reportAttributeAccessIssue]
    except pa.ArrowInvalid:
        return None
    return found.fill_null(False).to_numpy(zero_copy_only=False)
