"""Votes that are small numbers, cell by cell: read as one array, without a look at each column."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from weaklabel._check import as_index
from weaklabel.io.codes import SILENT, UNKNOWN, Codes
from weaklabel.io.matrix import Encoding
from weaklabel.kernels import stored_codes
from weaklabel.votes import Votes


def small_numbers(frame: pd.DataFrame) -> np.ndarray | None:
    """Give a frame of small integers as an array of int8 or int16; None if it is another."""
    kind = frame.dtypes.iloc[0] if len(frame.columns) else None
    integers = isinstance(kind, np.dtype) and kind.kind in "iu"
    if not integers or not len(frame) or not (frame.dtypes == kind).all():
        return None
    numbers = frame.to_numpy()
    if numbers.dtype != np.int8:
        limits = np.iinfo(np.int16)
        if numbers.min() < limits.min or numbers.max() > limits.max:
            return None
        numbers = numbers.astype(np.int16, copy=False)
    plain = numbers.flags.c_contiguous or numbers.flags.f_contiguous
    return numbers if plain else np.ascontiguousarray(numbers)


def codes_of_numbers(numbers: np.ndarray, codes: Codes, encoding: Encoding | None) -> np.ndarray:
    """Give the code of each number from the least to the largest."""
    values = range(int(numbers.min()), int(numbers.max()) + 1)
    if encoding is None:
        return np.array([codes.of(value) for value in values], dtype=np.int32)
    shifted = {
        "codes": list(values),
        "metal": [value - 1 for value in values],
        "signed": [-1 if value == 0 else (value + 1) / 2 for value in values],
    }[encoding]
    known = {SILENT, *range(len(codes.classes))}
    table = [value if value in known else UNKNOWN for value in shifted]
    return np.array(table, dtype=np.int32)


def votes_of_cells(
    cells: np.ndarray, table: np.ndarray, low: int, where: np.ndarray, votes: Votes
) -> Votes | None:
    """Put the votes of a matrix together; None if a cell holds something else than a vote.

    Parameters
    ----------
    cells : integer array, n_rows x n_sources
    table : int32 array, n_values
        Code of each value; SILENT and others are negative.
    low : int
        Value of the first entry of `table`.
    where : integer array, n_rows
        Item of each row.
    votes : Votes
        The names, statements and kinds of silence, and the number of items.
    """
    starts, source, code, n_others = stored_codes(cells, table, low)
    if n_others:
        return None
    rows = np.arange(len(cells), dtype=np.int32)
    found = replace(
        votes,
        item=np.repeat(rows, np.diff(starts)),
        source=source,
        code=code,
        weight=np.broadcast_to(1.0, len(code)),
        n_items=len(cells),
    )
    vars(found)["starts"] = starts
    if len(where) == votes.n_items and (where == rows).all():
        return found
    order = np.argsort(where)
    moved = found.take(order)
    item = where[order].astype(np.int32)[moved.item]
    return replace(moved, item=item, n_items=votes.n_items)


def no_votes(index: pd.Index, sources: pd.Index, codes: Codes) -> Votes:
    """Make votes that are yet to be filled in, of sources that saw every item."""
    nothing = np.zeros(0, dtype=np.int32)
    return Votes(
        item=nothing,
        source=nothing,
        code=nothing,
        weight=np.zeros(0),
        n_items=len(index),
        sources=as_index(sources),
        classes=codes.classes,
        statements=codes.statements,
        informative_silence=np.full(len(sources), fill_value=True),
    )
