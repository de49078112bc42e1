"""Bring the confidence of a posterior into line with a few gold labels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.optimize import minimize_scalar

from weaklabel._device import on_host
from weaklabel.analysis._scored import gold_codes, refuse_no_posterior

if TYPE_CHECKING:
    from weaklabel.posterior import Posterior

__all__ = ["calibrate"]

SPREAD = 1.0  # deviation of the log temperature that is believed in before gold is seen
WIDEST = 5.0  # farthest that log temperature goes
Method = Literal["temperature", "isotonic"]


def calibrate(
    posterior: Posterior,
    gold: Any,
    *,
    method: Method = "temperature",
    onto: Posterior | None = None,
) -> Posterior:
    r"""Correct the confidence of a posterior by gold labels. Uses gold, and says so.

    Parameters
    ----------
    posterior : Posterior
        Of a model that did *not* see these gold labels.
    gold : Series or array, n_items
        Gold classes, aligned on the index; missing where there is none.
    method : {"temperature", "isotonic"}
        "temperature": log probabilities are divided by one number T, by which gold is most likely
        [1]_, with a belief of :math:`\log T \sim N(0, 1)` that a few labels overcome; labels do not
        change. "isotonic": the probability of each class goes through a rising curve
        (`sklearn.isotonic.IsotonicRegression`), then rows are made to sum to one; for hundreds of
        gold labels, and where confidence is wrong in other ways than too high or too low.
    onto : Posterior or None
        What to correct, such as the posterior of other items; None: `posterior` itself.

    Returns
    -------
    Posterior
        Classes that are ruled out stay so; items that are not covered stay as they are.

    Raises
    ------
    ValueError
        If gold cannot be aligned, is missing on all covered items, was seen by the model (all of
        it is certain and right), the method is unknown, or the classes of `onto` are others.

    References
    ----------
    .. [1] Guo et al., "On calibration of modern neural networks", ICML 2017.

    Examples
    --------
    >>> import weaklabel as wl
    >>> case = wl.datasets.correlated_copies(n_items=4000, random_state=0)
    >>> evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    >>> sure = wl.DawidSkene(max_misfit=float("inf")).fit(evidence).posterior(evidence)
    >>> few = case.gold.where(case.gold.index < 100)
    >>> better = calibrate(sure, few)
    >>> bool(wl.metrics.ece(case.gold, better) < 0.5 * wl.metrics.ece(case.gold, sure))
    True
    """
    refuse_no_posterior(posterior)
    if method not in {"temperature", "isotonic"}:
        msg = f"method={method!r} is unknown. Choose 'temperature' or 'isotonic'."
        raise ValueError(msg)
    codes = gold_codes(gold, posterior.index, posterior.classes)
    rows = np.flatnonzero((codes >= 0) & on_host(posterior.covered))
    p, codes = on_host(posterior.probabilities)[rows], codes[rows]
    _refuse(p, codes)
    target = posterior if onto is None else onto
    if not target.classes.equals(posterior.classes):
        msg = (
            f"onto has the classes {target.classes.tolist()}, the posterior that gold is held "
            f"against has {posterior.classes.tolist()}. Take both from the same model."
        )
        raise ValueError(msg)
    known = on_host(target.probabilities)
    correct = _by_temperature if method == "temperature" else _by_curves
    corrected = correct(p, codes, known)
    covered = on_host(target.covered)[:, None]
    return replace(target, probabilities=np.where(covered, corrected, known))


def _refuse(p: np.ndarray, codes: np.ndarray) -> None:
    """Refuse gold that tells nothing."""
    if not len(codes):
        msg = (
            "None of the items with gold is covered by the posterior, so that nothing can be "
            "learned about its confidence. Label some items that have votes."
        )
        raise ValueError(msg)
    if (p[np.arange(len(codes)), codes] == 1).all():
        msg = (
            f"All {len(codes)} gold labels have probability 1 in the posterior. Probably the model "
            "was given them as candidates. Fit without these labels, or calibrate with others."
        )
        raise ValueError(msg)


def _by_temperature(p: np.ndarray, codes: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Divide log probabilities by what makes gold most likely."""
    possible = p[np.arange(len(codes)), codes] > 0  # no temperature explains the others
    p, codes = p[possible], codes[possible]

    def loss(log_t: float) -> float:
        told = _tempered(p, np.exp(log_t))[np.arange(len(codes)), codes]
        return float(-np.log(np.maximum(told, 1e-300)).sum() + (log_t / SPREAD) ** 2 / 2)

    found: Any = minimize_scalar(loss, bounds=(-WIDEST, WIDEST), method="bounded")
    return _tempered(known, np.exp(found.x))


def _tempered(p: np.ndarray, temperature: float) -> np.ndarray:
    """Divide log probabilities by a temperature; what is ruled out stays so."""
    some = p > 0
    logs = np.where(some, np.log(np.where(some, p, 1.0)) / temperature, -np.inf)
    weight = np.exp(logs - logs.max(axis=1, keepdims=True))
    return weight / weight.sum(axis=1, keepdims=True)


def _by_curves(p: np.ndarray, codes: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Send each class through its own rising curve."""
    from sklearn.isotonic import IsotonicRegression

    least = 1 / (len(codes) + 2)  # no frequency among so few is 0 or 1 for certain
    curves = np.empty_like(known)
    for y in range(known.shape[1]):
        curve = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip")
        curves[:, y] = curve.fit(p[:, y], codes == y).predict(known[:, y])
    curves = np.where(known > 0, curves, 0.0)
    return curves / curves.sum(axis=1, keepdims=True)
