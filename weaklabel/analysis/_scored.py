"""Gold and probabilities brought together: the rows that can be scored, by code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from weaklabel._check import first_few
from weaklabel._device import on_host
from weaklabel._frames import probabilities_as_pandas, values_of
from weaklabel.io.codes import SILENT, Codes
from weaklabel.io.wide import column_codes
from weaklabel.posterior import TIE, Posterior


@dataclass(frozen=True, kw_only=True, eq=False)
class Scored:
    """The items that have gold, with their probabilities.

    Attributes
    ----------
    gold : integer array, n_items
        Position of the gold class in `classes`.
    probabilities : float array, n_items x n_classes
    classes : pd.Index, n_classes
    covered : bool array, n_items
        The posterior says so; for a bare frame or array: the best class is not tied.
    labels : float array, n_items x n_classes
        Weight of each class in the label given: tied classes share it, and all classes do where
        a posterior covers nothing, since `predict` abstains there.
    """

    gold: np.ndarray
    probabilities: np.ndarray
    classes: pd.Index
    covered: np.ndarray
    labels: np.ndarray


def scored(gold: Any, probabilities: Any) -> Scored:
    """Align gold with probabilities and keep the items that have gold.

    Raises
    ------
    TypeError, ValueError
        As documented in `weaklabel.analysis.metrics`.
    """
    p, index, classes, covered = parts(probabilities)
    _check_probabilities(p, index)
    codes = gold_codes(gold, index, classes)
    known = codes >= 0
    labels = tie_weights(p)
    if covered is None:
        covered = labels.max(axis=1) == 1
    else:
        labels[~covered] = 1 / len(classes)
    return Scored(
        gold=codes[known],
        probabilities=p[known],
        classes=classes,
        covered=covered[known],
        labels=labels[known],
    )


def tie_weights(probabilities: np.ndarray) -> np.ndarray:
    """Give every class of a row its share of the prediction; tied best classes share equally."""
    best = probabilities >= probabilities.max(axis=1, keepdims=True) - TIE
    return best / best.sum(axis=1, keepdims=True)


def gold_codes(gold: Any, index: pd.Index, classes: pd.Index) -> np.ndarray:
    """Turn gold labels into positions in `classes`, aligned on `index`; -1 where there is none."""
    values = pd.Series(_aligned(values_of(gold), index)).set_axis(index)
    codes = column_codes(values, Codes(classes))
    unknown = (codes >= len(classes)) | (codes < SILENT)
    if unknown.any():
        offenders = first_few(pd.unique(values[unknown]))
        message = (
            f"Gold holds {offenders} at {unknown.sum()} items ({first_few(index[unknown])}), but "
            f"the classes are {first_few(classes, most=10)}. Probably gold is written in other "
            "names than the classes. Rename one of them, for example gold.map({...}); a missing "
            "gold label is None or NaN."
        )
        raise ValueError(message)
    if (codes == SILENT).all():
        message = (
            f"None of the {len(index)} items has gold, so nothing can be scored. Probably the gold "
            "labels belong to other items. Pass gold for at least one item."
        )
        raise ValueError(message)
    return codes


def _aligned(gold: Any, index: pd.Index) -> Any:
    """Bring gold into the order of `index`: a Series by its labels, an array by position."""
    if not isinstance(gold, pd.Series):
        if np.ndim(gold) != 1:
            message = (
                f"Gold has {np.ndim(gold)} dimensions, not one. Probably probabilities or one-hot "
                "rows were passed. Pass one class an item: a Series or a flat array."
            )
            raise ValueError(message)
        if len(gold) != len(index):
            message = (
                f"Gold has {len(gold)} labels for {len(index)} items. An array is taken by "
                "position, so its length must be the same. Pass a Series with the items' index "
                "if some have no gold."
            )
            raise ValueError(message)
        return gold
    if gold.index.equals(index):
        return gold
    for labels, owner in ((gold.index, "Gold"), (index, "The items")):
        if labels.has_duplicates:
            message = (
                f"{owner} can not be aligned: index label {first_few(labels[labels.duplicated()])} "
                "occurs more than once. Probably the index is not the key of the table. Give "
                "every item its own label, for example with reset_index()."
            )
            raise ValueError(message)
    extra = gold.index.difference(index, sort=False)
    if len(extra):
        message = (
            f"Gold has {len(extra)} index labels that no item has: {first_few(extra)}. Probably "
            "gold is of another table or split. Keep those of the items: "
            "gold[gold.index.isin(items)]."
        )
        raise ValueError(message)
    return gold.reindex(index)


def parts(probabilities: Any) -> tuple[np.ndarray, pd.Index, pd.Index, np.ndarray | None]:
    """Take a Posterior, a frame or an array apart: values, items, classes, covered."""
    if isinstance(probabilities, Posterior):
        values = on_host(probabilities.probabilities).astype(float)
        covered = on_host(probabilities.covered).astype(bool)
        return values, probabilities.index, probabilities.classes, covered
    probabilities = probabilities_as_pandas(probabilities)
    if isinstance(probabilities, pd.DataFrame):
        values = probabilities.to_numpy(float)
        return values, probabilities.index, probabilities.columns, None
    try:
        values = np.asarray(probabilities, float)
    except (TypeError, ValueError) as error:
        message = (
            "Labels were passed where probabilities belong. Gold comes first, then what the model "
            "says of the same items: model.posterior(evidence) or model.predict_proba(evidence)."
        )
        raise TypeError(message) from error
    if values.ndim != 2:
        message = (
            f"Probabilities have {values.ndim} dimension(s), not two. Probably only those of the "
            "positive class were passed. Pass one column a class: np.column_stack([1 - p, p])."
        )
        raise ValueError(message)
    return values, pd.RangeIndex(len(values)), pd.RangeIndex(values.shape[1]), None


def refuse_no_posterior(given: Any) -> None:
    """Refuse what is no posterior, where what it covers must be known.

    Raises
    ------
    TypeError
        If it is something else.
    """
    if not isinstance(given, Posterior):
        message = (
            f"A Posterior is needed here, not {type(given).__name__}: it also knows which items "
            "it covers. Make it by model.posterior(evidence)."
        )
        raise TypeError(message)


def _check_probabilities(p: np.ndarray, index: pd.Index) -> None:
    """Refuse rows that are no distribution; the tolerance lets single precision pass."""
    bad = ~((p >= 0).all(axis=1) & (np.abs(p.sum(axis=1) - 1) <= 1e-4))
    if bad.any():
        message = (
            f"{bad.sum()} rows are no probabilities, which are 0 or more and sum to 1: items "
            f"{first_few(index[bad])}. Probably scores, counts or missing values were passed. "
            "Normalize the rows first, for example scores.div(scores.sum(axis=1), axis=0)."
        )
        raise ValueError(message)
