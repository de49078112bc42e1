"""Candidate sets: the classes that an item may have, for certain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype

from weaklabel._check import first_few
from weaklabel._frames import votes_as_pandas
from weaklabel.io.align import by_position, positions, same_labels, values_for
from weaklabel.io.codes import SILENT, SPREAD, UNKNOWN, Codes
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
    data = votes_as_pandas(data, index, "candidates")
    if isinstance(data, np.ndarray) and data.ndim == 2:
        by_position(data, index, "candidates")
        data = pd.DataFrame(data, index, classes if data.shape[1] == len(classes) else None)
    if isinstance(data, pd.DataFrame):
        where, said = positions(data.index, index, "candidates"), _flags(data, classes)
        allowed = ~said if exclude else said
    else:
        where, values = values_for(data, index, "candidates")
        name: Any = values.name or ("exclude" if exclude else "candidates")
        allowed = _allowed(values.rename(name), classes, exclude=exclude)
    everything = np.ones((len(index), len(classes)), dtype=bool)
    everything[where] = allowed
    return everything


def _allowed(values: pd.Series, classes: pd.Index, *, exclude: bool) -> np.ndarray:
    """Read one value an item: a class, a set, Not(...), or nothing."""
    codes = Codes(classes)
    code = column_codes(values, codes)
    refuse_unknown(values, (code == UNKNOWN) | (code == SPREAD), codes, certain=True)
    if exclude:
        _refuse_all_excluded(values, code)
    statements = ~codes.statements if exclude else codes.statements
    nothing_said = np.ones((1, len(classes)), dtype=bool)
    return np.concatenate([statements, nothing_said])[code]  # SILENT, -1, takes the last row


def _refuse_all_excluded(values: pd.Series, code: np.ndarray) -> None:
    """Refuse sets of all classes, which say nothing as candidates, but no class is left of them."""
    silent = values[code == SILENT]
    full = silent[[isinstance(value, set | frozenset) for value in silent]]
    if len(full):
        msg = (
            f"All classes are excluded for {len(full)} items: {first_few(full.index)}. Probably "
            "these are the classes that items may have: pass them as candidates."
        )
        raise ValueError(msg)


def _flags(frame: pd.DataFrame, classes: pd.Index) -> np.ndarray:
    """Read a boolean frame with one column a class."""
    right_names = same_labels(frame.columns, classes)
    if not right_names or not all(is_bool_dtype(kind) for kind in frame.dtypes):
        seen = [f"{name}: {kind}" for name, kind in frame.dtypes.items()]
        msg = (
            f"A table of candidates has one boolean column a class, {classes.tolist()}; this one "
            f"has {seen}. Pass a Series of sets instead, or name the columns like the classes."
        )
        raise ValueError(msg)
    unsure = frame.index[frame.isna().any(axis=1)]
    if len(unsure):
        msg = (
            f"A table of candidates says yes or no, but is missing for {len(unsure)} items: "
            f"{first_few(unsure)}. Where nothing is known every class may be: fill with True "
            "(with False in exclude=)."
        )
        raise ValueError(msg)
    return frame.iloc[:, frame.columns.get_indexer(classes)].to_numpy(dtype=bool)
