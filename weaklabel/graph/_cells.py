"""Nearest neighbors by looking into the nearest cells of a partition only."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from weaklabel.graph._exact import (
    ROWS,
    blocks,
    doubled,
    exact_neighbors,
    nothing,
    with_norms,
    without_itself,
)
from weaklabel.kernels import top_k

RECALL = 0.99  # wanted on the sample; leaves room above what is promised
SAMPLE = 1000  # points whose true neighbors are found, to see how many cells that takes
CELL = 400  # points a cell
MOST_CELLS = 0.6  # share of the cells beyond which all pairs are looked at instead
LLOYD, A_CENTER = 8, 50  # steps of k-means, and points a center that they look at


def near_neighbors(points: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray | None:
    """Find almost all nearest other points of every point.

    Points are put into cells around centers; a point looks into as many of the cells nearest to it
    as a sample of points needs, whose neighbors are known, to find 99 % of them.

    Parameters
    ----------
    points : float32 array, n_points x n_features
    k : int
        Below n_points.
    rng : numpy.random.Generator

    Returns
    -------
    integer array, n_points x k, or None
        None if so many cells are needed that looking at every pair takes no longer.
    """
    centers = _centers(points, rng)
    cell = _nearest_centers(points, centers, 1)[:, 0]
    probes = _probes(points, centers, cell, k, rng)
    if probes > MOST_CELLS * len(centers):
        return None
    looked = _nearest_centers(points, centers, probes)
    return _search(points, cell, looked, k)


def _centers(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Find centers of cells by k-means on a part of the points."""
    n_centers = max(2, len(points) // CELL)
    seen = min(len(points), A_CENTER * n_centers)
    some = points[rng.choice(len(points), seen, replace=False)]
    centers = some[:n_centers]
    for _ in range(LLOYD):
        cell = _nearest_centers(some, centers, 1)[:, 0]
        member = sparse.csr_array(
            (np.ones(len(some), dtype=some.dtype), (cell, np.arange(len(some)))),
            shape=(len(centers), len(some)),
        )
        size = member.sum(axis=1)
        filled = size > 0
        centers = (member @ some)[filled] / size[filled, None]
    return centers


def _nearest_centers(points: np.ndarray, centers: np.ndarray, number: int) -> np.ndarray:
    """Name the nearest centers of every point, n_points x number."""
    right, name = with_norms(centers).T, np.arange(len(centers))
    parts = []
    for block in blocks(len(points), ROWS):
        table = doubled(points[block]) @ right
        if number == 1:
            parts.append(table.argmin(axis=1)[:, None])
        else:
            parts.append(top_k(table, name, *nothing(points, len(table), number))[1])
    return np.concatenate(parts)


def _probes(
    points: np.ndarray, centers: np.ndarray, cell: np.ndarray, k: int, rng: np.random.Generator
) -> int:
    """Say how many cells a point must look into."""
    some = rng.choice(len(points), min(SAMPLE, len(points)), replace=False)
    true = exact_neighbors(points, k, some)
    order = np.argsort(doubled(points[some]) @ with_norms(centers).T, axis=1)
    rank = np.argsort(order, axis=1)
    needed = np.sort(np.take_along_axis(rank, cell[true], axis=1), axis=None)
    return int(needed[int(np.ceil(RECALL * len(needed))) - 1]) + 1


def _search(points: np.ndarray, cell: np.ndarray, looked: np.ndarray, k: int) -> np.ndarray:
    """Look into cells, cell by cell: all points that look into one are done at once."""
    n_points, n_cells = len(points), int(max(cell.max(), looked.max())) + 1
    order = np.argsort(cell, kind="stable")
    first = np.searchsorted(cell[order], np.arange(n_cells + 1))
    right = with_norms(points[order])
    left = doubled(points)
    best, found = nothing(points, n_points, k)
    asks = _inverse(looked, n_cells)
    place = np.empty(n_points, dtype=np.int64)
    place[order] = np.arange(n_points)
    for c in range(n_cells):
        name = order[first[c] : first[c + 1]]
        inside = right[first[c] : first[c + 1]].T
        asking = asks.indices[asks.indptr[c] : asks.indptr[c + 1]]
        for block in blocks(len(asking), ROWS):
            row = asking[block]
            table = left[row] @ inside
            table = without_itself(table, place[row] - first[c])
            best[row], found[row] = top_k(table, name, best[row], found[row])
    return found


def _inverse(looked: np.ndarray, n_cells: int) -> sparse.csc_array:
    """Points by the cell that they look into."""
    n_points, number = looked.shape
    starts = np.arange(0, n_points * number + 1, number)
    ones = np.ones(looked.size, dtype=bool)
    return sparse.csr_array((ones, looked.ravel(), starts), shape=(n_points, n_cells)).tocsc()
