"""SoftLabelClassifier: any scikit-learn classifier, trained on class probabilities."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn import get_config
from sklearn.base import clone, is_classifier
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from weaklabel.training._end_model import EndModel
from weaklabel.training._rows import Rows, expand, fit_rows, most_probable, take


class HardenedLabels(UserWarning):
    """The end model could not use probabilities, and learned the most probable classes."""


def _delegates(method: str) -> Callable[[Any], bool]:
    """Make the check for `available_if`: the estimator, fitted or not, has the method."""

    def check(model: Any) -> bool:
        getattr(getattr(model, "estimator_", model.estimator), method)  # its own AttributeError
        return True

    return check


class SoftLabelClassifier(EndModel):
    r"""Train a scikit-learn classifier on class probabilities.

    An item with the probabilities :math:`q_{iy}` and the weight :math:`w_i` enters training once
    a class, with the weight :math:`w_i q_{iy}`. For an estimator that minimizes a sum of losses
    over its rows this is *exactly* training on the expected loss,

    .. math:: \sum_i w_i \sum_y q_{iy} \, \ell(x_i, y),

    which for logistic regression is the soft cross-entropy. Estimators whose ``fit`` takes no
    ``sample_weight`` learn the most probable class of every item instead.

    Parameters
    ----------
    estimator : classifier
        Any scikit-learn classifier, or a Pipeline that ends in one. It is cloned, never changed.
    harden : bool, optional
        True trains on the most probable class of every item. False always hands over sample
        weights, and lets the estimator say so if it does not take them. None hardens only where
        the estimator takes no weights, and warns with `HardenedLabels`.
    keep_uninformed : bool, default=False
        Train on items that `y` says nothing about, too: those that a posterior does not cover,
        uniform or all-missing rows of probabilities, missing labels. They pull the predictions
        towards the prior (of a posterior) or towards uniform probabilities.
    min_probability : float, default=1e-6
        Classes with at most this probability are left out of the rows of an item. More saves
        time where there are many classes; what is left is not scaled up.

    Attributes
    ----------
    classes_ : array, n_classes
        Names of the classes in the order of the posterior (or of the columns of `y`); of hard
        labels, sorted.
    estimator_ : classifier
        The fitted estimator.
    hardened_ : bool
        True if doubt was lost, because the estimator learned most probable classes.
    n_left_out_ : int
        Number of items that training left out because `y` says nothing about them, or, where
        labels were hardened, because several classes are most probable.
    n_features_in_ : int
        Number of features, where the estimator knows it.
    feature_names_in_ : array, n_features_in_
        Names of the features, where the estimator knows them.

    Warns
    -----
    HardenedLabels
        If probabilities had to be hardened.

    See Also
    --------
    TorchClassifier : Learns soft targets by gradient descent.

    Notes
    -----
    *Pipelines.* The steps before the last see every item once (so that means and document counts
    are those of the data, not of the repeated rows), with its most probable class as `y`; the
    last step gets the weighted rows. Use ``SoftLabelClassifier(Pipeline(...))``: at the end of
    a Pipeline, this classifier gets what earlier steps return, which mostly has lost the index, so
    that `y` is matched by position.

    *Splits inside.* An estimator that splits its training data itself (calibration, search,
    early stopping) sees rows of one item on both sides. Put the search around this classifier.

    *Doubt.* The classifier estimates the mean of the posteriors of items like this one, not how
    sure the features are of the truth: where the posterior is calibrated but vague, so are the
    predictions, although the most probable classes are mostly right.

    *Cross-validation.* ``cross_val_predict`` and ``GridSearchCV`` take hard labels or a frame
    (``posterior.frame()``) as `y`. Such a frame no longer knows what is covered: leave those rows
    out before, or set them to 1 / n_classes. With a frame, folds cannot be stratified (scikit-learn
    uses ``KFold``), `score` is the expected accuracy under the frame, and
    ``cross_val_predict(method="predict_proba")`` is refused, because scikit-learn recodes the
    columns. Scorers named by string want hard labels.

    *Order of the classes.* Some of scikit-learn's binary scorers (``"roc_auc"``) take
    ``classes_[-1]`` for the class that is last *in sorting order*. Declare classes in sorting
    order to use them, or give the scorer its positive class.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> X = pd.DataFrame({"refunds": [0.0, 1.0, 2.0, 3.0]}, index=["a", "b", "c", "d"])
    >>> y = pd.DataFrame(
    ...     {"fine": [0.1, 0.9, 0.5, 0.8], "bad": [0.9, 0.1, 0.5, 0.2]}, index=["d", "a", "c", "b"]
    ... )
    >>> model = SoftLabelClassifier(LogisticRegression()).fit(X, y)
    >>> model.n_left_out_
    1
    >>> model.classes_.tolist()
    ['fine', 'bad']
    >>> model.predict(X).tolist()
    ['fine', 'fine', 'fine', 'bad']
    """

    def __init__(
        self,
        estimator: Any,
        *,
        harden: bool | None = None,
        keep_uninformed: bool = False,
        min_probability: float = 1e-6,
    ) -> None:
        self.estimator = estimator
        self.harden = harden
        self.keep_uninformed = keep_uninformed
        self.min_probability = min_probability

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> SoftLabelClassifier:
        """Train on probabilities or labels.

        Parameters
        ----------
        X : frame, array, sparse array or list, n_items rows
            Whatever the estimator takes.
        y : Posterior, DataFrame or array of probabilities, or labels
            What is known of the classes. A Posterior, DataFrame or Series is aligned with a frame
            X by index label, never by position. Columns of a DataFrame are named by class; those
            of an array are the classes 0, 1, ... Labels that are missing (NaN, None) say nothing.
        sample_weight : array or Series, n_items, optional
            How much each item counts. None is 1 for all.

        Returns
        -------
        SoftLabelClassifier
            Itself.

        Raises
        ------
        TypeError
            If the estimator is no classifier, or there are sample weights and it takes none.
        ValueError
            If `y` and X are not about the same items (names them), `y` holds no probabilities, or
            no item is left.
        """
        if not is_classifier(self.estimator):
            msg = (
                f"{_name(self.estimator)} is no classifier, and has no classes to learn "
                "probabilities of. Give a classifier, or a Pipeline that ends in one."
            )
            raise TypeError(msg)
        lesson = self._lesson(X, y, sample_weight)
        items = np.flatnonzero(lesson.weights)
        classes, probabilities = lesson.targets.classes, lesson.targets.probabilities[items]
        rows, hardened = self._rows(probabilities, lesson.weights[items])
        if hardened and self.harden is None:
            _warn_hardened(self.estimator, probabilities)
        given = _sortable(classes)
        likely = given[probabilities.argmax(axis=1)]
        estimator = fit_rows(clone(self.estimator), take(lesson.X, items), likely, given, rows)

        self.classes_ = classes
        self.estimator_ = estimator
        self.hardened_ = hardened
        tied = len(items) - len(rows.item) if hardened else 0
        self.n_left_out_ = lesson.n_left_out + tied
        self._position = pd.Index(given).get_indexer(pd.Index(estimator.classes_))
        for name in ("n_features_in_", "feature_names_in_"):
            self.__dict__.pop(name, None)
            if hasattr(estimator, name):
                setattr(self, name, getattr(estimator, name))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Give the class that the estimator chooses for every item.

        Parameters
        ----------
        X : frame, array, sparse array or list, n_items rows
            Features, as in `fit`.

        Returns
        -------
        array, n_items
            Names of classes.
        """
        check_is_fitted(self)
        chosen = pd.Index(self.estimator_.classes_).get_indexer(
            pd.Index(self.estimator_.predict(X))
        )
        return self.classes_[self._position[chosen]]

    @available_if(_delegates("predict_proba"))
    def predict_proba(self, X: Any) -> np.ndarray:
        """Give the probability of every class.

        Parameters
        ----------
        X : frame, array, sparse array or list, n_items rows
            Features, as in `fit`.

        Returns
        -------
        floating array, n_items x n_classes
            Columns in the order of `classes_`; zero for a class that no item had in training.
        """
        check_is_fitted(self)
        return self._columns(self.estimator_.predict_proba(X), absent=0.0)

    @available_if(_delegates("decision_function"))
    def decision_function(self, X: Any) -> np.ndarray:
        """Give the estimator's confidence in every class.

        Parameters
        ----------
        X : frame, array, sparse array or list, n_items rows
            Features, as in `fit`.

        Returns
        -------
        floating array, n_items x n_classes, or n_items
            Columns in the order of `classes_`; ``-inf`` for a class that no item had in training.
            With two classes one value an item, positive for the second of `classes_`.

        Raises
        ------
        ValueError
            If the estimator compares pairs of classes, so that there is no column a class.
        """
        check_is_fitted(self)
        decision = self.estimator_.decision_function(X)
        if np.array_equal(self._position, np.arange(len(self.classes_))):
            return decision
        if decision.ndim == 2 and decision.shape[1] != len(self._position):
            msg = (
                f"{_name(self.estimator)} gives {decision.shape[1]} columns for "
                f"{len(self._position)} classes; probably it compares pairs of classes. Choose "
                "decision_function_shape='ovr'."
            )
            raise ValueError(msg)
        if decision.ndim == 1 and len(self.classes_) == 2:
            return -decision  # the estimator sorted the two classes the other way round
        columns = np.column_stack([-decision, decision]) if decision.ndim == 1 else decision
        return self._columns(columns, absent=-np.inf)

    def __sklearn_tags__(self) -> Any:
        """Take whatever input the estimator takes."""
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = deepcopy(inner.input_tags)
        if inner.classifier_tags is not None:
            # a two-dimensional y holds probabilities, never several labels
            tags.classifier_tags = replace(inner.classifier_tags, multi_label=False)
        tags.non_deterministic = inner.non_deterministic
        return tags

    def _rows(self, probabilities: np.ndarray, weights: np.ndarray) -> tuple[Rows, bool]:
        """Choose the rows to train on, and say whether doubt was lost in them."""
        weighs = self.harden is False or takes_weights(self.estimator)
        doubtful = bool((probabilities.max(axis=1) < 1 - self.min_probability).any())
        hardened = doubtful and (bool(self.harden) or not weighs)
        if hardened:
            rows = most_probable(probabilities, weights)
        else:
            rows = expand(probabilities, weights, self.min_probability)
        if rows.weight is not None and not weighs:
            msg = (
                f"{_name(self.estimator)} takes no sample_weight, so it cannot count some items "
                "more than others. Leave sample_weight out, or choose an estimator that takes it."
            )
            raise TypeError(msg)
        return rows, hardened

    def _columns(self, values: np.ndarray, absent: float) -> np.ndarray:
        """Move the estimator's columns to the order of `classes_`."""
        columns = np.full((len(values), len(self.classes_)), absent)
        columns[:, self._position] = values
        return columns


def takes_weights(estimator: Any) -> bool:
    """Say whether `fit` (of a Pipeline's last step) takes sample weights."""
    if isinstance(estimator, Pipeline):
        return takes_weights(estimator.steps[-1][1])
    return has_fit_parameter(estimator, "sample_weight") and not _declines_weights(estimator)


def _declines_weights(estimator: Any) -> bool:
    """Say whether the user set ``set_fit_request(sample_weight=False)``."""
    if not get_config()["enable_metadata_routing"]:
        return False
    request = getattr(estimator.get_metadata_routing(), "fit", None)
    return request is not None and request.requests.get("sample_weight") is False


def _sortable(classes: np.ndarray) -> np.ndarray:
    """Give classes that scikit-learn takes for labels: their names, or positions if it cannot."""
    if classes.dtype.kind == "f":
        labels = bool((classes == classes.round()).all())  # it takes 0.5 for a regression target
    else:
        labels = classes.dtype != object or all(isinstance(name, str) for name in classes)
    return classes if labels else np.arange(len(classes))


def _name(estimator: Any) -> str:
    """Name an estimator by its class, a Pipeline by its last step."""
    if isinstance(estimator, Pipeline):
        return _name(estimator.steps[-1][1])
    return type(estimator).__name__


def _warn_hardened(estimator: Any, probabilities: np.ndarray) -> None:
    """Tell that, and how much, doubt was lost."""
    warnings.warn(
        f"Trained on the most probable class of each of {len(probabilities)} items (on average "
        f"{probabilities.max(axis=1).mean():.2f} probable): {_name(estimator)} takes no "
        "sample_weight, so it cannot learn from probabilities. Choose an estimator that takes "
        "sample weights, or say harden=True.",
        HardenedLabels,
        stacklevel=3,
    )
