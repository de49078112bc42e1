"""Find the items whose text holds a word or a phrase."""

from __future__ import annotations

import re

import numpy as np

from weaklabel.functions._pieces import WORD
from weaklabel.functions._text import BLANK, Text


def items_with_term(text: Text, term: str, *, whole_words: bool, ignore_case: bool) -> np.ndarray:
    r"""List the positions of the items that hold a term; they may repeat, in any order.

    By definition, with ``term`` and text both case folded where case is ignored, they are the
    items where ``term in text``, and for whole words where
    ``re.search(rf"(?<!\w){re.escape(term)}(?!\w)", text)``.
    """
    pieces = text.folded if ignore_case else text.pieces
    if whole_words and WORD.fullmatch(term):
        return text.items_with(pieces.with_word(term))
    holds = re.compile(rf"(?<!\w){re.escape(term)}(?!\w)" if whole_words else re.escape(term))
    longest = max(BLANK.split(term), key=len)  # the most telling, and one is enough
    found = np.unique(pieces.holding(longest)).tolist()
    if longest == term:
        return text.items_with([one for one in found if holds.search(pieces.texts[one])])
    items = np.flatnonzero(text.flags(found) & text.present)
    if ignore_case:
        return text.where(items, lambda one: _holds(one.casefold(), term, holds))
    return text.where(items, lambda one: _holds(one, term, holds))


def _holds(text: str, term: str, holds: re.Pattern[str]) -> bool:
    """Ask the quick question first."""
    return term in text and holds.search(text) is not None
