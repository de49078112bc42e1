"""Solvers: ways to turn scores into a posterior that respects what binds items together."""

from weaklabel.solvers._base import Solver
from weaklabel.solvers.independent import Independent

__all__ = ["Independent", "Solver"]
