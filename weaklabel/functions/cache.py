"""Votes kept in memory, found again by the content of function and data."""

from __future__ import annotations

from collections import OrderedDict

from weaklabel.functions._column import Column, silent

MAX_BYTES = 256 * 2**20
EMPTY = silent(0)

_columns: OrderedDict[bytes, Column] = OrderedDict()  # least recently used first


def get(key: bytes | None) -> Column | None:
    """Find votes; None if there are none."""
    if key is None or key not in _columns:
        return None
    _columns.move_to_end(key)
    return _columns[key]


def put(key: bytes | None, column: Column) -> None:
    """Keep votes, and drop what was not used for longest beyond `MAX_BYTES`."""
    if key is None or column.n_bytes > MAX_BYTES:
        return
    _columns[key] = column
    _columns.move_to_end(key)
    total = sum(kept.n_bytes for kept in _columns.values())
    while total > MAX_BYTES:
        total -= _columns.popitem(last=False)[1].n_bytes


def clear_cache() -> None:
    """Forget all votes that `apply` has kept in memory.

    Examples
    --------
    >>> clear_cache()
    """
    _columns.clear()
