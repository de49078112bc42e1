"""Graphs of similar items."""

from weaklabel.graph.neighbors import neighbors
from weaklabel.graph.neighbors_from_groups import neighbors_from_groups

__all__ = ["neighbors", "neighbors_from_groups"]
