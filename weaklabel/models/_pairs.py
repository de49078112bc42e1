"""How often pairs of sources say the same class: sums that add over chunks of items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import sparse

from weaklabel._device import on_host

if TYPE_CHECKING:
    from weaklabel.votes import Votes


class PairSums(NamedTuple):
    """Weights of items, by pair of sources."""

    total: Any  # one number: all items
    seen: Any  # n_sources: items that the source saw
    said: Any  # n_sources x n_classes: items of which it said the class
    both: Any  # n_sources x n_sources: both saw the item
    one: Any  # n_classes x n_sources x n_sources: the first said the class, the other saw the item
    same: Any  # n_classes x n_sources x n_sources: both said the class

    @property
    def rate(self) -> np.ndarray:
        """How often each source says each class of what it saw, n_sources x n_classes."""
        return self.said / np.where(self.seen > 0, self.seen, 1.0)[:, None]


def pair_sums(votes: Votes, weights: np.ndarray, *, saw_all: np.ndarray) -> PairSums:
    """Sum over items.

    Parameters
    ----------
    votes : Votes
        A vote for a set of classes says each of them in part, a soft vote as it is given.
    weights : floating array, n_items
    saw_all : boolean array, n_sources
        Sources that saw every item; the others saw those on which they voted.
    """
    statements = on_host(votes.statements)
    parts = statements / statements.sum(axis=1, keepdims=True)
    item, source, code = (on_host(part) for part in (votes.item, votes.source, votes.code))
    weight = on_host(votes.weight)
    shape = (votes.n_items, votes.n_sources)

    def matrix(values: np.ndarray) -> Any:
        return sparse.csr_array((values, (item, source)), shape=shape)

    saw = matrix(np.ones_like(weight))
    saw.data = np.minimum(saw.data, 1.0)  # soft and repeated votes: one look
    heavy = sparse.diags_array(weights)
    total = weights.sum()
    seen = np.where(saw_all, total, weights @ saw)
    both = np.where(saw_all, seen[:, None], (saw.T @ heavy @ saw).toarray())
    both = np.where(saw_all[:, None], seen, both)
    said, one, same = [], [], []
    for c in range(statements.shape[1]):
        says = matrix(weight * parts[code, c])
        said.append(weights @ says)
        one.append(np.where(saw_all, said[-1][:, None], (says.T @ heavy @ saw).toarray()))
        same.append((says.T @ heavy @ says).toarray())
    return PairSums(total, seen, np.array(said).T, both, np.array(one), np.array(same))
