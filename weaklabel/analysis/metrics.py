"""How good probabilities are against gold labels, with ties scored in expectation.

Every function takes `gold` first and `probabilities` second:

- ``probabilities``: a `Posterior`, a frame (one column a class) or an array, n_items x n_classes.
- ``gold``: a Series, aligned on the index of the probabilities, or an array of the same length.
  Values are class names; integers are positions of classes where no class is itself a number. Items
  whose gold is missing (None, NaN, ``<NA>``, -1) are left out of every figure.

**Ties.** The *weight* of a class in a row is the chance that a fair draw among the best classes
predicts it: 1 for a single best class, 1/t for each of t classes whose probabilities lie within
1e-9 of the best, 0 for all others. Accuracy, F1 and calibration are computed from these weights,
so no figure depends on the order of classes or rows, and no coin is thrown. For accuracy and F1
an item that a `Posterior` does not cover is a tie of all classes, whatever its prior says, since
`predict` abstains on it. Read `coverage` beside every figure.

All functions raise ValueError if gold can not be aligned, holds something that is no class, is
missing everywhere, or if a row of the probabilities is no distribution.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weaklabel._check import first_few
from weaklabel.analysis._scored import Scored, scored, tie_weights

__all__ = ["accuracy", "brier", "coverage", "ece", "f1", "log_loss", "reliability", "score"]


def accuracy(gold: Any, probabilities: Any) -> float:
    """Share of items whose predicted class is the gold class, in expectation under ties.

    Parameters
    ----------
    gold : Series or array, n_items
        Gold classes; missing ones are left out. See the module's text for all that is accepted.
    probabilities : Posterior, DataFrame or array, n_items x n_classes

    Returns
    -------
    float
        Mean weight on the gold class, between 0 and 1.

    Examples
    --------
    >>> accuracy([1, 1], [[0.2, 0.8], [0.5, 0.5]])  # the second row is a coin flip
    0.75
    """
    return _accuracy(scored(gold, probabilities))


def f1(gold: Any, probabilities: Any, *, positive: Any = None) -> float:
    """F1: harmonic mean of precision and recall, from summed tie weights.

    For a class c, TP is the weight on c over items whose gold is c, FP the weight on c over all
    other items, FN the weight on other classes over items whose gold is c, and
    ``F1 = 2 TP / (2 TP + FP + FN)``.

    Parameters
    ----------
    gold : Series or array, n_items
    probabilities : Posterior, DataFrame or array, n_items x n_classes
    positive : class, optional
        The class to score. None means the second of two classes, and with more classes the mean
        over classes (macro-F1), leaving out those that neither gold nor any prediction has.

    Returns
    -------
    float
        Between 0 and 1; NaN if neither gold nor any prediction has the class.

    Raises
    ------
    ValueError
        If `positive` is not a class.

    Examples
    --------
    >>> f1([1, 1, 0], [[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]])  # TP 1.5, FP 0, FN 0.5
    0.8571428571428571
    """
    return _f1(scored(gold, probabilities), positive)


def brier(gold: Any, probabilities: Any) -> float:
    """Brier score in sum form: squared distance to the one-hot gold, summed over classes.

    Parameters
    ----------
    gold : Series or array, n_items
    probabilities : Posterior, DataFrame or array, n_items x n_classes

    Returns
    -------
    float
        Mean over items, from 0 (certain and right) to 2 (certain and wrong). For two classes it
        is twice what `sklearn.metrics.brier_score_loss` gives.

    Examples
    --------
    >>> brier([1, 0], [[0.0, 1.0], [0.5, 0.5]])
    0.25
    """
    return _brier(scored(gold, probabilities))


def log_loss(gold: Any, probabilities: Any) -> float:
    """Mean of -log of the probability of the gold class.

    Parameters
    ----------
    gold : Series or array, n_items
    probabilities : Posterior, DataFrame or array, n_items x n_classes
        Clipped to [1e-15, 1 - 1e-15], so that a certain and wrong item costs 34.5.

    Returns
    -------
    float
        In nats.

    Examples
    --------
    >>> round(log_loss([1, 0], [[0.0, 1.0], [0.5, 0.5]]), 4)  # half of log 2
    0.3466
    """
    return _log_loss(scored(gold, probabilities))


def ece(gold: Any, probabilities: Any, *, bins: int = 10) -> float:
    """Measure how far confidence is from accuracy, on average: the expected calibration error.

    Items are put into equal bins of their top probability; the error is the mean over items of
    their bin's ``|accuracy - confidence|``, where ties count as in `accuracy`.

    Parameters
    ----------
    gold : Series or array, n_items
    probabilities : Posterior, DataFrame or array, n_items x n_classes
    bins : int
        Number of bins over (0, 1]; a bin holds its upper edge.

    Returns
    -------
    float
        Between 0 and 1.

    Examples
    --------
    >>> round(ece([1, 1, 0, 1], [[0.2, 0.8], [0.2, 0.8], [0.2, 0.8], [0.2, 0.8]]), 4)
    0.05
    """
    return _ece(_reliability(scored(gold, probabilities), bins))


def coverage(gold: Any, probabilities: Any) -> float:
    """Share of the scored items that some evidence speaks about.

    Parameters
    ----------
    gold : Series or array, n_items
        Says only which items are scored.
    probabilities : Posterior, DataFrame or array, n_items x n_classes
        A Posterior knows which items are covered. A bare frame or array does not: there an item
        counts as covered if its best class is not tied.

    Returns
    -------
    float
        Between 0 and 1.

    Examples
    --------
    >>> coverage([1, 1], [[0.2, 0.8], [0.5, 0.5]])
    0.5
    """
    return float(scored(gold, probabilities).covered.mean())


def reliability(gold: Any, probabilities: Any, *, bins: int = 10) -> pd.DataFrame:
    """Confidence beside accuracy, bin by bin: the table behind `ece` and the reliability diagram.

    Parameters
    ----------
    gold : Series or array, n_items
    probabilities : Posterior, DataFrame or array, n_items x n_classes
    bins : int
        Number of equal bins of the top probability over (0, 1]; a bin holds its upper edge.

    Returns
    -------
    DataFrame, n_bins x 3
        Index: intervals. Columns: `n` (items), `confidence` (mean top probability) and `accuracy`
        (mean weight on gold), both NaN where the bin is empty.

    Examples
    --------
    >>> table = reliability([1, 1, 0], [[0.2, 0.8], [0.3, 0.7], [0.0, 1.0]], bins=2)
    >>> table.round(3)
                n  confidence  accuracy
    bin
    (0.0, 0.5]  0         NaN       NaN
    (0.5, 1.0]  3       0.833     0.667
    """
    return _reliability(scored(gold, probabilities), bins)


def score(gold: Any, probabilities: Any, *, positive: Any = None) -> dict[str, float]:
    """Compute every metric at once.

    Parameters
    ----------
    gold : Series or array, n_items
    probabilities : Posterior, DataFrame or array, n_items x n_classes
    positive : class, optional
        For F1, see `f1`.

    Returns
    -------
    dict
        `accuracy`, `f1`, `brier`, `log_loss`, `ece`, `coverage` and `n`, the number of items with
        gold.

    Examples
    --------
    >>> rows = score(["spam", None], pd.DataFrame({"ham": [0.25, 1.0], "spam": [0.75, 0.0]}))
    >>> {name: round(value, 3) for name, value in rows.items()}
    {'accuracy': 1.0, 'f1': 1.0, 'brier': 0.125, 'log_loss': 0.288, 'ece': 0.25,
     'coverage': 1.0, 'n': 1}
    """
    data = scored(gold, probabilities)
    return {
        "accuracy": _accuracy(data),
        "f1": _f1(data, positive),
        "brier": _brier(data),
        "log_loss": _log_loss(data),
        "ece": _ece(_reliability(data, 10)),
        "coverage": float(data.covered.mean()),
        "n": len(data.gold),
    }


def _on_gold(values: np.ndarray, gold: np.ndarray) -> np.ndarray:
    """Take every row's entry for its gold class."""
    return values[np.arange(len(gold)), gold]


def _accuracy(data: Scored) -> float:
    """Mean weight on gold."""
    return float(_on_gold(data.labels, data.gold).mean())


def _f1(data: Scored, positive: Any) -> float:
    """F1 of one class, or the mean over classes."""
    per_class = _f1_per_class(data)
    if positive is None and len(per_class) == 2:
        return float(per_class[1])
    if positive is None:
        return float(np.nanmean(per_class))
    if positive not in data.classes:
        message = (
            f"positive={positive!r} is none of the classes {first_few(data.classes, most=10)}. "
            "Probably it is written in another way. Pass one of them."
        )
        raise ValueError(message)
    return float(per_class[data.classes.get_loc(positive)])


def _f1_per_class(data: Scored) -> np.ndarray:
    """2 TP / (2 TP + FP + FN) for every class; NaN where all three are 0."""
    weight = data.labels
    one_hot = np.eye(len(data.classes))[data.gold]
    true_positive = (weight * one_hot).sum(axis=0)
    mentioned = weight.sum(axis=0) + one_hot.sum(axis=0)  # = 2 TP + FP + FN
    return np.divide(
        2 * true_positive, mentioned, out=np.full(len(mentioned), np.nan), where=mentioned > 0
    )


def _brier(data: Scored) -> float:
    """Mean squared distance to the one-hot gold: sum of squares - 2 p[gold] + 1."""
    one_hot = np.eye(len(data.classes))[data.gold]
    return float(((data.probabilities - one_hot) ** 2).sum(axis=1).mean())


def _log_loss(data: Scored) -> float:
    """Mean -log p[gold], clipped."""
    return float(-np.log(_on_gold(data.probabilities, data.gold).clip(1e-15, 1 - 1e-15)).mean())


def _reliability(data: Scored, bins: int) -> pd.DataFrame:
    """Count, mean confidence and mean accuracy of every bin."""
    if bins < 1:
        message = (
            f"bins={bins} leaves no bin. Probably it was computed from the data. Pass 1 or more."
        )
        raise ValueError(message)
    top = data.probabilities.max(axis=1)
    right = _on_gold(tie_weights(data.probabilities), data.gold)
    # the small step keeps a probability that equals an edge up to rounding in the lower bin
    bin_ = np.clip(np.ceil(top * bins - 1e-9).astype(int) - 1, 0, bins - 1)
    n = np.bincount(bin_, minlength=bins)
    some = np.where(n > 0, n, np.nan)
    return pd.DataFrame(
        {
            "n": n,
            "confidence": np.bincount(bin_, top, bins) / some,
            "accuracy": np.bincount(bin_, right, bins) / some,
        },
        index=pd.IntervalIndex.from_breaks(np.arange(bins + 1) / bins, name="bin"),
    )


def _ece(table: pd.DataFrame) -> float:
    """Gap between confidence and accuracy, averaged over items."""
    gap = (table["accuracy"] - table["confidence"]).abs()
    return float((gap * table["n"]).sum() / table["n"].sum())
