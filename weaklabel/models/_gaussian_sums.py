"""What Gaussian components are learned from: sums that add over chunks of items."""

from __future__ import annotations

from typing import Any, NamedTuple

from array_api_compat import array_namespace

from weaklabel.solvers._arrays import safe_ratio


class Sums(NamedTuple):
    """Sums over items, of features taken relative to a shift that all chunks share.

    Parameters
    ----------
    total : floating array, one number
        Weight of all items.
    shifted : floating array, n_features
        The weight times the shift: it adds like the rest, and the sums carry their own shift.
    mass : floating array, n_components
        Weight of each component.
    seen : floating array, n_components x n_features, or n_components x 1
        The part of it where the feature was not missing; one column where that is all.
    first : floating array, n_components x n_features
        Weighted sum of the features.
    second : floating array
        Of their squares, n_components x n_features, or of their products, n_components (or 1 if
        components share a covariance) x n_features x n_features.
    """

    total: Any
    shifted: Any
    mass: Any
    seen: Any
    first: Any
    second: Any

    def __add__(self, other: Any) -> Sums:  # pyright: ignore[reportIncompatibleMethodOverride]
        return Sums(*(one + more for one, more in zip(self, other, strict=True)))

    def times(self, factor: float) -> Sums:
        """Count every item that many times."""
        return Sums(*(part * factor for part in self))

    @property
    def shift(self) -> Any:
        """What features were taken relative to, n_features."""
        return safe_ratio(self.shifted, self.total)

    def centers(self, otherwise: Any) -> Any:
        """Means of the components, n_components x n_features; where nothing was seen, another."""
        xp = array_namespace(self.first)
        means = self.shift[None, :] + safe_ratio(self.first, self.seen)
        return xp.where(self.seen > 0, means, xp.broadcast_to(otherwise, means.shape))


class Belief(NamedTuple):
    """What is believed of the covariance of a component: pseudo-items, uncorrelated.

    Parameters
    ----------
    items : float
        How many pseudo-items a component has; 0 is maximum likelihood.
    variance : floating array, n_features
        Their variance.
    """

    items: float
    variance: Any
