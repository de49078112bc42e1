"""Vote with probabilities that someone else computed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from weaklabel._check import first_few
from weaklabel.functions._base import Declared, View
from weaklabel.functions._column import Column, Soft
from weaklabel.functions._names import checked, readable
from weaklabel.functions._soft import checked_confidence, confident
from weaklabel.functions.values import as_python


@dataclass(frozen=True, eq=False)
class FrameVotes(Declared):
    """Vote with a frame of probabilities, aligned on the index.

    Parameters
    ----------
    probabilities : pandas.DataFrame, n_rows x n_classes
        Index: items. Columns: classes. Rows sum to 1; a row that is all missing abstains. Items
        of the applied frame without a row abstain; rows of other items are not used, so that the
        same probabilities serve any part of the data.
    min_confidence : float in [0, 1]
        Abstain where the largest probability is below.
    name : str or None
        Name of the column of votes. None makes one of the classes.

    Raises
    ------
    TypeError
        If it is no DataFrame.
    ValueError
        If items or classes come twice, or rows are no probabilities.

    Examples
    --------
    >>> import pandas as pd
    >>> scores = pd.DataFrame({"bad": [0.9, 0.5], "fine": [0.1, 0.5]}, index=["b", "a"])
    >>> FrameVotes(scores, min_confidence=0.8)(pd.DataFrame(index=["a", "b", "c"])).tolist()
    [None, {'bad': 0.9, 'fine': 0.1}, None]
    """

    probabilities: pd.DataFrame
    min_confidence: float = field(default=0.0, kw_only=True)
    name: str | None = field(default=None, kw_only=True)  # pyright: ignore[reportIncompatibleVariableOverride]

    whole_frame = True

    def __post_init__(self) -> None:
        checked_confidence(self.min_confidence)
        object.__setattr__(self, "probabilities", _checked(self.probabilities))
        default = readable("probabilities", self.probabilities.columns.tolist())
        object.__setattr__(self, "name", checked(self.name, default))

    def compute(self, view: View) -> Column:
        """Vote on every item of the view."""
        index = view.frame.index
        if len(index) and not index.isin(self.probabilities.index).any():
            msg = (
                f"no item of the frame has probabilities: the frame has {first_few(index)}, the "
                f"probabilities have {first_few(self.probabilities.index)}; probably an index was "
                "reset on one side"
            )
            raise ValueError(msg)
        aligned = self.probabilities.reindex(index).to_numpy(np.float64)
        classes = tuple(map(as_python, self.probabilities.columns))
        return Soft(
            probabilities=confident(aligned, self.min_confidence, index),
            classes=classes,
        )

    def content(self) -> tuple[Any, ...]:
        """List the fields that the votes depend on."""
        return "frame", self.probabilities, self.min_confidence


def _checked(probabilities: Any) -> pd.DataFrame:
    """Check the frame and copy it."""
    if not isinstance(probabilities, pd.DataFrame):
        msg = (
            f"FrameVotes wants a DataFrame (items x classes), not {type(probabilities).__name__}. "
            "Give an array its names with pd.DataFrame(array, index=items, columns=classes)."
        )
        raise TypeError(msg)
    for names, what in ((probabilities.index, "items"), (probabilities.columns, "classes")):
        if not names.is_unique:
            twice = first_few(names[names.duplicated()].unique())
            msg = f"The probabilities have {what} more than once: {twice}. Keep one of each."
            raise ValueError(msg)
    frame = probabilities.astype(np.float64)
    confident(frame.to_numpy(), 0.0, frame.index)
    return frame
