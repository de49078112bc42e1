"""Rows to train on: items, repeated once a class that they may have."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing  # pyright: ignore[reportPrivateUsage]

from weaklabel.posterior import TIE
from weaklabel.training._targets import n_rows, with_rows


class Rows(NamedTuple):
    """Rows to train on: items, repeated once a class they may have."""

    item: np.ndarray  # n_rows. Position in the items
    code: np.ndarray  # n_rows. Position in the classes
    weight: np.ndarray | None  # n_rows; None where every row counts once


def expand(probabilities: np.ndarray, weights: np.ndarray, above: float) -> Rows:
    """Repeat every item once a class that it may have."""
    item, code = np.nonzero(probabilities > above)
    return Rows(item, code, _or_none(probabilities[item, code] * weights[item], above))


def most_probable(probabilities: np.ndarray, weights: np.ndarray) -> Rows:
    """Give every item its most probable class; an item with several has no row."""
    best = probabilities >= probabilities.max(axis=1, keepdims=True) - TIE
    item = np.flatnonzero(best.sum(axis=1) == 1)
    if not len(item):
        msg = (
            f"All {len(probabilities)} items have several most probable classes, so hardening "
            "leaves nothing to train on. Choose an estimator that takes sample weights, with "
            "harden=None."
        )
        raise ValueError(msg)
    return Rows(item, best[item].argmax(axis=1), _or_none(weights[item], 0.0))


def _or_none(weight: np.ndarray, within: float) -> np.ndarray | None:
    """Forget weights that are all one: then any estimator can train."""
    return None if np.allclose(weight, 1, rtol=0, atol=within) else weight


def fit_rows(estimator: Any, X: Any, likely: np.ndarray, names: np.ndarray, rows: Rows) -> Any:
    """Fit on rows of X; the steps of a Pipeline before the last see every item once."""
    if isinstance(estimator, Pipeline):
        head, (name, last) = estimator[:-1], estimator.steps[-1]
        features = _transform(head, X, likely) if head.steps else X
        last = fit_rows(last, features, likely, names, rows)
        estimator.steps = [*head.steps, (name, last)]
        return estimator
    weight = {} if rows.weight is None else {"sample_weight": rows.weight}
    return estimator.fit(take(X, rows.item), names[rows.code], **weight)


def _transform(head: Pipeline, X: Any, likely: np.ndarray) -> Any:
    """Fit the first steps of a Pipeline, and check that they keep the items."""
    transformed = with_rows(head.fit_transform(X, likely))
    n_items = n_rows(transformed)
    if n_items != len(likely):
        msg = (
            f"The steps of the Pipeline made {n_items} items of {len(likely)}, so their "
            "probabilities are lost. Leave out steps that resample; sample_weight does the same."
        )
        raise ValueError(msg)
    return transformed


def take(X: Any, rows: np.ndarray) -> Any:
    """Take rows of X; X itself where that is all of them, once and in order."""
    everything = np.array_equal(rows, np.arange(n_rows(X)))
    return X if everything else _safe_indexing(X, rows)
