"""Probabilities as votes: checked, and silent where they are not confident."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pandas as pd

from weaklabel._check import first_few
from weaklabel.functions._classes import TOLERANCE
from weaklabel.functions._column import Soft


def checked_confidence(min_confidence: float) -> None:
    """Refuse a confidence that is no probability."""
    if not 0 <= min_confidence <= 1:
        msg = f"min_confidence={min_confidence!r} is no probability. Give a number from 0 to 1."
        raise ValueError(msg)


def confident(probabilities: np.ndarray, min_confidence: float, index: pd.Index) -> np.ndarray:
    """Check the rows and silence those whose largest probability is below the confidence.

    `probabilities` is n_items x n_classes; rows that are all NaN abstain already. `index` has
    the labels of the items.
    """
    silent = np.isnan(probabilities).all(axis=1)
    with np.errstate(invalid="ignore"):
        sums = np.abs(probabilities.sum(axis=1) - 1) <= TOLERANCE
        good = silent | (sums & (probabilities >= 0).all(axis=1))
        if not good.all():
            msg = (
                f"Rows {first_few(index[~good])} hold no probabilities: they are negative, partly "
                "missing, or do not sum to 1. Divide each row by its sum, or leave it all missing "
                "to abstain."
            )
            raise ValueError(msg)
        keep = probabilities.max(axis=1, initial=0.0) >= min_confidence
    return np.where((keep & ~silent)[:, None], probabilities, np.nan)


def silent_soft(n_items: int, classes: tuple[Hashable, ...]) -> Soft:
    """Abstain everywhere."""
    return Soft(probabilities=np.full((n_items, len(classes)), np.nan), classes=classes)
