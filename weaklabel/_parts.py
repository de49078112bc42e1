"""The parts of an evidence: what they are made of, and of how many items they tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from array_api_compat import array_namespace, is_array_api_obj

from weaklabel._device import on_host
from weaklabel.bags import Bags
from weaklabel.votes import Votes

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence


class _Dense(NamedTuple):
    """A part that is an array: its kind, in words and for `isdtype`, and its columns."""

    words: str
    kind: str
    by_class: bool = False
    columns: bool = True


DENSE = {
    "candidates": _Dense("a boolean array, n_items x n_classes", "bool", by_class=True),
    "hints": _Dense("a floating array, n_items x n_classes", "real floating", by_class=True),
    "features": _Dense("a numeric array, n_items x n_features", "numeric"),
    "weights": _Dense("a floating array, n_items", "real floating", columns=False),
}


def refuse_misshapen(evidence: Evidence) -> None:
    """Refuse parts that are of the wrong kind or shape; values are not looked at.

    Raises
    ------
    TypeError
        If a part is of another kind.
    ValueError
        If it does not have one row an item, or one column a class.
    """
    votes: Any = evidence.votes  # whatever the caller passed, here and below
    if votes is not None:
        _refuse_kind("votes", "Votes", votes, fits=isinstance(votes, Votes))
        _refuse_size("votes", f"about {len(evidence)} items", (votes.n_items,), (len(evidence),))
    for name, part in DENSE.items():
        if getattr(evidence, name) is not None:
            _refuse_dense(evidence, name, part)
    bags: Any = evidence.bags
    blocks = isinstance(bags, tuple) and all(isinstance(block, Bags) for block in bags)
    _refuse_kind("bags", "a tuple of Bags", bags, fits=blocks)
    graph: Any = evidence.neighbors
    if graph is not None:
        words = "a scipy.sparse array of format csr, n_items x n_items"
        _refuse_kind("neighbors", words, graph, fits=getattr(graph, "format", None) == "csr")
        _refuse_size("neighbors", "n_items x n_items", graph.shape, (len(evidence),) * 2)


def _refuse_dense(evidence: Evidence, name: str, part: _Dense) -> None:
    """Refuse what is no such array, or has other rows or columns."""
    array: Any = getattr(evidence, name)
    _refuse_kind(name, part.words, array, fits=_holds(array, part.kind))
    wanted: tuple[int, ...] = (len(evidence),)
    if part.columns:
        width = array.shape[1] if array.ndim == 2 else 1
        wanted = (len(evidence), len(evidence.classes) if part.by_class else width)
    _refuse_size(name, part.words, array.shape, wanted)


def _holds(array: Any, kind: str) -> bool:
    """Tell whether it is an array of a kind; truth values are numbers, too."""
    kinds = (kind, "bool") if kind == "numeric" else kind
    dtype = getattr(array, "dtype", None)
    return is_array_api_obj(array) and array_namespace(array).isdtype(dtype, kinds)


def _refuse_size(name: str, words: str, shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    """Refuse a part of another size."""
    if tuple(shape) != wanted:
        sizes = [" x ".join(map(str, size)) for size in (wanted, shape)]
        msg = (
            f"{name}= is {words}: {sizes[0]} here; this is {sizes[1]}. Probably it is of other "
            f"items. Call Evidence(index, classes=[...]).{_method(name)}, which matches by label."
        )
        raise ValueError(msg)


def _refuse_kind(name: str, words: str, given: Any, *, fits: bool) -> None:
    """Refuse a part that is made of something else, and say what it is made of."""
    if not fits:
        kind = getattr(given, "dtype", None)
        shown = f"a {type(given).__name__}" + ("" if kind is None else f" of {kind}")
        msg = (
            f"{name}= takes {words}, not {shown}. Probably these are {name} as users have them. "
            f"Call Evidence(index, classes=[...]).{_method(name)}."
        )
        raise TypeError(msg)


def _method(name: str) -> str:
    """Name the method that reads a part in the forms that users have it in."""
    return f"with_{name}({name})" if name != "hints" else "with_candidates(..., noise_rate=...)"


def told(evidence: Evidence) -> dict[str, tuple[int, str]]:
    """Tell of how many items each part says something, and what it is."""
    rows: dict[str, tuple[int, str]] = {}
    if evidence.votes is not None:
        what = f"{evidence.votes.n_votes} votes of {evidence.votes.n_sources} sources"
        rows["votes"] = int(on_host(evidence.votes.voted).sum()), what
    if evidence.candidates is not None:
        allowed = on_host(evidence.candidates)
        gold = int((allowed.sum(axis=1) == 1).sum())
        rows["candidates"] = int((~allowed.all(axis=1)).sum()), f"{gold} with one class left"
    if evidence.hints is not None:
        hints = on_host(evidence.hints)
        tells = int((hints.max(axis=1) > hints.min(axis=1)).sum())
        rows["hints"] = tells, "candidates that may be wrong"
    for number, block in enumerate(evidence.bags, start=1):
        kinds = ", ".join(f"{type(c).__name__} of {c.of!r}" for c in block.constraints)
        name = "bags" if number == 1 else f"bags {number}"
        rows[name] = block.member.shape[0], f"{block.n_bags} bags: {kinds}"
    if evidence.features is not None:
        rows["features"] = len(evidence), f"{evidence.features.shape[1]} features"
    if evidence.neighbors is not None:
        rows["neighbors"] = int((np.diff(evidence.neighbors.indptr) > 0).sum()), "graph"
    if evidence.weights is not None:
        rows["weights"] = len(evidence), f"total {float(on_host(evidence.weights).sum()):g}"
    return rows
