"""Features as a mixture needs them, and what it refuses."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any

import numpy as np
from array_api_compat import array_namespace

from weaklabel._check import first_few
from weaklabel._device import device_of, on_host
from weaklabel.models import _gaussian_diagonal as diagonal
from weaklabel.models._gaussian_blocks import Mixtures, blocks
from weaklabel.models._gaussian_sums import Belief

if TYPE_CHECKING:
    import pandas as pd

    from weaklabel.evidence import Evidence
    from weaklabel.models.gaussian_mixture import GaussianMixture

KINDS = ("full", "tied", "diag", "spherical")
FLAT = 1e-10  # share of the variance of a feature below which a component has collapsed
FINE = 1e-6  # deviation as a share of the mean below which sums of squares cannot hold it


def features_of(evidence: Evidence) -> Any:
    """Give the features, which the term cannot do without.

    Raises
    ------
    ValueError
        If there are none.
    """
    if evidence.features is None:
        msg = (
            "GaussianMixture learns from features, and the evidence has none. Add "
            "with_features(...)."
        )
        raise ValueError(msg)
    return evidence.features


def moments(features: Any, weights: Any) -> tuple[Any, Any]:
    """Weighted mean and variance of every feature over the items that have it, n_features."""
    xp = array_namespace(features)
    mean = xp.zeros(features.shape[1], dtype=xp.float64, device=device_of(features))
    variance = xp.ones_like(mean)
    for _ in range(2):  # the second time about the mean, which is exact
        found = None
        for rows, block in blocks(features, 1):
            count = xp.ones_like(block[:, :1])
            count = count if weights is None else xp.astype(weights[rows], count.dtype)[:, None]
            part = diagonal.sums(block, count, mean)
            found = part if found is None else found + part
        assert found is not None  # there is always one block
        variance = diagonal.estimate(found, Belief(0.0, variance), pooled=False)[0, :]
        mean = found.centers(mean)[0, :]
    return mean, variance


def refuse_settings(model: GaussianMixture) -> None:
    """Refuse settings that mean nothing."""
    if model.covariance not in KINDS:
        msg = f"covariance={model.covariance!r} is unknown. Choose {', '.join(map(repr, KINDS))}."
        raise ValueError(msg)
    if not (isinstance(model.n_components, numbers.Integral) and model.n_components >= 1):
        msg = f"n_components is a whole number, at least 1; not {model.n_components!r}."
        raise ValueError(msg)
    whole = isinstance(model.n_new, numbers.Integral) and int(model.n_new) >= 0
    if model.n_new != "auto" and not whole:
        msg = f"n_new is a whole number, at least 0, or 'auto'; not {model.n_new!r}."
        raise ValueError(msg)
    if model.smoothing is not None and not model.smoothing >= 0:
        msg = f"smoothing is a number of pseudo-items, at least 0; not {model.smoothing!r}."
        raise ValueError(msg)
    if not model.spread > 0:
        msg = f"spread is a share of the variance of all items, above 0; not {model.spread!r}."
        raise ValueError(msg)
    if not 0.5 < model.step <= 1:
        msg = f"step is a power above 0.5 and at most 1, so that steps settle; not {model.step!r}."
        raise ValueError(msg)


def refuse_features(features: Any) -> None:
    """Refuse features of which no density can be learned; name the columns.

    Raises
    ------
    ValueError
        If there are no items or no features, a value is infinite, or a feature is missing
        everywhere or the same everywhere.
    """
    xp = array_namespace(features)
    if 0 in features.shape:
        size = f"{features.shape[0]} items, {features.shape[1]} features"
        msg = f"There is nothing to learn from: {size}. Give with_features at least one of each."
        raise ValueError(msg)
    endless = absent = None
    for _, block in blocks(features, 1):
        here, gone = xp.any(xp.isinf(block), axis=0), xp.all(xp.isnan(block), axis=0)
        endless = here if endless is None else endless | here
        absent = gone if absent is None else absent & gone
    remedy = "Put NaN where a value is not known, or leave the columns out"
    _refuse_columns(endless, "hold infinite values", remedy)
    _refuse_columns(absent, "are missing in every item", "Leave them out")
    mean, variance = moments(features, None)
    _refuse_columns(
        ~(xp.sqrt(variance) > FINE * xp.abs(mean)) | ~(variance > 0),
        f"are the same in all {features.shape[0]} items, or nearly so beside their size",
        "They tell nothing of classes: leave them out. If differences are real, subtract the mean",
    )


def _refuse_columns(wrong: Any, what: str, remedy: str) -> None:
    """Refuse features by their positions."""
    columns = np.flatnonzero(on_host(wrong))
    if len(columns):
        msg = (
            f"{len(columns)} features {what}: columns {first_few(columns, 5)}, counted from 0. "
            f"{remedy}."
        )
        raise ValueError(msg)


def refuse_collapsed(mixtures: Mixtures, classes: pd.Index, belief: Belief) -> None:
    """Refuse covariances without an inverse, which no belief held up.

    Raises
    ------
    ValueError
        If some direction has next to no variance in a component; names its class.
    """
    if belief.items > 0:
        return
    xp = array_namespace(mixtures.mean)
    scale = xp.sqrt(belief.variance)
    if mixtures.is_dense:
        relative = mixtures.covariance / (scale[:, None] * scale[None, :])
        least = xp.min(xp.linalg.eigvalsh(relative), axis=2)
    else:
        least = xp.min(mixtures.covariance / belief.variance, axis=2)
    collapsed = np.flatnonzero((on_host(least) < FLAT).any(axis=1))
    if len(collapsed):
        of_classes = len(collapsed) > 1 or least.shape[0] == len(classes)
        where = f"of {first_few(classes[collapsed])} " if of_classes else ""
        msg = (
            f"A covariance {where}collapsed: its component has fewer items than features, or holds "
            "copies of one item, so that its density has no bound. Leave smoothing= to its default,"
            " or take covariance='diag', fewer components, or fewer features."
        )
        raise ValueError(msg)
