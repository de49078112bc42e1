"""Graphs of similar items."""

from weaklabel.graph.neighbors import neighbors

__all__ = ["neighbors"]
