"""Color a graph so that no two neighbors have the same color."""

from __future__ import annotations

from typing import Any

import numpy as np

from weaklabel._device import beside, on_host
from weaklabel.kernels._dispatch import kernel


@kernel
def graph_colors(neighbor: Any, starts: Any) -> Any:
    """Give nodes, in order, the least color that none of their neighbors has yet.

    Parameters
    ----------
    neighbor : integer array, n_edges
        Nodes; each edge stands in both directions. An edge to itself says nothing.
    starts : integer array, n_nodes + 1
        Neighbors ``starts[i]`` to ``starts[i + 1] - 1`` are those of node i.

    Returns
    -------
    integer array, n_nodes
        Colors from 0, at most one more than a node has neighbors.

    Examples
    --------
    A triangle, and a node that hangs on it.

    >>> graph_colors(np.array([1, 2, 0, 2, 0, 1, 3, 2]), np.array([0, 2, 4, 7, 8]))
    array([0, 1, 2, 0])
    """
    near, begin = on_host(neighbor), on_host(starts)
    colors = np.full(len(begin) - 1, -1)
    for node in range(len(colors)):
        taken = set(colors[near[begin[node] : begin[node + 1]]].tolist())
        colors[node] = next(color for color in range(len(taken) + 1) if color not in taken)
    return beside(colors, neighbor)
