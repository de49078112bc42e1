"""Fields of constraints: one number, or one a bag by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from array_api_compat import is_array_api_obj
from pandas.api.types import is_numeric_dtype

from weaklabel._check import as_index, first_few


def refuse(value: Any, wrong: Any, *, who: str, allowed: str, remedy: str) -> None:
    """Refuse values of a field; NaN states nothing.

    Parameters
    ----------
    value : number, Series, mapping or array
        The field.
    wrong : function
        Takes the Series of values and tells which are wrong.
    who, allowed, remedy : str
        Parts of the message.

    Raises
    ------
    TypeError
        If a value is no number.
    ValueError
        If a value is wrong; names the bags.
    """
    series = _series(value)
    if series is None:
        return
    if not is_numeric_dtype(series.dtype):
        msg = (
            f"{who} is a number, or a Series or mapping of numbers by bag, not "
            f"{series.iloc[0]!r}. Convert it first."
        )
        raise TypeError(msg)
    bad = series[wrong(series)]
    if len(bad):
        lone = len(series) == 1 and series.index[0] == 0
        where = "" if lone else f" (bags {first_few(bad.index)})"
        msg = f"{who} is {allowed}, not {bad.iloc[0]:g}{where}. {remedy}"
        raise ValueError(msg)


def largest(value: Any) -> float:
    """Give the largest number of a field; 0 for arrays of other libraries, checked before."""
    series = _series(value)
    return 0.0 if series is None or not len(series) else float(series.max())


def _series(value: Any) -> pd.Series | None:
    """Give stated numbers by name of bag; None for arrays of other libraries, checked before."""
    if is_array_api_obj(value) and not isinstance(value, np.ndarray):
        return None
    if isinstance(value, Mapping):
        value = pd.Series(dict(value))
    return value if isinstance(value, pd.Series) else pd.Series(np.atleast_1d(np.asarray(value)))


def one_a_bag(value: Any, names: pd.Index, field: str) -> np.ndarray:
    """Spread one value over the bags, or match a Series by name."""
    if isinstance(value, Mapping):
        value = pd.Series(dict(value))
    if isinstance(value, pd.Series):
        return _by_name(value, names, field)
    array = np.asarray(value, dtype=np.float64)
    if array.ndim and array.shape != (len(names),):
        msg = (
            f"{field!r} has {len(array)} values for {len(names)} bags. Pass one number for all, or "
            "a Series indexed by the names of the bags."
        )
        raise ValueError(msg)
    return np.broadcast_to(array, (len(names),)).copy()


def _by_name(value: pd.Series, names: pd.Index, field: str) -> np.ndarray:
    """Match a Series to the bags by name."""
    place = bag_positions(value.index, names, repr(field))
    stated = np.full(len(names), np.nan)
    stated[place] = value.to_numpy(dtype=np.float64, na_value=np.nan)
    return stated


def bag_positions(labels: pd.Index, names: pd.Index, what: str) -> np.ndarray:
    """Find the bag of each label.

    Raises
    ------
    ValueError
        If a label is no bag, or stands twice.
    """
    if not labels.is_unique:
        twice = labels[labels.duplicated()].unique()
        msg = (
            f"{what} is stated twice for bags {first_few(twice)}. Probably the rows are items, "
            "not bags. State it once a bag, for instance by groupby(...).first()."
        )
        raise ValueError(msg)
    place = names.get_indexer(as_index(labels))
    if (place < 0).any():
        strangers = labels[place < 0]
        msg = (
            f"{what} is stated for {len(strangers)} bags that have no members: "
            f"{first_few(strangers)}. Probably names differ in spelling or type. "
            f"The bags are {first_few(names)}. Rename them, or leave the others out."
        )
        raise ValueError(msg)
    return place
