"""Features of items and graphs of their neighbors: every item needs its row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype
from scipy import sparse

from weaklabel._check import first_few
from weaklabel._frames import as_pandas
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
        If an item has no row, a column is no number, a number is infinite, or the array is not of
        two dimensions.

    Examples
    --------
    >>> frame = pd.DataFrame({"x": [1.0, 2.0]}, index=["b", "a"])
    >>> features_from(frame, pd.Index(["a", "b"])).tolist()
    [[2.0], [1.0]]
    """
    features = as_pandas(features, index, "features")
    if isinstance(features, pd.DataFrame):
        numbers = _from_frame(features, index)
        _refuse_infinite(numbers, index, features.columns)
        return numbers
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
    if isinstance(features, np.ndarray):
        _refuse_infinite(features, index, pd.RangeIndex(features.shape[1]))
        return features.copy()
    return features


def _refuse_infinite(numbers: np.ndarray, index: pd.Index, columns: pd.Index) -> None:
    """Refuse what no mean, distance or classifier can bear; NaN is a missing value."""
    if numbers.dtype.kind != "f" or not np.isinf(numbers).any():
        return
    rows, places = np.nonzero(np.isinf(numbers))
    msg = (
        f"{len(rows)} features are infinite: of items {first_few(index[np.unique(rows)])}, in "
        f"columns {first_few(columns[np.unique(places)])}. Probably something was divided by 0. A "
        "missing value is NaN: features.replace([np.inf, -np.inf], np.nan)."
    )
    raise ValueError(msg)


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
    neighbors : scipy.sparse array, array or DataFrame, n_items x n_items, or Series of pairs
        Similarity, at least 0; 0 says nothing. A frame is matched by its labels on both sides; a
        Series has an index of two levels, the labels of both items of a pair. Items that they do
        not mention have no neighbors.
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
    if isinstance(neighbors, pd.Series):
        neighbors = _from_pairs(neighbors, index)
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


def _from_pairs(pairs: pd.Series, index: pd.Index) -> sparse.coo_array:
    """Put a Series by the labels of both items into the order of the items."""
    names: Any = pairs.index
    if names.nlevels != 2 or not names.is_unique:
        msg = (
            "Neighbors given as a Series have an index of two levels, the labels of the two items "
            f"of each pair, and every pair once; this one has {names.nlevels} levels"
            f"{'' if names.is_unique else ' and names a pair twice'}. Make it by "
            "frame.set_index([one, other])[similarity], or by weaklabel.neighbors(features)."
        )
        raise ValueError(msg)
    if any(np.min(code, initial=0) < 0 for code in names.codes):
        msg = "A pair of neighbors names no item: a label is missing. Leave such pairs out."
        raise ValueError(msg)
    at = [_at(level, code, index) for level, code in zip(names.levels, names.codes, strict=True)]
    values = pairs.to_numpy(dtype=np.float64, na_value=np.nan)
    return sparse.coo_array((values, tuple(at)), (len(index), len(index)))


def _at(labels: pd.Index, code: Any, index: pd.Index) -> np.ndarray:
    """Give the position of the item of each pair."""
    used, of_pair = np.unique(code, return_inverse=True)
    named = labels.take(used)
    if index.nlevels > 1:
        named = pd.MultiIndex.from_tuples(named)
    return positions(named, index, "neighbors")[of_pair]
