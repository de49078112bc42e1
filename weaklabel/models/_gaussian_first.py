"""The first sweep of a mixture: a class is cut into its components, values missing or not."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace

from weaklabel._device import beside, device_of, on_host
from weaklabel.models import _gaussian_diagonal as diagonal
from weaklabel.models._gaussian_blocks import Mixtures, sum_blocks
from weaklabel.models._gaussian_start import SWEEPS, means_of, squared_distances
from weaklabel.models._gaussian_sums import Belief, Sums

MATTERS = 1e-6  # posterior below which an item does not help to cut its class


def first_sums(
    features: Any, posterior: Any, n_components: int, *, dense: bool, pooled: bool
) -> Sums:
    """Sum up what items say about components of which nothing is known yet.

    Missing values count as the mean of their component, and add its variance.

    Parameters
    ----------
    features : array, n_items x n_features
    posterior : floating array, n_items x n_classes
    n_components : int
        In each class.
    dense, pooled : bool
        Whether products of features are wanted, and summed over all components.
    """
    xp = array_namespace(features)
    pieces = np.zeros(posterior.shape, dtype=np.int64)
    if n_components > 1:
        pieces = _cut_classes(on_host(features), on_host(posterior), n_components)
    pieces = beside(pieces, posterior)
    numbers = xp.arange(n_components, dtype=pieces.dtype, device=device_of(posterior))

    def split(rows: slice, _: Any) -> Any:
        weight = posterior[rows, :]
        hot = pieces[rows, :][:, :, None] == numbers[None, None, :]
        return weight[:, :, None] * xp.astype(hot, weight.dtype)

    shape = posterior.shape[1], n_components, features.shape[1]
    ones = xp.ones(shape, dtype=xp.float64, device=device_of(features))
    shift = xp.zeros(features.shape[1], dtype=xp.float64, device=device_of(features))
    rough = sum_blocks(features, split, Mixtures(ones[:, :, 0], ones, ones), shift)
    if not dense:
        return rough
    variance = diagonal.estimate(rough, Belief(0.0, ones[0, 0, :]), pooled=False)
    variance = xp.where(variance > 0, variance, xp.ones_like(variance))
    if pooled:
        variance = xp.mean(variance, axis=0, keepdims=True)
    covariance = variance[:, :, None] * beside(np.eye(shape[2]), variance)[None, :, :]
    lead = (1, 1) if pooled else shape[:2]
    means = xp.reshape(rough.centers(shift), shape)
    start = Mixtures(ones[:, :, 0], means, xp.reshape(covariance, (*lead, shape[2], shape[2])))
    return sum_blocks(features, split, start, shift)


def _cut_classes(features: np.ndarray, posterior: np.ndarray, n_components: int) -> np.ndarray:
    """Tell to which component of each class an item is nearest, n_items x n_classes."""
    features = comparable(features)
    pieces = np.zeros(posterior.shape, dtype=np.int64)
    for k, weight in enumerate(posterior.T):
        rows = np.flatnonzero(weight > MATTERS)
        if len(rows):
            pieces[rows, k] = cut(features[rows], weight[rows], n_components)
    return pieces


def cut(features: np.ndarray, weights: np.ndarray, n_pieces: int) -> np.ndarray:
    """Cut items into pieces: the widest piece in two along its main axis, then k-means.

    Nothing is drawn, and the order of items does not matter (Su and Dy, 2007).
    """
    piece = np.zeros(len(features), dtype=np.int64)
    spread = [_scatter(features, weights)]
    for new in range(1, n_pieces):
        widest = int(np.argmax([np.trace(scatter) for scatter in spread]))
        inside = np.flatnonzero(piece == widest)
        items, weight = features[inside], weights[inside]
        axis = np.linalg.eigh(spread[widest])[1][:, -1]
        along = items @ axis
        above = along > weight @ along / weight.sum()
        piece[inside[above]] = new
        spread[widest] = _scatter(items[~above], weight[~above])
        spread.append(_scatter(items[above], weight[above]))
    centers = np.zeros((n_pieces, features.shape[1]))
    for _ in range(SWEEPS):
        centers = means_of(features, piece, weights, centers)
        before, piece = piece, squared_distances(features, centers).argmin(axis=1)
        if np.array_equal(before, piece):
            break
    return piece


def _scatter(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted sum of products about the mean, n_features x n_features."""
    total = weights.sum()
    if total == 0:
        return np.zeros((features.shape[1],) * 2)
    centered = features - weights @ features / total
    return (centered * weights[:, None]).T @ centered


def comparable(features: np.ndarray) -> np.ndarray:
    """Give every feature mean 0 and variance 1; a missing value is put at the mean."""
    features = features.astype(np.float64)
    there = ~np.isnan(features)
    count = np.maximum(there.sum(axis=0), 1)
    features -= np.where(there, features, 0.0).sum(axis=0) / count
    features[~there] = 0
    deviation = np.sqrt((features * features).sum(axis=0) / count)
    features /= np.where(deviation > 0, deviation, 1)
    return features
