"""Matrices of votes in the conventions of other libraries, and how to tell them apart."""

from __future__ import annotations

from numbers import Number
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from weaklabel._check import first_few
from weaklabel.io.align import by_position

FEW = 3  # items; fewer tell nothing about the encoding
MOST = 2 / 3  # of all numbers
PLAIN = 0.1  # how far from chance makes a contradiction plain
ENOUGH = 25  # pairs of votes expected by chance; that many tell 0.8 from 1
SAMPLE = 50_000  # items; what they do not show is taken for not there
ALMOST_ALL = 0.8  # without any silence, a class may well be this common

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
    TypeError
        If it is no matrix at all.
    """
    if sparse.issparse(matrix):
        if encoding not in {"metal", "signed"}:
            msg = (
                "A sparse matrix does not store its zeros, so that 0 must mean silence in it. Pass "
                f"encoding='metal' ({ENCODINGS['metal']}) or encoding='signed' "
                f"({ENCODINGS['signed']})."
            )
            raise ValueError(msg)
        matrix = matrix.toarray()
    try:
        matrix = np.asarray(matrix)
    except ValueError as error:
        msg = (
            "These votes are rows of different lengths. A vote matrix is n_items x n_sources; fill "
            "what is missing with None, or pass a long frame with columns item, source, label."
        )
        raise ValueError(msg) from error
    if matrix.ndim == 0:
        msg = (
            f"Votes are a frame, a matrix, a Series or a mapping to frames, not {matrix.item()!r}. "
            "Pass what apply returned."
        )
        raise TypeError(msg)
    if matrix.ndim == 1:
        matrix = matrix[:, None]
    if matrix.ndim != 2:
        msg = (
            f"A vote matrix is n_items x n_sources; this array has {matrix.ndim} dimensions. For "
            "soft votes pass {source: frame of probabilities}."
        )
        raise ValueError(msg)
    by_position(matrix, index, "votes")
    return pd.DataFrame(matrix, index=index, copy=False)


def decode(frame: pd.DataFrame, classes: pd.Index, encoding: Encoding | None) -> pd.DataFrame:
    """Turn a numeric frame in a declared encoding into class names.

    Raises
    ------
    ValueError
        If the encoding is unknown, does not fit the number of classes, or a value does not fit it.
    """
    if encoding is None:
        return frame
    refuse_encoding(encoding, classes)
    named = frame.columns[[not _is_number(kind) for kind in frame.dtypes]]
    if len(named):
        msg = (
            f"encoding={encoding!r} says what numbers mean, but these sources hold none: "
            f"{first_few(named)}. Leave encoding out where classes are given by name."
        )
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
            f"not have: {ENCODINGS[encoding]}; the classes are {classes.tolist()}. Name every "
            "class, or choose the encoding that fits."
        )
        raise ValueError(msg)
    named_codes = [
        pd.Series(pd.Categorical.from_codes(column.astype(np.int64), classes), index=frame.index)
        for column in codes.T
    ]
    return pd.concat(named_codes, axis=1, keys=frame.columns) if named_codes else frame


def refuse_encoding(encoding: Encoding | None, classes: pd.Index) -> None:
    """Refuse an encoding that there is not, or that does not fit the number of classes."""
    if encoding is None:
        return
    if encoding not in ENCODINGS:
        known = "; ".join(f"{name!r}: {meaning}" for name, meaning in ENCODINGS.items())
        msg = f"There is no encoding {encoding!r}. Choose one of {known}."
        raise ValueError(msg)
    if encoding == "signed" and len(classes) != 2:
        msg = (
            f"encoding='signed' is for two classes, not {len(classes)}: {classes.tolist()}. For "
            f"more, encoding='metal' is what other libraries write ({ENCODINGS['metal']})."
        )
        raise ValueError(msg)


def refuse_if_suspicious(
    frame: pd.DataFrame, classes: pd.Index, *, silence_shows: bool = True
) -> None:
    """Refuse numbers that look as if 0, not -1, meant silence.

    Numbers that are no position of a class are refused elsewhere; this is about the rest, where
    another reading makes more sense. Very few items tell nothing: they are read as they are, so
    that serving items one by one does not depend on luck.

    Parameters
    ----------
    frame : pandas.DataFrame
        Only its columns of numbers are looked at.
    classes : pandas.Index
        Names of the classes.
    silence_shows : bool
        Each silence has a cell of its own, so that their absence is odd. Not so in long frames.

    Raises
    ------
    ValueError
        Says what was seen and how to declare the encoding.
    """
    columns = [column for _, column in frame.items() if _is_number(column.dtype)]
    if not columns or len(frame) < FEW or not _by_number(classes):
        return
    table = pd.concat(columns, axis=1)
    plain = all(isinstance(kind, np.dtype) for kind in table.dtypes)
    # small integers stay small: a matrix may be large
    numbers = table.to_numpy() if plain else table.to_numpy(dtype=np.float64, na_value=np.nan)
    few = numbers[:: max(1, len(numbers) // SAMPLE)]
    if _suspicion(few, len(classes), silence_shows) is None:
        return
    seen = _suspicion(numbers, len(classes), silence_shows)
    if seen is None:
        return
    known = "; ".join(f"encoding={name!r}: {meaning}" for name, meaning in ENCODINGS.items())
    msg = (
        f"This vote matrix looks as if 0 meant silence, or classes counted from 1: {seen}. Other "
        f"libraries write votes in other ways. Say in with_votes which this is. {known}."
    )
    raise ValueError(msg)


def _suspicion(numbers: np.ndarray, n_classes: int, silence_shows: bool) -> str | None:
    """Say what is odd about a matrix if -1 is silence and classes count from 0."""
    zero, minus = np.mean(numbers == 0), np.mean(numbers == -1)
    silent = minus + np.mean(numbers != numbers)  # noqa: PLR0124 - NaN, if floating
    if zero == 0:
        # with -1 and three classes or more, neither of the other encodings is possible
        odd = silent < 1 and (n_classes == 2 or minus == 0)
        return "no source ever says 0, the first class" if odd else None
    if silence_shows and silent == 0 and zero > ALMOST_ALL:
        return f"{zero:.0%} of the numbers are 0 and none is -1 or missing"
    return _signed(numbers, zero, minus) if n_classes == 2 and silent == minus > 0 else None


def _signed(numbers: np.ndarray, zero: float, minus: float) -> str | None:
    """Say what is odd if -1 is silence, and not 0, in a matrix of -1, 0 and 1.

    Classes exclude each other, and silence does not care: that tells which of the two is which,
    where there is enough of both. Copies and rules that speak together blur it.
    """
    by_minus, by_zero = _lift(numbers, -1, 1), _lift(numbers, 0, 1)
    common = zero > minus
    contradicted = by_minus < (by_zero if common else 1) - PLAIN
    if contradicted and (common or abs(by_zero - 1) < PLAIN):
        return "sources contradict 1 by -1, and not by 0"
    plain_codes = by_zero < 1 - PLAIN and abs(by_minus - 1) < PLAIN
    if common and zero > MOST and not plain_codes:
        return f"{zero:.0%} of the numbers are 0 and only {minus:.0%} are -1"
    return None


def _lift(numbers: np.ndarray, one: int, other: int) -> float:
    """Give how often two sources say one and other of an item, to what chance would give.

    Classes exclude each other and are below 1; silence and a class are near it. NaN, which is
    neither above nor below anything, where they are too rare to tell.
    """
    says_one, says_other = numbers == one, numbers == other
    share_one, share_other = says_one.mean(axis=0), says_other.mean(axis=0)
    seen = np.sum(says_one.sum(axis=1) * says_other.sum(axis=1))
    expected = len(numbers) * (share_one.sum() * share_other.sum() - share_one @ share_other)
    return float(seen / expected) if expected >= ENOUGH else np.nan


def _by_number(classes: pd.Index) -> bool:
    """Tell whether numbers are positions of classes; else they are names that need no guess."""
    names = classes.tolist()
    return names == list(range(len(names))) or not any(isinstance(name, Number) for name in names)


def _is_number(kind: Any) -> bool:
    """Tell whether a column holds numbers (truth values are none)."""
    return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
