"""Where a mixture believes the items of every class to lie, in two of the features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from weaklabel._device import on_host
from weaklabel.plots._style import axes, class_colors

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from weaklabel.evidence import Evidence
    from weaklabel.models import GaussianMixture

MOST = 5000  # points; more would hide each other
SIGMAS = (1, 2)
ROUND = np.linspace(0, 2 * np.pi, 121)


def mixture_ellipses(
    model: GaussianMixture,
    evidence: Evidence,
    *,
    features: tuple[int, int] = (0, 1),
    names: tuple[str, str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the components of a fitted mixture over two features, and the items by posterior.

    Parameters
    ----------
    model : GaussianMixture
        Fitted.
    evidence : Evidence
        Items to draw, with features; of more than 5,000 every so many-th.
    features : pair of int
        Columns along x and y.
    names : pair of str, optional
        What to write along the axes; None: the numbers of the columns.
    ax : matplotlib Axes, optional
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib Axes
        Ellipses of one and two standard deviations, thick where the component holds much of its
        class. Points have the mean of the colors of classes, by posterior: a muddy point is an
        item of which the model is unsure. An item that misses one of the two features is left out.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If a column does not exist.

    Examples
    --------
    >>> import weaklabel as wl
    >>> numbers = np.random.default_rng(0).normal(size=(60, 3))
    >>> evidence = wl.Evidence(range(60), classes=["x", "y"]).with_features(numbers)
    >>> ax = mixture_ellipses(wl.GaussianMixture().fit(evidence), evidence, features=(0, 2))
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('feature 0', 'feature 2')
    """
    means, n_features = model.means_, model.means_.shape[2]
    if not all(0 <= column < n_features for column in features):
        message = (
            f"features={features} names columns that do not exist: the mixture has {n_features}, "
            "counted from 0. Pass two of them."
        )
        raise ValueError(message)
    ax = axes(ax, 6, 5)
    colors = _colors(len(model.classes_))
    _points(ax, model, evidence, features, colors)
    covariances = _covariances(model)
    for k, name in enumerate(model.classes_):
        for m, share in enumerate(model.weights_[k]):
            pair = covariances[k, m][np.ix_(features, features)]
            center = means[k, m, list(features)]
            for sigma in SIGMAS:
                line = center[:, None] + sigma * _ellipse(pair)
                label = str(name) if m == 0 and sigma == SIGMAS[0] else None
                width = (0.8 + 1.4 * share) / sigma**0.5
                ax.plot(*line, color=colors[k], linewidth=width, label=label, zorder=3)
    shown = names or tuple(f"feature {column}" for column in features)
    ax.set(xlabel=shown[0], ylabel=shown[1])
    ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1), fontsize=9)
    return ax


def _points(
    ax: Axes, model: Any, evidence: Evidence, features: tuple[int, int], colors: np.ndarray
) -> None:
    """Draw items in the colors of their posterior."""
    there = on_host(evidence.features)[:, list(features)].astype(np.float64)
    step = -(-len(there) // MOST)
    probabilities = model.predict_proba(evidence).to_numpy()
    rows = np.flatnonzero(~np.isnan(there).any(axis=1))[::step]
    mixed = probabilities[rows] @ colors
    ax.scatter(*there[rows].T, s=9, c=mixed, alpha=0.55, linewidths=0, zorder=2)


def _colors(n_classes: int) -> np.ndarray:
    """Colors of the classes as numbers, n_classes x 3."""
    from matplotlib.colors import to_rgb

    return np.array([to_rgb(color) for color in class_colors(n_classes)])


def _covariances(model: Any) -> np.ndarray:
    """Covariance matrices, n_classes x n_components x n_features x n_features."""
    n_classes, n_components, n_features = model.means_.shape
    shape = n_classes, n_components, n_features, n_features
    covariance = model.covariances_
    if model.covariance in {"full", "tied"}:
        return np.broadcast_to(covariance, shape)
    if model.covariance == "spherical":
        covariance = covariance[:, :, None]
    return np.broadcast_to(covariance, shape[:3])[..., None] * np.eye(n_features)


def _ellipse(covariance: np.ndarray) -> np.ndarray:
    """Points one standard deviation away, 2 x n_points."""
    values, vectors = np.linalg.eigh(covariance)
    return vectors @ (np.sqrt(values)[:, None] * np.stack([np.cos(ROUND), np.sin(ROUND)]))
