"""How much neighbors say, from how well what is known of them agrees."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from scipy.optimize import brentq

BEFORE = 1.0  # pairs of similarity 1 that are imagined: half of them of one class
EDGE = 1e-9


class Coupling(NamedTuple):
    """What a similarity of one is worth, and what neighbors say of whom nothing is known."""

    nats: float
    share: np.ndarray  # n_classes: what uninformed items are expected to be


def estimated_coupling(
    probabilities: np.ndarray, graph: sparse.csr_array, unit: np.ndarray
) -> Coupling:
    r"""Estimate how alike the classes of neighbors are, from what is known without the graph.

    A pair of neighbors is of one class with probability :math:`\lambda`, else of two drawn at
    random by the shares :math:`\pi` of the classes. What is known of both then has the likelihood
    :math:`1 + \lambda (\sum_y p_{iy} p_{jy} / \pi_y - 1)`, whose product over pairs, weighed by
    similarity, is maximized. All neighbors of an item together are worth as much as one pair,
    :math:`\log(1 + K \lambda / (1 - \lambda))` nats, for they say much the same.

    Parameters
    ----------
    probabilities : float64 array, n_items x n_classes
        Without the graph.
    graph : scipy.sparse.csr_array, n_items x n_items
        Symmetric, with a pair at least.
    unit : integer array, n_items
        Items of one unit share a bag, so that they agree by what is known of the bag; such pairs
        are left out if there are others.
    """
    share = probabilities.mean(axis=0)
    one, other = np.repeat(np.arange(len(unit)), np.diff(graph.indptr)), graph.indices
    kept = one < other
    apart = kept & (unit[one] != unit[other])
    kept = apart if apart.any() else kept
    weight = graph.data[kept]
    known = probabilities / np.maximum(share, EDGE)
    agree = np.einsum("ek,ek->e", known[one[kept]], probabilities[other[kept]]) - 1

    def slope(same: float) -> float:
        told = float(np.sum(weight * agree / (1 + same * agree)))
        return told + BEFORE * (1 / same - 1 / (1 - same))

    root: Any = brentq(slope, EDGE, 1 - EDGE)  # falls from plus to minus infinity
    same = float(root)
    worth = np.log1p(len(share) * same / (1 - same))
    degree = graph.sum(axis=1)
    return Coupling(float(worth / degree[degree > 0].mean()), share)
