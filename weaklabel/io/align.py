"""Align what users bring to the items of an evidence: by index label, never by position."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weaklabel._check import first_few


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
    if not labels.is_unique:
        twice = labels[labels.duplicated()].unique()
        msg = (
            f"The {what} name an item twice: {first_few(twice)}. Items are matched by index label, "
            "so that a label must stand once. Aggregate the rows, or give the frame a unique index."
        )
        raise ValueError(msg)
    found = index.get_indexer(labels)
    if (found < 0).any():
        strangers = labels[found < 0]
        msg = (
            f"The {what} are about {len(strangers)} items that the evidence does not have: "
            f"{first_few(strangers)}. Probably they come from another frame, or the index was "
            f"reset on one side. Use the index that Evidence was made with, or select the rows "
            "first; items that are missing simply stay unknown."
        )
        raise ValueError(msg)
    return found


def by_position(array: Any, index: pd.Index, what: str) -> None:
    """Check that an array without labels has one row an item.

    Raises
    ------
    ValueError
        If its length is another.
    """
    if len(array) != len(index):
        msg = (
            f"The {what} have {len(array)} rows, but the evidence has {len(index)} items. An array "
            "carries no index, so that it must have one row an item, in order. Pass a pandas "
            "object with the items' index instead."
        )
        raise ValueError(msg)


def values_for(data: Any, index: pd.Index, what: str) -> tuple[np.ndarray, pd.Series]:
    """Give the values of a Series, mapping or array, and the positions of their items."""
    if isinstance(data, dict):
        data = pd.Series(data)
    if isinstance(data, pd.Series):
        return positions(data.index, index, what), data
    if isinstance(data, pd.Categorical | pd.Index | pd.api.extensions.ExtensionArray):
        by_position(data, index, what)
        return np.arange(len(index)), pd.Series(data)
    by_position(data, index, what)
    # through a list, so that sets and mixed types stay what they are
    values = data if isinstance(data, np.ndarray) and data.dtype != object else _boxed(data)
    return np.arange(len(index)), pd.Series(values)


def _boxed(values: Any) -> np.ndarray:
    """Make a 1-d array of objects from any sequence, without looking inside its elements."""
    boxed = np.empty(len(values), dtype=object)
    for position, value in enumerate(values):
        boxed[position] = value
    return boxed


def numbers_for(data: Any, index: pd.Index, what: str, *, missing: float) -> np.ndarray:
    """Give one number an item, floating array, n_items.

    Raises
    ------
    ValueError
        If a value is not a number, or does not fit the index.
    """
    where, values = values_for(data, index, what)
    try:
        found = values.to_numpy(dtype=np.float64, na_value=missing)
    except (TypeError, ValueError) as error:
        msg = f"The {what} must be numbers, one an item; {error}."
        raise ValueError(msg) from error
    numbers = np.full(len(index), missing)
    numbers[where] = found
    return numbers
