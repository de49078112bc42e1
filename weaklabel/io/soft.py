"""Soft votes as tables: for each source, one probability frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from weaklabel._check import as_index, first_few
from weaklabel._frames import as_pandas
from weaklabel.io.align import positions, same_labels
from weaklabel.io.codes import Codes
from weaklabel.io.wide import assemble
from weaklabel.votes import Votes

ROUNDING = 1e-4  # how far from 1 the sum of a row may be; single precision passes


def votes_from_soft(frames: Mapping[Any, Any], index: pd.Index, classes: pd.Index) -> Votes:
    """Read one probability frame a source.

    Parameters
    ----------
    frames : mapping from name of source to DataFrame
        One row an item, one column a class; a row of NaN abstains. Missing items abstain.
    index, classes : pandas.Index
        Items and class names of the evidence.

    Raises
    ------
    ValueError
        If a column is no class, or a row is no distribution.

    Examples
    --------
    >>> p = pd.DataFrame({"ham": [0.2, np.nan], "spam": [0.8, np.nan]}, index=["a", "b"])
    >>> votes_from_soft({"judge": p}, p.index, pd.Index(["ham", "spam"])).shares.tolist()
    [[0.2, 0.8], [0.5, 0.5]]
    """
    columns = [_entries(name, frame, index, classes) for name, frame in frames.items()]
    return assemble(columns, index, as_index(frames), Codes(classes), informative_silence=True)


def _entries(
    name: Any, frame: Any, index: pd.Index, classes: pd.Index
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read one source: item, code and weight of each entry."""
    frame = as_pandas(frame, index, "votes")
    if not isinstance(frame, pd.DataFrame) or not same_labels(frame.columns, classes):
        seen = frame.columns.tolist() if isinstance(frame, pd.DataFrame) else type(frame).__name__
        msg = (
            f"The soft votes of {name!r} are a frame with one column a class, {classes.tolist()}; "
            f"this is {seen}. For hard votes pass one frame with one column a source."
        )
        raise ValueError(msg)
    where = positions(frame.index, index, "votes")
    frame = frame.iloc[:, frame.columns.get_indexer(classes)]
    strange = frame.columns[[not is_numeric_dtype(kind) for kind in frame.dtypes]]
    if len(strange):
        msg = (
            f"The probabilities of {name!r} are no numbers in columns {first_few(strange)}. "
            "Convert them first, for instance by frame.astype(float)."
        )
        raise ValueError(msg)
    shares = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    silent = np.all(np.isnan(shares), axis=1)
    sound = np.all(shares >= 0, axis=1) & (np.abs(np.sum(shares, axis=1) - 1) < ROUNDING)
    if not np.all(sound | silent):
        wrong = frame.index[np.flatnonzero(~(sound | silent))]
        msg = (
            f"{name!r} gives no distribution for {first_few(wrong)}: rows are at least 0 and sum "
            "to 1. Probably these are scores: pass them through softmax. To abstain use NaN in the "
            "whole row."
        )
        raise ValueError(msg)
    row, code = np.nonzero(np.nan_to_num(shares) > 0)
    return where[row], code.astype(np.int32), shares[row, code]
