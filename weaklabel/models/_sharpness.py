"""Sharpness: how far to stretch what a classifier says, by what is certain of the items."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp
from sklearn.exceptions import ConvergenceWarning

from weaklabel._device import on_host
from weaklabel.solvers import BeliefPropagation, Independent

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence

RANGE = 0.2, 10.0
SPREAD = 2.0  # deviation of the belief about log sharpness: where nothing tells, it stays near 1
FARTHEST = 14.0  # nats between two classes: a classifier may always be wrong, once in a million


class Sharpness(NamedTuple):
    """How far to stretch log probabilities, and what to add so that class shares stay."""

    sharpness: float
    offset: np.ndarray  # n_classes


def stretched(told: np.ndarray, sharpness: float, offset: np.ndarray) -> np.ndarray:
    """Stretch what a classifier says into scores, n_items x n_classes, at best 0."""
    scores = sharpness * told + offset
    return np.maximum(scores - scores.max(axis=1, keepdims=True), -FARTHEST)


def sharpen(
    evidence: Evidence, told: np.ndarray, log_prior: np.ndarray, weights: np.ndarray
) -> Sharpness:
    """Find the sharpness that makes bags, candidates and hints most likely.

    Parameters
    ----------
    evidence : Evidence
        What is certain of the items.
    told : floating array, n_items x n_classes
        Log probabilities by a classifier that did not see the item, without class shares.
    log_prior : floating array, n_classes
    weights : floating array, n_items
        How much each item counts for class shares.

    Notes
    -----
    A classifier taught by vague labels is vague itself, and EM sharpens it by a little in each
    sweep: in bags of 128, dozens are needed. The likelihood of the counts tells at once. The
    offset keeps the mean of what is predicted at the class prior; what this fits by itself,
    however little the classifier knows, is taken off (the likelihood is conditional on totals, by
    the saddlepoint of the information about the offset).
    """
    known = replace(evidence, votes=None, neighbors=None, features=None)
    if not known.bags and known.candidates is None and known.hints is None:
        return Sharpness(1.0, offset_for(told, log_prior, weights))
    solver = BeliefPropagation(max_iter=20) if known.bags else Independent()

    def loss(log_sharpness: float) -> float:
        sharpness = float(np.exp(log_sharpness))
        offset = offset_for(sharpness * told, log_prior, weights)
        scores = log_prior + stretched(told, sharpness, offset)
        scores -= logsumexp(scores, axis=1, keepdims=True)
        hinted = scores if known.hints is None else scores + on_host(known.hints)
        each = on_host(solver.solve(hinted, known).log_normalizer)
        each = np.where(np.isfinite(each), each, 0.0)
        if known.weights is not None:
            each = each * on_host(known.weights)
        belief = -0.5 * (log_sharpness / SPREAD) ** 2
        return -(each.sum() + _log_information(np.exp(scores), weights) / 2 + belief)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = minimize_scalar(
            loss, bounds=np.log(RANGE), method="bounded", options={"xatol": 0.05, "maxiter": 12}
        )
    sharpness = float(np.exp(found.x))
    return Sharpness(sharpness, offset_for(sharpness * told, log_prior, weights))


def offset_for(told: np.ndarray, log_prior: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """What to add to scores so that predictions have the class prior as their mean, n_classes."""
    prior, total = np.exp(log_prior), weights.sum()
    offset = np.zeros(len(prior))
    for _ in range(50):
        predicted = _softmax(log_prior + told + offset)
        mean = weights @ predicted / total
        if np.abs(mean - prior).max() < 1e-9:
            break
        information = np.diag(mean) - (predicted * weights[:, None]).T @ predicted / total
        # information is singular along equal shifts; the ridge is far below what matters
        step = np.linalg.solve(information + 1e-9 * np.eye(len(prior)), prior - mean)
        offset += np.clip(step - step.mean(), -1.0, 1.0)
    return offset


def _log_information(predicted: np.ndarray, weights: np.ndarray) -> float:
    """Log determinant of the information about the offset, up to a constant."""
    mean = np.diag(weights @ predicted)
    information = mean - (predicted * weights[:, None]).T @ predicted
    smallest = 1e-9 * weights.sum()
    return float(np.linalg.slogdet(information[1:, 1:] + smallest * np.eye(len(mean) - 1))[1])


def _softmax(scores: np.ndarray) -> np.ndarray:
    likely = np.exp(scores - scores.max(axis=1, keepdims=True))
    return likely / likely.sum(axis=1, keepdims=True)
