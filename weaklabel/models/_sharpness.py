"""Sharpness: how far to stretch what classifiers say, by what is certain of the items."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from weaklabel.models._certain import Certain
from weaklabel.models._learners import knowledge

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence

# Belief about sharpness and about the weight of a classifier beside others: deviation of their
# logarithms. Where little is certain of the items, classifiers are averaged as they are.
SPREAD, SPREAD_OF_ONE = 2.0, 1.0
# A classifier that predicts vague labels as well as can be knows more of the true ones: by how much
# its log probabilities are stretched where the labels knew nothing. With 0 to .8, features make
# votes better in log-loss on all seven open sets; in accuracy most around the middle.
DILUTION = 0.5
LARGEST = 10.0
FARTHEST = 14.0  # nats between two classes: a classifier may always be wrong, once in a million


def stretched(told: np.ndarray, weight: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Sum up what classifiers say into scores, n_items x n_classes, at best 0.

    Parameters
    ----------
    told : floating array, n_classifiers x n_items x n_classes
    weight : floating array, n_classifiers
    offset : floating array, n_classes
    """
    scores = np.tensordot(weight, told, 1) + offset
    return np.maximum(scores - scores.max(axis=1, keepdims=True), -FARTHEST)


def sharpen(
    evidence: Evidence,
    told: np.ndarray,
    log_prior: np.ndarray,
    mass: np.ndarray,
    before: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Find weights of classifiers that make bags, candidates and hints most likely.

    Where there are none, those that make the posterior most likely, stretched by its vagueness.

    Parameters
    ----------
    evidence : Evidence
        What is certain of the items.
    told : floating array, n_classifiers x n_items x n_classes
        Log probabilities by classifiers that did not see the item, without class shares.
    log_prior : floating array, n_classes
    mass : floating array, n_items x n_classes
        The posterior that taught the classifiers, times how much each item counts.
    before : floating array, n_classifiers, or None
        Weights that are kept but for their sum; None finds all.

    Returns
    -------
    weight : floating array, n_classifiers
        Sums to the sharpness: 1 where they are averaged as they are.
    offset : floating array, n_classes
        To add so that the mean of what is predicted is the class prior.

    Notes
    -----
    A classifier taught by vague labels is vague itself, and EM sharpens it by a little in each
    sweep: in bags of 128, dozens are needed. The likelihood of the counts tells at once. It also
    tells which classifier to believe, but in the first sweep only, while labels are nothing but
    the shares of bags: later, what a classifier says comes back in the labels of the others.

    What the offset fits by itself, however little the classifiers know, is taken off: the
    likelihood is conditional on totals, by the saddlepoint of the information about the offset.
    """
    share = np.full(len(told), 1 / len(told)) if before is None else before / before.sum()
    counted = mass.sum(axis=1)
    certain = Certain.of(evidence)
    mixed = told if before is None else np.tensordot(share, told, 1)[None]

    def loss(free: np.ndarray) -> tuple[float, np.ndarray]:
        weight = _weight(free)
        if certain is None:
            value, slope = _likeness(mixed, weight, log_prior, mass)
        else:
            value, slope = _fit(certain, mixed, weight, log_prior, counted)
        belief = np.r_[free[0] / SPREAD**2, free[1:] / SPREAD_OF_ONE**2]
        by_free = weight[:-1] * (slope[:-1] - slope @ weight / weight.sum())
        return belief @ free / 2 - value, belief - np.r_[slope @ weight, by_free]

    bounds = [(-np.log(LARGEST), np.log(LARGEST)), *[(-5.0, 5.0)] * (len(mixed) - 1)]
    options = {"maxiter": 12, "maxfun": 15, "ftol": 1e-6}
    start = np.zeros(len(mixed))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    weight = _weight(found.x)
    weight = weight if before is None else weight[0] * share
    if certain is None:
        weight = weight * (1 + DILUTION * (1 - knowledge(mass)))
    return weight, balanced(np.tensordot(weight, told, 1), log_prior, counted)


def _likeness(
    told: np.ndarray, weight: np.ndarray, log_prior: np.ndarray, mass: np.ndarray
) -> tuple[float, np.ndarray]:
    """Log-likelihood of labels drawn from the posterior, and its slope along the weights."""
    counted = mass.sum(axis=1)
    scores = _forecast(told, weight, log_prior, counted)
    predicted = np.exp(scores)
    left = mass - predicted * counted[:, None]
    return float((mass * scores).sum()), _slope(told, left, predicted, counted)


def _forecast(
    told: np.ndarray, weight: np.ndarray, log_prior: np.ndarray, mass: np.ndarray
) -> np.ndarray:
    """Log probabilities that classifiers of such weights give, n_items x n_classes."""
    offset = balanced(np.tensordot(weight, told, 1), log_prior, mass)
    scores = log_prior + stretched(told, weight, offset)
    return scores - logsumexp(scores, axis=1, keepdims=True)


def _slope(
    told: np.ndarray, left: np.ndarray, predicted: np.ndarray, mass: np.ndarray
) -> np.ndarray:
    """Slope along the weights of what is `left` of labels beyond predictions, n_classifiers."""
    return np.array([(left * (one + _bend(one, predicted, mass))).sum() for one in told])


def _weight(free: np.ndarray) -> np.ndarray:
    """Weights from the logarithm of their sum and log ratios to the last."""
    return np.exp(free[0]) * softmax(np.r_[free[1:], 0.0])


def _fit(
    certain: Certain, told: np.ndarray, weight: np.ndarray, log_prior: np.ndarray, mass: np.ndarray
) -> tuple[float, np.ndarray]:
    """Log-likelihood of what is certain, and its slope along the weights, n_classifiers."""
    scores = _forecast(told, weight, log_prior, mass)
    predicted = np.exp(scores)
    value, posterior = certain.solve(scores)
    slope = _slope(told, (posterior - predicted) * certain.weights[:, None], predicted, mass)
    # the slope leaves the information out, with which the optimum hardly moves
    return value + _log_information(predicted, mass) / 2, slope


def balanced(told: np.ndarray, log_prior: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """Find what to add so that predictions have the class prior as their mean, n_classes."""
    prior, total = np.exp(log_prior), mass.sum()
    offset = np.zeros(len(prior))
    for _ in range(50):
        predicted = softmax(log_prior + told + offset, axis=1)
        gap = prior - mass @ predicted / total
        if np.abs(gap).max() < 1e-9:
            break
        step = np.linalg.lstsq(_information(predicted, mass) / total, gap, rcond=1e-10)[0]
        offset += np.clip(step, -1.0, 1.0)
    return offset - offset.mean()


def _information(predicted: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """Information about the offset, n_classes x n_classes; singular along equal shifts."""
    return np.diag(mass @ predicted) - (predicted * mass[:, None]).T @ predicted


def _log_information(predicted: np.ndarray, mass: np.ndarray) -> float:
    """Log determinant of the information about the offset, up to a constant."""
    information = _information(predicted, mass)[1:, 1:]
    return float(np.linalg.slogdet(information + 1e-9 * np.eye(len(information)))[1])


def _bend(told: np.ndarray, predicted: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """Give how fast the offset follows the weight of a classifier, n_classes."""
    away = told - (predicted * told).sum(axis=1, keepdims=True)
    moved = mass @ (predicted * away)
    return -np.linalg.lstsq(_information(predicted, mass), moved, rcond=1e-10)[0]
