"""The learner of the classifier term where the user names none: smooth and stepwise, averaged."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.kernel_approximation import RBFSampler

WIDE = 64  # more columns are pixels or embeddings, where boosting is slow and kernels are better
FEW = 32  # more classes are too slow for boosting, which grows a tree for each
WAVES = 1024  # random Fourier features
TINY = 1e-6  # rows with less weight are left out


class Learner(ClassifierMixin, BaseEstimator):
    """Average the log probabilities of a linear and a nonlinear classifier.

    The linear one is hard to fool by vague labels; the nonlinear one sees more. Up to 64 columns,
    that is boosting of shallow trees; beyond, logistic regression on random Fourier features.

    Parameters
    ----------
    penalty : float
        Half the weight of squared coefficients of standardized columns, in nats.

    Attributes
    ----------
    classes_ : array, n_classes
    """

    classes_: np.ndarray

    def __init__(self, *, penalty: float = 1.0) -> None:
        self.penalty = penalty

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from labels."""
        classes, code = np.unique(np.asarray(y), return_inverse=True)
        weights = np.ones(len(code)) if sample_weight is None else np.asarray(sample_weight)
        self.fit_soft(X, np.eye(len(classes))[code] * weights[:, None])
        self.classes_ = classes
        return self

    def fit_soft(self, X: Any, mass: np.ndarray) -> Self:
        """Learn from the weight of each class of each row, n_rows x n_classes."""
        X = np.asarray(X, dtype=np.float64)
        self.classes_ = np.arange(mass.shape[1])
        wide = X.shape[1] > WIDE
        self._scale = _Scale(X, common=wide)
        flat = self._scale(X)
        self._linear = _Softmax(flat, mass, self.penalty)
        self._waves = self._trees = None
        if wide or mass.shape[1] > FEW:
            sampler = RBFSampler(gamma=0.5 / X.shape[1], n_components=WAVES, random_state=0)
            self._waves = sampler.fit(flat)
            self._curved = _Softmax(self._wave(flat), mass, self.penalty)
        else:
            self._trees = _boosted(X, mass)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Give class probabilities, n_rows x n_classes."""
        X = np.asarray(X, dtype=np.float64)
        flat = self._scale(X)
        linear = self._linear(flat)
        if self._trees is None:
            other = self._curved(self._wave(flat))
        else:
            other = np.full(linear.shape, np.log(TINY))
            found = self._trees.predict_proba(X)
            other[:, self._trees.classes_] = np.log(np.maximum(found, TINY))
        return softmax((linear + other) / 2, axis=1)

    def predict(self, X: Any) -> np.ndarray:
        """Give the most probable class of each row."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _wave(self, flat: np.ndarray) -> np.ndarray:
        """Random Fourier features, of unit scale."""
        assert self._waves is not None
        return self._waves.transform(flat).astype(np.float32) * np.float32(np.sqrt(WAVES / 2))


class _Scale:
    """Standardize columns, each by its own deviation or all by a common one; NaN is the mean."""

    def __init__(self, X: np.ndarray, *, common: bool) -> None:
        known = ~np.isnan(X).all(axis=0)
        self.mean = np.where(known, np.nanmean(np.where(known, X, 0.0), axis=0), 0.0)
        variance = np.nanmean(np.where(known, X - self.mean, 0.0) ** 2, axis=0)
        variance = np.full(len(variance), variance.mean()) if common else variance
        self.deviation = np.where(variance > 0, np.sqrt(variance), 1.0)

    def __call__(self, X: np.ndarray) -> np.ndarray:
        return np.nan_to_num((X - self.mean) / self.deviation, nan=0.0).astype(np.float32)


class _Softmax:
    """Logistic regression on soft labels: scikit-learn's would need a row a class and item."""

    def __init__(self, X: np.ndarray, mass: np.ndarray, penalty: float) -> None:
        n_columns, n_classes = X.shape[1], mass.shape[1]
        total, weight = mass.sum(), mass.sum(axis=1)

        def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
            table = flat.reshape(n_columns + 1, n_classes)
            logits = (X @ table[:-1].astype(X.dtype)).astype(np.float64) + table[-1]
            norm = logsumexp(logits, axis=1)
            value = weight @ norm - (mass * logits).sum() + penalty / 2 * (table[:-1] ** 2).sum()
            rest = weight[:, None] * np.exp(logits - norm[:, None]) - mass
            slope = np.vstack(
                [
                    (X.T @ rest.astype(X.dtype)).astype(np.float64) + penalty * table[:-1],
                    rest.sum(axis=0)[None, :],
                ]
            )
            return value / total, slope.ravel() / total

        start = np.zeros((n_columns + 1, n_classes))
        start[-1] = np.log(np.maximum(mass.sum(axis=0) / total, TINY))
        options = {"maxiter": 100, "gtol": 1e-5}
        found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options=options)
        self.table = found.x.reshape(start.shape)

    def __call__(self, X: np.ndarray) -> np.ndarray:
        logits = X @ self.table[:-1] + self.table[-1]
        return logits - logsumexp(logits, axis=1, keepdims=True)


def _boosted(X: np.ndarray, mass: np.ndarray) -> HistGradientBoostingClassifier:
    """Boost trees that cannot single out few items, since their labels are vague."""
    row, code = np.nonzero(mass > TINY)
    trees = HistGradientBoostingClassifier(
        max_iter=60,
        max_leaf_nodes=16,
        min_samples_leaf=int(np.clip(len(X) // 100, 5, 200)),
        l2_regularization=10.0,
        max_features=0.5,
        early_stopping=False,
        random_state=0,
    )
    return trees.fit(X[row], code, sample_weight=mass[row, code])
