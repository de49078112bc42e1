"""One text column, read once: which distinct pieces of text there are, and in which items."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import copy
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from weaklabel._check import first_few
from weaklabel.functions._pieces import Pieces

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
    def _index(self) -> tuple[Any, Any]:
        """Distinct pieces, and which items hold them: CSC, n_items x n_pieces."""
        import pyarrow as pa
        from scipy.sparse import csr_array

        data, bounds = self.bytes
        data = data[bounds[0] : bounds[-1]]
        bounds = bounds - bounds[0]
        starts = _piece_starts(data, bounds)
        buffers = pa.py_buffer(starts), pa.py_buffer(data)
        pieces = pa.LargeStringArray.from_buffers(len(starts) - 1, *buffers).dictionary_encode()
        codes = pieces.indices.to_numpy()
        rows = np.searchsorted(starts, bounds).astype(np.int32)  # pieces before each item
        shape = len(self), len(pieces.dictionary)
        counts = csr_array((np.ones(len(codes), np.int8), codes, rows), shape=shape)
        return pieces.dictionary, counts.tocsc()

    @cached_property
    def pieces(self) -> Pieces:
        """The distinct pieces as written."""
        return Pieces(self._index[0].to_pylist())

    @cached_property
    def folded(self) -> Pieces:
        """The distinct pieces, case folded."""
        return Pieces([piece.casefold() for piece in self.pieces.texts])

    @cached_property
    def lowered(self) -> Pieces:
        """The distinct pieces, with ASCII letters in lower case as re.IGNORECASE sees them."""
        return Pieces(
            [
                piece.lower() if piece.isascii() else piece.translate(_LIKE_ASCII).lower()
                for piece in self.pieces.texts
            ]
        )

    def items_with(self, pieces: np.ndarray | list[int]) -> np.ndarray:
        """Positions of the items that hold one of the pieces; may repeat, in any order."""
        table = self._index[1]
        pieces = np.asarray(pieces, np.int64)
        first = table.indptr[pieces].astype(np.int64)
        counts = table.indptr[pieces + 1] - first
        # the first entry of each piece, then the second, ... : one gather for all of them
        skipped = np.repeat(first - (np.cumsum(counts) - counts), counts)
        return table.indices[skipped + np.arange(len(skipped))]

    def flags(self, pieces: np.ndarray | list[int]) -> np.ndarray:
        """Flag the items that hold one of the pieces; bool, n_items."""
        hits = np.zeros(len(self), bool)
        hits[self.items_with(pieces)] = True
        return hits

    @cached_property
    def present(self) -> np.ndarray:
        """Bool, n_items: the text is not missing."""
        return self.arrow.is_valid().to_numpy(zero_copy_only=False)

    def take(self, items: np.ndarray) -> Text:
        """Select items by position."""
        import pyarrow as pa

        chosen = copy(self)
        chosen.__dict__ = {"arrow": self.arrow.take(pa.array(items))}
        return chosen

    def plain(self) -> np.ndarray:
        """Flag the items whose text RE2 and Python read alike; bool, n_items.

        They differ outside ASCII (what is a letter), in control characters (what is a blank) and
        at a line break that ends the text (what is the end).
        """
        data, bounds = self.bytes
        plain = self.present.copy()
        at = np.flatnonzero((data < 32) | (data >= 127))
        at = at[~np.isin(data[at], (9, 10, 13)) & (at >= bounds[0]) & (at < bounds[-1])]
        plain[np.searchsorted(bounds, at, side="right") - 1] = False
        filled = np.flatnonzero(np.diff(bounds))
        plain[filled[data[bounds[filled + 1] - 1] == 10]] = False
        return plain

    def where(self, items: np.ndarray, holds: Callable[[str], object]) -> np.ndarray:
        """Keep the positions whose text, which is not missing, `holds`."""
        keep = [bool(holds(text)) for text in self.take(items).arrow.to_pylist()]
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


def _piece_starts(data: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """Find where pieces start: after each blank, and with each text; then the end."""
    is_start = np.empty(len(data) + 1, bool)
    np.equal(data, 32, out=is_start[1:])
    control = np.flatnonzero(data < 32)
    is_start[control[_IS_BLANK[data[control]]] + 1] = True
    is_start[bounds] = True
    return np.flatnonzero(is_start)
