"""Distinct pieces of text, and which of them hold a term or a word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate

import numpy as np

WORD = re.compile(r"\w+")
_FEW = 32  # words that are searched before all words are numbered
_BLANKS = " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"


class Pieces:
    """Pieces of text without a blank, but for one that may end each.

    Attributes
    ----------
    texts : list of str
        The pieces.
    """

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        self._n_asked = 0

    @cached_property
    def _joined(self) -> tuple[str, np.ndarray]:
        """All pieces as one string, and where each starts in it."""
        ends = accumulate(len(text) + 1 for text in self.texts)
        return "\n".join(self.texts), np.array([0, *ends], np.int64)

    def holding(self, term: str) -> np.ndarray:
        """List the positions of the pieces that hold a term without a blank; they may repeat."""
        return self._at(list(self._find(term)))

    def with_word(self, word: str) -> np.ndarray:
        """List the positions of the pieces that hold a word, which is made of word characters."""
        self._n_asked += 1
        if self._n_asked <= _FEW:  # to number all words does not pay yet
            text = f"\n{self._joined[0]}\n"
            end = len(word) + 1
            return self._at(
                [
                    at
                    for at in self._find(word)
                    if not (WORD.match(text[at]) or WORD.match(text[at + end]))
                ]
            )
        numbers, piece, starts = self._words
        number = numbers.get(word)
        return piece[:0] if number is None else piece[starts[number] : starts[number + 1]]

    def _find(self, term: str) -> Iterator[int]:
        """Find all places of a term in the joined pieces."""
        text = self._joined[0]
        at = text.find(term)
        while at >= 0:
            yield at
            at = text.find(term, at + 1)

    def _at(self, places: list[int]) -> np.ndarray:
        """List the pieces that are at places in the joined ones."""
        return np.searchsorted(self._joined[1], places, side="right") - 1

    @cached_property
    def _words(self) -> tuple[dict[str, int], np.ndarray, np.ndarray]:
        """Number of each word; pieces that hold them, word after word; where each word starts."""
        numbers = {"\n": 0}  # the end of a piece is word 0
        text = "\n".join([text.rstrip(_BLANKS) for text in self.texts])
        found = re.findall(r"\w+|\n", text)
        codes = np.array([numbers.setdefault(word, len(numbers)) for word in found], np.int64)
        piece = np.cumsum(codes == 0)
        starts = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=len(numbers)))])
        return numbers, piece[np.argsort(codes, kind="stable")], starts
