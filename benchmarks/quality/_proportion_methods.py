"""Ways from bags to labels: ours, published ones, and full supervision to compare with.

Each takes what a method may see and gives class probabilities of the train rows (its labels of
them) and of the test rows. Gold is for full supervision alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.ensemble import HistGradientBoostingClassifier

import weaklabel as wl
from benchmarks.quality import _llp_bp
from benchmarks.quality._bags import Bagged
from weaklabel.models._learners import SoftLogistic

Found = tuple[np.ndarray, np.ndarray]
MOST_COLUMNS = 128  # beyond, boosting takes too long
PENALTY = 1.0  # of half the squared coefficients, as in scikit-learn


def label_model(seen: Bagged) -> Found:
    """Fit ours with nothing set; new rows are predicted by the model itself."""
    model = wl.LabelModel().fit(evidence := seen.evidence())
    pseudo = model.predict_proba(evidence).to_numpy()
    return pseudo, model.predict_proba(seen.test_evidence()).to_numpy()


def llp_bp(seen: Bagged) -> Found | None:
    """Label by the published method, two classes only; boosting learns its hard labels."""
    if seen.counts.shape[1] > 2:
        return None
    share, _ = _llp_bp.marginals(seen.X, seen.bag, seen.counts[:, 1])
    pseudo = np.column_stack([1 - share, share])
    model = HistGradientBoostingClassifier(random_state=0).fit(seen.X, share > 0.5)
    return pseudo, _by_class(model, seen.X_test, 2)


def bag_mean(seen: Bagged) -> Found:
    """Take the share of the bag for the label; logistic regression learns it."""
    table = _logistic(seen.X, seen.shares)
    return seen.shares, softmax(_with_one(seen.X_test) @ table, axis=1)


def easy_llp(seen: Bagged) -> Found:
    """Logistic regression with the unbiased loss of EasyLLP (Busa-Fekete et al., 2023)."""
    share = seen.counts.sum(axis=0) / seen.counts.sum()
    size = seen.counts.sum(axis=1)[seen.bag][:, None]
    table = _logistic(seen.X, size * (seen.shares - share) + share)
    return tuple(softmax(_with_one(X) @ table, axis=1) for X in (seen.X, seen.X_test))


def dllp(seen: Bagged) -> Found:
    """Logistic regression whose mean prediction in each bag is near its share (DLLP)."""
    X, bag, counts = _with_one(seen.X), seen.bag, seen.counts
    n_bags, size = len(counts), counts.sum(axis=1)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        table = flat.reshape(X.shape[1], -1)
        each = softmax(X @ table, axis=1)
        mean = np.column_stack([np.bincount(bag, column, n_bags) for column in each.T])
        mean = np.maximum(mean / size[:, None], 1e-12)
        pull = (counts / mean / size[:, None])[bag]
        slope = -each * (pull - (each * pull).sum(axis=1, keepdims=True))
        return _penalized(table, -(counts * np.log(mean)).sum(), X.T @ slope, len(X))

    table = _minimized(loss, X.shape[1], counts.sum(axis=0))
    return tuple(softmax(_with_one(X) @ table, axis=1) for X in (seen.X, seen.X_test))


def full_supervision(seen: Bagged, gold: np.ndarray) -> Found:
    """Learn from gold: what could be reached at best."""
    n_classes = seen.counts.shape[1]
    if seen.X.shape[1] > MOST_COLUMNS:
        model = SoftLogistic(waves=1024).fit(seen.X, gold)
    else:
        model = HistGradientBoostingClassifier(random_state=0).fit(seen.X, gold)
    return np.eye(n_classes)[gold], _by_class(model, seen.X_test, n_classes)


METHODS: dict[str, Callable[[Bagged], Found | None]] = {
    "LabelModel": label_model,
    "LLP-BP": llp_bp,
    "bag mean": bag_mean,
    "EasyLLP": easy_llp,
    "DLLP": dllp,
}
SUPERVISION = "full supervision"


def run(method: str, seen: Bagged, gold: np.ndarray) -> Found | None:
    """Run a method by name; None if it is not made for such a task."""
    return full_supervision(seen, gold) if method == SUPERVISION else METHODS[method](seen)


def _with_one(X: np.ndarray) -> np.ndarray:
    """Add a column of ones."""
    return np.column_stack([X, np.ones(len(X), X.dtype)])


def _by_class(model: Any, X: np.ndarray, n_classes: int) -> np.ndarray:
    """Probabilities with a column for every class, also those that the model never saw."""
    found = np.zeros((len(X), n_classes))
    found[:, np.asarray(model.classes_, dtype=np.int64)] = model.predict_proba(X)
    return found


def _logistic(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Logistic regression on labels that may lie outside 0 and 1: coefficients, ones last."""
    X = _with_one(features)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        table = flat.reshape(X.shape[1], -1)
        log_each = log_softmax(X @ table, axis=1)
        value = -(labels * log_each).sum()
        slope = X.T @ (np.exp(log_each) * labels.sum(axis=1, keepdims=True) - labels)
        return _penalized(table, value, slope, len(X))

    return _minimized(loss, X.shape[1], labels.sum(axis=0))


def _penalized(table: np.ndarray, value: Any, slope: np.ndarray, n: int) -> tuple[float, Any]:
    """Add the penalty of coefficients, not of intercepts, and give both an item."""
    free = np.vstack([table[:-1], np.zeros((1, table.shape[1]))])
    total = float(value) + PENALTY / 2 * float((free**2).sum())
    return total / n, (slope + PENALTY * free).ravel() / n


def _minimized(loss: Any, n_rows: int, mass: np.ndarray) -> np.ndarray:
    """Minimize by L-BFGS from the class shares on."""
    start = np.zeros((n_rows, len(mass)))
    start[-1] = np.log(np.maximum(mass / mass.sum(), 1e-9))
    options = {"maxiter": 1000, "gtol": 1e-6}
    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options=options)
    return found.x.reshape(start.shape)
