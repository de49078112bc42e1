"""What all end models share: which items they learn from, and how they are scored."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from weaklabel._check import first_few
from weaklabel.training._targets import (
    Targets,
    labels_of,
    n_rows,
    read_targets,
    read_weights,
    with_rows,
)


class Lesson(NamedTuple):
    """What there is to learn."""

    X: Any  # n_items rows
    targets: Targets
    weights: np.ndarray  # n_items; 0 where an item is left out
    n_left_out: int  # items that y says nothing about


class EndModel(ClassifierMixin, BaseEstimator):
    """A classifier that learns from a posterior."""

    keep_uninformed: bool
    predict: Any  # items to names of classes

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Give the accuracy, in expectation where `y` holds probabilities.

        Parameters
        ----------
        X : frame, array, sparse array or list, n_items rows
            Features, as in `fit`.
        y : Posterior, DataFrame or array of probabilities, or labels
            The truth, or what is believed of it; read as in `fit`.
        sample_weight : array or Series, n_items, optional
            How much each item counts. None is 1 for all.

        Returns
        -------
        float
            Mean probability that `y` gives to the predicted class, over the items that `y` says
            something about (over all, with ``keep_uninformed=True``). For labels, the accuracy.
        """
        lesson = self._lesson(X, y, sample_weight)
        column = pd.Index(lesson.targets.classes).get_indexer(pd.Index(self.predict(X)))
        believed = lesson.targets.probabilities[np.arange(len(column)), column]
        hits = np.where(column >= 0, believed, 0.0)  # y may never have heard of a class
        return float(np.average(hits, weights=lesson.weights))

    def _lesson(self, X: Any, y: Any, sample_weight: Any) -> Lesson:
        """Read X, y and the weights, and choose the items to learn from."""
        data = with_rows(X)
        targets, weights = read_targets(y, data), read_weights(sample_weight, data)
        informed = targets.informed | self.keep_uninformed
        if not (weights * informed).any():
            raise ValueError(_nothing_left(targets, data))
        return Lesson(data, targets, weights * informed, int((~informed).sum()))


def _nothing_left(targets: Targets, X: Any) -> str:
    """Say why there is nothing to learn from."""
    if not targets.informed.any():
        return (
            f"y says nothing about any of the {n_rows(X)} items: {first_few(labels_of(X))}. "
            "Probably no source voted on them. Give items with votes, or keep_uninformed=True."
        )
    return (
        f"All items that y says something about have a sample weight of zero, among them "
        f"{first_few(labels_of(X)[targets.informed])}. Give some a positive sample_weight."
    )
