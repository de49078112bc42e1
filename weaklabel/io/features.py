"""Features of items and graphs of their neighbors: every item needs its row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype
from scipy import sparse

from weaklabel._check import first_few
from weaklabel.io.align import by_position, positions


def features_from(features: Any, index: pd.Index) -> Any:
    """Read numbers that describe items.

    Parameters
    ----------
    features : DataFrame or array, n_items x n_features
        A frame is matched by index label and must describe every item.
    index : pandas.Index
        Items of the evidence.

    Returns
    -------
    array, n_items x n_features
        A NumPy array is copied, so that evidence stays what it is when the user's array changes;
        one of another library is given back as it is.

    Raises
    ------
    ValueError
        If an item has no row, a column is no number, or the array is not of two dimensions.

    Examples
    --------
    >>> frame = pd.DataFrame({"x": [1.0, 2.0]}, index=["b", "a"])
    >>> features_from(frame, pd.Index(["a", "b"])).tolist()
    [[2.0], [1.0]]
    """
    if isinstance(features, pd.DataFrame):
        return _from_frame(features, index)
    if sparse.issparse(features):
        msg = (
            f"Features are a dense array; this is a sparse one of {features.shape[1]} columns. Use "
            "fewer numbers an item, such as TruncatedSVD(100).fit_transform(features), or "
            "features.toarray() where memory allows."
        )
        raise ValueError(msg)
    features = features if hasattr(features, "ndim") else np.asarray(features)
    if features.ndim != 2:
        msg = (
            f"Features are n_items x n_features; this array has {features.ndim} dimensions. For "
            "one feature pass features[:, None]."
        )
        raise ValueError(msg)
    by_position(features, index, "features")
    if isinstance(features, np.ndarray) and features.dtype.kind not in "biuf":
        msg = (
            f"Features are numbers; this array is of {features.dtype}. Encode text and categories "
            "first, for instance by OneHotEncoder or embeddings."
        )
        raise ValueError(msg)
    return features.copy() if isinstance(features, np.ndarray) else features


def _from_frame(frame: pd.DataFrame, index: pd.Index) -> np.ndarray:
    """Put the rows of a frame into the order of the items."""
    where = positions(frame.index, index, "features")
    missing = np.ones(len(index), dtype=bool)
    missing[where] = False
    if missing.any():
        msg = (
            f"{missing.sum()} items have no features: {first_few(index[missing])}. "
            "Features cannot abstain: fill the rows, or select the items that have some."
        )
        raise ValueError(msg)
    strange = frame.columns[
        [not (is_numeric_dtype(kind) or is_bool_dtype(kind)) for kind in frame.dtypes]
    ]
    if len(strange):
        msg = (
            f"{len(strange)} features are no numbers: columns {first_few(strange)}. Encode text "
            "and categories first, for instance by OneHotEncoder, or leave these columns out."
        )
        raise ValueError(msg)
    kinds = {kind for kind in frame.dtypes if isinstance(kind, np.dtype)}
    as_is = len(kinds) == 1 and len(set(frame.dtypes)) == 1
    numbers = frame.to_numpy() if as_is else frame.to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers[np.argsort(where)]


def neighbors_from(neighbors: Any, index: pd.Index) -> Any:
    """Read how similar items are.

    Parameters
    ----------
    neighbors : scipy.sparse array, array or DataFrame, n_items x n_items
        Similarity, at least 0; 0 says nothing. A frame is matched by its labels on both sides;
        items that it does not mention have no neighbors.
    index : pandas.Index
        Items of the evidence.

    Returns
    -------
    scipy.sparse.csr_array

    Raises
    ------
    ValueError
        If the shape does not fit, or a similarity is negative or not finite.
    """
    if isinstance(neighbors, pd.DataFrame):
        row = positions(neighbors.index, index, "neighbors")
        column = positions(neighbors.columns, index, "neighbors")
        block = sparse.coo_array(neighbors.to_numpy(dtype=np.float64, na_value=np.nan))
        shape = len(index), len(index)
        neighbors = sparse.coo_array((block.data, (row[block.row], column[block.col])), shape)
    graph: Any = sparse.csr_array(neighbors, copy=True)  # zeros are dropped in place below
    if graph.shape != (len(index), len(index)):
        size = " x ".join(map(str, graph.shape))
        msg = (
            f"A graph of neighbors is n_items x n_items, {len(index)} x {len(index)}; this one "
            f"is {size}. Probably items were selected after it was made. Make it of the same items."
        )
        raise ValueError(msg)
    graph.eliminate_zeros()
    wrong = ~(np.isfinite(graph.data) & (graph.data >= 0))
    if wrong.any():
        rows = np.repeat(np.arange(len(index)), np.diff(graph.indptr))[wrong]
        msg = (
            f"Similarities are at least 0 and finite; {wrong.sum()} are not, such as "
            f"{graph.data[wrong][0]:g}, of items {first_few(index[np.unique(rows)])}. "
            "Distances are not similarities: pass exp(-distance / bandwidth)."
        )
        raise ValueError(msg)
    return graph
