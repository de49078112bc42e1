"""Candidate sets: the classes that an item may have, for certain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weaklabel.io.align import positions, values_for
from weaklabel.io.codes import SPREAD, UNKNOWN, Codes
from weaklabel.io.wide import column_codes, refuse_unknown


def candidates_from(
    data: Any, index: pd.Index, classes: pd.Index, *, exclude: bool = False
) -> np.ndarray:
    """Read which classes each item may have.

    Parameters
    ----------
    data : Series, mapping, sequence, or boolean frame or array n_items x n_classes
        A class (gold), a set of classes, ``Not(...)``, or None, NaN for "could be any". A boolean
        frame has one column a class.
    index, classes : pandas.Index
        Items and class names of the evidence.
    exclude : bool
        `data` says what the item is *not*.

    Returns
    -------
    boolean array, n_items x n_classes
        True where the item may have the class.

    Raises
    ------
    ValueError
        If a value is no class, a row no item, or a column no class.
    """
    if isinstance(data, pd.DataFrame):
        where, allowed = positions(data.index, index, "candidates"), _flags(data, classes)
    elif isinstance(data, np.ndarray) and data.ndim == 2:
        frame = pd.DataFrame(data, columns=classes if data.shape[1] == len(classes) else None)
        where, _ = values_for(data, index, "candidates")
        allowed = _flags(frame, classes)
    else:
        where, values = values_for(data, index, "candidates")
        allowed = _allowed(values.rename("candidates"), classes)
    if exclude:
        # an item about which nothing was said excludes nothing
        allowed = np.where(allowed.all(axis=1, keepdims=True), True, ~allowed)
    everything = np.ones((len(index), len(classes)), dtype=bool)
    everything[where] = allowed
    return everything


def _allowed(values: pd.Series, classes: pd.Index) -> np.ndarray:
    """Read one value an item: a class, a set, Not(...), or nothing."""
    codes = Codes(classes)
    code = column_codes(values, codes)
    refuse_unknown(values, (code == UNKNOWN) | (code == SPREAD), classes)
    nothing_said = np.ones((1, len(classes)), dtype=bool)
    return np.concatenate([codes.statements, nothing_said])[code]  # -1 takes the last row


def _flags(frame: pd.DataFrame, classes: pd.Index) -> np.ndarray:
    """Read a boolean frame with one column a class."""
    if set(frame.columns) != set(classes) or not all(kind == bool for kind in frame.dtypes):  # noqa: E721
        msg = (
            f"A table of candidates has one boolean column a class, {classes.tolist()}; this one "
            f"has {[f'{name}: {kind}' for name, kind in frame.dtypes.items()]}. Pass a Series of "
            "sets instead, or name the columns like the classes."
        )
        raise ValueError(msg)
    return frame[list(classes)].to_numpy()
