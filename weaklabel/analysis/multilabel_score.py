"""How good probabilities are where an item may have several classes, or none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weaklabel._check import first_few

__all__ = ["multilabel_score"]


def multilabel_score(gold: pd.DataFrame, probabilities: pd.DataFrame) -> dict[str, float]:
    """Compute the usual metrics of items with several classes.

    Parameters
    ----------
    gold : DataFrame of booleans or of 0 and 1, n_items x n_classes
        Which classes each item has; a row that is missing everywhere is left out.
    probabilities : DataFrame, n_items x n_classes
        P(the item has the class), each between 0 and 1; rows need not sum to one. Matched with
        gold by label on both sides.

    Returns
    -------
    dict
        `micro_f1` and `macro_f1` of classes above one half (macro: mean over classes that gold or
        a prediction has); `hamming`, the share of wrong yes and no; `subset_accuracy`, the share
        of items with no mistake; `ranking_loss`, how often a class the item lacks stands above
        one it has; `mean_average_precision` over classes that gold has; `brier`, the mean square
        of what yes and no are missed by; and `n`, the number of items.

    Raises
    ------
    ValueError
        If items or classes differ, gold is neither yes nor no, a row of it is missing in part, no
        gold is left, or a probability is outside 0 to 1.

    Examples
    --------
    >>> gold = pd.DataFrame({"dog": [True, False], "car": [True, True]})
    >>> told = pd.DataFrame({"dog": [0.9, 0.6], "car": [0.4, 0.8]})
    >>> found = multilabel_score(gold, told)
    >>> found["hamming"], found["subset_accuracy"], round(found["micro_f1"], 3)
    (0.5, 0.0, 0.667)
    """
    from sklearn.metrics import average_precision_score, label_ranking_loss

    truth, p = _aligned(gold, probabilities)
    said = p > 0.5
    seen = truth.any(axis=0)
    mentioned = seen | said.any(axis=0)
    hits = 2.0 * (truth & said).sum(axis=0)
    named = truth.sum(axis=0) + said.sum(axis=0)
    f1 = hits[mentioned] / named[mentioned]
    return {
        "micro_f1": float(hits.sum() / named.sum()) if mentioned.any() else np.nan,
        "macro_f1": float(f1.mean()) if mentioned.any() else np.nan,
        "hamming": float((truth != said).mean()),
        "subset_accuracy": float((truth == said).all(axis=1).mean()),
        "ranking_loss": float(label_ranking_loss(truth, p)),
        "mean_average_precision": float(average_precision_score(truth[:, seen], p[:, seen]))
        if seen.any()
        else np.nan,
        "brier": float(((p - truth) ** 2).mean()),
        "n": len(truth),
    }


def _aligned(gold: pd.DataFrame, probabilities: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Match rows and columns by label, and keep rows with gold."""
    for which, one, other in (
        ("items", gold.index, probabilities.index),
        ("classes", gold.columns, probabilities.columns),
    ):
        extra = one.symmetric_difference(other)
        if len(extra) or one.has_duplicates or other.has_duplicates:
            msg = (
                f"Gold and probabilities do not have the same {which}: {first_few(extra)} are in "
                "one of them alone, or a label stands twice. Select the same rows and columns."
            )
            raise ValueError(msg)
    table = gold.reindex(index=probabilities.index, columns=probabilities.columns)
    missing = table.isna().to_numpy()
    part: Any = missing.any(axis=1) & ~missing.all(axis=1)
    if part.any():
        msg = (
            f"Gold is missing for some classes of {part.sum()} items: "
            f"{first_few(table.index[part])}. Fill in no, or leave these items out."
        )
        raise ValueError(msg)
    rows: Any = ~missing.any(axis=1)
    if not rows.any():
        msg = "No item has gold, so nothing can be scored. Pass gold for at least one item."
        raise ValueError(msg)
    p: Any = probabilities.to_numpy(float)[rows]
    if not ((p >= 0) & (p <= 1)).all():
        msg = "Probabilities must lie between 0 and 1. Probably scores were passed."
        raise ValueError(msg)
    kept: Any = table.loc[rows]
    return _yes_or_no(kept), p


def _yes_or_no(gold: pd.DataFrame) -> np.ndarray:
    """Read booleans, 0 and 1, and refuse all else."""
    strange = ~gold.isin([False, True]).to_numpy(bool)  # 0 and 1 equal them
    if strange.any():
        told = [
            f"{gold.iloc[row, column]!r} for {gold.index[row]!r}, {gold.columns[column]!r}"
            for row, column in np.argwhere(strange)[:3]
        ]
        msg = (
            f"Gold holds {strange.sum()} values that are neither yes nor no: {'; '.join(told)}. "
            "Pass booleans, or 0 and 1; None in a whole row where there is no gold."
        )
        raise ValueError(msg)
    return gold.to_numpy(float).astype(bool)
