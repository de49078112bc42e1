"""Fit a label model to a Dask frame: statistics travel, kilobytes a sweep, and items stay."""

# EM in parts is what the protected functions of a model are for.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from weaklabel.distributed._frames import MakeEvidence, checked_frame, dask, kept_together, maker
from weaklabel.evidence import Evidence
from weaklabel.models._chunks import Loop, add, is_additive, refuse_sequences
from weaklabel.patterns import collapse

Model = TypeVar("Model")
FAN_IN = 8  # sums that one task of the tree adds up


def fit(
    model: Model,
    frame: Any,
    *,
    classes: Sequence[Hashable] | None = None,
    evidence: MakeEvidence | None = None,
    together: Hashable | None = None,
) -> Model:
    """Fit a label model to a Dask DataFrame.

    Evidence is made of each partition where it is and stays there. Models that learn from sums
    over items (DawidSkene, OneCoin, MajorityVote) get them by a tree of additions in every sweep.
    Others, LabelModel among them, get the different rows of votes with their numbers, once. The
    answer is that of a fit to all items, but for rounding. If a worker dies, Dask makes its
    partitions again, and the answer stays the same.

    Parameters
    ----------
    model : label model
        Fitted in place.
    frame : dask.dataframe.DataFrame
        Votes, as `apply` gives them, or what `evidence` takes.
    classes : sequence of hashable or None
        Names of the classes, where all columns are votes.
    evidence : callable or None
        Takes a partition, a pandas DataFrame, and gives its Evidence.
    together : hashable or None
        Column whose equal values have to be in one partition, such as the bag of an item: the
        frame is shuffled once.

    Returns
    -------
    label model
        The model.

    Raises
    ------
    ValueError
        If neither or both of classes and evidence are given, or if a model that needs all items
        is to learn from more than votes.
    TypeError, KeyError
        If it is no Dask DataFrame, or has no column `together`.

    Notes
    -----
    Frames that Dask makes of pandas or reads have text in place of objects, unless
    ``dask.config.set({"dataframe.convert-string": False})``; votes that are sets need that.

    Examples
    --------
    >>> import dask.dataframe as dd, weaklabel as wl
    >>> from weaklabel import distributed
    >>> case = wl.datasets.independent(n_items=2000, random_state=0)
    >>> votes = dd.from_pandas(case.votes, npartitions=4)
    >>> distributed.fit(wl.DawidSkene(), votes, classes=case.classes).converged_
    True
    """
    refuse_sequences(model)
    make = maker(classes, evidence)
    partitions = kept_together(checked_frame(frame), together).to_delayed()
    small = dask().delayed(_evidence_of)
    parts = dask().persist(*[small(partition, make) for partition in partitions])
    parts, statements = _not_empty(parts)
    if statements is not None:
        parts = dask().persist(*[dask().delayed(_with_codes)(part, statements) for part in parts])
    if is_additive(model):
        (example,) = dask().compute(dask().delayed(_example)(parts[0]))
        Loop(model, example, _Over(parts)).fit()  # pyright: ignore[reportArgumentType]
    else:
        _fit_together(model, parts)
    return model


def _evidence_of(part: pd.DataFrame, make: MakeEvidence) -> Evidence | None:
    """Make evidence of a partition, and count its rows by pattern where it holds but votes."""
    if not len(part):
        return None  # a shuffle may leave partitions empty
    found = make(part)
    return (collapse(found) or (found, None))[0]


def _not_empty(parts: Sequence[Any]) -> tuple[list[Any], np.ndarray | None]:
    """Give the parts that hold items, and all that votes say, sets of classes included."""
    found = dask().compute(*[dask().delayed(_told)(part) for part in parts])
    there = [part for part, (n_items, _) in zip(parts, found, strict=True) if n_items]
    if not there:
        msg = "The frame has no rows, so that there is nothing to learn from."
        raise ValueError(msg)
    tables = [table for _, table in found if table is not None]
    rows = dict.fromkeys(tuple(row) for table in tables for row in table.tolist())
    return there, np.array(list(rows), dtype=bool) if tables else None


def _told(part: Evidence | None) -> tuple[int, Any]:
    """Count the items of a part, and give its statements."""
    if part is None:
        return 0, None
    return len(part), None if part.votes is None else part.votes.statements


def _with_codes(part: Evidence, statements: np.ndarray) -> Evidence:
    """Give votes the codes that all partitions share."""
    if part.votes is None:
        return part
    return replace(part, votes=part.votes.with_codes(statements))


def _example(part: Evidence) -> Evidence:
    """Keep the names and kinds of a partition, and no item."""
    return part.take(np.arange(0), bags="drop")


class _Over:
    """Adds up what a function gives for the partitions, by a tree."""

    def __init__(self, parts: Sequence[Any]) -> None:
        self.parts = parts

    def __call__(self, function: Callable[[Evidence], Any]) -> Any:
        """Add up."""
        call, total = dask().delayed(function, pure=False), dask().delayed(_total)
        sums = [call(part) for part in self.parts]
        while len(sums) > 1:
            sums = [total(sums[start : start + FAN_IN]) for start in range(0, len(sums), FAN_IN)]
        return dask().compute(sums[0])[0]


def _total(sums: list[Any]) -> Any:
    """Add up a few."""
    total = sums[0]
    for one in sums[1:]:
        total = add(total, one)
    return total


def _fit_together(model: Any, parts: Sequence[Any]) -> None:
    """Fit to the patterns of all partitions."""
    found: Any = dask().compute(*parts)
    alone = all(
        part.votes is not None
        and not part.bags
        and all(getattr(part, name) is None for name in ("features", "neighbors", "hints"))
        for part in found
    )
    if not alone:
        msg = (
            f"{type(model).__name__} learns from more than sums over items, and so has to see all "
            "items at once; on Dask it can do so for votes, candidates and weights alone. Fit "
            "DawidSkene or OneCoin, or fit to a sample in memory."
        )
        raise ValueError(msg)
    model.fit(_joined(found))


def _joined(parts: Sequence[Evidence]) -> Evidence:
    """Put patterns of several partitions one after the other."""
    sizes = [len(part) for part in parts]
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    votes = [part.votes for part in parts if part.votes is not None]
    fields = {
        name: np.concatenate([getattr(each, name) for each in votes])
        for name in ("source", "code", "weight")
    }
    item = np.concatenate([each.item + start for each, start in zip(votes, first, strict=True)])
    ones = [
        np.ones(size) if p.weights is None else p.weights
        for p, size in zip(parts, sizes, strict=True)
    ]
    classes = parts[0].classes
    candidates = None
    if any(part.candidates is not None for part in parts):
        candidates = np.concatenate(
            [
                np.ones((len(part), len(classes)), bool)
                if part.candidates is None
                else part.candidates
                for part in parts
            ]
        )
    n_items = int(sum(sizes))
    return Evidence(
        pd.RangeIndex(n_items),
        classes,
        votes=replace(votes[0], item=item, n_items=n_items, **fields),
        candidates=candidates,
        weights=np.concatenate(ones),
    )
