"""Optimal transport: plans that move mass between marginals at least cost."""

from weaklabel.transport._result import Transport
from weaklabel.transport.growing_mass import growing_mass
from weaklabel.transport.sinkhorn import sinkhorn
from weaklabel.transport.sinkhorn_groups import GroupTransport, sinkhorn_groups

__all__ = ["GroupTransport", "Transport", "growing_mass", "sinkhorn", "sinkhorn_groups"]
