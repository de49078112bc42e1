"""Votes for several classes at once: evidence about pairs of an item and a class."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

import numpy as np
import pandas as pd

from weaklabel._check import as_index, first_few
from weaklabel.evidence import Evidence
from weaklabel.functions.values import in_order
from weaklabel.votes import Votes

NO, YES = "no", "yes"


def multilabel_evidence(votes: Any, *, classes: Any = None) -> Evidence:
    """Turn votes for several classes at once into evidence about pairs of item and class.

    Each pair is a yes-or-no question. A source that names some classes of an item says yes to
    these, and no to all others that it names anywhere; where it gives nothing (None) it did not
    look, and an empty set says that none of its classes is there.

    Parameters
    ----------
    votes : DataFrame, n_items x n_sources
        Each cell a set, list or tuple of classes; a single class; or missing. Or a mapping of
        class to such a frame of True, False and missing, all of the same items.
    classes : sequence, or None
        Names of the classes. None: those that are named, in order.

    Returns
    -------
    Evidence
        About n_items times n_classes pairs, index (item, class), of classes "no" and "yes". Gold
        and exclusions for pairs go into it by `Evidence.with_candidates`.

    Raises
    ------
    TypeError
        If `votes` is neither frame nor mapping of frames.
    ValueError
        If a class is named that is none of `classes`, frames have other items or sources, a cell
        is neither yes nor no, or nothing is named at all.

    See Also
    --------
    MultiLabelModel : learns from it.

    Examples
    --------
    >>> seen = pd.DataFrame({"caption": [{"dog", "car"}, {"car"}, None]}, index=["a", "b", "c"])
    >>> evidence = multilabel_evidence(seen)
    >>> evidence.index.tolist()[:2], evidence.votes.n_votes
    ([('a', 'car'), ('a', 'dog')], 4)
    """
    if isinstance(votes, Mapping):
        index, names, sources, said = _from_frames(votes, classes)
    elif isinstance(votes, pd.DataFrame):
        index, names, sources, said = _from_sets(votes, classes)
    else:
        msg = (
            f"Votes for several classes are a frame of sets of classes, or a mapping of class to a "
            f"frame of True and False; not a {type(votes).__name__}."
        )
        raise TypeError(msg)
    pairs = pd.MultiIndex.from_product([index, names], names=[index.name, "class"])
    blank = Evidence(pairs, classes=pd.Index([NO, YES]))
    pair, source = np.nonzero((said >= 0).reshape(len(pairs), len(sources)))
    code = said.reshape(len(pairs), len(sources))[pair, source]
    return blank.with_votes(
        Votes(
            item=pair.astype(np.int64),
            source=source.astype(np.int32),
            code=code.astype(np.int32),
            weight=np.ones(len(pair)),
            n_items=len(pairs),
            sources=sources,
            classes=blank.classes,
            statements=np.eye(2, dtype=bool),
            informative_silence=np.zeros(len(sources), dtype=bool),
        )
    )


def _from_sets(
    votes: pd.DataFrame, classes: Any
) -> tuple[pd.Index, pd.Index, pd.Index, np.ndarray]:
    """Read a frame of sets: items, classes, sources, and 1, 0 or -1, n_items x n_classes x ..."""
    cells = [[_named(value) for value in votes.iloc[:, j]] for j in range(votes.shape[1])]
    named = {name for column in cells for value in column for name in value or ()}
    if classes is None:
        classes = in_order(named)
    names = as_index(classes)
    strange = [name for name in in_order(named) if name not in names]
    if strange:
        msg = f"{first_few(strange)} are named, and none of the classes {first_few(names, 12)}."
        raise ValueError(msg)
    _refuse_nothing(named)
    said = np.full((len(votes), len(names), votes.shape[1]), -1, dtype=np.int8)
    for j, column in enumerate(cells):
        mentioned = {name for value in column for name in value or ()}
        own = names.get_indexer(pd.Index(list(mentioned), tupleize_cols=False))
        looked = np.flatnonzero([value is not None for value in column])
        said[looked[:, None], own, j] = 0
        for i in looked:
            said[i, names.get_indexer(pd.Index(list(column[i] or ()), tupleize_cols=False)), j] = 1
    return votes.index, names, votes.columns, said


def _from_frames(
    votes: Mapping[Any, Any], classes: Any
) -> tuple[pd.Index, pd.Index, pd.Index, np.ndarray]:
    """Read a frame of truth values for each class."""
    names = as_index(list(votes) if classes is None else classes)
    _refuse_nothing(votes)
    extra = [name for name in votes if name not in names]
    lacking = [name for name in names if name not in votes]
    if extra or lacking:
        msg = (
            f"Frames and classes differ: {first_few(extra + lacking)} are in one of them alone. "
            "Pass a frame for each class."
        )
        raise ValueError(msg)
    first = next(iter(votes.values()))
    said = np.full((len(first), len(names), first.shape[1]), -1, dtype=np.int8)
    for k, name in enumerate(names):
        frame = votes[name]
        same = len(frame) == len(first) and set(frame.columns) == set(first.columns)
        if not same or len(frame.index.symmetric_difference(first.index)):
            msg = (
                f"The frame of {name!r} has other items or sources than the first. Give all frames "
                "the same rows and columns; None where a source says nothing."
            )
            raise ValueError(msg)
        cells = frame.reindex(index=first.index, columns=first.columns)
        missing = cells.isna().to_numpy()
        yes_or_no = cells.isin([False, True]).to_numpy()
        strange = ~missing & ~yes_or_no
        if strange.any():
            i, j = np.argwhere(strange)[0]
            msg = (
                f"{cells.iloc[i, j]!r} of source {cells.columns[j]!r} for item {cells.index[i]!r} "
                f"and class {name!r} is neither yes nor no. Pass True, False or None."
            )
            raise ValueError(msg)
        said[:, k, :] = np.where(missing, -1, cells.eq(True).to_numpy())
    return first.index, names, first.columns, said


def _named(value: Any) -> frozenset[Any] | None:
    """Read a cell: the classes that it names; None if nothing is said."""
    if isinstance(value, Set | list | tuple | np.ndarray):
        return frozenset(value)
    return None if pd.isna(value) else frozenset([value])


def _refuse_nothing(named: Any) -> None:
    """Refuse votes in which no class is named."""
    if not named:
        msg = "No class is named by any source, so that there is nothing to learn."
        raise ValueError(msg)
