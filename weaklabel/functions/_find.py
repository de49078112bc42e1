"""Find the items whose text holds a word or a phrase."""

from __future__ import annotations

import re

import numpy as np

from weaklabel.functions._text import BLANK, WORD, Text


def items_with_term(text: Text, term: str, *, whole_words: bool, ignore_case: bool) -> np.ndarray:
    r"""List the positions of the items that hold a term; they may repeat, in any order.

    By definition, with ``term`` and text both case folded where case is ignored, they are the
    items where ``term in text``, and for whole words where
    ``re.search(rf"(?<!\w){re.escape(term)}(?!\w)", text)``.
    """
    if whole_words and WORD.fullmatch(term):
        words = text.folded_words if ignore_case else text.words
        return text.items_with(words.get(term, ()))
    holds = _whole(term) if whole_words else re.compile(re.escape(term))
    pieces = text.folded if ignore_case else text.pieces
    if not BLANK.search(term):
        return text.items_with(_pieces_with(pieces, term, holds))
    possible = text.present.copy()
    for part in filter(None, BLANK.split(term)):
        possible &= text.flags(_pieces_with(pieces, part))
    found = np.flatnonzero(possible)
    if ignore_case:
        return text.where(found, lambda one: _holds(one.casefold(), term, holds))
    return text.where(found, lambda one: _holds(one, term, holds))


def _holds(text: str, term: str, holds: re.Pattern[str]) -> bool:
    """Ask the quick question first."""
    return term in text and holds.search(text) is not None


def _pieces_with(pieces: list[str], term: str, holds: re.Pattern[str] | None = None) -> list[int]:
    """List the positions of the pieces that hold a term."""
    found = [position for position, piece in enumerate(pieces) if term in piece]
    if holds is None:
        return found
    return [position for position in found if holds.search(pieces[position])]


def _whole(term: str) -> re.Pattern[str]:
    """Match a term that no word character touches."""
    return re.compile(rf"(?<!\w){re.escape(term)}(?!\w)")
