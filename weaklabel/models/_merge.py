"""Merge near-copies: sources that are one voice get one vote between them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

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
    xp = array_namespace(votes.source)
    table = xp.asarray(group, dtype=votes.source.dtype, device=device_of(votes.source))
    one = replace(
        votes,
        source=xp.take(table, votes.source),
        sources=votes.sources[first],
        informative_silence=xp.take(
            votes.informative_silence, xp.asarray(first, device=device_of(votes.source))
        ),
    )
    voices = on_host(one.item).astype(np.int64) * len(first) + on_host(one.source)
    _, voice, count = np.unique(voices, return_inverse=True, return_counts=True)
    # weights of one source on one item sum to one, hard votes and soft ones alike
    total = np.bincount(voice, weights=on_host(one.weight), minlength=len(count))
    share = xp.asarray(1 / total[voice], device=device_of(votes.weight))
    return replace(one, weight=one.weight * share)
