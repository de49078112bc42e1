"""Solvers: ways to turn scores into a posterior that respects what binds items together."""

from weaklabel.solvers._base import Solver
from weaklabel.solvers.belief_propagation import BeliefPropagation
from weaklabel.solvers.independent import Independent
from weaklabel.solvers.mean_field import MeanField
from weaklabel.solvers.sinkhorn import Sinkhorn

__all__ = ["BeliefPropagation", "Independent", "MeanField", "Sinkhorn", "Solver"]
