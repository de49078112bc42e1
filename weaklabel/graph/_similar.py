"""From distances of neighbors to similarities."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace

from weaklabel._device import on_host
from weaklabel.graph._exact import blocks

ROWS = 1 << 14  # points whose differences to their neighbors are held at once
SCALE_BY = 7  # the neighbor whose distance is the scale of an item


def distances(points: Any, found: Any) -> np.ndarray:
    """Distances of points to their neighbors, n_points x k, from differences: 0 where identical.

    Parameters
    ----------
    points : floating array, n_points x n_features
    found : integer array, n_points x k
    """
    xp = array_namespace(points)
    parts = []
    for block in blocks(found.shape[0], ROWS):
        near = found[block, ...]
        there = xp.reshape(
            xp.take(points, xp.reshape(near, (-1,)), axis=0), (*near.shape, points.shape[1])
        )
        apart = there - points[block, None, :]
        parts.append(on_host(xp.sqrt(xp.sum(apart**2, axis=2))).astype(np.float64))
    return np.concatenate(parts)


def similarity_of(distance: np.ndarray, neighbor: np.ndarray, bandwidth: Any) -> np.ndarray:
    """Similarities of the same pairs, by the scales of both items.

    Parameters
    ----------
    distance : float64 array, n_points x k
    neighbor : integer array, n_points x k
    bandwidth : "self-tuning", float or None
    """
    if bandwidth is None:
        return np.ones_like(distance)
    scale = np.full(len(distance), bandwidth) if bandwidth != "self-tuning" else _scales(distance)
    # one after the other: the product of two tiny scales may be 0
    return np.exp(-(distance / scale[:, None]) * (distance / scale[neighbor]))


def _scales(distance: np.ndarray) -> np.ndarray:
    """Distance of each point to its 7th neighbor; if that is 0, to the nearest that is apart."""
    ordered = np.sort(distance, axis=1)
    scale = ordered[:, min(SCALE_BY, ordered.shape[1]) - 1]
    apart = np.where(ordered > 0, ordered, np.inf).min(axis=1)
    scale = np.where(scale > 0, scale, apart)
    known = scale[np.isfinite(scale)]
    # among identical points alone any scale will do; it matters to those who find them
    return np.where(np.isfinite(scale), scale, np.median(known) if len(known) else 1.0)
