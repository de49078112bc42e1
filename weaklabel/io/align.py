"""Align what users bring to the items of an evidence: by index label, never by position."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from typing import Any

import numpy as np
import pandas as pd

from weaklabel._check import first_few
from weaklabel._frames import as_pandas


def positions(labels: pd.Index, index: pd.Index, what: str) -> np.ndarray:
    """Find where each label stands in the index.

    Parameters
    ----------
    labels : pandas.Index
        Index of what the user brought.
    index : pandas.Index
        Items of the evidence.
    what : str
        What the user brought, for messages, such as "votes".

    Returns
    -------
    integer array, len(labels)

    Raises
    ------
    ValueError
        If a label is no item, or stands twice.

    Examples
    --------
    >>> positions(pd.Index(["b", "a"]), pd.Index(["a", "b", "c"]), "votes")
    array([1, 0])
    """
    if labels.equals(index) and labels.nlevels == index.nlevels and index.is_unique:
        return np.arange(len(index))
    if not labels.is_unique:
        twice = labels[labels.duplicated()].unique()
        msg = (
            f"The {what} name an item twice: {first_few(twice)}. Items are matched by index label, "
            "so that a label must stand once. Aggregate the rows, or give the frame a unique index."
        )
        raise ValueError(msg)
    if labels.nlevels != index.nlevels:
        # pandas would compare the first levels and ignore the rest
        msg = (
            f"The {what} have an index of {labels.nlevels} levels, but the items have labels of "
            f"{index.nlevels}, such as {first_few(index, 1)}. Probably the index was reset or "
            "grouped on one side. Use the index that Evidence was made with."
        )
        raise ValueError(msg)
    found = index.get_indexer(labels)
    if (found < 0).any():
        strangers = labels[found < 0]
        msg = (
            f"The {what} are about {len(strangers)} items that the evidence does not have: "
            f"{first_few(strangers)}; its items are {first_few(index)}. Probably they come from "
            "another frame, or the index was reset on one side. Use the index that Evidence was "
            "made with, or select the rows first; items that are missing simply stay unknown."
        )
        raise ValueError(msg)
    return found


def same_labels(labels: pd.Index, others: pd.Index) -> bool:
    """Tell whether two indexes hold the same unique labels, in any order."""
    same_number = labels.is_unique and len(labels) == len(others)
    return same_number and bool((labels.get_indexer(others) >= 0).all())


def by_position(array: Any, index: pd.Index, what: str) -> None:
    """Check that an array without labels has one row an item.

    Raises
    ------
    ValueError
        If its length is another.
    """
    # arrays of some libraries have no length
    n_rows = array.shape[0] if getattr(array, "shape", ()) else len(array)
    if n_rows != len(index):
        msg = (
            f"The {what} have {n_rows} rows, but the evidence has {len(index)} items. An array "
            "carries no index, so that it must have one row an item, in order. Pass a pandas "
            "object with the items' index instead."
        )
        raise ValueError(msg)


def values_for(data: Any, index: pd.Index, what: str) -> tuple[np.ndarray, pd.Series]:
    """Give the values of a Series, mapping or sequence, and the positions of their items.

    Raises
    ------
    TypeError
        If it is none of these, such as one string or a frame.
    ValueError
        If it does not fit the index.
    """
    data = as_pandas(data, index, what)
    if isinstance(data, Mapping):
        data = pd.Series(dict(data))
    if isinstance(data, pd.Series):
        return positions(data.index, index, what), data
    one_dimension = getattr(data, "ndim", 1) == 1 and isinstance(data, Sized)
    if not one_dimension or isinstance(data, str | bytes | set | frozenset):
        shown = repr(data) if isinstance(data, str | int | float) else f"a {type(data).__name__}"
        msg = (
            f"The {what} are one value an item: a Series or mapping by the items' labels, or a "
            f"sequence in their order, not {shown}. If it is in a frame, pass its column."
        )
        raise TypeError(msg)
    by_position(data, index, what)
    if isinstance(data, pd.Index | pd.api.extensions.ExtensionArray):
        return np.arange(len(index)), pd.Series(data, index=index)
    # through a list, so that sets and mixed types stay what they are
    values = data if isinstance(data, np.ndarray) and data.dtype != object else _boxed(data)
    return np.arange(len(index)), pd.Series(values, index=index)


def _boxed(values: Any) -> np.ndarray:
    """Make a 1-d array of objects from any sequence, without looking inside its elements."""
    boxed = np.empty(len(values), dtype=object)
    for position, value in enumerate(values):
        boxed[position] = value
    return boxed


def numbers_for(data: Any, index: pd.Index, what: str, *, missing: float) -> np.ndarray:
    """Give one number an item, floating array, n_items.

    Parameters
    ----------
    data : Series, mapping or sequence
    index : pandas.Index
        Items of the evidence.
    what : str
        What the user brought, for messages.
    missing : float
        The number of items that a Series or mapping does not mention.

    Raises
    ------
    ValueError
        If a value is not a number, or does not fit the index.
    """
    where, values = values_for(data, index, what)
    found = pd.to_numeric(values, errors="coerce")
    strange = (found.isna() & values.notna()).to_numpy(dtype=bool)
    if strange.any():
        msg = (
            f"The {what} must be numbers; {strange.sum()} are none: "
            f"{first_few(values[strange].to_numpy())} for {first_few(values.index[strange])}. "
            "Convert them first, for instance by pandas.to_numeric."
        )
        raise ValueError(msg)
    numbers = np.full(len(index), missing)
    numbers[where] = found.to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers
