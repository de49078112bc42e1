"""Constraints: statements about the class counts of a bag, one kind a file."""

from weaklabel.constraints._base import Constraint
from weaklabel.constraints.at_least import AtLeast
from weaklabel.constraints.at_most import AtMost
from weaklabel.constraints.count import Count
from weaklabel.constraints.proportion import Proportion

__all__ = ["AtLeast", "AtMost", "Constraint", "Count", "Proportion"]
