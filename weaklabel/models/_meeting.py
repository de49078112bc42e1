"""Which sources meet on the same items, and which say one thing only: what accuracies rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

from weaklabel._device import on_host
from weaklabel._memo import remembered

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
    item, source = on_host(votes.item), on_host(votes.source)
    said = sparse.csr_array(
        (np.ones(votes.n_votes), (item, source)), shape=(votes.n_items, votes.n_sources)
    )
    said.data[:] = 1.0  # soft and repeated votes: once
    together = (said.T @ said).toarray()
    n_votes = np.diagonal(together).copy()
    np.fill_diagonal(together, 0)
    active = n_votes > 0
    lone = active & (together.sum(axis=1) == 0)
    units = np.unique(on_host(votes.unit))
    return Meeting(
        n_votes=n_votes,
        lone=lone,
        hardly=active & ~lone & ((together >= ENOUGH).sum(axis=1) < 2),
        one_sided=np.bincount(units // votes.n_codes, minlength=votes.n_sources) == 1,
        components=sparse.csgraph.connected_components(sparse.csr_array(together), directed=False)[
            1
        ],
    )
