"""Constraints: statements about the class counts of a bag, one kind a file."""

from weaklabel.constraints._base import Constraint, Statement
from weaklabel.constraints._feasible import (
    InfeasibleBags,
    check_feasible,
    infeasible_bags,
    require_bounds,
)
from weaklabel.constraints._tables import counts_from, proportions_from
from weaklabel.constraints.at_least import AtLeast
from weaklabel.constraints.at_most import AtMost
from weaklabel.constraints.class_balance import ClassBalance
from weaklabel.constraints.count import Count
from weaklabel.constraints.proportion import Proportion
from weaklabel.constraints.same_label import SameLabel
from weaklabel.constraints.tags import Tags

__all__ = [
    "AtLeast",
    "AtMost",
    "ClassBalance",
    "Constraint",
    "Count",
    "InfeasibleBags",
    "Proportion",
    "SameLabel",
    "Statement",
    "Tags",
    "check_feasible",
    "counts_from",
    "infeasible_bags",
    "proportions_from",
    "require_bounds",
]
