"""Vote with the probabilities of a fitted model."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from weaklabel.functions._base import Declared, View
from weaklabel.functions._column import Column, Soft
from weaklabel.functions._names import checked
from weaklabel.functions._soft import checked_confidence, confident, silent_soft
from weaklabel.functions.values import as_python


@dataclass(frozen=True, eq=False)
class ModelVotes(Declared):
    """Vote with ``predict_proba`` of any fitted scikit-learn classifier or pipeline.

    Parameters
    ----------
    model : estimator
        Fitted; has ``classes_`` and ``predict_proba``.
    columns : hashable, sequence of hashable, or None
        What the model gets: one column as a Series (text pipelines), several as a DataFrame.
        None: the columns it was fitted on, if it remembers them, else the whole frame.
    min_confidence : float in [0, 1]
        Abstain where the largest probability is below.
    name : str or None
        Name of the column of votes. None makes one of the class of the model.

    Raises
    ------
    TypeError
        If the model is not fitted or gives no probabilities.
    ValueError
        If `min_confidence` is no probability.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.dummy import DummyClassifier
    >>> old = DummyClassifier().fit([[0], [1], [2], [3]], ["ham", "ham", "ham", "spam"])
    >>> votes = ModelVotes(old, columns=["length"])
    >>> votes.name
    'dummy_classifier_votes'
    >>> votes(pd.DataFrame({"length": [7]})).tolist()
    [{'ham': 0.75, 'spam': 0.25}]
    """

    model: Any
    columns: Hashable | Sequence[Hashable] | None = field(default=None, kw_only=True)
    min_confidence: float = field(default=0.0, kw_only=True)
    name: str | None = field(default=None, kw_only=True)  # pyright: ignore[reportIncompatibleVariableOverride]

    whole_frame = True

    def __post_init__(self) -> None:
        if not hasattr(self.model, "predict_proba") or not hasattr(self.model, "classes_"):
            msg = (
                f"{type(self.model).__name__} has no predict_proba or no classes_. Probably it is "
                "not fitted, or gives no probabilities; fit it, or calibrate it with "
                "CalibratedClassifierCV."
            )
            raise TypeError(msg)
        checked_confidence(self.min_confidence)
        object.__setattr__(self, "name", checked(self.name, _name(self.model)))

    def compute(self, view: View) -> Column:
        """Vote on every item of the view."""
        classes = tuple(map(as_python, self.model.classes_))
        if not len(view):
            return silent_soft(0, classes)
        probabilities = np.asarray(self.model.predict_proba(self._input(view.frame)), np.float64)
        return Soft(
            probabilities=confident(probabilities, self.min_confidence, view.frame.index),
            classes=classes,
        )

    def _input(self, frame: pd.DataFrame) -> Any:
        """Select what the model gets."""
        columns = self.reads()
        if columns is None:
            return self._as_fitted(frame)
        absent = [column for column in columns if column not in frame]
        if absent:
            msg = f"the frame lacks {absent!r}, which the model was fitted on or is to get"
            raise KeyError(msg)
        alone = columns == [self.columns]
        return frame[columns[0]] if alone else self._as_fitted(frame[columns])

    def _as_fitted(self, frame: pd.DataFrame) -> Any:
        """Give an array to a model that was fitted on one: names would make it warn."""
        on_array = hasattr(self.model, "n_features_in_")
        return frame.to_numpy() if on_array and not self._names() else frame

    def _names(self) -> list[Hashable]:
        """List the columns that the model was fitted on; empty if it does not know."""
        return list(getattr(self.model, "feature_names_in_", ()))

    def content(self) -> tuple[Any, ...]:
        """List the fields that the votes depend on."""
        return "model", self.model, self.columns, self.min_confidence

    def reads(self) -> list[Hashable] | None:
        """Name the columns that the model gets; None for the whole frame."""
        if self.columns is None:
            return self._names() or None
        if isinstance(self.columns, Sequence) and not isinstance(self.columns, (str, bytes)):
            return list(self.columns)
        return [self.columns]


def _name(model: Any) -> str:
    """Name a model by its class, a pipeline by the class of its last step."""
    steps = getattr(model, "steps", None)
    kind = type(steps[-1][1] if steps else model).__name__
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower() + "_votes"
