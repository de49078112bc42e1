"""Parts of the items that are renewed at once, and what neighbors tell them on average."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from weaklabel._device import on_host
from weaklabel.evidence import Evidence
from weaklabel.kernels import graph_colors
from weaklabel.solvers._propagation import Propagation
from weaklabel.solvers.belief_propagation import softmax


class Part:
    """Items, their bags, and what their neighbors say.

    Parameters
    ----------
    scores : float64 array, n_items x n_classes
        Of all items; each row has a finite entry.
    bags : Evidence
        Bags of all items.
    graph : scipy.sparse.csr_array, n_items x n_items
        Symmetric, in nats, without a diagonal.
    item : integer array
        Positions of the items of this part; whole bags.
    """

    def __init__(
        self, scores: np.ndarray, bags: Evidence, graph: sparse.csr_array, item: np.ndarray
    ) -> None:
        whole = len(item) == len(scores)
        self.item = slice(None) if whole else item
        self.scores = scores[self.item]
        self.graph = graph if whole else sparse.csr_array(graph[item])
        inside = bags if whole else bags.take(item)
        self.flow = Propagation(self.scores, inside, maximize=False, schedule="sequential")
        self.field = np.zeros_like(self.scores)

    def renew(self, probabilities: np.ndarray, damping: float) -> float:
        """Renew the probabilities in place; give the largest change that was called for."""
        heard = self.graph @ probabilities
        moved = float(np.abs(heard - self.field).max(initial=0.0))
        self.field = (1 - damping) * heard + damping * self.field
        self.flow.scores = self.scores + self.field
        return max(moved, self.conclude(probabilities, damping))

    def conclude(self, probabilities: np.ndarray, damping: float = 0.0) -> float:
        """Count anew with what neighbors said; give the largest change of a message, if it counts.

        Where nothing overlaps messages do not go around: they are what they are, at once.
        """
        told = self.flow.sweep(0.0 if self.flow.exact else damping)
        probabilities[self.item] = softmax(self.flow.belief())
        return 0.0 if self.flow.exact else told

    def log_normalizer(self, probabilities: np.ndarray) -> np.ndarray:
        """Spread over items what scores, counts and neighbors are worth, entropy included."""
        here = probabilities[self.item]
        heard = self.graph @ probabilities
        return self.flow.log_normalizer(self.flow.belief()) + np.sum(
            here * (heard / 2 - self.field), axis=1
        )


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
    scores: np.ndarray, evidence: Evidence, graph: sparse.csr_array, unit: np.ndarray | None
) -> list[Part]:
    """Part the items so that neighbors are apart, unless they are of one unit; None: one part."""
    bags = Evidence(pd.RangeIndex(len(scores)), evidence.classes, bags=evidence.bags)
    item = np.arange(len(scores))
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
