"""Small checks and the words of error messages, shared by every border of the package."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def first_few(labels: Any, most: int = 3) -> str:
    """Name the first few labels, then say how many more there are.

    >>> first_few(pd.Index(["a", "b", "c", "d", "e"]))
    "'a', 'b', 'c' and 2 more"
    """
    labels = as_index(labels)
    # `tolist` turns numpy scalars into Python ones: users wrote 17, not np.int64(17)
    shown = ", ".join(map(repr, labels[:most].tolist()))
    return f"{shown} and {len(labels) - most} more" if len(labels) > most else shown


def as_index(labels: Any) -> pd.Index:
    """Make a flat index of any sequence of labels; tuples are labels like any other.

    >>> as_index([("a", 1), ("b", 2)]).tolist()
    [('a', 1), ('b', 2)]
    """
    if isinstance(labels, pd.Index) and not isinstance(labels, pd.MultiIndex | pd.CategoricalIndex):
        return labels
    return pd.Index(list(labels), tupleize_cols=False, name=getattr(labels, "name", None))


def generator(random_state: Any) -> np.random.Generator:
    """Turn a `random_state` into a Generator, without touching any global state.

    Parameters
    ----------
    random_state : int, Generator, RandomState, SeedSequence or None
        None draws fresh entropy. A Generator is used as it is (and so advances); a RandomState
        seeds a new Generator.

    Examples
    --------
    >>> generator(0).integers(10) == generator(0).integers(10)
    np.True_
    """
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(2**31, size=4))
    return np.random.default_rng(random_state)
