"""Merge near-copies: sources that are one voice get one vote between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from array_api_compat import array_namespace
from scipy import sparse

from weaklabel._check import first_few
from weaklabel._device import device_of, on_host

if TYPE_CHECKING:
    from weaklabel.votes import Votes


def groups_of_copies(pairs: pd.DataFrame, sources: pd.Index) -> np.ndarray:
    """Give the group of each source; copies, directly or through others, are in one.

    Parameters
    ----------
    pairs : DataFrame
        Columns `source` and `other`.
    sources : pandas.Index

    Returns
    -------
    integer array, n_sources
        Group of each source, in the order of the first source of each.

    Examples
    --------
    >>> pairs = pd.DataFrame({"source": ["a"], "other": ["c"]})
    >>> groups_of_copies(pairs, pd.Index(["a", "b", "c"])).tolist()
    [0, 1, 0]
    """
    one, other = (sources.get_indexer(pd.Index(pairs[side])) for side in ("source", "other"))
    graph = sparse.coo_array((np.ones(len(one)), (one, other)), shape=(len(sources),) * 2)
    label = sparse.csgraph.connected_components(graph, directed=False)[1]
    return pd.factorize(label)[0]


def declared_copies(dependent: Any, votes: Votes | None) -> pd.DataFrame:
    """Pair the sources of groups that are said to speak as one; columns `source` and `other`.

    Parameters
    ----------
    dependent : sequence of sequences of names, or None
    votes : Votes or None

    Raises
    ------
    TypeError
        If it is no list of lists.
    ValueError
        If a group names no second source, or one that does not exist.
    """
    pairs: list[tuple[Any, Any]] = []
    for group in () if dependent is None else _groups(dependent):
        names = pd.Index(group, tupleize_cols=False)
        known = pd.Index([]) if votes is None else votes.sources
        unknown = names.difference(known, sort=False)
        if len(unknown):
            msg = (
                f"dependent names {first_few(unknown)}, and the sources are {first_few(known)}. "
                "Check the spelling."
            )
            raise ValueError(msg)
        if names.nunique() < 2:
            msg = f"A group of dependent sources has at least two; {names.tolist()} has not."
            raise ValueError(msg)
        pairs += [(names[0], other) for other in names[1:]]
    return pd.DataFrame(pairs, columns=["source", "other"], dtype=object)


def _groups(dependent: Any) -> list[Any]:
    """Read groups of names."""
    listed = isinstance(dependent, Iterable) and not isinstance(dependent, str | Mapping)
    groups = list(dependent) if listed else []
    if not listed or not all(isinstance(group, list | tuple | set | pd.Index) for group in groups):
        msg = (
            f"dependent is a list of groups of sources, such as [['a', 'b'], ['c', 'd']]; not "
            f"{dependent!r}."
        )
        raise TypeError(msg)
    return [sorted(group, key=str) if isinstance(group, set) else group for group in groups]


def joined(declared: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Put declared and found pairs into one table."""
    if declared.empty or found.empty:
        return found if declared.empty else declared
    return pd.concat([declared, found], ignore_index=True)


def merge_sources(votes: Votes, group: np.ndarray) -> Votes:
    """Let every group of sources speak as one source, named like its first member.

    Members that vote on an item share one vote; where they differ it becomes a soft one. A group
    is silent where all its members are.

    Parameters
    ----------
    votes : Votes
    group : integer array, n_sources
        From 0, in the order of the first source of each.
    """
    first = np.unique(group, return_index=True)[1]
    if len(first) == votes.n_sources:
        return votes
    item, code = on_host(votes.item).astype(np.int64), on_host(votes.code)
    source, weight = group[on_host(votes.source)], on_host(votes.weight)
    _, voice = np.unique(item * len(first) + source, return_inverse=True)
    # what a group says about an item weighs one, hard votes and soft ones alike
    weight = weight / np.bincount(voice, weights=weight)[voice]
    # members that say the same become one entry, in order, so that patterns are found
    units = votes.n_codes * len(first)
    said, entry = np.unique((item * units) + source * votes.n_codes + code, return_inverse=True)
    xp, device = array_namespace(votes.source), device_of(votes.source)

    def like(values: np.ndarray, array: Any) -> Any:
        return xp.asarray(values, dtype=array.dtype, device=device)

    return replace(
        votes,
        item=like(said // units, votes.item),
        source=like(said % units // votes.n_codes, votes.source),
        code=like(said % votes.n_codes, votes.code),
        weight=like(np.bincount(entry, weights=weight), votes.weight),
        sources=votes.sources[first],
        informative_silence=like(
            on_host(votes.informative_silence)[first], votes.informative_silence
        ),
    )
