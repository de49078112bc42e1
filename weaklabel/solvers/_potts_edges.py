"""The graph of neighbors as flat arrays of directed edges."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from scipy import sparse

from weaklabel._device import beside, device_of
from weaklabel.kernels import gather_sum, potts_messages
from weaklabel.solvers._arrays import folded, largest, upper_half

CHUNK = 1 << 20  # edges whose share of the normalizer is worked out at once


class PottsEdges:
    """Pairs of items that prefer the same class, by their weight.

    A pair counts once; where the graph states two weights for it, or one in one direction only,
    the larger. The diagonal says nothing.

    Parameters
    ----------
    graph : scipy.sparse array, n_items x n_items
    like : floating array, n_items x n_classes
        Edges live beside it.
    coupling : float
        Nats of a weight of one.
    """

    def __init__(self, graph: Any, like: Any, coupling: float = 1.0) -> None:
        pairs: Any = _symmetric(graph)
        n_edges = pairs.nnz
        (n_items, n_classes), xp = like.shape, array_namespace(like)
        # reverse: position in edges of the same pair seen from its other end
        numbered: Any = sparse.csr_array(
            (np.arange(n_edges, dtype=pairs.indices.dtype), pairs.indices, pairs.indptr),
            shape=pairs.shape,
        )
        # sorted by receiver; sender: position in items of each edge
        sender: Any = pairs.indices
        receiver = np.repeat(np.arange(n_items), np.diff(pairs.indptr))
        self.sender, self.reverse, self.receiver, self.starts, self.weight = (
            beside(each, like)
            for each in (
                sender,
                numbered.tocsc().data,
                receiver,
                pairs.indptr.astype(np.int64),
                coupling * pairs.data.astype(np.float64),
            )
        )
        zeros = partial(xp.zeros, dtype=xp.float64, device=device_of(like))
        # of two classes, log-odds of the first
        self.message: Any = zeros((n_edges, 1 if n_classes == 2 else n_classes))
        self.heard: Any = zeros((n_items, self.message.shape[1]))

    def renew(self, belief: Any, damping: float, maximize: bool, part: bool) -> float:
        """Renew the messages from the beliefs of all items; give the largest change called for.

        With `part`, only the half of the messages that would change most.
        """
        graph = self.weight, self.sender, self.reverse, self.starts
        seen = belief if self.message.shape[1] > 1 else belief[:, :1] - belief[:, 1:]
        new, heard, change = potts_messages(seen, self.message, *graph, damping, maximize)
        if part and new.shape[0]:
            xp = array_namespace(new)
            each = xp.max(xp.abs(new - self.message), axis=1)
            new = xp.where(upper_half(each)[:, None], new, self.message)
            heard = self._summed(new)
        self.message, self.heard = new, heard
        return largest(change)

    def add_to(self, total: Any) -> Any:
        """Add what items heard to their scores, in place."""
        total[:, : self.heard.shape[1]] += self.heard
        return total

    def shared(self, belief: Any, add: Any) -> Any:
        """Add up what Bethe's free energy takes off for the pairs of each item, n_items.

        Of each message the log normalizer of its product with the belief of the receiver, less
        half the log normalizer of the pair.
        """
        xp = array_namespace(belief)
        each = xp.empty_like(self.weight)
        for first in range(0, each.shape[0], CHUNK):
            here = slice(first, min(first + CHUNK, each.shape[0]))
            message = _wide(self.message[here, :])
            back = xp.take(self.message, self.reverse[here], axis=0)
            heard, told = (
                xp.take(belief, each[here], axis=0) for each in (self.receiver, self.sender)
            )
            near = _normalized(heard - message, add)
            far = _normalized(told - _wide(back), add)
            same, weight = folded(add, near + far), self.weight[here]
            each[here] = folded(add, near + message) - _pairs(same, weight, add) / 2
        return self._summed(each[:, None])[:, 0]

    def _summed(self, values: Any) -> Any:
        """Sum over the edges of each receiver."""
        xp = array_namespace(values)
        every = xp.arange(values.shape[0], device=device_of(values))
        return gather_sum(values, every, xp.ones_like(self.weight), self.starts)


def _symmetric(graph: Any) -> Any:
    """Both directions of every pair, by the larger weight, and nothing on the diagonal."""
    pairs: Any = sparse.coo_array(graph)
    kept = (pairs.row != pairs.col) & (pairs.data > 0)
    place = pairs.row[kept], pairs.col[kept]
    directed: Any = sparse.csr_array(sparse.coo_array((pairs.data[kept], place), shape=pairs.shape))
    both: Any = sparse.csr_array(directed.maximum(sparse.csr_array(directed.T)))
    both.sort_indices()
    return both


def _wide(message: Any) -> Any:
    """One column a class."""
    if message.shape[1] > 1:
        return message
    xp = array_namespace(message)
    return xp.concat([message, xp.zeros_like(message)], axis=1)


def _normalized(belief: Any, add: Any) -> Any:
    """Log weights that add up to 1."""
    return belief - folded(add, belief)[:, None]


def _pairs(same: Any, weight: Any, add: Any) -> Any:
    """Log normalizer of pairs whose log chance of the same class is `same`."""
    xp = array_namespace(same)
    if add is xp.maximum or add is np.maximum:
        return xp.maximum(same + weight, xp.zeros_like(same))
    apart = same < 0
    different = xp.log1p(-xp.exp(xp.where(apart, same, -xp.ones_like(same))))
    return add(same + weight, xp.where(apart, different, xp.full_like(same, -xp.inf)))
