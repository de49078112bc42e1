"""Numba twin: one node after the other, as every color depends on those before."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["graph_colors"]


@njit(cache=True)
def graph_colors(neighbor, starts):
    n_nodes = starts.size - 1
    colors = np.full(n_nodes, -1)
    taken_by = np.full(n_nodes + 1, -1)  # the last node that found a color taken
    for node in range(n_nodes):
        for edge in range(starts[node], starts[node + 1]):
            color = colors[neighbor[edge]]
            if color >= 0:
                taken_by[color] = node
        color = 0
        while taken_by[color] == node:
            color += 1
        colors[node] = color
    return colors
