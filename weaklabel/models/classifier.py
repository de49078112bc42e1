"""Classifier: what features say, by a scikit-learn classifier refitted on each posterior."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
from sklearn.base import clone, is_classifier

from weaklabel._device import beside, on_host
from weaklabel._hash import scatter
from weaklabel._progress import progress_bar
from weaklabel.models._bags_told import likelihood_of_bags, unnumbered
from weaklabel.models._base import TermModel
from weaklabel.models._folds import fold_of_items, item_keys, taught
from weaklabel.models._learners import Likelihood, default_learners, knowledge
from weaklabel.models._sharpness import sharpen, stretched

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.solvers import Solver
    from weaklabel.training._rows import Rows

DIGITS = 9  # of labels that classifiers learn from
TINY = 1e-6  # probabilities of a classifier are kept off 0 and 1 by this


class _Lesson(NamedTuple):
    """What a posterior teaches: rows to learn from, which lie one after another over chunks."""

    evidence: Any
    mass: Any  # n_items x n_classes: the posterior times item weights; 0 for what teaches nothing
    before: Any  # parameters of the last sweep, or None


class _Parameters(NamedTuple):
    """Classifiers, each taught by the items outside its fold, and how to weigh what they say."""

    estimators: Any  # n_folds lists of n_classifiers
    log_share: Any  # n_folds x n_classes: class shares that each was taught
    weight: Any  # n_classifiers: how much log probabilities count
    offset: Any  # n_classes
    key: Any  # n_taught: hashes of the labels of the items, rising
    fold: Any  # n_taught: fold of each
    known: Any  # how much labels knew in the first sweep; see `knowledge`


class Classifier(TermModel):
    """Any probabilistic classifier on the features, refitted on each posterior.

    An item is scored by classifiers that never saw its own label, nor those of its bag:
    items are cut into folds, and each fold is scored by a classifier that learned from the others.
    With exact counts in bags (`BeliefPropagation`) this is the strongest known way from
    proportions to labels.

    Vague labels make vague classifiers. So what the classifiers say is stretched: by as much as
    makes what is certain of the items (counts in bags, candidates) most likely. This takes the
    place of dozens of sweeps.

    Parameters
    ----------
    estimator : classifier, list of classifiers, or None
        Any scikit-learn classifier with ``predict_proba``, or a Pipeline that ends in one. One
        whose ``fit`` takes no ``sample_weight`` learns one class an item, drawn from the
        posterior. Several are averaged in log probabilities, with weights that counts and
        candidates tell. None: logistic regression and boosting of small trees; beyond 4 classes,
        or 48 columns of more than two values (pixels, embeddings), or where bags state no number
        ("at least one"), logistic regression on random Fourier features in place of trees.
    n_folds : int
        Classifiers in a sweep. 1 lets every item hear its own label, which is rarely wise.
    solver : Solver or None
        How items are made to agree; None is `Independent`.
    class_prior : None, "uniform", mapping, Series or array, n_classes
        None: estimated. Otherwise given.
    prior_strength : float or None
        How many items `class_prior` is worth; None fixes it.
    max_iter : int
        Sweeps after the first. Their number is fixed, since the likelihood of a classifier that
        is never asked about its own labels is no objective.
    progress : bool or None
        Whether to show a progress bar; None shows it on a terminal or in a notebook.

    Attributes
    ----------
    parameters_ : Parameters
        Holds the fitted classifiers.
    classes_, class_prior_, n_iter_, ending_, objective_trace_
        As in every label model.

    Notes
    -----
    Items of which nothing else is known (no votes, candidates, or bag of less than half of
    all items) are scored, but teach nothing: a classifier that learns from its own echo gets worse.

    An item that was there in the fit is known again by its index label, and scored by the
    classifiers of its fold only; other items by the mean of all.

    Beside Fourier features, logistic regressions also descend on the likelihood of the bags itself,
    where nothing votes: counts are taken as Gaussian, other statements exactly.

    Statistics of a classifier are the weighted rows themselves. They do not add up over chunks;
    they lie one after another.

    Examples
    --------
    >>> import pandas as pd, weaklabel as wl
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.random(400) < 0.5
    >>> X = pd.DataFrame({"x": truth + rng.normal(scale=0.5, size=400)})
    >>> bag = pd.Series(np.arange(400) // 8)
    >>> counts = pd.Series(truth).groupby(bag).sum()
    >>> evidence = (
    ...     wl.Evidence(X.index, classes=["no", "yes"])
    ...     .with_features(X)
    ...     .with_bags(bag, wl.Count("yes", number=counts))
    ... )
    >>> model = Classifier(solver=wl.BeliefPropagation()).fit(evidence)
    >>> bool(((model.predict(evidence) == "yes") == truth).mean() > 0.85)
    True
    """

    _uses: ClassVar[frozenset[str]] = frozenset({"features"})
    _fixed_sweeps: ClassVar[bool] = True

    n_init = 1
    tol = 0.0
    max_drift = 1.0
    random_state = None

    def __init__(
        self,
        estimator: Any = None,
        *,
        n_folds: int = 4,
        solver: Solver | None = None,
        class_prior: Any = None,
        prior_strength: float | None = None,
        max_iter: int = 2,
        progress: bool | None = None,
    ) -> None:
        self.estimator = estimator
        self.n_folds = n_folds
        self.solver = solver
        self.class_prior = class_prior
        self.prior_strength = prior_strength
        self.max_iter = max_iter
        self.progress = progress

    def _refuse(self, evidence: Evidence) -> None:
        if evidence.features is None:
            msg = (
                "A classifier learns from features, and this evidence has none. Add with_features."
            )
            raise ValueError(msg)
        if self.n_folds < 1:
            msg = f"n_folds is at least 1, not {self.n_folds!r}. Try 4."
            raise ValueError(msg)
        given = self.estimator if _several(self.estimator) else [self.estimator]
        for one in given if self.estimator is not None else ():
            if not is_classifier(one) or not hasattr(one, "predict_proba"):
                msg = (
                    f"{one!r} gives no class probabilities. Choose a classifier with "
                    "predict_proba, such as LogisticRegression, or wrap it in "
                    "CalibratedClassifierCV."
                )
                raise TypeError(msg)

    def _informs(self, evidence: Evidence) -> Any:
        self._refuse(evidence)
        return beside(np.ones(len(evidence), dtype=bool), evidence.features)

    def _statistics(self, evidence: Evidence, posterior: Any, parameters: Any) -> _Lesson:
        mass = on_host(posterior) * taught(evidence)[:, None]
        return _Lesson(evidence, mass, parameters)

    def _maximize(self, statistics: _Lesson, survey: Any, log_prior: Any) -> _Parameters:
        evidence, mass, before = statistics
        rows = np.flatnonzero(mass.sum(axis=1) > 0)
        if not len(rows):
            msg = (
                "Nothing is known of single items, so that there is nothing to teach a classifier. "
                "Add votes, candidates or bags."
            )
            raise ValueError(msg)
        keys = item_keys(evidence.index)
        rows = rows[np.argsort(keys[rows], kind="stable")]  # the order of items never matters
        fold = fold_of_items(evidence, keys, rows, self.n_folds)
        # trees would make much of the last digits, which depend on the order of items
        X, mass, keys = on_host(evidence.features)[rows], mass[rows].round(DIGITS), keys[rows]
        known = knowledge(mass) if before is None else before.known
        learners = self._learners(X, mass, known, unnumbered=unnumbered(evidence))
        by_bags = any(getattr(one, "by_bags", False) for one in learners)
        fitted, shares = [], []
        with progress_bar(self.progress, self.n_folds, "classifiers", leave=False) as bar:
            for number in range(self.n_folds):
                part = (fold != number) | (fold.min() == fold.max())
                last = [None] * len(learners) if before is None else before.estimators[number]
                bags = likelihood_of_bags(evidence, rows[part], mass[part]) if by_bags else None
                lesson = X[part], mass[part], keys[part], bags
                fitted.append(
                    [
                        _fitted(one, *lesson, former)
                        for one, former in zip(learners, last, strict=True)
                    ]
                )
                shares.append(mass[part].sum(axis=0) / mass[part].sum())
                bar.update()
        log_share = np.log(np.maximum(shares, TINY))
        blank = np.zeros(0)
        learned = _Parameters(fitted, log_share, blank, blank, keys, fold, known)
        told = _told(evidence, learned)
        weights = None if before is None else before.weight
        here = evidence.map_arrays(on_host)
        weight, offset = sharpen(here, told, on_host(log_prior), statistics.mass, weights)
        return learned._replace(weight=weight, offset=offset)

    def _learners(
        self, X: np.ndarray, mass: np.ndarray, known: float, *, unnumbered: bool
    ) -> list[Any]:
        """Give the classifiers to fit in each fold."""
        if self.estimator is None:
            return default_learners(X, mass.shape[1], known, unnumbered=unnumbered)
        return list(self.estimator) if _several(self.estimator) else [self.estimator]

    def _score(self, evidence: Evidence, parameters: _Parameters) -> Any:
        self._refuse(evidence)
        scores = stretched(_told(evidence, parameters), parameters.weight, parameters.offset)
        return beside(scores, evidence.features)

    def _moved(self, after: _Parameters, before: _Parameters) -> float:
        """How far class shares and sharpness moved; classifiers cannot be compared."""
        shares = np.abs(np.exp(after.log_share) - np.exp(before.log_share)).sum()
        return float(shares + np.abs(after.weight - before.weight).sum())

    def _placed(self, parameters: _Parameters, move: Any) -> _Parameters:
        """Leave what classifiers learned on the host, where scikit-learn is."""
        return parameters


def _several(estimator: Any) -> bool:
    """Tell whether there are several classifiers."""
    return isinstance(estimator, list | tuple)


def _told(evidence: Evidence, parameters: _Parameters) -> np.ndarray:
    """Log probabilities without class shares, n_classifiers x n_items x n_classes."""
    keys, X = item_keys(evidence.index), on_host(evidence.features)
    at = np.minimum(np.searchsorted(parameters.key, keys), len(parameters.key) - 1)
    fold = np.where(parameters.key[at] == keys, parameters.fold[at], -1)
    n_folds, n_classes = parameters.log_share.shape
    told = np.zeros((len(parameters.estimators[0]), len(X), n_classes))
    for number, (estimators, share) in enumerate(
        zip(parameters.estimators, parameters.log_share, strict=True)
    ):
        rows = np.flatnonzero((fold == number) | (fold < 0))
        if not len(rows):
            continue
        part = np.where(fold[rows] < 0, 1 / n_folds, 1.0)[:, None]
        for one, estimator in enumerate(estimators):
            told[one, rows] += part * _log_ratio(estimator, X[rows], share)
    return told


def _log_ratio(estimator: Any, X: np.ndarray, log_share: np.ndarray) -> np.ndarray:
    """Log of predicted probabilities over class shares; as good as 0 for a class never seen."""
    seen = np.asarray(estimator.classes_)
    ratio = np.zeros((len(X), len(log_share)))
    ratio[:, seen] = np.log(np.maximum(estimator.predict_proba(X), TINY)) - log_share[seen]
    return ratio - ratio.mean(axis=1, keepdims=True)


def _fitted(
    learner: Any,
    X: np.ndarray,
    mass: np.ndarray,
    keys: np.ndarray,
    likelihood: Likelihood | None,
    last: Any,
) -> Any:
    """Fit a classifier to the weight of each class of each item; `last` is a sweep older."""
    weights = mass.sum(axis=1)
    probabilities = mass / weights[:, None]
    seen = mass.sum(axis=0) > TINY * weights.sum()
    if seen.sum() == 1:
        from sklearn.dummy import DummyClassifier

        return DummyClassifier(strategy="prior").fit(X, np.full(len(X), seen.argmax()))
    model: Any = clone(learner)
    if hasattr(model, "fit_soft"):
        same = type(last) is type(model) and last.table_.shape[1] == mass.shape[1]
        return model.fit_soft(X, mass, last if same else None, likelihood)
    from weaklabel.training._rows import expand, fit_rows
    from weaklabel.training.soft_label_classifier import takes_weights

    if takes_weights(model):
        rows = expand(probabilities * seen, weights, TINY)
    else:
        rows = _drawn(probabilities, weights, keys, model)
    names = np.arange(mass.shape[1])
    return fit_rows(model, X, probabilities.argmax(axis=1), names, rows)


def _drawn(
    probabilities: np.ndarray, weights: np.ndarray, keys: np.ndarray, estimator: Any
) -> Rows:
    """Draw one class an item by a hash of its label, for estimators that take no weights."""
    if not np.allclose(weights, weights[0]):
        msg = (
            f"{type(estimator).__name__} takes no sample_weight, so that it cannot count some "
            "items more than others. Leave with_weights out, or choose an estimator that takes it."
        )
        raise TypeError(msg)
    chance = scatter(keys) / 2.0**64
    code = (np.cumsum(probabilities, axis=1) < chance[:, None]).sum(axis=1)
    from weaklabel.training._rows import Rows

    return Rows(np.arange(len(code)), np.minimum(code, probabilities.shape[1] - 1), None)
