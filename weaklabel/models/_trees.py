"""Boosted trees for vague labels; a file of their own, since importing them takes long."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

LARGE = 100_000  # rows that are worth several threads


class Trees(HistGradientBoostingClassifier):
    """Boosted trees that leave out columns in which nothing varies, which they cannot cut.

    Small tables take one thread: on a busy machine threads wait for each other, a hundred times
    longer than the work takes.
    """

    def fit(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, X: Any, y: Any, sample_weight: Any = None
    ) -> Self:
        """Learn from one label a row."""
        self.varied_ = np.fmin.reduce(X, axis=0) < np.fmax.reduce(X, axis=0)
        with _threads(X):
            return super().fit(self._columns(X), y, sample_weight)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Give class probabilities, n_rows x n_classes."""
        with _threads(X):
            return super().predict_proba(self._columns(X))

    def _columns(self, X: Any) -> np.ndarray:
        """Leave out what does not vary; where nothing does, one column without a word."""
        return np.asarray(X)[:, self.varied_] if self.varied_.any() else np.zeros((len(X), 1))


def _threads(X: Any) -> threadpool_limits:
    """Limit the threads to what a table is worth."""
    return threadpool_limits(None if len(X) > LARGE else 1, user_api="openmp")
