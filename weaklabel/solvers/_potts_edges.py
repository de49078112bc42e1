"""The graph of neighbors as flat arrays of directed edges."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from weaklabel.kernels import gather_sum, potts_messages
from weaklabel.solvers._count_factors import folded

CHUNK = 1 << 20  # edges whose share of the normalizer is worked out at once


class PottsEdges:
    """Pairs of items that prefer the same class, by their weight.

    A pair counts once; where the graph states two weights for it, or one in one direction only,
    the larger. The diagonal says nothing.

    Parameters
    ----------
    graph : scipy.sparse array, n_items x n_items
    n_classes : int
    coupling : float
        Nats of a weight of one.
    """

    def __init__(self, graph: Any, n_classes: int, coupling: float = 1.0) -> None:
        pairs: Any = _symmetric(graph)
        n_items, n_edges = pairs.shape[0], pairs.nnz
        # sorted by receiver; sender: position in items of each edge
        self.sender: Any = pairs.indices
        self.starts: np.ndarray = pairs.indptr.astype(np.int64)
        self.weight: np.ndarray = coupling * pairs.data.astype(np.float64)
        # reverse: position in edges of the same pair seen from its other end
        numbered: Any = sparse.csr_array(
            (np.arange(n_edges, dtype=pairs.indices.dtype), pairs.indices, pairs.indptr),
            shape=pairs.shape,
        )
        self.reverse: Any = numbered.tocsc().data
        # of two classes, log-odds of the first
        self.message = np.zeros((n_edges, 1 if n_classes == 2 else n_classes))
        self.heard = np.zeros((n_items, self.message.shape[1]))

    def renew(self, belief: np.ndarray, damping: float, maximize: bool, part: bool) -> float:
        """Renew the messages from the beliefs of all items; give the largest change called for.

        With `part`, only the half of the messages that would change most.
        """
        graph = self.weight, self.sender, self.reverse, self.starts
        seen = belief if self.message.shape[1] > 1 else belief[:, :1] - belief[:, 1:]
        new, heard, change = potts_messages(seen, self.message, *graph, damping, maximize)
        if part and len(new):
            each = np.abs(new - self.message).max(axis=1)
            new = np.where((each >= np.median(each))[:, None], new, self.message)
            heard = self._summed(new)
        self.message, self.heard = new, heard
        return float(change.max(initial=0.0))

    def add_to(self, total: np.ndarray) -> None:
        """Add what items heard to their scores."""
        total[:, : self.heard.shape[1]] += self.heard

    def shared(self, belief: np.ndarray, add: Any) -> np.ndarray:
        """Add up what Bethe's free energy takes off for the pairs of each item, n_items.

        Of each message the log normalizer of its product with the belief of the receiver, less
        half the log normalizer of the pair.
        """
        each = np.empty(len(self.sender))
        receiver = np.repeat(np.arange(len(belief)), np.diff(self.starts))
        for first in range(0, len(each), CHUNK):
            here = slice(first, first + CHUNK)
            message = _wide(self.message[here])
            near = _normalized(belief[receiver[here]] - message, add)
            far = _normalized(
                belief[self.sender[here]] - _wide(self.message[self.reverse[here]]), add
            )
            same, weight = folded(add, near + far), self.weight[here]
            each[here] = folded(add, near + message) - _pairs(same, weight, add) / 2
        return self._summed(each[:, None])[:, 0]

    def _summed(self, values: np.ndarray) -> np.ndarray:
        """Sum over the edges of each receiver."""
        every = np.arange(len(values))
        return gather_sum(values, every, np.ones(len(values)), self.starts)


def _symmetric(graph: Any) -> Any:
    """Both directions of every pair, by the larger weight, and nothing on the diagonal."""
    pairs: Any = sparse.coo_array(graph)
    kept = (pairs.row != pairs.col) & (pairs.data > 0)
    place = pairs.row[kept], pairs.col[kept]
    directed: Any = sparse.csr_array(sparse.coo_array((pairs.data[kept], place), shape=pairs.shape))
    both: Any = sparse.csr_array(directed.maximum(sparse.csr_array(directed.T)))
    both.sort_indices()
    return both


def _wide(message: np.ndarray) -> np.ndarray:
    """One column a class."""
    return message if message.shape[1] > 1 else np.pad(message, ((0, 0), (0, 1)))


def _normalized(belief: np.ndarray, add: Any) -> np.ndarray:
    """Log weights that add up to 1."""
    return belief - folded(add, belief)[:, None]


def _pairs(same: np.ndarray, weight: np.ndarray, add: Any) -> np.ndarray:
    """Log normalizer of pairs whose log chance of the same class is `same`."""
    if add is np.maximum:
        return np.maximum(same + weight, 0.0)
    different = np.log1p(
        -np.exp(np.minimum(same, 0.0)), where=same < 0, out=np.full_like(same, -np.inf)
    )
    return np.logaddexp(same + weight, different)
