"""Nearest neighbors by looking at every pair, block by block in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_numpy_array

from weaklabel._device import device_of
from weaklabel.kernels import top_k

ROWS, COLUMNS = 1024, 2048  # of a block: it stays in the cache between product and selection


def exact_neighbors(points: Any, k: int, rows: Any = None) -> Any:
    """Find the nearest other points of every point.

    Parameters
    ----------
    points : floating array, n_points x n_features
        Of a size near one, so that squares neither overflow nor vanish.
    k : int
        Below n_points.
    rows : integer array or None
        Points whose neighbors are wanted; None: all.

    Returns
    -------
    integer array, n_rows x k
        Nearest first, as far as rounding of squared distances lets one tell; equally near ones in
        the order of their positions.
    """
    xp = array_namespace(points)
    every = xp.arange(points.shape[0], device=device_of(points))
    rows = every if rows is None else rows
    parts = []
    right = with_norms(points)
    for block in blocks(rows.shape[0], ROWS):
        row = rows[block]
        best, found = nothing(points, row.shape[0], k)
        left = doubled(xp.take(points, row, axis=0))
        for others in blocks(points.shape[0], COLUMNS):
            name = every[others]
            table = left @ right[others, ...].T
            best, found = top_k(without_itself(table, row - others.start), name, best, found)
        parts.append(found)
    return xp.concat(parts)


def without_itself(table: Any, place: Any) -> Any:
    """Put infinity where a row meets itself: in column `place`, if there is such a column."""
    xp = array_namespace(table)
    if is_numpy_array(table):
        row = np.flatnonzero((place >= 0) & (place < table.shape[1]))
        table[row, place[row]] = np.inf
        return table
    column = xp.arange(table.shape[1], dtype=place.dtype, device=device_of(table))
    return xp.where(place[:, None] == column[None, :], xp.full_like(table, xp.inf), table)


def blocks(number: int, size: int) -> Iterator[slice]:
    """Cut into blocks, none of which goes beyond the end."""
    for start in range(0, number, size):
        yield slice(start, min(start + size, number))


def with_norms(points: Any) -> Any:
    """Points and their squared norms: times `doubled` ones, squared distances but for a constant.

    A row of the product lacks the norm of its own point, which orders nothing.
    """
    xp = array_namespace(points)
    return xp.concat([points, xp.sum(points**2, axis=1, keepdims=True)], axis=1)


def doubled(points: Any) -> Any:
    """Minus two times the points, and ones."""
    xp = array_namespace(points)
    ones = xp.ones((points.shape[0], 1), dtype=points.dtype, device=device_of(points))
    return xp.concat([-2 * points, ones], axis=1)


def nothing(points: Any, n_rows: int, k: int) -> tuple[Any, Any]:
    """Give what `top_k` starts from."""
    xp = array_namespace(points)
    device = device_of(points)
    best = xp.full((n_rows, k), xp.inf, dtype=points.dtype, device=device)
    return best, xp.full((n_rows, k), -1, dtype=xp.int64, device=device)
