"""Solvers: ways to turn scores into a posterior that respects what binds items together."""

from weaklabel.solvers._base import Solver
from weaklabel.solvers.belief_propagation import BeliefPropagation
from weaklabel.solvers.independent import Independent
from weaklabel.solvers.mean_field import MeanField
from weaklabel.solvers.random_walk import RandomWalk
from weaklabel.solvers.sinkhorn import Sinkhorn
from weaklabel.solvers.spreading import Spreading

__all__ = [
    "BeliefPropagation",
    "Independent",
    "MeanField",
    "RandomWalk",
    "Sinkhorn",
    "Solver",
    "Spreading",
]
