"""Hints: candidates that may be wrong, as the log probability of what was told given the class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import gammaln

from weaklabel._check import first_few
from weaklabel.io.align import numbers_for, same_labels

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence

ROUNDING = 1e-6  # of the sum of a row of probabilities


def certain(noise_rate: Any, transition: Any) -> bool:
    """Tell whether statements are to be taken as certain."""
    never = noise_rate is None or (np.ndim(noise_rate) == 0 and _is_zero(noise_rate))
    return never and (transition is None or _is_uniform(transition))


def _is_zero(value: Any) -> bool:
    """Tell the number 0 from anything else, mappings included."""
    return isinstance(value, int | float | np.number) and value == 0


def hints_from(
    allowed: np.ndarray, evidence: Evidence, *, noise_rate: Any, transition: Any, exclude: bool
) -> np.ndarray:
    """Give log P(what was told | class), in nats.

    Parameters
    ----------
    allowed : boolean array, n_items x n_classes
        Classes that the items have if what was told is right; all of them where nothing was.
    evidence : Evidence
        Gives items and classes.
    noise_rate, transition
        See `Evidence.with_candidates`.
    exclude : bool
        The classes that are not allowed were told.

    Returns
    -------
    floating array, n_items x n_classes
        0 where nothing was told.

    Raises
    ------
    ValueError
        If a rate is no probability or a matrix no transition matrix, or both are given.
    """
    nothing = np.flatnonzero(~allowed.any(axis=1))
    if len(nothing):
        msg = (
            f"{len(nothing)} statements leave no class: those of "
            f"{first_few(evidence.index[nothing])}. Noise does not make sense of them. Pass None "
            "where nothing is known (in a table: True for every class)."
        )
        raise ValueError(msg)
    if transition is None or _is_uniform(transition):
        return _by_rate(allowed, _rates(noise_rate, evidence.index))
    if noise_rate is not None:
        msg = (
            "A transition matrix tells how often statements are wrong, and noise_rate= does so "
            "again. Give one of them: the diagonal of the matrix holds the rates."
        )
        raise ValueError(msg)
    matrix = transition_matrix(transition, evidence.classes)
    if exclude:
        return _by_matrix(~allowed, matrix)
    several = np.flatnonzero(~allowed.all(axis=1) & (allowed.sum(axis=1) != 1))
    if len(several):
        msg = (
            f"A transition matrix is of single classes, but {len(several)} items have sets of "
            f"candidates: {first_few(evidence.index[several])}. For sets use noise_rate=."
        )
        raise ValueError(msg)
    return _by_matrix(allowed & ~allowed.all(axis=1, keepdims=True), matrix)


def _by_rate(allowed: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Right sets of the size told are equally likely, and so are wrong ones."""
    n_classes = allowed.shape[1]
    size = allowed.sum(axis=1)
    told = size < n_classes
    n_right = _log_binomial(n_classes - 1, size - 1)
    n_wrong = _log_binomial(n_classes - 1, np.where(told, size, 0))
    with np.errstate(divide="ignore"):  # a rate of 0 rules out
        right, wrong = np.log1p(-rate) - n_right, np.log(rate) - n_wrong
    hints = np.where(allowed, right[:, None], wrong[:, None])
    return np.where(told[:, None], hints, 0.0)


def _by_matrix(told: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Add up the log probability of each class told, given each true class."""
    with np.errstate(divide="ignore"):  # a probability of 0 rules out
        log_matrix = np.log(matrix)
    hints = np.zeros(told.shape)
    for class_told, column in zip(told.T, log_matrix.T, strict=True):
        hints = hints + np.where(class_told[:, None], column[None, :], 0.0)
    return hints


def _log_binomial(n: int, k: np.ndarray) -> np.ndarray:
    """Log of the number of sets of k among n."""
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)


def _rates(noise_rate: Any, index: pd.Index) -> np.ndarray:
    """Give one noise rate an item; 0 where none is mentioned."""
    if np.ndim(noise_rate) == 0 and isinstance(noise_rate, int | float | np.number):
        rates = np.full(len(index), float(noise_rate))
    else:
        rates = numbers_for(noise_rate, index, "noise rates", missing=0.0)
    wrong = ~((rates >= 0) & (rates < 1))
    if wrong.any():
        msg = (
            f"A noise rate is a probability, at least 0 and below 1; {wrong.sum()} are not: those "
            f"of {first_few(index[wrong])}, such as {rates[wrong][0]:g}. Divide percentages by 100."
        )
        raise ValueError(msg)
    return rates


def _is_uniform(transition: Any) -> bool:
    """Tell "uniform" from a matrix.

    Raises
    ------
    ValueError
        If it is another word.
    """
    if isinstance(transition, str) and transition != "uniform":
        msg = (
            f"transition={transition!r} is unknown. Choose 'uniform', or give a matrix; "
            "weaklabel.transition estimates one from a posterior."
        )
        raise ValueError(msg)
    return isinstance(transition, str)


def transition_matrix(transition: Any, classes: pd.Index) -> np.ndarray:
    """Read P(class told | true class), one row a true class."""
    if isinstance(transition, pd.DataFrame):
        axes = (transition.index, transition.columns)
        if not all(same_labels(axis, classes) for axis in axes):
            msg = (
                f"A transition matrix has one row and one column a class, {classes.tolist()}; this "
                f"one has rows {axes[0].tolist()} and columns {axes[1].tolist()}. Name them alike."
            )
            raise ValueError(msg)
        rows, columns = (axis.get_indexer(classes) for axis in axes)
        transition = transition.iloc[rows, columns]
    matrix = np.asarray(transition, dtype=np.float64)
    if matrix.shape != (len(classes), len(classes)):
        msg = (
            f"A transition matrix of {len(classes)} classes has as many rows and columns, not the "
            f"shape {matrix.shape}. Give a frame named by classes, true ones as rows."
        )
        raise ValueError(msg)
    wrong = ~((matrix >= 0).all(axis=1) & (np.abs(matrix.sum(axis=1) - 1) <= ROUNDING))
    if wrong.any():
        msg = (
            f"Rows of a transition matrix are probabilities that sum to 1; those of "
            f"{first_few(classes[wrong])} are not. Probably rows and columns are swapped: rows are "
            "true classes. Transpose it, or divide rows by their sum."
        )
        raise ValueError(msg)
    return matrix
