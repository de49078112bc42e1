"""Selections of items: positions, or one truth value an item."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype

from weaklabel._check import first_few
from weaklabel.io.align import by_position, positions

BY_LABEL = "For labels use take(evidence.index.get_indexer(labels))."


def rows_to_take(rows: Any, index: pd.Index) -> np.ndarray:
    """Give positions of items, each once, from positions or truth values.

    Parameters
    ----------
    rows : integer or boolean array, slice, or boolean Series
        A Series of truth values is matched by label; items that it does not mention are left out.
    index : pandas.Index
        Items of the evidence.

    Raises
    ------
    TypeError
        If it is neither positions nor truth values.
    IndexError
        If a position is outside.
    ValueError
        If truth values do not fit the items, or a position repeats.

    Examples
    --------
    >>> rows_to_take(pd.Series([True, False], index=["c", "a"]), pd.Index(["a", "b", "c"]))
    array([2])
    """
    if isinstance(rows, slice):
        return np.arange(len(index))[rows]
    if isinstance(rows, pd.Series) and is_bool_dtype(rows):
        where = positions(rows.index, index, "rows to take")
        return np.sort(where[rows.to_numpy(dtype=bool, na_value=False)])
    rows = np.atleast_1d(np.asarray(rows))
    if rows.dtype == bool:
        by_position(rows, index, "rows to take")
        return np.flatnonzero(rows)
    return _positions(rows, index) if len(rows) else np.zeros(0, dtype=np.int64)


def _positions(rows: np.ndarray, index: pd.Index) -> np.ndarray:
    """Check positions, and count negative ones from the end."""
    if rows.dtype.kind not in "iu":
        msg = (
            "take needs positions of items, or one truth value an item, not "
            f"{first_few(rows)}. {BY_LABEL}"
        )
        raise TypeError(msg)
    outside = rows[(rows < -len(index)) | (rows >= len(index))]
    if len(outside):
        msg = (
            f"{len(outside)} positions are outside of the {len(index)} items: {first_few(outside)}."
            f" take counts from 0. {BY_LABEL}"
        )
        raise IndexError(msg)
    rows = np.where(rows < 0, rows + len(index), rows).astype(np.int64)
    again = pd.Series(rows).duplicated().to_numpy()
    if again.any():
        msg = (
            f"take keeps each item at most once, but these repeat: {first_few(index[rows[again]])}."
            " Labels of items are unique. To let an item count twice use with_weights."
        )
        raise ValueError(msg)
    return rows
