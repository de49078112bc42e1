"""Gaussian components whose features are independent: one variance a feature, or one for all."""

from __future__ import annotations

from math import log, pi
from typing import Any

from array_api_compat import array_namespace

from weaklabel.models._gaussian_sums import Belief, Sums, safe_ratio


def log_density(features: Any, mean: Any, variance: Any) -> Any:
    """Log density of every item in every component, of the features that are not missing.

    Parameters
    ----------
    features : floating array, n_items x n_features
        NaN where missing: independent features that are not seen drop out of the product.
    mean : floating array, n_components x n_features
    variance : floating array, n_components x n_features, or n_components x 1

    Returns
    -------
    floating array, n_items x n_components
        In nats.
    """
    xp = array_namespace(features)
    variance = xp.broadcast_to(variance, mean.shape)
    # beside the middle of all, squares are small and their difference is exact
    middle = xp.mean(mean, axis=0)
    mean = mean - middle[None, :]
    seen, filled = without_missing(features - middle[None, :])
    constant = mean * mean / variance + xp.log(variance) + log(2 * pi)
    squares = filled * filled @ (1 / variance).T - 2 * (filled @ (mean / variance).T)
    rest = xp.sum(constant, axis=1)[None, :] if seen is None else seen @ constant.T
    return -0.5 * (squares + rest)


def sums(features: Any, weight: Any, shift: Any) -> Sums:
    """Sum up what items say about the components they weigh in.

    Parameters
    ----------
    features : floating array, n_items x n_features
        NaN where missing.
    weight : floating array, n_items x n_components
    shift : floating array, n_features
    """
    xp = array_namespace(features)
    seen, filled = without_missing(features - shift[None, :])
    mass = xp.sum(weight, axis=0)
    total = xp.sum(mass)
    first, second = weight.T @ filled, weight.T @ (filled * filled)
    known = xp.broadcast_to(mass[:, None], first.shape) if seen is None else weight.T @ seen
    return Sums(total, total * shift, mass, known, first, second)


def estimate(found: Sums, belief: Belief, *, pooled: bool) -> Any:
    """Variances that suit the sums and the belief best, n_components x n_features (or x 1).

    Features that are missing are missing from the sums, which is exact where features are
    independent: no value is made up for them.
    """
    xp = array_namespace(found.first)
    scatter = found.second - found.first * safe_ratio(found.first, found.seen)
    scatter = xp.where(scatter > 0, scatter, xp.zeros_like(scatter))  # rounding
    count = found.seen + belief.items
    scatter = scatter + belief.items * belief.variance[None, :]
    if pooled:
        count = xp.sum(count, axis=1, keepdims=True)
        scatter = xp.sum(scatter, axis=1, keepdims=True)
    unseen = belief.variance[None, :]
    if pooled:
        unseen = xp.mean(unseen, axis=1, keepdims=True)
    ratio = safe_ratio(scatter, count)
    return xp.where(count > 0, ratio, xp.broadcast_to(unseen, ratio.shape))


def log_belief(variance: Any, belief: Belief) -> float:
    """Log density of the belief about variances, in nats, up to a constant."""
    xp = array_namespace(variance)
    each = xp.log(variance) + belief.variance[None, :] / variance
    return -0.5 * belief.items * float(xp.sum(each))


def without_missing(features: Any) -> tuple[Any, Any]:
    """Tell what is there (1.0, or None if everything is), and put 0 where it is not."""
    xp = array_namespace(features)
    missing = xp.isnan(features)
    if not bool(xp.any(missing)):
        return None, features
    zeros = xp.zeros_like(features)
    return xp.astype(~missing, features.dtype), xp.where(missing, zeros, features)
