"""Gold labels that are most likely wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weaklabel.analysis._scored import gold_codes, parts, scored

__all__ = ["gold_errors"]

SWEEPS = 50
SMOOTHING = 1.0  # pseudo-items a class; nine in ten of them are labelled right
RIGHT = 0.9


def gold_errors(gold: Any, probabilities: Any) -> pd.DataFrame:
    """Rank gold labels by how likely they are wrong. Reads gold.

    What a posterior says of an item and what its gold label says are put together: the class is
    drawn from the posterior, and gold by a confusion matrix of the people who gave it, which EM
    finds from all items.

    Parameters
    ----------
    gold : Series or array, n_items
        Gold classes, aligned on the index; items without gold are left out.
    probabilities : Posterior, DataFrame or array, n_items x n_classes
        Of a model that has not seen these gold labels (a label model on votes, or a classifier by
        cross-validation).

    Returns
    -------
    DataFrame, one row an item with gold, most suspicious first
        On the user's index. Columns `gold`; `suggested`, the most probable other class; `wrong`,
        the probability that gold is wrong, as far as the posterior is calibrated; and `margin`,
        the probability of `suggested` less that of `gold` before gold is heard, -1 to 1.

    Raises
    ------
    ValueError, TypeError
        As `weaklabel.analysis.metrics`.

    Notes
    -----
    Overconfident posteriors make `wrong` too large, but hardly change the order. Items that a
    posterior does not cover keep their class prior and come last, unless gold is of a rare class.

    Examples
    --------
    >>> p = pd.DataFrame({"ham": [0.99, 0.1, 0.8, 0.9], "spam": [0.01, 0.9, 0.2, 0.1]})
    >>> table = gold_errors(["spam", "spam", "ham", "ham"], p)
    >>> table.index[0], table["suggested"].iloc[0]
    (0, 'ham')
    """
    data = scored(gold, probabilities)
    index = _index(gold, probabilities)
    p, codes = data.probabilities, data.gold
    rows = np.arange(len(codes))
    both = _with_gold(p, codes)
    wrong = 1 - both[rows, codes]
    others = p.copy()
    others[rows, codes] = -1
    suggested = others.argmax(axis=1)
    margin = p[rows, suggested] - p[rows, codes]
    table = pd.DataFrame(
        {
            "gold": pd.Categorical.from_codes(codes, data.classes),
            "suggested": pd.Categorical.from_codes(suggested, data.classes),
            "wrong": wrong,
            "margin": margin,
        },
        index=index,
    )
    return table.iloc[np.lexsort(np.array([-margin, -wrong.round(12)]))]


def _with_gold(p: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Probabilities of the true class given the posterior and gold, by EM, n_items x n_classes."""
    k = p.shape[1]
    belief = SMOOTHING * np.where(np.eye(k, dtype=bool), RIGHT, (1 - RIGHT) / max(k - 1, 1))
    confusion = belief / belief.sum(axis=1, keepdims=True)
    both = p
    for _ in range(SWEEPS):
        joint = p * confusion[:, codes].T
        total = joint.sum(axis=1, keepdims=True)
        both = np.where(total > 0, joint / np.where(total > 0, total, 1.0), p)
        counts = belief.copy()
        np.add.at(counts.T, codes, both)
        after = counts / counts.sum(axis=1, keepdims=True)
        if np.abs(after - confusion).max() < 1e-6:
            break
        confusion = after
    return both


def _index(gold: Any, probabilities: Any) -> pd.Index:
    """Labels of the items that have gold, in the order of the probabilities."""
    _, index, classes, _ = parts(probabilities)
    return index[gold_codes(gold, index, classes) >= 0]
