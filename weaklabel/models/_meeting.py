"""Which sources meet on the same items, and which say one thing only: what accuracies rest on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

from weaklabel._device import on_host
from weaklabel._memo import remembered
from weaklabel._together import MOST_DENSE, said_together
from weaklabel.kernels import pair_sum

if TYPE_CHECKING:
    from weaklabel.votes import Votes

ENOUGH = 20  # common items, for agreement to tell anything


class Meeting(NamedTuple):
    """What can be learned of sources from each other; each n_sources."""

    n_votes: np.ndarray  # items with a vote of the source
    lone: np.ndarray  # boolean: votes, and on no item of another
    hardly: np.ndarray  # boolean: meets another, but not two of them on `ENOUGH` items each
    one_sided: np.ndarray  # boolean: says one thing only
    components: np.ndarray  # number of the group of sources that meet, through others or directly


def meeting(votes: Votes) -> Meeting:
    """Look at which sources share items.

    Parameters
    ----------
    votes : Votes
    """
    return remembered(votes, "_meeting", (), lambda: _meeting(votes))


def _meeting(votes: Votes) -> Meeting:
    together = _shared_items(votes.map_arrays(on_host))
    n_votes = np.diagonal(together).copy()
    np.fill_diagonal(together, 0)
    active = n_votes > 0
    lone = active & (together.sum(axis=1) == 0)
    units = np.flatnonzero(on_host(votes.n_said))
    return Meeting(
        n_votes=n_votes,
        lone=lone,
        hardly=active & ~lone & ((together >= ENOUGH).sum(axis=1) < 2),
        one_sided=np.bincount(units // votes.n_codes, minlength=votes.n_sources) == 1,
        components=sparse.csgraph.connected_components(sparse.csr_array(together), directed=False)[
            1
        ],
    )


def _shared_items(votes: Votes) -> np.ndarray:
    """Count the items on which two sources vote, n_sources x n_sources; soft votes count once."""
    again = (np.diff(votes.item) == 0) & (np.diff(votes.source) == 0)
    if again.any():
        once = np.flatnonzero(np.r_[True, ~again])
        votes = replace(
            votes,
            item=votes.item[once],
            source=votes.source[once],
            code=votes.code[once],
            weight=np.broadcast_to(1.0, len(once)),
        )
    m, k = votes.n_sources, votes.n_codes
    if votes.hard and votes.n_units <= MOST_DENSE:  # is counted once, for all who ask
        table = said_together(votes, None)
        table = table.toarray() if sparse.issparse(table) else table
        return table.reshape(m, k, m, k).sum(axis=(1, 3))
    one = np.ones(1)
    if m <= MOST_DENSE:
        return pair_sum(votes.source, one, votes.starts, one, m)
    said = sparse.csr_array(
        (np.ones(votes.n_votes), votes.source, votes.starts), (votes.n_items, m)
    )
    return (said.T @ said).toarray()
