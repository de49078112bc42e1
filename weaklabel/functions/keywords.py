"""Vote where a text holds one of some words."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from weaklabel.functions._base import Declared, View
from weaklabel.functions._column import Column, one_vote
from weaklabel.functions._find import items_with_term
from weaklabel.functions._names import checked, checked_vote, readable


@dataclass(frozen=True)
class Keywords(Declared):
    r"""Vote for a class where a text holds one of some words or phrases.

    Missing text abstains. All functions over one text column share its index, so that a hundred
    lists of keywords take little longer than one.

    Parameters
    ----------
    words : str or iterable of str
        Words or phrases; the blanks of a phrase are matched as they are.
    vote : hashable, set or Not
        The class to vote for; a set means one of them, `Not` none of them.
    column : hashable
        The text column.
    name : str or None
        Name of the column of votes. None makes one of the words.
    whole_words : bool
        True: no letter, digit or underscore may touch the word: "art" is not found in "party".
    ignore_case : bool
        True: compare case folded, so that "STRASSE" finds "Straße".

    Raises
    ------
    ValueError
        If no word is given, or an empty one, or a vote that says nothing.
    TypeError
        If a word is no string.

    See Also
    --------
    Lexicon : Many words with their own votes.
    Regex : A regular expression.

    Examples
    --------
    >>> import pandas as pd
    >>> asks = Keywords(["subscribe", "check out"], vote="spam")
    >>> asks.name
    'keywords_subscribe_check_out'
    >>> asks(pd.DataFrame({"text": ["SUBSCRIBE!", "subscribers", "Check out this", None]})).tolist()
    ['spam', None, 'spam', None]
    """

    words: Iterable[str]
    vote: Any = field(kw_only=True)
    column: Hashable = field(default="text", kw_only=True)
    name: str | None = field(default=None, kw_only=True)  # pyright: ignore[reportIncompatibleVariableOverride]
    whole_words: bool = field(default=True, kw_only=True)
    ignore_case: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        words = checked_terms(self.words, "Keywords")
        default = readable("keywords", words)
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "vote", checked_vote(self.vote, "Keywords"))
        object.__setattr__(self, "name", checked(self.name, default))

    def compute(self, view: View) -> Column:
        """Vote on every item of the view."""
        text = view.text(self.column)
        hits = np.zeros(len(text), bool)
        for word in self.words:
            term = word.casefold() if self.ignore_case else word
            found = items_with_term(
                text, term, whole_words=self.whole_words, ignore_case=self.ignore_case
            )
            hits[found] = True
        return one_vote(hits & text.present, self.vote)

    def content(self) -> tuple[Any, ...]:
        """List the fields that the votes depend on."""
        return "keywords", self.words, self.vote, self.column, self.whole_words, self.ignore_case

    def reads(self) -> list[Hashable]:
        """Name the text column."""
        return [self.column]


def checked_terms(words: Iterable[str], of: str) -> tuple[str, ...]:
    """Check words or phrases and keep each once."""
    words = (words,) if isinstance(words, str) else tuple(dict.fromkeys(words))
    for word in words:
        if not isinstance(word, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            msg = f"{of} got {word!r} as a word. Words are strings: str({word!r}) if that is meant."
            raise TypeError(msg)
    if not words or not all(word.strip() for word in words):
        what = "an empty word, which stands in every text" if words else "no words"
        msg = f"{of} got {what}. Give at least one word, and leave empty ones out."
        raise ValueError(msg)
    return words
