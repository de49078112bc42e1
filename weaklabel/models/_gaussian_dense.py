"""Gaussian components with correlated features: a covariance a component, or one for all."""

from __future__ import annotations

from collections.abc import Iterator
from math import log, pi
from typing import Any, NamedTuple

import numpy as np
from array_api_compat import array_namespace

from weaklabel._device import beside, on_host
from weaklabel.models._gaussian_sums import Belief, Sums, safe_ratio


def log_density(features: Any, mean: Any, covariance: Any) -> Any:
    """Log density of every item in every component, of the features that are not missing.

    Parameters
    ----------
    features : floating array, n_items x n_features
        NaN where missing: the density is the marginal one of what is there.
    mean : floating array, n_components x n_features
    covariance : floating array, n_components (or 1) x n_features x n_features

    Returns
    -------
    floating array, n_items x n_components
        In nats.
    """
    xp = array_namespace(features)
    if not bool(xp.any(xp.isnan(features))):
        return _log_density_of_whole(features, mean, covariance)
    parts, rows = [], []
    for pattern in patterns(features):
        rows.append(pattern.rows)
        if not len(pattern.seen):
            parts.append(xp.zeros_like(features[: len(pattern.rows), :1] @ mean[:, :1].T))
            continue
        seen = beside(pattern.seen, features)
        within = xp.take(xp.take(covariance, seen, axis=1), seen, axis=2)
        items = xp.take(xp.take(features, beside(pattern.rows, features), axis=0), seen, axis=1)
        parts.append(_log_density_of_whole(items, xp.take(mean, seen, axis=1), within))
    back = np.argsort(np.concatenate(rows))
    return xp.take(xp.concat(parts, axis=0), beside(back, features), axis=0)


def _log_density_of_whole(features: Any, mean: Any, covariance: Any) -> Any:
    """Log density where nothing is missing."""
    xp = array_namespace(features)
    whiten, half_log_det = whitening(covariance)
    if covariance.shape[0] == 1:
        distance = _distance_by_products(features, mean, whiten[0, :, :])
    else:
        distance = xp.stack(
            [
                xp.sum(((features - mean[c, :][None, :]) @ whiten[c, :, :].T) ** 2, axis=1)
                for c in range(mean.shape[0])
            ],
            axis=1,
        )
    return -0.5 * (distance + mean.shape[1] * log(2 * pi)) - half_log_det[None, :]


def _distance_by_products(features: Any, mean: Any, whiten: Any) -> Any:
    """Squared distances after whitening; with one covariance they are one matrix product."""
    xp = array_namespace(features)
    middle = xp.mean(mean, axis=0)[None, :]
    items, centers = (features - middle) @ whiten.T, (mean - middle) @ whiten.T
    squares = xp.sum(items * items, axis=1)[:, None] + xp.sum(centers * centers, axis=1)[None, :]
    return squares - 2 * (items @ centers.T)


def whitening(covariance: Any) -> tuple[Any, Any]:
    """Inverse Cholesky factors, and half the log determinants of the covariances."""
    xp = array_namespace(covariance)
    factor = xp.linalg.cholesky(covariance)
    size = covariance.shape[-1]
    identity = xp.zeros_like(covariance) + _identity_like(covariance)
    half = xp.stack(
        [xp.sum(xp.log(xp.linalg.diagonal(factor[c, :, :]))) for c in range(covariance.shape[0])]
    )
    return xp.linalg.solve(factor, identity) if size else factor, half


def sums(
    features: Any, weight: Any, shift: Any, mean: Any, covariance: Any, *, pooled: bool
) -> Sums:
    """Sum up what items say about the components they weigh in.

    A missing value counts as its expectation given what is there and the last parameters, and
    adds its conditional covariance to the products.

    Parameters
    ----------
    features : floating array, n_items x n_features
        NaN where missing.
    weight : floating array, n_items x n_components
    shift : floating array, n_features
    mean, covariance : floating arrays
        The last parameters; not read if nothing is missing.
    pooled : bool
        Whether components share a covariance: products are summed over them, too.
    """
    xp = array_namespace(features)
    features = features - shift[None, :]
    mass = xp.sum(weight, axis=0)
    total = xp.sum(mass)
    if not bool(xp.any(xp.isnan(features))):
        first, second = _sums_of_whole(features, weight, pooled=pooled)
        return Sums(total, total * shift, mass, mass[:, None], first, second)
    parts = [
        _sums_of_pattern(
            xp.take(features, beside(pattern.rows, features), axis=0),
            xp.take(weight, beside(pattern.rows, features), axis=0),
            pattern,
            mean - shift[None, :],
            covariance,
            pooled=pooled,
        )
        for pattern in patterns(features)
    ]
    first, second = (sum(part[1:], part[0]) for part in zip(*parts, strict=True))
    return Sums(total, total * shift, mass, mass[:, None], first, second)


def _sums_of_whole(features: Any, weight: Any, *, pooled: bool) -> tuple[Any, Any]:
    """First and second sums where nothing is missing."""
    xp = array_namespace(features)
    if pooled:
        second = (features * xp.sum(weight, axis=1)[:, None]).T @ features
        return weight.T @ features, second[None, :, :]
    second = [(features * weight[:, c][:, None]).T @ features for c in range(weight.shape[1])]
    return weight.T @ features, xp.stack(second)


def _sums_of_pattern(
    features: Any, weight: Any, pattern: Pattern, mean: Any, covariance: Any, *, pooled: bool
) -> tuple[Any, Any]:
    """First and second sums of items that miss the same features."""
    xp = array_namespace(features)
    firsts, seconds = [], []
    for c in range(mean.shape[0]):
        filled, spread = _expected(
            features, pattern, mean[c, :], covariance[min(c, covariance.shape[0] - 1), :, :]
        )
        weighted = filled * weight[:, c][:, None]
        firsts.append(xp.sum(weighted, axis=0))
        seconds.append(weighted.T @ filled + xp.sum(weight[:, c]) * spread)
    second = xp.stack(seconds)
    return xp.stack(firsts), xp.sum(second, axis=0, keepdims=True) if pooled else second


def _expected(features: Any, pattern: Pattern, mean: Any, covariance: Any) -> tuple[Any, Any]:
    """Fill in what is missing by its expectation; also give its conditional covariance."""
    xp = array_namespace(features)
    if not len(pattern.missing):
        return features, xp.zeros_like(covariance)
    # by products with 0/1 matrices, since the standard cannot assign to rows and columns
    identity = _identity_like(covariance)
    seen = xp.take(identity, beside(pattern.seen, features), axis=0)
    missing = xp.take(identity, beside(pattern.missing, features), axis=0)
    there = xp.where(xp.isnan(features), mean[None, :], features) - mean[None, :]
    across = missing @ covariance @ seen.T
    slope = xp.linalg.solve(seen @ covariance @ seen.T, across.T).T if len(pattern.seen) else across
    filled = mean[None, :] + there + (there @ seen.T) @ slope.T @ missing
    rest = missing @ covariance @ missing.T - slope @ across.T
    return filled, missing.T @ rest @ missing


def estimate(found: Sums, belief: Belief) -> Any:
    """Covariances that suit the sums and the belief best."""
    xp = array_namespace(found.first)
    mean = safe_ratio(found.first, found.seen)
    if found.second.shape[0] == 1:
        between, mass = (found.first.T @ mean)[None, :, :], xp.sum(found.mass, keepdims=True)
    else:
        between, mass = found.first[:, :, None] * mean[:, None, :], found.mass
    believed = _identity_like(found.second) * belief.variance[None, None, :]
    count = (mass + belief.items)[:, None, None]
    covariance = safe_ratio(found.second - between + belief.items * believed, count)
    covariance = xp.where(count > 0, covariance, xp.broadcast_to(believed, covariance.shape))
    return (covariance + xp.matrix_transpose(covariance)) / 2


def log_belief(covariance: Any, belief: Belief) -> float:
    """Log density of the belief about covariances, in nats, up to a constant."""
    xp = array_namespace(covariance)
    whiten, half_log_det = whitening(covariance)
    trace = xp.sum(xp.sum(whiten * whiten, axis=1) * belief.variance[None, :])
    return -0.5 * belief.items * float(2 * xp.sum(half_log_det) + trace)


class Pattern(NamedTuple):
    """Items that miss the same features: positions of items, of features there, and missing."""

    rows: np.ndarray
    seen: np.ndarray
    missing: np.ndarray


def patterns(features: Any) -> Iterator[Pattern]:
    """Group items by what they miss."""
    missing = on_host(array_namespace(features).isnan(features))
    packed = np.packbits(missing, axis=1)
    _, first, inverse = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    inverse = inverse.reshape(-1)
    order = np.argsort(inverse, kind="stable")
    ends = np.cumsum(np.bincount(inverse))[:-1]
    for example, rows in zip(first, np.split(order, ends), strict=True):
        gone = missing[example]
        yield Pattern(rows, np.flatnonzero(~gone), np.flatnonzero(gone))


def _identity_like(matrices: Any) -> Any:
    """Give the identity of the size, type and place of square matrices."""
    size = matrices.shape[-1]
    return beside(np.eye(size), matrices)
