"""Optimal transport: plans that move mass between marginals at least cost."""

from weaklabel.transport._result import Transport
from weaklabel.transport.sinkhorn import sinkhorn

__all__ = ["Transport", "sinkhorn"]
