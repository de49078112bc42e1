"""The graph of neighbors as flat arrays of directed edges."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from weaklabel.kernels import gather_sum, potts_messages
from weaklabel.solvers._count_factors import folded


class PottsEdges:
    """Pairs of items that prefer the same class, by their weight.

    A pair counts once; where the graph states two weights for it, or one in one direction only,
    the larger. The diagonal says nothing.

    Parameters
    ----------
    graph : scipy.sparse array, n_items x n_items
    n_classes : int
    """

    def __init__(self, graph: Any, n_classes: int) -> None:
        pairs = sparse.csr_array(graph)
        pairs = sparse.csr_array(pairs.maximum(pairs.T))
        pairs.setdiag(0)
        pairs.eliminate_zeros()
        pairs.sort_indices()
        n_edges = pairs.nnz
        # sorted by receiver; sender: position in items of each edge
        self.sender, self.starts = pairs.indices, pairs.indptr.astype(np.int64)
        self.weight = pairs.data.astype(np.float64)
        # reverse: position in edges of the same pair seen from its other end
        numbered = sparse.csr_array(
            (np.arange(n_edges), pairs.indices, pairs.indptr), shape=pairs.shape
        )
        self.reverse = numbered.tocsc().data
        self.message = np.zeros((n_edges, n_classes))
        self._every, self._once = np.arange(n_edges), np.ones(n_edges)

    def send(self, belief: np.ndarray, maximize: bool) -> np.ndarray:
        """Give new messages from the beliefs of all items."""
        return potts_messages(
            belief, self.message, self.weight, self.sender, self.reverse, maximize
        )

    def received(self) -> np.ndarray:
        """Sum of the messages to each item, n_items x n_classes."""
        return self._summed(self.message)

    def shared(self, belief: np.ndarray, add: Any) -> np.ndarray:
        """Half the log normalizers of the pairs of each item, n_items (Bethe's free energy)."""
        receiver = np.repeat(np.arange(len(belief)), np.diff(self.starts))
        each = folded(add, belief)[receiver]
        each -= folded(add, belief[receiver] - self.message)
        return self._summed(each[:, None])[:, 0] / 2

    def _summed(self, values: np.ndarray) -> np.ndarray:
        """Sum over the edges of each receiver."""
        return gather_sum(values, self._every, self._once, self.starts)
