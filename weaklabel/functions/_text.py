"""One text column, read once: which distinct pieces of text there are, and in which items."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from weaklabel._check import first_few

WORD = re.compile(r"\w+")

# What Python takes for a blank, in ASCII.
BLANK = re.compile(r"[\t-\r\x1c-\x20]+")
_IS_BLANK = np.array([BLANK.match(chr(code)) is not None for code in range(33)])

# What Python's re.IGNORECASE takes for an ASCII letter, and lower() does not.
_LIKE_ASCII = str.maketrans("\u0130\u0131\u017f\u212a", "iisk")


class Text:
    """A text column with an inverted index over its pieces.

    A *piece* is what stands between ASCII blanks, together with the blank that ends it. Texts
    repeat their pieces, so a keyword is looked for among the distinct pieces, and the items that
    hold them are known: many functions over one column cost little more than one. No word, and
    no literal without a blank, crosses the border of a piece, so nothing is lost.

    Parameters
    ----------
    column : pandas.Series
        Text; missing values have no pieces.

    Raises
    ------
    TypeError
        If a value is neither text nor missing; names the items.
    """

    def __init__(self, column: pd.Series) -> None:
        self.arrow = _to_arrow(column)

    def __len__(self) -> int:
        return len(self.arrow)

    @cached_property
    def bytes(self) -> tuple[np.ndarray, np.ndarray]:
        """All text as one uint8 array, and int64 offsets of the items in it, n_items + 1."""
        _, offsets, data = self.arrow.buffers()
        n_items, start = len(self.arrow), self.arrow.offset
        bounds = np.frombuffer(offsets, np.int64)[start : start + n_items + 1]
        if data is None:
            return np.empty(0, np.uint8), bounds
        return np.frombuffer(data, np.uint8), bounds

    @cached_property
    def _index(self) -> tuple[Any, np.ndarray, np.ndarray]:
        """Distinct pieces; the items that hold them, piece after piece; where each piece starts."""
        import pyarrow as pa

        data, bounds = self.bytes
        data = data[bounds[0] : bounds[-1]]
        bounds = bounds - bounds[0]
        is_end = data == 32
        control = np.flatnonzero(data < 32)
        is_end[control[_IS_BLANK[data[control]]]] = True
        is_end[bounds[1:][bounds[1:] > 0] - 1] = True
        ends = np.concatenate([[0], np.flatnonzero(is_end) + 1])
        pieces = pa.LargeStringArray.from_buffers(
            len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(data)
        )
        encoded = pieces.dictionary_encode()
        code = encoded.indices.to_numpy()
        counts = np.diff(np.searchsorted(ends, bounds))
        item = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        order = _stable_order(code)
        starts = np.cumsum([0, *np.bincount(code, minlength=len(encoded.dictionary))])
        return encoded.dictionary, item[order], starts

    @cached_property
    def pieces(self) -> list[str]:
        """The distinct pieces as written."""
        return self._index[0].to_pylist()

    @cached_property
    def folded(self) -> list[str]:
        """The distinct pieces, case folded."""
        return [piece.casefold() for piece in self.pieces]

    @cached_property
    def _lowered(self) -> Any:
        """The distinct pieces with ASCII letters as re.IGNORECASE reads them, as Arrow text."""
        import pyarrow as pa

        lowered = [
            piece.lower() if piece.isascii() else piece.translate(_LIKE_ASCII).lower()
            for piece in self.pieces
        ]
        return pa.array(lowered, pa.large_string())

    @cached_property
    def words(self) -> dict[str, list[int]]:
        """Positions of the pieces that hold each word, as written."""
        return _words(self.pieces)

    @cached_property
    def folded_words(self) -> dict[str, list[int]]:
        """Positions of the pieces that hold each word, case folded."""
        return _words(self.folded)

    def items_with(self, pieces: Iterable[int]) -> np.ndarray:
        """Positions of the items that hold one of the pieces; may repeat, in any order."""
        _, item, starts = self._index
        parts = [item[starts[piece] : starts[piece + 1]] for piece in pieces]
        return np.concatenate(parts) if parts else np.empty(0, np.int32)

    def flags(self, pieces: Iterable[int]) -> np.ndarray:
        """Flag the items that hold one of the pieces; bool, n_items."""
        hits = np.zeros(len(self), bool)
        hits[self.items_with(pieces)] = True
        return hits

    def pieces_with(self, literals: Iterable[str]) -> np.ndarray:
        """List pieces where some literal (lower case, ASCII, no blanks) stands, in any case."""
        from pyarrow import compute

        found = np.zeros(len(self._lowered), bool)
        for literal in literals:
            found |= compute.match_substring(  # pyright: ignore[reportAttributeAccessIssue]
                self._lowered, literal
            ).to_numpy(zero_copy_only=False)
        return np.flatnonzero(found)

    @cached_property
    def present(self) -> np.ndarray:
        """Bool, n_items: the text is not missing."""
        return self.arrow.is_valid().to_numpy(zero_copy_only=False)

    @cached_property
    def plain(self) -> np.ndarray:
        """Bool, n_items: RE2 and Python read every character of the text alike.

        They differ outside ASCII (what is a letter), in control characters (what is a blank) and
        at a line break that ends the text (what is the end).
        """
        data, bounds = self.bytes
        odd = (data >= 127) | ((data < 32) & (data != 9) & (data != 10) & (data != 13))
        plain = self.present.copy()
        at = np.flatnonzero(odd)
        at = at[(at >= bounds[0]) & (at < bounds[-1])]
        plain[np.searchsorted(bounds, at, side="right") - 1] = False
        filled = np.flatnonzero(np.diff(bounds))
        plain[filled[data[bounds[filled + 1] - 1] == 10]] = False
        return plain

    def at(self, items: np.ndarray) -> Iterator[str]:
        """Texts of the items at these positions, which are not missing."""
        import pyarrow as pa

        return iter(self.arrow.take(pa.array(items)).to_pylist())

    def where(self, items: np.ndarray, holds: Callable[[str], object]) -> np.ndarray:
        """Keep the positions whose text, asked one by one, `holds`."""
        keep = [bool(holds(text)) for text in self.at(items)]
        return items[np.array(keep, bool)]


def _to_arrow(column: pd.Series) -> Any:
    """Turn a text column into one contiguous Arrow array with 64-bit offsets."""
    import pyarrow as pa

    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if not isinstance(column.dtype, pd.StringDtype) and column.dtype != object:
        msg = (
            f"column {column.name!r} holds {column.dtype}, not text; "
            "turn it into text with .astype(str) if that is meant"
        )
        raise TypeError(msg)
    if column.dtype == object:
        _refuse_other_types(column)
    array = pa.array(column, pa.large_string(), from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _refuse_other_types(column: pd.Series) -> None:
    """Name the items of an object column that hold something else than text."""
    if pd.api.types.infer_dtype(column, skipna=True) in {"string", "empty"}:
        return
    other = ~column.isna() & ~column.map(lambda value: isinstance(value, str)).astype(bool)
    if other.any():
        found = type(column[other.to_numpy()].iloc[0]).__name__
        msg = (
            f"column {column.name!r} holds other things than text ({found}) for "
            f"{first_few(column.index[other.to_numpy()])}; turn them into text or into None"
        )
        raise TypeError(msg)


def _stable_order(code: np.ndarray) -> np.ndarray:
    """Sort codes (int32, not negative) stably in two passes of numpy's 16-bit radix sort."""
    order = np.argsort(code.astype(np.uint16), kind="stable")  # the low half
    if code.size and int(code.max()) >= 1 << 16:
        high = (code >> 16).astype(np.uint16)
        order = order[np.argsort(high[order], kind="stable")]
    return order


def _words(pieces: list[str]) -> dict[str, list[int]]:
    """List for each word the positions of the pieces that hold it."""
    where: dict[str, list[int]] = {}
    for position, piece in enumerate(pieces):
        for word in WORD.findall(piece):
            where.setdefault(word, []).append(position)
    return where
