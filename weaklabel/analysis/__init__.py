"""Looking at votes and posteriors: summaries, wrong rows, copies, and figures of merit."""

from weaklabel.analysis.bags import bag_report, violation
from weaklabel.analysis.calibrate import calibrate
from weaklabel.analysis.compare import compare
from weaklabel.analysis.dependencies import dependencies
from weaklabel.analysis.diagnose import diagnose
from weaklabel.analysis.errors import errors
from weaklabel.analysis.expected_score import expected_score
from weaklabel.analysis.explain import explain
from weaklabel.analysis.flip import flip
from weaklabel.analysis.gold_errors import gold_errors
from weaklabel.analysis.metrics import (
    accuracy,
    brier,
    coverage,
    ece,
    f1,
    log_loss,
    reliability,
    score,
)
from weaklabel.analysis.multilabel_score import multilabel_score
from weaklabel.analysis.near_copies import near_copies
from weaklabel.analysis.pairs import agreement, conflict, overlap
from weaklabel.analysis.source_accuracy import source_accuracy
from weaklabel.analysis.source_effects import changed_by, source_effects
from weaklabel.analysis.summary import summary
from weaklabel.analysis.transition import transition
from weaklabel.analysis.worth_labeling import worth_labeling

__all__ = [
    "accuracy",
    "agreement",
    "bag_report",
    "brier",
    "calibrate",
    "changed_by",
    "compare",
    "conflict",
    "coverage",
    "dependencies",
    "diagnose",
    "ece",
    "errors",
    "expected_score",
    "explain",
    "f1",
    "flip",
    "gold_errors",
    "log_loss",
    "multilabel_score",
    "near_copies",
    "overlap",
    "reliability",
    "score",
    "source_accuracy",
    "source_effects",
    "summary",
    "transition",
    "violation",
    "worth_labeling",
]
