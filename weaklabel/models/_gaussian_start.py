"""Where a mixture starts: what is known of classes gives means, the rest is spread out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from weaklabel._device import on_host
from weaklabel._hash import scatter
from weaklabel.models._units import item_weights

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence

SWEEPS = 10  # of k-means; what follows is done better by EM


def first_posterior(
    evidence: Evidence, features: np.ndarray, seed: int, *, drawn: bool = False
) -> np.ndarray:
    """Put every item with its nearest class, n_items x n_classes.

    Classes of which something is known (gold, candidates, hints, tags and shares of bags) start
    from the mean of the items that are known best; others from items far from all means
    (k-means++). A few sweeps of k-means within what is known follow.

    Parameters
    ----------
    evidence : Evidence
    features : floating array, n_items x n_features
        Nothing missing, of comparable scales.
    seed : int
        Draws the items of unknown classes, by a hash of their labels: the order of rows does not
        matter.
    drawn : bool
        Whether items get random weights as well, so that another seed gives another start even
        where all classes are known.
    """
    known = open_shares(evidence)
    weights = item_weights(evidence)
    keys = keys_of(evidence.index)
    if drawn:
        weights = weights * -np.log(uniform(keys, seed, -1))
    centers = _known_means(features, known, weights)
    centers = _spread_out(centers, features, known, weights, keys, seed)
    with np.errstate(divide="ignore"):
        log_known = np.log(known)
    nearest = np.zeros(len(features), dtype=np.int64)
    for _ in range(SWEEPS):
        distance = squared_distances(features, centers)
        scale = max(float(distance.min(axis=1) @ weights) / weights.sum(), 1e-300)
        # in units of the mean distance within classes, half of it is the log of a density
        scores = log_known - 0.5 * features.shape[1] * distance / scale
        before, nearest = nearest, scores.argmax(axis=1)
        if np.array_equal(before, nearest):
            break
        centers = means_of(features, nearest, weights, centers)
    return np.eye(known.shape[1])[nearest]


def open_shares(evidence: Evidence) -> np.ndarray:
    """How open each item is to each class by what is known without features; rows sum to one."""
    shares = np.ones((len(evidence), len(evidence.classes)))
    if evidence.candidates is not None:
        shares *= on_host(evidence.candidates)
    if evidence.hints is not None:
        hints = on_host(evidence.hints)
        shares *= np.exp(hints - hints.max(axis=1, keepdims=True))
    for block in evidence.bags:
        shares *= _shares_in_bags(block, evidence)
    total = shares.sum(axis=1, keepdims=True)
    return np.where(total > 0, shares / np.where(total > 0, total, 1), 1 / shares.shape[1])


def _shares_in_bags(block: Any, evidence: Evidence) -> np.ndarray:
    """Middle of the share that each class may have in the bag of each item."""
    sizes = on_host(block.sizes)
    of_bags = np.full((len(sizes), len(evidence.classes)), 0.5)
    for constraint in block.constraints:
        if constraint.bounded:
            low, high = map(on_host, constraint.map_arrays(on_host).bounds(sizes))
            k = evidence.classes.get_loc(constraint.of)
            with np.errstate(invalid="ignore"):
                middle = (low + high) / 2 / sizes
            of_bags[:, k] = np.minimum(of_bags[:, k] * 2, 1) * middle
    shares = np.ones((len(evidence), len(evidence.classes)))
    shares[on_host(block.member)] = np.repeat(of_bags, sizes, axis=0)
    return shares


def _known_means(features: np.ndarray, known: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean of each class over the items, the better known the heavier; NaN where nothing is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.where(known > 0, known * np.log(known), 0.0).sum(axis=1)
    certain = np.maximum(1 - entropy / np.log(known.shape[1]), 0.0) ** 2
    certain[certain < 1e-9] = 0
    mass = known * (certain * weights)[:, None]
    total = mass.sum(axis=0)
    means = (mass.T @ features) / np.where(total > 0, total, 1)[:, None]
    return np.where(total[:, None] > 0, means, np.nan)


def _spread_out(
    centers: np.ndarray,
    features: np.ndarray,
    known: np.ndarray,
    weights: np.ndarray,
    keys: np.ndarray,
    seed: int,
) -> np.ndarray:
    """Place the classes that are unknown, one after the other, on items far from the others."""
    centers = centers.copy()
    for k in np.flatnonzero(np.isnan(centers).any(axis=1)):
        there = centers[~np.isnan(centers).any(axis=1)]
        far = np.ones(len(features))
        if len(there):
            far = squared_distances(features, there).min(axis=1)
        chance = far * weights * known[:, k]
        if not (chance > 0).any():  # fewer places than classes: any item will do
            chance = weights * (known[:, k] > 0)
        if not (chance > 0).any():
            centers[k] = features.mean(axis=0)
            continue
        trials = [draw(chance, keys, seed, trial + 8 * int(k)) for trial in range(4)]
        costs = [
            np.minimum(far, squared_distances(features, features[[item]])[:, 0]) @ weights
            for item in trials
        ]
        centers[k] = features[trials[int(np.argmin(costs))]]
    return centers


def keys_of(index: pd.Index) -> np.ndarray:
    """Give a number for every item that depends on its label alone, uint64."""
    if index.dtype == object and not isinstance(index, pd.MultiIndex):
        index = index.map(str)
    return np.asarray(pd.util.hash_pandas_object(index, index=False))


def draw(chance: np.ndarray, keys: np.ndarray, seed: int, number: int) -> int:
    """Draw one item by its chance; of the labels and two numbers, not of the order of rows."""
    with np.errstate(divide="ignore"):
        race = np.log(chance) - np.log(-np.log(uniform(keys, seed, number)))
    return int(race.argmax())


def uniform(keys: np.ndarray, seed: int, number: int) -> np.ndarray:
    """Give every key a number strictly between 0 and 1, as good as random."""
    salt = scatter(scatter(np.array([seed], np.int64).view(np.uint64)) + np.uint64(number + 1))
    return ((scatter(keys ^ salt) >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53


def squared_distances(features: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Squared distance of every item from every center, n_items x n_centers."""
    middle = centers.mean(axis=0)
    items, places = features - middle, centers - middle
    squares = (items * items).sum(axis=1)[:, None] + (places * places).sum(axis=1)[None, :]
    return np.maximum(squares - 2 * items @ places.T, 0.0)


def means_of(
    features: np.ndarray, nearest: np.ndarray, weights: np.ndarray, otherwise: np.ndarray
) -> np.ndarray:
    """Weighted mean of the items of each center; the old center where there are none."""
    hot = np.zeros((len(features), len(otherwise)))
    hot[np.arange(len(features)), nearest] = weights
    mass = hot.sum(axis=0)
    means = hot.T @ features / np.where(mass > 0, mass, 1)[:, None]
    return np.where(mass[:, None] > 0, means, otherwise)
