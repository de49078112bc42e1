"""From what people know about labels to labels.

Labeling functions and constraints become `Evidence`; a `LabelModel` fuses it into calibrated class
probabilities on the user's own index; these train any classifier.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from weaklabel import transport
from weaklabel.analysis import (
    agreement,
    bag_report,
    calibrate,
    changed_by,
    compare,
    conflict,
    dependencies,
    diagnose,
    errors,
    expected_score,
    explain,
    flip,
    gold_errors,
    metrics,
    multilabel_score,
    near_copies,
    overlap,
    score,
    source_accuracy,
    source_effects,
    summary,
    transition,
    violation,
    worth_labeling,
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
from weaklabel.io.multilabel import multilabel_evidence
from weaklabel.io.saved import load
from weaklabel.models import (
    BWA,
    EBCC,
    GLAD,
    IBCC,
    MACE,
    NPLM,
    Cautious,
    Chain,
    Classifier,
    DawidSkene,
    GaussianMixture,
    LabelModel,
    LogOdds,
    MajorityVote,
    MomentMatching,
    MultiLabelModel,
    OneCoin,
    Triplets,
    WeightedVote,
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

if TYPE_CHECKING:
    from weaklabel import datasets, distributed, outofcore, plots
    from weaklabel.training import SoftLabelClassifier, TorchClassifier

__version__ = "0.1.0"

__all__ = [
    "ABSTAIN",
    "BWA",
    "EBCC",
    "GLAD",
    "IBCC",
    "MACE",
    "NPLM",
    "AtLeast",
    "AtMost",
    "BeliefPropagation",
    "Cautious",
    "Chain",
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
    "LogOdds",
    "MajorityVote",
    "MeanField",
    "ModelVotes",
    "MomentMatching",
    "MultiLabelModel",
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
    "Triplets",
    "WeightedVote",
    "agreement",
    "apply",
    "bag_report",
    "calibrate",
    "changed_by",
    "clear_cache",
    "compare",
    "conflict",
    "counts_from",
    "datasets",
    "dependencies",
    "diagnose",
    "distributed",
    "errors",
    "expected_score",
    "explain",
    "flip",
    "gold_errors",
    "infeasible_bags",
    "labeling_function",
    "load",
    "metrics",
    "multilabel_evidence",
    "multilabel_score",
    "near_copies",
    "neighbors",
    "neighbors_from_groups",
    "outofcore",
    "overlap",
    "plots",
    "proportions_from",
    "score",
    "source_accuracy",
    "source_effects",
    "summary",
    "transition",
    "transport",
    "violation",
    "worth_labeling",
]

# what is imported when it is first asked for, since not everybody asks for it
LATER = {
    "SoftLabelClassifier": "training",
    "TorchClassifier": "training",
    "datasets": "",
    "distributed": "",
    "outofcore": "",
    "plots": "",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for first."""
    if name not in LATER:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    folder = LATER[name]
    found = import_module(f"weaklabel.{folder or name}")
    globals()[name] = getattr(found, name) if folder else found
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *LATER})
