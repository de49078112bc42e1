"""A Gaussian mixture for each class, block by block of items, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import add
from typing import Any, NamedTuple

from array_api_compat import array_namespace

from weaklabel.kernels import log_sum_exp
from weaklabel.models import _gaussian_dense as dense
from weaklabel.models import _gaussian_diagonal as diagonal
from weaklabel.models._gaussian_sums import Sums

NUMBERS = 2**17  # in one block, per array: a megabyte stays in the cache


class Mixtures(NamedTuple):
    """One Gaussian mixture a class.

    Parameters
    ----------
    log_weight : floating array, n_classes x n_components
        Log shares of the components in their class.
    mean : floating array, n_classes x n_components x n_features
    covariance : floating array
        By kind: "diag" n_classes x n_components x n_features; "spherical" n_classes x n_components
        x 1; "full" n_classes x n_components x n_features x n_features; "tied" 1 x 1 x n_features x
        n_features.
    """

    log_weight: Any
    mean: Any
    covariance: Any

    @property
    def is_dense(self) -> bool:
        """Whether features may be correlated."""
        return self.covariance.ndim == 4

    def flat(self) -> tuple[Any, Any]:
        """Means and covariances with one leading axis for all components."""
        xp = array_namespace(self.mean)
        covariance = self.covariance
        shape = (covariance.shape[0] * covariance.shape[1], *covariance.shape[2:])
        return xp.reshape(self.mean, (-1, self.mean.shape[-1])), xp.reshape(covariance, shape)


def blocks(features: Any, n_components: int) -> Iterator[tuple[slice, Any]]:
    """Go through items in blocks; the features come as float64."""
    xp = array_namespace(features)
    n_items, n_features = features.shape
    step = max(1, NUMBERS // max(n_components, n_features))
    for start in range(0, max(n_items, 1), step):  # one block, if an empty one, where no items are
        rows = slice(start, min(start + step, n_items))
        yield rows, xp.astype(features[rows, :], xp.float64)


def class_scores(features: Any, mixtures: Mixtures) -> Any:
    """Log density of every item in the mixture of every class, n_items x n_classes, in nats."""
    xp = array_namespace(features)
    n_classes, n_components = mixtures.log_weight.shape
    parts = [
        _over_components(_component_scores(block, mixtures), n_classes, n_components)
        for _, block in blocks(features, n_classes * n_components)
    ]
    return xp.concat(parts, axis=0)


def class_sums(features: Any, posterior: Any, mixtures: Mixtures, shift: Any) -> Sums:
    """Sum up what items say about components, given the last mixtures.

    Parameters
    ----------
    features : array, n_items x n_features
    posterior : floating array, n_items x n_classes
        Times the weights of items.
    mixtures : Mixtures
        How the posterior of a class is split over its components, and what missing values are
        expected to be.
    shift : floating array, n_features
        What features are taken relative to.
    """
    n_classes, n_components = mixtures.log_weight.shape

    def split(rows: slice, block: Any) -> Any:
        weight = posterior[rows, :]
        if n_components == 1:
            return weight
        return weight[:, :, None] * _shares(_component_scores(block, mixtures), n_classes)

    return sum_blocks(features, split, mixtures, shift)


def sum_blocks(features: Any, split: Any, mixtures: Mixtures, shift: Any) -> Sums:
    """Sum up block by block; `split(rows, block)` gives the weights of components.

    Parameters
    ----------
    split : callable
        Gives n_items_of_block x n_classes (x n_components).
    """
    n_components = mixtures.mean.shape[0] * mixtures.mean.shape[1]
    parts = (
        _sum_block(block, split(rows, block), mixtures, shift)
        for rows, block in blocks(features, n_components)
    )
    return reduce(add, parts)


def _sum_block(block: Any, weight: Any, mixtures: Mixtures, shift: Any) -> Sums:
    """Sum up one block."""
    xp = array_namespace(block)
    mean, covariance = mixtures.flat()
    weight = xp.astype(xp.reshape(weight, (block.shape[0], mean.shape[0])), xp.float64)
    if mixtures.is_dense:
        pooled = covariance.shape[0] < mean.shape[0]
        return dense.sums(block, weight, shift, mean, covariance, pooled=pooled)
    return diagonal.sums(block, weight, shift)


def _component_scores(block: Any, mixtures: Mixtures) -> Any:
    """Log weight plus log density, n_items x (n_classes n_components)."""
    xp = array_namespace(block)
    density = dense.log_density if mixtures.is_dense else diagonal.log_density
    return density(block, *mixtures.flat()) + xp.reshape(mixtures.log_weight, (1, -1))


def _over_components(scores: Any, n_classes: int, n_components: int) -> Any:
    """Log of the sum over the components of each class, n_items x n_classes."""
    xp = array_namespace(scores)
    if n_components == 1:
        return scores
    return xp.reshape(log_sum_exp(xp.reshape(scores, (-1, n_components))), (-1, n_classes))


def _shares(scores: Any, n_classes: int) -> Any:
    """Posterior of the components within each class, n_items x n_classes x n_components."""
    xp = array_namespace(scores)
    scores = xp.reshape(scores, (scores.shape[0], n_classes, -1))
    likely = xp.exp(scores - xp.max(scores, axis=2, keepdims=True))
    return likely / xp.sum(likely, axis=2, keepdims=True)
