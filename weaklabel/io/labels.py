"""Labels of items and names of classes: in a fixed order, unique and present."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Any

import numpy as np
import pandas as pd

from weaklabel._check import as_index, first_few
from weaklabel._frames import as_pandas, is_table, kind_of

REMEDIES = {"items": "for instance by frame.reset_index()", "classes": "merge or rename them"}


def item_labels(index: Any) -> pd.Index:
    """Give the labels of items: of a frame or Series those of its rows.

    Frames of other libraries number their rows; their columns are labels.

    Raises
    ------
    TypeError
        If it is a set, a string, or no sequence.
    ValueError
        If a label is missing or stands twice.

    Examples
    --------
    >>> item_labels(pd.Series([0.1, 0.2], index=["a", "b"])).tolist()
    ['a', 'b']
    """
    if isinstance(index, pd.DataFrame | pd.Series):
        return _unique(index.index, "items")
    if kind_of(index) != "pandas":
        found = as_pandas(index)
        return found.index if is_table(index) else _unique(pd.Index(found), "items")
    _refuse_unordered(index, "items")
    return _unique(index if isinstance(index, pd.Index) else pd.Index(list(index)), "items")


def class_names(classes: Any) -> pd.Index:
    """Give the names of classes, at least two; tuples are names too.

    Raises
    ------
    TypeError
        If it is a set, a string, or no sequence.
    ValueError
        If a name is missing or stands twice, or there are fewer than two.

    Examples
    --------
    >>> class_names([("a", 1), ("b", 2)]).tolist()
    [('a', 1), ('b', 2)]
    """
    _refuse_unordered(classes, "classes")
    names = _unique(as_index(classes), "classes")
    if len(names) < 2:
        msg = (
            f"Evidence needs at least two classes, not {names.tolist()}. If items "
            "either have a property or not, name both: classes=['no', 'yes']."
        )
        raise ValueError(msg)
    return names


def _refuse_unordered(labels: Any, what: str) -> None:
    """Refuse a set, which has no order, and one string, which is a sequence of letters."""
    if isinstance(labels, str | bytes | Set) or not isinstance(labels, Iterable):
        msg = (
            f"The labels of {what} are a sequence in a fixed order, not {labels!r}. Results come "
            "in that order. Pass a list."
        )
        raise TypeError(msg)


def _unique(labels: pd.Index, what: str) -> pd.Index:
    """Refuse labels that are missing or stand twice."""
    missing = np.zeros(len(labels), dtype=bool)
    for level in range(labels.nlevels):
        missing |= labels.get_level_values(level).isna()
    if not missing.any() and labels.is_unique:
        return labels
    twice = labels[labels.duplicated()].unique()
    fault = f"stand twice: {first_few(twice)}"
    if missing.any():
        fault = f"are missing (NaN or None): {missing.sum()} of {len(labels)}"
    msg = (
        f"Labels of {what} {fault}. Everything is matched by label, so that each must be "
        f"unique and present. Give each its own ({REMEDIES[what]})."
    )
    raise ValueError(msg)
