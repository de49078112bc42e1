"""What hypothesis draws: classes, votes, frames and evidence, small and nasty.

Everything starts from a small matrix of class positions, -1 for silence, so that a failing case
shrinks to something one can read.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import weaklabel as wl

# names of every kind, in no particular order
CLASSES = (
    ["bad", "fine"],
    ["c", "a", "b"],
    [0, 1],
    [7, 3, 5],
    [False, True],
    [("a", 1), ("a", 2), ("b", 1)],
    ["1", 1, ("one",), "NoneType"],
    [0.5, 1.5],
)

INDEXES = (
    pd.RangeIndex,
    lambda n: pd.Index([f"r{i}" for i in range(n)]),
    lambda n: pd.Index([10 * (n - i) for i in range(n)]),
    lambda n: pd.Index([f"r{i}" if i % 2 else i for i in range(n)], dtype=object),
    lambda n: pd.MultiIndex.from_tuples([(f"d{i // 2}", i % 2) for i in range(n)]),
    lambda n: pd.date_range("2024-01-01", periods=n),
)


def classes() -> st.SearchStrategy[list[Any]]:
    """Names of at least two classes: strings, numbers, truth values, tuples, or a mixture."""
    return st.sampled_from(CLASSES)


def indexes(n_items: int) -> st.SearchStrategy[pd.Index]:
    """Labels of items, of every kind."""
    return st.sampled_from(INDEXES).map(lambda make: make(n_items))


@st.composite
def vote_matrices(
    draw: st.DrawFn, n_classes: int = 3, max_items: int = 6, max_sources: int = 4
) -> np.ndarray:
    """Class positions, n_items x n_sources, -1 for silence; empty rows and columns happen."""
    shape = draw(st.integers(1, max_items)), draw(st.integers(1, max_sources))
    return draw(hnp.arrays(np.int64, shape, elements=st.integers(-1, n_classes - 1)))


@st.composite
def statements(draw: st.DrawFn, names: list[Any]) -> Any:
    """One cell: silence, a class, a set, an exclusion, or a distribution."""
    kind = draw(st.sampled_from(["silence", "class", "set", "not", "soft"]))
    if kind == "silence":
        return draw(st.sampled_from([None, wl.ABSTAIN, np.nan]))
    chosen = draw(st.permutations(names))[: draw(st.integers(1, len(names) - 1))]
    if kind == "class":
        return chosen[0]
    if kind == "set":
        return set(chosen)
    if kind == "not":
        return wl.Not(*chosen)
    parts = draw(st.lists(st.integers(0, 4), min_size=len(names), max_size=len(names)))
    parts[0] += not any(parts)
    return {name: part / sum(parts) for name, part in zip(names, parts, strict=True)}


@st.composite
def wide_frames(draw: st.DrawFn, names: list[Any] | None = None) -> pd.DataFrame:
    """A frame as `apply` returns it: categories in some columns, anything in others.

    Its classes are in ``frame.attrs["classes"]``.
    """
    names = draw(classes()) if names is None else names
    matrix = draw(vote_matrices(n_classes=len(names)))
    n_items, n_sources = matrix.shape
    index = draw(indexes(n_items))
    columns: dict[str, pd.Series] = {}
    for j in range(n_sources):
        if draw(st.booleans()):
            hard = pd.Categorical.from_codes(matrix[:, j], pd.Index(names, tupleize_cols=False))
            columns[f"s{j}"] = pd.Series(hard, index=index)
        else:
            cells = np.empty(n_items, dtype=object)
            for i in range(n_items):
                cells[i] = draw(statements(names))
            columns[f"s{j}"] = pd.Series(cells, index=index, dtype=object)
    frame = pd.DataFrame(columns)
    frame.attrs["classes"] = names
    return frame


@st.composite
def votes(draw: st.DrawFn) -> Any:
    """Votes of every kind, through the border; a source's silence may be either."""
    return draw(evidence(parts=())).votes


@st.composite
def evidence(
    draw: st.DrawFn,
    parts: tuple[str, ...] = ("candidates", "bags", "features", "neighbors", "weights"),
) -> wl.Evidence:
    """Evidence with votes and any of the other parts."""
    frame = draw(wide_frames())
    names = frame.attrs["classes"]
    n_items = len(frame)
    known = wl.Evidence(frame.index, classes=names).with_votes(
        frame, silence=draw(st.sampled_from(["informative", "missing"]))
    )
    if "candidates" in parts and draw(st.booleans()):
        allowed = draw(hnp.arrays(bool, (n_items, len(names))))
        allowed[~allowed.any(axis=1), 0] = True
        known = known.with_candidates(allowed)
    for _ in range(draw(st.integers(0, 2)) if "bags" in parts else 0):
        bag = draw(st.lists(st.sampled_from(["A", "B", None]), min_size=n_items, max_size=n_items))
        share = draw(st.floats(0, 1))
        known = known.with_bags(
            bag, wl.Proportion(names[0], share=share), wl.AtMost(names[1], number=2)
        )
    if "features" in parts and draw(st.booleans()):
        known = known.with_features(np.arange(2.0 * n_items).reshape(n_items, 2))
    if "neighbors" in parts and draw(st.booleans()):
        graph = draw(hnp.arrays(np.float64, (n_items, n_items), elements=st.sampled_from([0, 0.5])))
        known = known.with_neighbors(graph)
    if "weights" in parts and draw(st.booleans()):
        known = known.with_weights(1.0 + np.arange(n_items))
    return known
