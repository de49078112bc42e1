"""The learners of the classifier term where the user names none: one simple, one curved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp
from sklearn.base import BaseEstimator, ClassifierMixin

Likelihood = Callable[[np.ndarray], tuple[float, np.ndarray]]  # of logits: value and slope

WIDE = 48  # columns of more than two values: with more of them, kernels see more than trees
FEW = 4  # classes: trees need one for each, in each round
WAVES = 512
COLD, WARM = 100, 25  # steps of logistic regression at first, and from the last sweep's result on
BAG_STEPS = 40  # from there towards what makes bags most likely
WIDTH = 0.15  # of the kernel exp(-WIDTH * mean squared difference of columns)


def knowledge(mass: np.ndarray) -> float:
    """Give the share of the variance of labels that their means explain, in (0, 1].

    1 where labels are certain; 1 / size where they are shares of random bags. As many items teach
    as much as this share of them would with certain labels.
    """
    weight: np.ndarray = mass.sum(axis=1)
    means = mass / np.where(weight > 0, weight, 1.0)[:, None]
    share = mass.sum(axis=0) / weight.sum()
    spread = weight @ ((means - share) ** 2).sum(axis=1) / weight.sum()
    return float(np.clip(spread / max(1 - share @ share, 1e-12), 1e-4, 1.0))


def default_learners(
    X: np.ndarray, n_classes: int, known: float, *, unnumbered: bool = False
) -> list[Any]:
    """Give what learns from vague labels, unfitted.

    Logistic regression is hard to fool; boosted trees see more. Where there are many columns, they
    are taken for pixels or embeddings, and logistic regression on random Fourier features takes
    the place of trees; both learn from the likelihood of bags, too. So it is where bags are
    `unnumbered` ("at least one"), which tell next to nothing of single items. The vaguer the labels
    (`known`, see `knowledge`), the simpler all are.
    """
    penalty = 1 / known
    if _n_gradual(X) > WIDE or n_classes > FEW or unnumbered:
        return [
            SoftLogistic(penalty=penalty, by_bags=True),
            SoftLogistic(penalty=penalty, by_bags=True, waves=WAVES),
        ]
    from weaklabel.models._trees import Trees

    settings: dict[str, Any] = {"early_stopping": False}  # its annotation knows words only
    trees = Trees(
        max_iter=60,
        max_leaf_nodes=16,
        min_samples_leaf=int(np.clip(25 / known, 5, max(5, len(X) // 10))),
        l2_regularization=10.0,
        max_features=0.5,
        random_state=0,
        **settings,
    )
    return [SoftLogistic(penalty=penalty, adaptive=True), trees]


def _n_gradual(X: np.ndarray) -> int:
    """Count the columns that have more than two values."""
    low, high = np.fmin.reduce(X, axis=0), np.fmax.reduce(X, axis=0)
    return int(((low < X) & (high > X)).any(axis=0).sum())


class SoftLogistic(ClassifierMixin, BaseEstimator):
    """Logistic regression on soft labels; scikit-learn's needs a row for each class of an item.

    Columns are standardized, or brought to one common scale for `waves`. NaN counts as the mean,
    and what lies beyond all that was seen as the farthest seen: a pixel that was almost always
    black would else outweigh all others.

    Parameters
    ----------
    penalty : float
        Weight of half the squared coefficients, in nats.
    adaptive : bool
        Learn twice, and shrink more what had small coefficients at first: where labels are vague,
        most of them are noise.
    waves : int
        Random Fourier features of the columns to learn from, in place of them; 0: none.
    by_bags : bool
        From the coefficients that labels teach, go on towards those that make what is known of bags
        most likely.

    Attributes
    ----------
    classes_ : array, n_classes
    """

    classes_: np.ndarray

    def __init__(
        self,
        *,
        penalty: float = 1.0,
        adaptive: bool = False,
        waves: int = 0,
        by_bags: bool = False,
    ) -> None:
        self.penalty = penalty
        self.adaptive = adaptive
        self.waves = waves
        self.by_bags = by_bags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from one label a row."""
        classes, code = np.unique(np.asarray(y), return_inverse=True)
        weights = np.ones(len(code)) if sample_weight is None else np.asarray(sample_weight)
        self.fit_soft(X, np.eye(len(classes))[code] * weights[:, None])
        self.classes_ = classes
        return self

    def fit_soft(
        self,
        X: Any,
        mass: np.ndarray,
        last: Self | None = None,
        likelihood: Likelihood | None = None,
    ) -> Self:
        """Learn from the weight of each class of each row, n_rows x n_classes.

        Coefficients that were `last` learned, from the same rows, are where the search begins.
        The `likelihood` of bags of these rows is heard if `by_bags`.
        """
        self.classes_ = np.arange(mass.shape[1])
        self._learn_scale(np.asarray(X))
        columns = self._columns(X)
        start = None if last is None or self.adaptive else last.table_
        self.table_ = _logistic(columns, mass, 1.0 if self.adaptive else self.penalty, start)
        if self.adaptive:
            size = np.var(self.table_[:-1], axis=1)
            trust = size / max(size.max(), 1e-300)
            self.table_ = _logistic(columns * trust, mass, self.penalty)
            self.table_[:-1] *= trust[:, None]
        if self.by_bags and likelihood is not None:
            self.table_ = _likeliest(columns, likelihood, self.table_)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Give class probabilities, n_rows x n_classes."""
        logits = self._columns(X) @ self.table_[:-1] + self.table_[-1]
        return np.exp(logits - logsumexp(logits, axis=1, keepdims=True))

    def predict(self, X: Any) -> np.ndarray:
        """Give the most probable class of each row."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _learn_scale(self, X: np.ndarray) -> None:
        """Learn mean and deviation of the columns."""
        missing = np.isnan(X)
        n_known = np.maximum((~missing).sum(axis=0), 1)
        self.mean_ = np.where(missing, 0.0, X).sum(axis=0) / n_known
        variance = (np.where(missing, 0.0, X - self.mean_) ** 2).sum(axis=0) / n_known
        if self.waves:  # pixels, embeddings: what hardly varies says little
            variance = np.full(len(variance), variance.mean())
        self.deviation_ = np.where(variance > 0, np.sqrt(variance), 1.0)
        seen = np.where(missing, self.mean_, X)
        self.low_, self.high_ = seen.min(axis=0), seen.max(axis=0)
        if self.waves:
            from sklearn.kernel_approximation import RBFSampler

            gamma = WIDTH / X.shape[1]
            self.sampler_ = RBFSampler(gamma=gamma, n_components=self.waves, random_state=0)
            self.sampler_.fit(X[:1])

    def _columns(self, X: Any) -> np.ndarray:
        """Give what is learned from; where there is much, in single precision, for speed."""
        kind = np.float32 if self.waves else np.float64
        scaled = (np.clip(X, self.low_, self.high_) - self.mean_) / self.deviation_
        scaled = np.nan_to_num(scaled, nan=0.0).astype(kind)
        if not self.waves:
            return scaled
        return self.sampler_.transform(scaled) * np.float32(np.sqrt(self.waves / 2))


def _logistic(
    X: np.ndarray, mass: np.ndarray, penalty: float, start: np.ndarray | None = None
) -> np.ndarray:
    """Coefficients, (n_columns + 1) x n_classes, the intercepts last."""
    shape = X.shape[1] + 1, mass.shape[1]
    total = float(mass.sum())
    weight: np.ndarray = mass.sum(axis=1)

    def misfit(logits: np.ndarray) -> tuple[float, np.ndarray]:
        norm: Any = logsumexp(logits, axis=1)
        rest = np.exp(logits - norm[:, None]) * weight[:, None] - mass
        return weight @ norm - (mass * logits).sum(), rest

    n_steps = COLD if start is None else WARM
    if start is None:
        start = np.zeros(shape)
        start[-1] = np.log(np.maximum(mass.sum(axis=0) / total, 1e-9))
    return _descended(X, misfit, total, penalty, start, n_steps)


def _likeliest(X: np.ndarray, likelihood: Likelihood, start: np.ndarray) -> np.ndarray:
    """Coefficients on the way from `start` to those that make bags most likely.

    The way ends early: in the end, they would fit what is accidental in bags.
    """

    def misfit(logits: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = likelihood(logits)
        return -value, -slope

    return _descended(X, misfit, len(X), 1.0, start, BAG_STEPS)


def _descended(
    X: np.ndarray,
    misfit: Likelihood,
    total: float,
    penalty: float,
    start: np.ndarray,
    n_steps: int,
) -> np.ndarray:
    """Descend along penalized coefficients, given the slope of the misfit along the logits."""

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        table = flat.reshape(start.shape)
        logits = (X @ table[:-1].astype(X.dtype)).astype(np.float64) + table[-1]
        value, rest = misfit(logits)
        slope = np.empty(start.shape)
        slope[:-1] = X.T @ rest.astype(X.dtype) + penalty * table[:-1]
        slope[-1] = rest.sum(axis=0)
        value += penalty / 2 * (table[:-1] ** 2).sum()
        return value / total, slope.ravel() / total

    # labels that are shares of large bags differ by little: so must what is thought to be settled
    options = {"maxiter": n_steps, "gtol": 1e-7, "ftol": 1e-13}
    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options=options)
    return found.x.reshape(start.shape)
