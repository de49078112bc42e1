"""Similar items from their features: a sparse graph of nearest neighbors."""

from __future__ import annotations

from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd
from array_api_compat import array_namespace
from scipy import sparse

from weaklabel._check import first_few, generator
from weaklabel._device import beside, device_of, on_host
from weaklabel._hash import scatter
from weaklabel.graph._cells import near_neighbors
from weaklabel.graph._exact import exact_neighbors
from weaklabel.graph._similar import distances, similarity_of
from weaklabel.io.features import features_from

Metric = Literal["euclidean", "cosine"]
Bandwidth = float | Literal["self-tuning"] | None

MOST_EXACT = 30_000  # items up to which all pairs take a few seconds


def neighbors(
    features: Any,
    k: int = 10,
    *,
    metric: Metric = "euclidean",
    bandwidth: Bandwidth = "self-tuning",
    approximate: bool | None = None,
    random_state: Any = 0,
) -> Any:
    r"""Make a graph of similar items from their features.

    Two items are joined if one is among the k nearest of the other, by the similarity
    :math:`e^{-d_{ij}^2 / (s_i s_j)}`, between 0 and 1.

    Parameters
    ----------
    features : DataFrame or array, n_items x n_features
        Of any array library; a frame keeps its labels.
    k : int
        Number of neighbors of each item, below the number of items.
    metric : {"euclidean", "cosine"}
        How far items are: "cosine" is the Euclidean distance of their directions.
    bandwidth : "self-tuning", float or None
        The scales s, in the unit of distances: "self-tuning" is the distance of the item to its
        7th neighbor (or its k-th, if k is less), so that dense and sparse regions are alike. A
        number is the scale of all; None gives all neighbors the similarity 1.
    approximate : bool or None
        Whether to find 98 % of the neighbors or more in much less time; None: beyond 30,000 items.
    random_state : int, Generator, RandomState, SeedSequence or None
        Of the approximate search.

    Returns
    -------
    Series or scipy.sparse.csr_array, n_items x n_items
        Symmetric, without a diagonal; what `Evidence.with_neighbors` takes. For a frame a Series
        of similarities by the labels of both items, so that they are matched by label again.

    Raises
    ------
    ValueError
        If a feature is missing or infinite, an item of no length has no direction, or there are
        not more than k items.

    Notes
    -----
    Both searches multiply blocks of the features by each other and keep the smallest entries of
    the products (the kernel `top_k`), in bounded memory. The approximate one parts the items into
    cells by k-means and looks into the nearest cells of every item. How many is not guessed: for a
    sample of items the true neighbors are found, and as many cells are looked into as hold 99 % of
    them. Where that takes most of the cells, because features have no structure, all pairs are
    looked at instead.

    Items that are equally near are taken in an order made from the labels of a frame, or from the
    rows of an array: the order of items does not matter, except for identical rows of an array.

    Self-tuning scales: Zelnik-Manor & Perona, Self-tuning spectral clustering, 2004. Where seven
    neighbors are identical the scale is the distance to the nearest that is not.

    Examples
    --------
    >>> import weaklabel as wl
    >>> items = pd.DataFrame({"size": [1.0, 1.1, 5.0, 5.2]}, index=list("abcd"))
    >>> graph = wl.neighbors(items, 1, bandwidth=0.2)
    >>> graph.round(3).to_dict()
    {('a', 'b'): 0.779, ('b', 'a'): 0.779, ('c', 'd'): 0.368, ('d', 'c'): 0.368}
    >>> evidence = wl.Evidence(items.index, classes=["x", "y"]).with_neighbors(graph)
    >>> evidence.neighbors.nnz
    4
    """
    framed = isinstance(features, pd.DataFrame)
    n_items = features.shape[0] if hasattr(features, "shape") else len(features)
    labels = features.index if framed else pd.RangeIndex(n_items)
    points = _numbers(features_from(features, labels))
    _check(k, metric, bandwidth, n_items)
    _check_points(points, metric, labels)
    order = _label_order(labels) if framed else _content_order(on_host(points))
    points = array_namespace(points).take(points, beside(order, points), axis=0)
    points, unit = _prepared(points, metric)
    found = _search(points, k, approximate, generator(random_state))
    near = on_host(found)
    similarity = similarity_of(unit * distances(points, found), near, bandwidth)
    graph = _joined(similarity, order, order[near])
    return by_label(graph, labels) if framed else graph


def _check(k: int, metric: str, bandwidth: Any, n_items: int) -> None:
    """Refuse settings that are none."""
    if metric not in {"euclidean", "cosine"}:
        msg = f"metric={metric!r} is unknown. Choose 'euclidean' or 'cosine'."
        raise ValueError(msg)
    if not 1 <= k < n_items:
        msg = (
            f"k={k} neighbors of each of {n_items} items cannot be found: k is at least 1 and "
            f"below the number of items. Pass k=min({max(k, 1)}, len(features) - 1)."
        )
        raise ValueError(msg)
    number = isinstance(bandwidth, Real) and 0 < float(bandwidth) < np.inf
    if not (number or bandwidth is None or bandwidth == "self-tuning"):
        msg = (
            f"bandwidth={bandwidth!r} is no scale. Pass 'self-tuning', a positive distance, or "
            "None for similarities of 1."
        )
        raise ValueError(msg)


def _numbers(points: Any) -> Any:
    """Make floating numbers that can be multiplied well."""
    xp = array_namespace(points)
    if not xp.isdtype(points.dtype, "real floating"):
        return xp.astype(points, xp.float64)
    return points if points.dtype in (xp.float32, xp.float64) else xp.astype(points, xp.float32)


def _check_points(points: Any, metric: str, labels: pd.Index) -> None:
    """Refuse items that have no distance to others."""
    xp = array_namespace(points)
    wrong = on_host(~xp.all(xp.isfinite(points), axis=1))
    if wrong.any():
        msg = (
            f"{wrong.sum()} items have features that are missing or infinite: "
            f"{first_few(labels[wrong])}. Fill them first, for instance by "
            "sklearn.impute.SimpleImputer, or leave these items out."
        )
        raise ValueError(msg)
    zero = on_host(xp.all(points == 0, axis=1))
    if metric == "cosine" and zero.any():
        msg = (
            f"{zero.sum()} items have no direction, all their features being 0: "
            f"{first_few(labels[zero])}. Leave them out, or use metric='euclidean'."
        )
        raise ValueError(msg)


def _prepared(points: Any, metric: str) -> tuple[Any, float]:
    """Center and scale points, so that squares are harmless; give the unit of distances, too."""
    xp = array_namespace(points)
    if not points.shape[1]:  # all at one place
        points = xp.zeros((points.shape[0], 1), dtype=points.dtype, device=device_of(points))
    if metric == "cosine":
        points = points / xp.max(xp.abs(points), axis=1, keepdims=True)
        points = points / xp.sqrt(xp.sum(points**2, axis=1, keepdims=True))
    largest = float(xp.max(xp.abs(points))) or 1.0
    points = points / largest
    points = points - xp.mean(points, axis=0, keepdims=True)
    spread = float(xp.max(xp.abs(points))) or 1.0
    return points / spread, spread * largest


def _label_order(labels: pd.Index) -> np.ndarray:
    """Put items into an order that depends on their labels alone, and mixes them well."""
    if labels.dtype == object and not isinstance(labels, pd.MultiIndex):
        labels = labels.map(str)  # pandas hashes no tuples among other labels
    return np.argsort(pd.util.hash_pandas_object(labels, index=False).to_numpy(), kind="stable")


def _content_order(points: np.ndarray) -> np.ndarray:
    """Put items into an order that depends on their features alone; identical ones as they were."""
    mixed = np.zeros(len(points), dtype=np.uint64)
    for column in points.T:
        bits = (column.astype(np.float64) + 0.0).view(np.uint64)  # -0 is 0
        mixed = scatter(mixed ^ bits)
    return np.argsort(mixed, kind="stable")


def _search(points: Any, k: int, approximate: bool | None, rng: np.random.Generator) -> Any:
    """Find neighbors of all points."""
    if approximate is None:
        approximate = points.shape[0] > MOST_EXACT
    found = near_neighbors(on_host(points).astype(np.float32), k, rng) if approximate else None
    return exact_neighbors(points, k) if found is None else beside(found, points)


def _joined(similarity: np.ndarray, item: np.ndarray, neighbor: np.ndarray) -> sparse.csr_array:
    """Make the graph: a pair is joined if one of the two found the other."""
    starts = np.arange(0, neighbor.size + 1, neighbor.shape[1])
    found = sparse.csr_array((similarity.ravel(), neighbor.ravel(), starts), (len(item),) * 2)
    graph = sparse.csr_array(found[np.argsort(item)])
    graph = sparse.csr_array(graph.maximum(graph.T))
    graph.eliminate_zeros()
    return graph


def by_label(graph: sparse.csr_array, labels: pd.Index) -> pd.Series:
    """Write a graph as a Series by the labels of both items."""
    levels: Any = [labels.to_flat_index()] * 2
    row = np.repeat(np.arange(len(labels)), np.diff(graph.indptr))
    codes: Any = [row, graph.indices]
    index = pd.MultiIndex(levels, codes, names=["item", "neighbor"])
    return pd.Series(graph.data, index, name="similarity")
