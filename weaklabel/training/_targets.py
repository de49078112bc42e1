"""What an end model is told to learn: every kind of `y`, read into aligned probabilities."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.exceptions import DataConversionWarning
from sklearn.utils import assert_all_finite, check_consistent_length
from sklearn.utils.multiclass import check_classification_targets

from weaklabel._check import first_few
from weaklabel._device import on_host
from weaklabel._frames import probabilities_as_pandas
from weaklabel.posterior import Posterior

SUM_WITHIN = 1e-3  # rows of tables rounded to three or four digits still pass
UNIFORM_WITHIN = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class Targets:
    """The class probabilities that an end model learns from.

    Parameters
    ----------
    probabilities : floating array, n_items x n_classes
        Rows sum to one, in the order of the rows of X.
    classes : array, n_classes
        Names of the classes, in the order of the columns.
    informed : boolean array, n_items
        False where `y` says nothing about the item.
    """

    probabilities: np.ndarray
    classes: np.ndarray
    informed: np.ndarray


def read_targets(y: Any, X: Any) -> Targets:
    """Read a posterior, a frame or array of probabilities, or hard labels, in the order of X."""
    if y is None:
        msg = (
            "This classifier requires y to be passed, but the target y is None. "
            "Give a posterior, a frame of probabilities, or labels."
        )
        raise ValueError(msg)
    if isinstance(y, Posterior):
        frame = y.frame()
        informed = pd.Series(on_host(y.covered), index=y.index)
        return _read_frame(frame, X, np.asarray(align(informed, X, "y")))
    y = probabilities_as_pandas(y)
    if not isinstance(y, pd.DataFrame | pd.Series):
        y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] == 1:
        warnings.warn(
            "A column-vector y was passed when a 1d array was expected. Its one column is read "
            "as labels; to give probabilities, give one column a class.",
            DataConversionWarning,
            stacklevel=4,
        )
        y = y.iloc[:, 0] if isinstance(y, pd.DataFrame) else y.ravel()
    if y.ndim == 2:
        return _read_frame(pd.DataFrame(y), X, None, by_label=isinstance(y, pd.DataFrame))
    return _read_labels(y, X)


def align(values: Any, X: Any, name: str) -> Any:
    """Bring `values` into the order of X: by label where both have an index, else as they are."""
    index = getattr(X, "index", None)
    if not (isinstance(values, pd.Series | pd.DataFrame) and isinstance(index, pd.Index)):
        check_consistent_length(X, values)
        return values
    if values.index.equals(index):
        return values
    _refuse_other_rows(values.index, index, name)
    return values.loc[index]


def read_weights(sample_weight: Any, X: Any) -> np.ndarray:
    """Read one weight an item, in the order of X; None is one for all."""
    if sample_weight is None:
        return np.ones(n_rows(X))
    weights = np.asarray(align(sample_weight, X, "sample_weight"), dtype=np.float64)
    if weights.ndim != 1:
        msg = (
            f"Sample weights must be 1D array or scalar, got {weights.ndim}D array. "
            "Give one number an item."
        )
        raise ValueError(msg)
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        msg = (
            f"sample_weight is negative, missing or infinite for {wrong.sum()} items: "
            f"{first_few(labels_of(X)[wrong])}. A weight says how often an item counts: give 0 to "
            "leave an item out."
        )
        raise ValueError(msg)
    return weights


def n_rows(X: Any) -> int:
    """Count the items of X."""
    return X.shape[0] if hasattr(X, "shape") else len(X)


def labels_of(X: Any) -> pd.Index:
    """Give the user's labels of the items: the index of X, or row numbers."""
    index = getattr(X, "index", None)
    return index if isinstance(index, pd.Index) else pd.RangeIndex(n_rows(X))


def with_rows(X: Any) -> Any:
    """Make sure that X has rows to take."""
    if sparse.issparse(X):
        return X.tocsr()
    return X if hasattr(X, "shape") or hasattr(X, "__len__") else np.asarray(X)


def _refuse_other_rows(given: pd.Index, wanted: pd.Index, name: str) -> None:
    """Refuse values that are not about exactly the items of X."""
    for index, owner in ((given, name), (wanted, "X")):
        if not index.is_unique:
            twice = index[index.duplicated()].unique()
            msg = (
                f"{owner} has {len(twice)} index labels more than once: {first_few(twice)}. "
                f"{name} is aligned with X by label, and these labels are ambiguous. "
                "Make the index unique, for example with reset_index(drop=True) on both."
            )
            raise ValueError(msg)
    missing, extra = wanted.difference(given, sort=False), given.difference(wanted, sort=False)
    if len(missing):
        msg = (
            f"{name} lacks {len(missing)} items of X: {first_few(missing)}. {name} is aligned with "
            f"X by index label, never by position; probably the index of one was reset. Give both "
            f"the same index, or take X.loc[{name}.index]."
        )
        raise ValueError(msg)
    if len(extra):
        msg = (
            f"{name} has {len(extra)} items that X lacks: {first_few(extra)}. Probably X was "
            f"filtered after {name} was made. Take {name}.loc[X.index]."
        )
        raise ValueError(msg)


def _read_frame(
    frame: pd.DataFrame, X: Any, informed: np.ndarray | None, *, by_label: bool = True
) -> Targets:
    """Read one row of probabilities an item and one column a class."""
    if by_label:
        frame = align(frame, X, "y")
    check_consistent_length(X, frame)
    _refuse_repeated_classes(frame.columns)
    try:
        probabilities = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        msg = (
            f"y has {frame.shape[1]} columns, and not all hold numbers. A two-dimensional y holds "
            "one column of probabilities a class; give labels as one column."
        )
        raise ValueError(msg) from error
    silent = np.asarray(np.isnan(probabilities).all(axis=1))
    probabilities = np.where(silent[:, None], 1 / frame.shape[1], probabilities)
    _refuse_non_probabilities(probabilities, labels_of(X))
    says = np.ptp(probabilities, axis=1) > UNIFORM_WITHIN if informed is None else informed
    return Targets(
        probabilities=probabilities, classes=_names(frame.columns), informed=says & ~silent
    )


def _refuse_repeated_classes(classes: pd.Index) -> None:
    """Refuse two columns of one class."""
    twice = classes[classes.duplicated()].unique()
    if len(twice):
        msg = (
            f"y has {len(twice)} classes in several columns: {first_few(twice)}. Probably two "
            "frames were joined. Keep one column a class."
        )
        raise ValueError(msg)


def _refuse_non_probabilities(probabilities: np.ndarray, labels: pd.Index) -> None:
    """Refuse rows that are no distribution."""
    in_range = (probabilities >= 0).all(axis=1)  # false for NaN
    wrong = ~(in_range & (np.abs(probabilities.sum(axis=1) - 1) <= SUM_WITHIN))
    if wrong.any():
        msg = (
            f"y has {wrong.sum()} rows that are no probabilities (not negative, not missing, "
            f"summing to 1): {first_few(labels[wrong])}. Probably y holds scores, votes or "
            "several labels an item; cross_val_predict(method='predict_proba') also recodes a "
            "two-dimensional y. Give one column a class with rows summing to 1, or one of labels."
        )
        raise ValueError(msg)


def _read_labels(y: Any, X: Any) -> Targets:
    """Read one label an item; missing ones say nothing."""
    y = align(y, X, "y")
    missing = np.asarray(pd.isna(y))
    if isinstance(y.dtype, pd.CategoricalDtype):
        classes = _sorted(pd.Index(y.cat.categories))
    else:
        given = np.asarray(y)[~missing]
        assert_all_finite(given, input_name="y")
        check_classification_targets(given)
        classes = np.unique(given)
    if not len(classes):
        msg = f"y names no class: all {n_rows(X)} labels are missing. Give labels for some items."
        raise ValueError(msg)
    codes = pd.Index(classes).get_indexer(pd.Index(np.asarray(y)))
    probabilities = np.zeros((len(codes), len(classes)))
    probabilities[np.arange(len(codes)), codes] = 1
    probabilities[missing] = 1 / len(classes)
    return Targets(probabilities=probabilities, classes=classes, informed=~missing)


def _sorted(categories: pd.Index) -> np.ndarray:
    """Sort class names where they can be, as scikit-learn's scorers expect of labels."""
    try:
        return _names(categories.sort_values())
    except TypeError:  # names of several types keep the user's order
        return _names(categories)


def _names(classes: pd.Index) -> np.ndarray:
    """Hold class names in an array: numbers typed, everything else as it is."""
    names = classes.tolist()
    kinds = {type(name) for name in names}
    if len(kinds) == 1 and kinds <= {bool, int, float}:
        return np.array(names)
    array = np.empty(len(names), dtype=object)
    array[:] = names
    return array
