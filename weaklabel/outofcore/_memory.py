"""How much memory the user allows, and how many rows fit in it."""

from __future__ import annotations

import re

UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "B": 1}
LEAST_ROWS, MOST_ROWS = 1000, 1_000_000


def in_bytes(memory: int | str) -> int:
    """Read an amount of memory.

    >>> in_bytes("1.5GB"), in_bytes(1000)
    (1500000000, 1000)

    Raises
    ------
    ValueError
        If it is none.
    """
    if isinstance(memory, int) and not isinstance(memory, bool) and memory > 0:
        return memory
    found = re.fullmatch(r"\s*([\d.]+)\s*([KMG]?i?B)\s*", str(memory), re.IGNORECASE)
    if not found or not float(found[1]) > 0:
        msg = (
            f"memory={memory!r} is no amount of memory. Give a number of bytes, or '2GB', '500MB'."
        )
        raise ValueError(msg)
    return int(float(found[1]) * UNITS[found[2].upper()])


def rows_within(memory: int, bytes_a_row: float) -> int:
    """Say how many rows to take at a time."""
    return int(min(MOST_ROWS, max(LEAST_ROWS, memory / bytes_a_row)))
