"""Dask frames and what is known of each of their partitions."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from importlib import import_module
from typing import Any

import pandas as pd

from weaklabel.evidence import Evidence

MakeEvidence = Callable[[pd.DataFrame], Evidence]
EXTRA = "pip install 'weaklabel[dask]'"


def dask() -> Any:
    """Give the library, where it is installed."""
    return import_module("dask")


def checked_frame(frame: Any) -> Any:
    """Refuse what is no Dask frame.

    Raises
    ------
    TypeError
        If it is none; ImportError where Dask is not installed.
    """
    try:
        import dask.dataframe as dd
    except ImportError as error:
        msg = f"weaklabel.distributed needs Dask, which is not installed: {EXTRA}."
        raise ImportError(msg) from error
    if not isinstance(frame, dd.DataFrame):
        msg = (
            f"weaklabel.distributed wants a Dask DataFrame, not {type(frame).__name__}. What fits "
            "in memory is faster without Dask; otherwise dask.dataframe.read_parquet(...) or "
            "from_pandas(frame, npartitions=...)."
        )
        raise TypeError(msg)
    return frame


def kept_together(frame: Any, together: Hashable | None) -> Any:
    """Bring the rows of each bag into one partition, by one shuffle."""
    if together is None:
        return frame
    if together not in frame.columns:
        msg = (
            f"together={together!r} is no column of the frame; its columns are "
            f"{', '.join(map(repr, frame.columns))}."
        )
        raise KeyError(msg)
    return frame.shuffle(on=together)


class OfVotes:
    """Makes evidence of a partition all of whose columns are votes."""

    def __init__(self, classes: Sequence[Hashable]) -> None:
        self.classes = list(classes)

    def __call__(self, part: pd.DataFrame) -> Evidence:
        return Evidence(part.index, pd.Index(self.classes, tupleize_cols=False)).with_votes(part)


def maker(classes: Sequence[Hashable] | None, evidence: MakeEvidence | None) -> MakeEvidence:
    """Choose how evidence is made of a partition."""
    if (classes is None) == (evidence is None):
        msg = (
            "Give classes=, where all columns are votes, or evidence=, a function from a partition "
            "(a pandas DataFrame) to its Evidence; one of the two."
        )
        raise ValueError(msg)
    return OfVotes(classes) if evidence is None else evidence  # pyright: ignore[reportArgumentType]
