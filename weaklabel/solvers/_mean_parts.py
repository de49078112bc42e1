"""Parts of the items that are renewed at once, and what neighbors tell them on average."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from array_api_compat import array_namespace
from scipy import sparse

from weaklabel._device import beside, on_host
from weaklabel.evidence import Evidence
from weaklabel.kernels import graph_colors, softmax
from weaklabel.solvers._arrays import largest, set_rows
from weaklabel.solvers._diffusion import product
from weaklabel.solvers._propagation import Propagation


class Part:
    """Items, their bags, and what their neighbors say.

    Parameters
    ----------
    scores : float64 array, n_items x n_classes
        Of all items; each row has a finite entry. Everything of their size lives beside them.
    bags : Evidence
        Bags of all items.
    graph : scipy.sparse.csr_array, n_items x n_items
        Symmetric, in nats, without a diagonal.
    item : integer array
        Positions of the items of this part; whole bags.
    """

    def __init__(
        self, scores: Any, bags: Evidence, graph: sparse.csr_array, item: np.ndarray
    ) -> None:
        whole = len(item) == scores.shape[0]
        self.item = None if whole else beside(item, scores)
        self.scores = self._own(scores)
        self.heard_from = product(graph if whole else sparse.csr_array(graph[item]), scores)
        inside = bags if whole else bags.take(item)
        self.flow = Propagation(self.scores, inside, maximize=False, schedule="sequential")
        self.field = array_namespace(scores).zeros_like(self.scores)

    def renew(self, probabilities: Any, damping: float) -> tuple[Any, float]:
        """Renew the probabilities of all items; give the largest change that was called for."""
        xp, heard = array_namespace(probabilities), self.heard_from(probabilities)
        moved = largest(xp.reshape(xp.abs(heard - self.field), (-1,)))
        self.field = (1 - damping) * heard + damping * self.field
        self.flow.scores = self.scores + self.field
        probabilities, told = self.conclude(probabilities, damping)
        return probabilities, max(moved, told)

    def conclude(self, probabilities: Any, damping: float = 0.0) -> tuple[Any, float]:
        """Count anew with what neighbors said; give the largest change of a message, if it counts.

        Where nothing overlaps messages do not go around: they are what they are, at once.
        """
        told = self.flow.sweep(0.0 if self.flow.exact else damping)
        probabilities = self.put(probabilities, softmax(self.flow.belief())[0])
        return probabilities, 0.0 if self.flow.exact else told

    def log_normalizer(self, probabilities: Any) -> Any:
        """Spread over items what scores, counts and neighbors are worth, entropy included."""
        xp, heard = array_namespace(probabilities), self.heard_from(probabilities)
        between = xp.sum(self._own(probabilities) * (heard / 2 - self.field), axis=1)
        return self.flow.log_normalizer(self.flow.belief()) + between

    def put(self, table: Any, values: Any) -> Any:
        """Set the rows of this part in a table of all items; in place if the library can."""
        return values if self.item is None else set_rows(table, self.item, values)

    def _own(self, table: Any) -> Any:
        """Rows of this part."""
        return table if self.item is None else array_namespace(table).take(table, self.item, axis=0)


def symmetric(graph: Any, n_items: int) -> sparse.csr_array:
    """Weights of the pairs, seen from both ends; the larger where two are stated."""
    if graph is None:
        return sparse.csr_array((n_items, n_items))
    pairs = sparse.csr_array(graph)
    pairs = sparse.csr_array(pairs.maximum(pairs.T))
    pairs.setdiag(0)
    pairs.eliminate_zeros()
    return pairs


def units_of(evidence: Evidence) -> np.ndarray:
    """Give every item the number of its group, which bags bind together."""
    n_items = len(evidence)
    first, other = [], []
    for block in evidence.bags:
        member, starts = on_host(block.member), on_host(block.starts)
        first.append(member[np.repeat(np.minimum(starts[:-1], len(member) - 1), np.diff(starts))])
        other.append(member)
    if not first:
        return np.arange(n_items)
    pair = np.concatenate(first), np.concatenate(other)
    bound = sparse.coo_array((np.ones(len(pair[0])), pair), (n_items, n_items))
    return sparse.csgraph.connected_components(bound, directed=False)[1]


def parts_of(
    scores: Any, evidence: Evidence, graph: sparse.csr_array, unit: np.ndarray | None
) -> list[Part]:
    """Part the items so that neighbors are apart, unless they are of one unit; None: one part."""
    bags = Evidence(pd.RangeIndex(scores.shape[0]), evidence.classes, bags=evidence.bags)
    item = np.arange(scores.shape[0])
    if unit is None or not graph.nnz:
        return [Part(scores, bags, graph, item)]
    member = sparse.csr_array((np.ones(len(item)), (unit, item)))
    between = sparse.csr_array(member @ (graph @ member.T))
    starts = between.indptr.astype(np.int64)
    color = graph_colors(between.indices.astype(np.int64), starts)[unit]
    order = np.argsort(color, kind="stable")
    cuts = np.flatnonzero(np.diff(color[order])) + 1
    return [Part(scores, bags, graph, part) for part in np.split(order, cuts)]


def shared_units(graph: sparse.csr_array, unit: np.ndarray) -> bool:
    """Say whether two neighbors are of one unit."""
    return bool((unit[graph.indices] == np.repeat(unit, np.diff(graph.indptr))).any())
