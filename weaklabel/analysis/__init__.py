"""Looking at votes and posteriors: summaries, wrong rows, copies, and figures of merit."""

from weaklabel.analysis.bags import bag_report, violation
from weaklabel.analysis.calibrate import calibrate
from weaklabel.analysis.errors import errors
from weaklabel.analysis.expected_score import expected_score
from weaklabel.analysis.explain import explain
from weaklabel.analysis.flip import flip
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
from weaklabel.analysis.near_copies import near_copies
from weaklabel.analysis.pairs import agreement, conflict, overlap
from weaklabel.analysis.source_accuracy import source_accuracy
from weaklabel.analysis.summary import summary
from weaklabel.analysis.transition import transition

__all__ = [
    "accuracy",
    "agreement",
    "bag_report",
    "brier",
    "calibrate",
    "conflict",
    "coverage",
    "ece",
    "errors",
    "expected_score",
    "explain",
    "f1",
    "flip",
    "log_loss",
    "near_copies",
    "overlap",
    "reliability",
    "score",
    "source_accuracy",
    "summary",
    "transition",
    "violation",
]
