"""The votes that an analysis looks at: from a frame or Evidence, one vote a source and item."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from weaklabel._device import on_host
from weaklabel._frames import values_of, votes_as_pandas
from weaklabel.evidence import Evidence
from weaklabel.functions.values import ABSTAIN, Not, in_order
from weaklabel.io.long import columns_of_long, votes_from_long
from weaklabel.io.wide import votes_from_frame
from weaklabel.votes import Votes

BLOCK = 2**24  # numbers in the largest dense array made here


def as_votes(votes: Any, gold: Any = None) -> tuple[Votes, pd.Index]:
    """Give the votes, on the host, and the labels of the items.

    A frame names no classes; they are its categories, or else the values that it and gold hold, in
    order. Bare `Votes` carry no labels: their items are numbered.

    Raises
    ------
    TypeError
        If it is none of these.
    ValueError
        If it is Evidence without votes, or a frame that holds something else than votes.
    """
    votes, gold = votes_as_pandas(votes), values_of(gold)
    if isinstance(votes, Votes):
        return votes.map_arrays(on_host), pd.RangeIndex(votes.n_items)
    if isinstance(votes, Evidence):
        if votes.votes is None:
            message = (
                "This evidence has no votes, so there is nothing to analyze. Probably with_votes "
                "was not called: evidence is immutable, and with_votes returns a new one. Keep it: "
                "evidence = evidence.with_votes(...)."
            )
            raise ValueError(message)
        return votes.votes.map_arrays(on_host), votes.index
    if isinstance(votes, pd.DataFrame):
        return _from_frame(votes, gold)
    message = (
        f"Votes are a {type(votes).__name__}, which has no names. Probably it is a matrix of "
        "another library. Pass the frame that apply returns, or Evidence: "
        "wl.Evidence(frame.index, classes=[...]).with_votes(matrix)."
    )
    raise TypeError(message)


def one_each(votes: Votes) -> Votes:
    """Keep one hard vote a source and item, sorted by item, then source.

    A soft vote becomes its most probable class, and repeated votes the most frequent one; the first
    in the order of classes where several are.
    """
    if ((np.diff(votes.source) > 0) | (np.diff(votes.item) > 0)).all():
        return votes
    pair = votes.item.astype(np.int64) * votes.n_sources + votes.source
    order = np.lexsort((votes.code, pair))
    pair, code = pair[order], votes.code[order]
    first = np.flatnonzero(np.r_[True, (np.diff(pair) != 0) | (np.diff(code) != 0)])
    weight = np.add.reduceat(votes.weight[order], first)
    pair, code = pair[first], code[first]
    # rounding keeps equal sums equal, whatever the order they were added in
    order = np.lexsort((code, -weight.round(12), pair))
    order = order[np.r_[True, np.diff(pair[order]) != 0]]
    return replace(
        votes,
        item=pair[order] // votes.n_sources,
        source=(pair[order] % votes.n_sources).astype(votes.source.dtype),
        code=code[order],
        weight=np.ones(len(order)),
    )


def contradicted(votes: Votes) -> np.ndarray:
    """Tell of each vote whether another on its item allows no class in common; needs `one_each`."""
    if not votes.n_votes:
        return np.zeros(0, dtype=bool)
    first = np.flatnonzero(np.r_[True, np.diff(votes.item) > 0])
    differ = np.minimum.reduceat(votes.code, first) != np.maximum.reduceat(votes.code, first)
    mixed = np.repeat(differ, np.diff(np.r_[first, votes.n_votes]))
    if votes.n_codes == len(votes.classes):  # no sets: different codes have no class in common
        return mixed
    found = np.zeros(votes.n_votes, dtype=bool)
    for block in _blocks(np.flatnonzero(mixed), max(1, BLOCK // votes.n_codes), votes.item):
        row = np.unique(votes.item[block], return_inverse=True)[1]
        said = sparse.csr_array((np.ones(len(block)), (row, votes.code[block])))
        said.resize((row.max() + 1, votes.n_codes))
        found[block] = (said @ disjoint(votes).astype(float))[row, votes.code[block]] > 0
    return found


def disjoint(votes: Votes) -> np.ndarray:
    """Boolean array, n_codes x n_codes: the two allow no class in common."""
    allows = votes.statements.astype(float)
    return allows @ allows.T == 0


def ratio(part: Any, whole: Any) -> np.ndarray:
    """Divide, NaN where there is nothing to divide by."""
    part, whole = np.broadcast_arrays(np.asarray(part, float), np.asarray(whole, float))
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def statement(votes: Votes, code: int) -> Any:
    """Give what a code says as the user would write it: a class, or a set of classes."""
    return (
        votes.classes[code]
        if code < len(votes.classes)
        else set(votes.classes[votes.statements[code]])
    )


def _blocks(rows: np.ndarray, size: int, item: np.ndarray) -> Iterator[np.ndarray]:
    """Cut positions of votes into blocks of about `size` that never split an item."""
    start = 0
    while start < len(rows):
        last = item[rows[min(start + size, len(rows)) - 1]]
        stop = int(np.searchsorted(item[rows], last, side="right"))
        yield rows[start:stop]
        start = stop


def _from_frame(frame: pd.DataFrame, gold: Any) -> tuple[Votes, pd.Index]:
    """Read a wide or long frame whose classes are what it says."""
    columns = columns_of_long(frame)
    if columns is None:
        index, said = frame.index, frame
    else:
        item, _, label = columns
        labels = frame if item in frame.columns else frame.index.to_frame()
        items = pd.Index(labels[item])
        index, said = items.unique(), frame[[label]]
    classes = _with_gold(_classes_of(said), gold)
    # numbers are names here, so that there is no encoding to be suspicious of
    read = votes_from_frame if columns is None else votes_from_long
    return read(frame, index, classes), index


def _classes_of(frame: pd.DataFrame) -> pd.Index:
    """Collect the classes that a frame of votes speaks of."""
    kinds = frame.dtypes.tolist()
    categories = [kind.categories for kind in kinds if isinstance(kind, pd.CategoricalDtype)]
    if len(categories) == len(kinds) and all(c.equals(categories[0]) for c in categories):
        return pd.Index(categories[0]) if categories else pd.Index([], dtype=object)
    names = {name for found in categories for name in found}
    for position, kind in enumerate(kinds):
        if not isinstance(kind, pd.CategoricalDtype):
            names |= _names_in(frame.iloc[:, position])
    return pd.Index(in_order(names))


def _with_gold(classes: pd.Index, gold: Any) -> pd.Index:
    """Add classes that only gold names, if it speaks of the same classes at all."""
    if gold is None or np.ndim(gold) != 1:
        return classes
    names, known = _names_in(pd.Series(gold)), set(classes)
    if names <= known or not names & known:
        return classes
    return pd.Index(in_order(names | known))


def _names_in(column: pd.Series) -> set[Any]:
    """Collect the classes that a column names, in sets, dicts and ``Not`` too."""
    names: set[Any] = set()
    if column.dtype != object:
        values = pd.unique(column.dropna()).tolist()
        # a whole number became a float only because other rows are missing
        whole = (int(v) if isinstance(v, float) and v.is_integer() else v for v in values)
        return {value for value in whole if value != -1}
    for value in column.dropna():
        if isinstance(value, Not):
            names |= value.classes
        elif isinstance(value, set | frozenset | dict):
            names.update(value)
        elif value is not ABSTAIN and value != -1:
            names.add(value)
    return names
