"""Looking at votes and posteriors: summaries, wrong rows, copies, and figures of merit."""

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

__all__ = ["accuracy", "brier", "coverage", "ece", "f1", "log_loss", "reliability", "score"]
