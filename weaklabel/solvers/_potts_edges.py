"""The graph of neighbors as flat arrays of directed edges."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_numpy_array
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
        (n_items, n_classes), xp = like.shape, array_namespace(like)
        # sorted by receiver; sender: position in items of each edge; reverse: position in edges of
        # the same pair seen from its other end
        read = _on_host if is_numpy_array(like) else _beside
        self.sender, self.receiver, self.reverse, self.starts, self.weight = read(graph, like)
        self.weight = coupling * self.weight
        zeros = partial(xp.zeros, dtype=xp.float64, device=device_of(like))
        # of two classes, log-odds of the first
        self.message: Any = zeros((self.weight.shape[0], 1 if n_classes == 2 else n_classes))
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


def _on_host(graph: Any, like: Any) -> tuple[Any, ...]:
    """Both directions of every pair, by the larger weight, and nothing on the diagonal."""
    pairs: Any = sparse.coo_array(graph)
    kept = (pairs.row != pairs.col) & (pairs.data > 0)
    place = pairs.row[kept], pairs.col[kept]
    directed: Any = sparse.csr_array(sparse.coo_array((pairs.data[kept], place), shape=pairs.shape))
    both: Any = sparse.csr_array(directed.maximum(sparse.csr_array(directed.T)))
    both.sort_indices()
    number = np.arange(both.nnz, dtype=both.indices.dtype)
    numbered: Any = sparse.csr_array((number, both.indices, both.indptr), shape=both.shape)
    starts = both.indptr.astype(np.int64)
    receiver = np.repeat(np.arange(len(like)), np.diff(starts))
    return both.indices, receiver, numbered.tocsc().data, starts, both.data.astype(np.float64)


def _beside(graph: Any, like: Any) -> tuple[Any, ...]:
    """Work out the same where `like` lives, by sorting: at that a GPU is quick."""
    xp = array_namespace(like)
    pairs: Any = sparse.csr_array(graph, copy=True)
    pairs.sum_duplicates()
    n = pairs.shape[0]
    every = xp.arange(n, dtype=xp.int64, device=device_of(like))
    row = xp.repeat(every, beside(np.diff(pairs.indptr).astype(np.int64), like))
    column = beside(pairs.indices.astype(np.int64), like)
    weight = beside(pairs.data.astype(np.float64), like)
    kept = xp.nonzero((row != column) & (weight > 0))[0]
    row, column, weight = (xp.take(each, kept) for each in (row, column, weight))
    if not kept.shape[0]:
        return row, row, row, xp.zeros(n + 1, dtype=xp.int64, device=device_of(like)), weight
    key = xp.concat([row * n + column, column * n + row])
    order = xp.argsort(key, stable=True)
    key, weight = xp.take(key, order), xp.take(xp.concat([weight, weight]), order)
    # an edge stands once, or twice if the graph states both directions
    fresh = xp.concat([xp.ones_like(key[:1], dtype=xp.bool), key[1:] != key[:-1]])
    other = xp.concat([weight[1:], weight[-1:]])
    twice = xp.concat([~fresh[1:], xp.zeros_like(fresh[:1])])
    weight = xp.where(twice & (other > weight), other, weight)
    first = xp.nonzero(fresh)[0]
    key, weight = xp.take(key, first), xp.take(weight, first)
    receiver, sender = key // n, key % n
    starts = xp.searchsorted(receiver, xp.concat([every, every[-1:] + 1]))
    reverse = xp.argsort(xp.argsort(sender * n + receiver))
    return sender, receiver, reverse, starts, weight


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
