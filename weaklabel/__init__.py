"""From what people know about labels to labels.

Labeling functions and constraints become `Evidence`; a `LabelModel` fuses it into calibrated class
probabilities on the user's own index; these train any classifier.
"""

from weaklabel import datasets, plots, transport
from weaklabel.analysis import (
    agreement,
    bag_report,
    conflict,
    errors,
    explain,
    flip,
    metrics,
    near_copies,
    overlap,
    score,
    summary,
    transition,
    violation,
)
from weaklabel.constraints import (
    AtLeast,
    AtMost,
    ClassBalance,
    Count,
    Proportion,
    SameLabel,
    Tags,
    counts_from,
    infeasible_bags,
    proportions_from,
)
from weaklabel.evidence import Evidence
from weaklabel.functions import (
    ABSTAIN,
    FrameVotes,
    Keywords,
    LabelingFunction,
    Lexicon,
    ModelVotes,
    Not,
    Regex,
    Threshold,
    apply,
    clear_cache,
    labeling_function,
)
from weaklabel.graph import neighbors, neighbors_from_groups
from weaklabel.io.saved import load
from weaklabel.models import (
    Cautious,
    Classifier,
    DawidSkene,
    GaussianMixture,
    LabelModel,
    MajorityVote,
    OneCoin,
)
from weaklabel.posterior import Posterior
from weaklabel.solvers import (
    BeliefPropagation,
    Independent,
    MeanField,
    RandomWalk,
    Sinkhorn,
    Spreading,
)
from weaklabel.training import SoftLabelClassifier, TorchClassifier

__version__ = "0.1.0"

__all__ = [
    "ABSTAIN",
    "AtLeast",
    "AtMost",
    "BeliefPropagation",
    "Cautious",
    "ClassBalance",
    "Classifier",
    "Count",
    "DawidSkene",
    "Evidence",
    "FrameVotes",
    "GaussianMixture",
    "Independent",
    "Keywords",
    "LabelModel",
    "LabelingFunction",
    "Lexicon",
    "MajorityVote",
    "MeanField",
    "ModelVotes",
    "Not",
    "OneCoin",
    "Posterior",
    "Proportion",
    "RandomWalk",
    "Regex",
    "SameLabel",
    "Sinkhorn",
    "SoftLabelClassifier",
    "Spreading",
    "Tags",
    "Threshold",
    "TorchClassifier",
    "agreement",
    "apply",
    "bag_report",
    "clear_cache",
    "conflict",
    "counts_from",
    "datasets",
    "errors",
    "explain",
    "flip",
    "infeasible_bags",
    "labeling_function",
    "load",
    "metrics",
    "near_copies",
    "neighbors",
    "neighbors_from_groups",
    "overlap",
    "plots",
    "proportions_from",
    "score",
    "summary",
    "transition",
    "transport",
    "violation",
]
