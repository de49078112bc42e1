"""Wide frames of votes: one row an item, one column a source."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weaklabel._check import first_few
from weaklabel.io.align import positions
from weaklabel.io.codes import SILENT, SPREAD, UNKNOWN, Codes
from weaklabel.io.matrix import refuse_if_suspicious
from weaklabel.votes import Votes


def votes_from_frame(frame: pd.DataFrame, index: pd.Index, classes: pd.Index) -> Votes:
    """Read a frame with one column a source, as `apply` returns it.

    Parameters
    ----------
    frame : pandas.DataFrame
        Cells are classes (or their positions), sets, ``Not(...)``, dicts of probabilities;
        -1, NaN, None and ``<NA>`` abstain. Rows are matched by index label; missing items abstain.
    index, classes : pandas.Index
        Items and class names of the evidence.

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
    refuse_if_suspicious(frame, classes)
    where = positions(frame.index, index, "votes")
    codes = Codes(classes)
    columns = [_entries(frame.iloc[:, j], where, codes) for j in range(frame.shape[1])]
    return assemble(columns, index, frame.columns, codes, informative_silence=True)


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
        code=code[order].astype(np.int32),
        weight=weight[order],
        n_items=len(index),
        sources=pd.Index(sources),
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
        return np.fromiter((codes.of(value) for value in column), np.int64, len(column))
    table = np.array([*(codes.of(value) for value in unique), SILENT])
    return table[inverse]


def _entries(
    column: pd.Series, where: np.ndarray, codes: Codes
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read one source: item, code and weight of each of its votes."""
    code = column_codes(column, codes)
    hard = np.flatnonzero(code >= 0)
    soft_row, soft_code, soft_weight = _soft_entries(column, code, codes)
    refuse_unknown(column, code == UNKNOWN, codes.classes)
    row = np.concatenate([hard, soft_row])
    order = np.argsort(row, kind="stable")
    return (
        where[row[order]],
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
    return np.array(rows, dtype=np.int64), table[:, 0].astype(np.int64), table[:, 1]


def refuse_unknown(column: pd.Series, unknown: np.ndarray, classes: pd.Index) -> None:
    """Name the cells of a source that are no vote."""
    if not unknown.any():
        return
    rows = np.flatnonzero(unknown)
    value: Any = column.iloc[rows[0]]
    value = value.item() if isinstance(value, np.generic) else value
    others = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    msg = (
        f"{column.name!r} says {value!r} about item {column.index[rows[0]]!r}{others}, but the "
        f"classes are {classes.tolist()}. A vote is a class (or its position), a set of classes, "
        "Not(...), a dict of probabilities that sum to 1, or None to abstain."
        f"{_hint(value, classes)}"
    )
    raise ValueError(msg)


def _hint(value: Any, classes: pd.Index) -> str:
    """Guess what the user meant by a cell that is no vote."""
    if isinstance(value, (int, float)) and value == len(classes):
        return " If classes are counted from 1 and 0 abstains, pass encoding='metal'."
    if isinstance(value, float) and 0 < value < 1 and len(classes) > 1:
        first, second = classes[:2].tolist()
        return f" For a confidence use {{{first!r}: {value}, {second!r}: {round(1 - value, 10)}}}."
    return ""
