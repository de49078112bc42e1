"""Matrices of votes in the conventions of other libraries, and how to tell them apart."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from weaklabel.io.align import by_position

Encoding = Literal["codes", "metal", "signed"]

ENCODINGS = {
    "codes": "-1 abstains, classes count from 0 (Snorkel, WRENCH)",
    "metal": "0 abstains, classes count from 1 (MeTaL, sparse matrices)",
    "signed": "0 abstains, -1 and +1 are the two classes (FlyingSquid)",
}


def frame_from_matrix(matrix: Any, index: pd.Index, encoding: Encoding | None) -> pd.DataFrame:
    """Give a matrix of votes, one row an item, the items' index.

    Parameters
    ----------
    matrix : array or scipy.sparse array, n_items x n_sources
        What is not stored in a sparse array abstains; that is the "metal" encoding.
    index : pandas.Index
        Items of the evidence.
    encoding : {"codes", "metal", "signed"} or None
        Only a sparse array needs it here: it holds no zeros, so that its encoding must be said.

    Raises
    ------
    ValueError
        If the shape does not fit, or a sparse array comes without an encoding.
    """
    if sparse.issparse(matrix):
        if encoding not in {"metal", "signed"}:
            msg = (
                "A sparse matrix does not store its zeros, so that 0 must mean silence in it. Pass "
                f"encoding='metal' ({ENCODINGS['metal']}) or encoding='signed'."
            )
            raise ValueError(msg)
        matrix = matrix.toarray()
    matrix = np.asarray(matrix)
    if matrix.ndim == 1:
        matrix = matrix[:, None]
    if matrix.ndim != 2:
        msg = f"A vote matrix is n_items x n_sources; this array has {matrix.ndim} dimensions."
        raise ValueError(msg)
    by_position(matrix, index, "votes")
    return pd.DataFrame(matrix, index=index)


def decode(frame: pd.DataFrame, classes: pd.Index, encoding: Encoding | None) -> pd.DataFrame:
    """Turn a numeric frame in a declared encoding into class names.

    Raises
    ------
    ValueError
        If the encoding is unknown, does not fit the number of classes, or a value does not fit it.
    """
    if encoding is None:
        return frame
    if encoding not in ENCODINGS:
        known = "; ".join(f"{name!r}: {meaning}" for name, meaning in ENCODINGS.items())
        msg = f"There is no encoding {encoding!r}. Choose one of {known}."
        raise ValueError(msg)
    if encoding == "signed" and len(classes) != 2:
        msg = f"encoding='signed' is for two classes, not {len(classes)}: {classes.tolist()}."
        raise ValueError(msg)
    numbers = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    codes = {
        "codes": numbers,
        "metal": numbers - 1,
        "signed": np.where(numbers == 0, -1, (numbers + 1) / 2),
    }[encoding]
    codes = np.where(np.isnan(codes), -1, codes)
    wrong = (codes != np.floor(codes)) | (codes < -1) | (codes >= len(classes))
    if wrong.any():
        row, column = np.argwhere(wrong)[0].tolist()
        msg = (
            f"{frame.columns[column]!r} says {numbers[row, column]:g} about item "
            f"{frame.index[row]!r} ({wrong.sum()} such votes), which encoding={encoding!r} does "
            f"not have: {ENCODINGS[encoding]}; the classes are {classes.tolist()}."
        )
        raise ValueError(msg)
    columns = {
        name: pd.Categorical.from_codes(codes[:, j].astype(np.int64), classes)
        for j, name in enumerate(frame.columns)
    }
    return pd.DataFrame(columns, index=frame.index, columns=frame.columns)


def refuse_if_suspicious(frame: pd.DataFrame, classes: pd.Index) -> None:
    """Refuse a matrix of numbers that looks as if 0, not -1, meant silence.

    Raises
    ------
    ValueError
        Says what was seen and how to declare the encoding.
    """
    if not len(frame) or not all(_is_number(kind) for kind in frame.dtypes):
        return
    if any(not isinstance(name, str) for name in classes):
        return  # numbers are names of classes here, not positions
    numbers = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    zeros, silent = (numbers == 0).mean(), ((numbers == -1) | np.isnan(numbers)).mean()
    if zeros > 0.6 and zeros > silent:
        seen = f"{zeros:.0%} of the cells are 0 and {silent:.0%} are -1 or missing"
    elif zeros == 0 and (numbers > 0).any():
        seen = "no source ever says 0, the first class"
    else:
        return
    known = "; ".join(f"encoding={name!r}: {meaning}" for name, meaning in ENCODINGS.items())
    msg = (
        f"This vote matrix looks as if 0 meant silence or classes counted from 1: {seen}. "
        f"Say what it is. {known}."
    )
    raise ValueError(msg)


def _is_number(kind: Any) -> bool:
    """Tell whether a column holds numbers (truth values are none)."""
    return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
