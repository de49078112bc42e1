"""Optimal transport: plans that move mass between marginals at least cost."""

from weaklabel.transport._result import Transport
from weaklabel.transport.sinkhorn import sinkhorn
from weaklabel.transport.sinkhorn_groups import GroupTransport, sinkhorn_groups

__all__ = ["GroupTransport", "Transport", "sinkhorn", "sinkhorn_groups"]
