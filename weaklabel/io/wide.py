"""Wide frames of votes: one row an item, one column a source."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weaklabel._check import as_index, first_few
from weaklabel.io.align import positions
from weaklabel.io.codes import SILENT, SPREAD, UNKNOWN, Codes
from weaklabel.io.matrix import Encoding, decode, refuse_encoding
from weaklabel.io.small_numbers import (
    codes_of_numbers,
    no_votes,
    small_numbers,
    votes_of_cells,
)
from weaklabel.votes import Votes


def votes_from_frame(
    frame: pd.DataFrame, index: pd.Index, classes: pd.Index, encoding: Encoding | None = None
) -> Votes:
    """Read a frame with one column a source, as `apply` returns it.

    Parameters
    ----------
    frame : pandas.DataFrame
        Cells are classes (or their positions), sets, ``Not(...)``, dicts of probabilities;
        -1, NaN, None and ``<NA>`` abstain. Rows are matched by index label; missing items abstain.
    index, classes : pandas.Index
        Items and class names of the evidence.
    encoding : {"codes", "metal", "signed"} or None
        What numbers mean; see `decode`.

    Returns
    -------
    Votes
        Silence is taken as informative: every column saw every row.

    Raises
    ------
    ValueError
        If a column name or a row stands twice, a row is no item, or a cell is no vote.
    """
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()].unique()
        msg = (
            f"Two sources have the same name: {first_few(twice)}. Results are reported by name. "
            "Rename the columns."
        )
        raise ValueError(msg)
    where = positions(frame.index, index, "votes")
    codes = Codes(classes)
    found = _from_cells(frame, where, index, codes, encoding)
    if found is not None:
        return found
    frame = decode(frame, classes, encoding)
    columns: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for _, column in frame.items():  # noqa: PERF102 - a frame is no dict
        row, code, weight = entries(column, codes)
        columns.append((where[row], code, weight))
    return assemble(columns, index, frame.columns, codes, informative_silence=True)


def _from_cells(
    frame: pd.DataFrame,
    where: np.ndarray,
    index: pd.Index,
    codes: Codes,
    encoding: Encoding | None,
) -> Votes | None:
    """Read hard votes all at once; None where there are others, or cells that are no vote."""
    refuse_encoding(encoding, codes.classes)
    cells = small_numbers(frame)
    if cells is not None:
        table, low = codes_of_numbers(cells, codes, encoding), int(cells.min())
    else:
        cells = None if encoding else _code_matrix(frame, codes)
        if cells is None:
            return None
        table, low = np.arange(SILENT, len(codes.statements), dtype=np.int32), SILENT
    return votes_of_cells(cells, table, low, where, no_votes(index, frame.columns, codes))


def _code_matrix(frame: pd.DataFrame, codes: Codes) -> np.ndarray | None:
    """Give the code of every cell, n_rows x n_sources; None if some are no hard votes."""
    cells = np.empty((len(frame.columns), len(frame)), dtype=np.int16)
    most = np.iinfo(cells.dtype).max
    for number, (_, column) in enumerate(frame.items()):
        code = column_codes(column, codes)
        if len(code) and (code.min() < SILENT or code.max() > most):
            return None
        cells[number] = code
    return cells.T


def assemble(
    columns: list[tuple[np.ndarray, np.ndarray, np.ndarray]],
    index: pd.Index,
    sources: pd.Index,
    codes: Codes,
    *,
    informative_silence: bool,
) -> Votes:
    """Put (item, code, weight) of every source together, sorted by item, then source."""
    sizes = [len(item) for item, _, _ in columns]
    source = np.repeat(np.arange(len(columns), dtype=np.int32), sizes)
    item = np.concatenate([np.zeros(0, np.int64), *(item for item, _, _ in columns)])
    code = np.concatenate([np.zeros(0, np.int32), *(code for _, code, _ in columns)])
    weight = np.concatenate([np.zeros(0), *(weight for _, _, weight in columns)])
    order = np.argsort(item, kind="stable")
    return Votes(
        item=item[order],
        source=source[order],
        code=code[order],
        weight=weight[order],
        n_items=len(index),
        sources=as_index(sources),
        classes=codes.classes,
        statements=codes.statements,
        informative_silence=np.full(len(columns), informative_silence),
    )


def column_codes(column: pd.Series, codes: Codes) -> np.ndarray:
    """Give the code of every cell; SILENT, UNKNOWN and SPREAD are negative."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        inverse, unique = column.cat.codes.to_numpy(), column.cat.categories
    elif column.dtype != object or pd.api.types.infer_dtype(column, skipna=True) == "string":
        inverse, unique = pd.factorize(column)
    else:  # sets, dicts and mixed types: cell by cell, since hashing would take True for 1
        return np.fromiter((codes.of(value) for value in column), np.int32, len(column))
    table = np.array([*(codes.of(value) for value in unique), SILENT], dtype=np.int32)
    return table[inverse]


def entries(
    column: pd.Series,
    codes: Codes,
    *,
    speakers: pd.Series | None = None,
    items: pd.Series | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read one column of votes: row, code and weight of each entry, by row.

    Parameters
    ----------
    column : pandas.Series
        Votes, indexed by item.
    codes : Codes
        Learns the sets of classes that turn up.
    speakers : pandas.Series or None
        Source of each vote, for messages; None: the name of the column.
    items : pandas.Series or None
        Label of the item of each vote, for messages; None: the index of the column.

    Raises
    ------
    ValueError
        If a cell is no vote.
    """
    code = column_codes(column, codes)
    soft_row, soft_code, soft_weight = _soft_entries(column, code, codes)
    unknown = code == UNKNOWN
    if speakers is not None and unknown.any():
        column = column.rename(speakers.iloc[int(unknown.argmax())])
    if items is not None and unknown.any():
        column = column.set_axis(as_index(items))
    refuse_unknown(column, unknown, codes)
    hard = np.flatnonzero(code >= 0)
    if not len(soft_row):
        return hard, code[hard], np.broadcast_to(1.0, len(hard))
    row = np.concatenate([hard, soft_row])
    order = np.argsort(row, kind="stable")
    return (
        row[order],
        np.concatenate([code[hard], soft_code])[order],
        np.concatenate([np.ones(len(hard)), soft_weight])[order],
    )


def _soft_entries(
    column: pd.Series, code: np.ndarray, codes: Codes
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read the dicts of probabilities of one source; what is no distribution becomes UNKNOWN."""
    rows: list[int] = []
    pairs: list[tuple[int, float]] = []
    for row in np.flatnonzero(code == SPREAD).tolist():
        spread = codes.spread(column.iloc[row])
        if spread is None:
            code[row] = UNKNOWN
            continue
        rows.extend([row] * len(spread))
        pairs.extend(spread)
    table = np.array(pairs).reshape(-1, 2)
    return np.array(rows, dtype=np.int64), table[:, 0].astype(np.int32), table[:, 1]


def refuse_unknown(
    column: pd.Series, unknown: np.ndarray, codes: Codes, *, certain: bool = False
) -> None:
    """Name the cells of a source (or of certain statements) that say nothing understandable."""
    if not unknown.any():
        return
    rows = np.flatnonzero(unknown)
    value: Any = column.iloc[rows[0]]
    value = value.item() if isinstance(value, np.generic) else value
    others = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    classes = codes.classes.tolist()
    label = column.index[rows[0] : rows[0] + 1].tolist()[0]
    kinds = "a set of classes, Not(...)"
    if not certain:
        kinds += ", a dict of probabilities that sum to 1"
    msg = (
        f"{column.name!r} says {value!r} about item {label!r}{others}, but the classes are "
        f"{classes}. A {'candidate' if certain else 'vote'} is a class"
        f"{'' if codes.numbered else ' (or its position)'}, {kinds}, or None to "
        f"{'say nothing' if certain else 'abstain'}.{_hint(value, codes)}"
    )
    raise ValueError(msg)


def _hint(value: Any, codes: Codes) -> str:
    """Guess what the user meant by a cell that is no vote."""
    n_classes = len(codes.classes)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return ""
    if codes.numbered and value in range(n_classes):
        return (
            " If 0 abstains, pass encoding='metal' (classes count from 1) or 'signed' (-1 and +1);"
            " if numbers are positions of classes, pass encoding='codes'."
        )
    if value == n_classes:
        return " If classes count from 1 and 0 abstains, pass encoding='metal'."
    if 0 < value < 1:
        first, second = codes.classes[:2].tolist()
        return f" For a confidence use {{{first!r}: {value}, {second!r}: {round(1 - value, 10)}}}."
    return ""
