"""Merge near-copies: sources that are one voice get one vote between them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from array_api_compat import array_namespace
from scipy import sparse

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
