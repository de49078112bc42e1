"""Score label models on soft votes: sources that say how sure they are.

``python -m benchmarks.quality.soft_votes --data DIR --out CSV``

cage_sms: ten rules, and a score of each vote in [.5, 1]; all_breast_cancer: three classifiers.
Fitted to all items, scored on those with gold. "hard" takes the better class of every vote.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import _results
from benchmarks.quality import _tables
from weaklabel import Evidence
from weaklabel.analysis import metrics
from weaklabel.models import DawidSkene, LabelModel, LogOdds, MajorityVote, OneCoin
from weaklabel.posterior import Posterior

SETS = ("cage_sms", "all_breast_cancer")
COLUMNS = ["set", "votes", "model", "accuracy", "f1", "brier", "log_loss", "ece", "seconds"]


def read(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Read the probability of class 1 by every source, NaN where it abstains, and the gold."""
    with np.load(folder / name / "votes.npz") as arrays:
        gold = arrays["y"].astype(np.int64)
        if "P" in arrays:
            return arrays["P"].astype(np.float64), gold
        vote, score = arrays["L_smooth"], arrays["score"].astype(np.float64)
    return np.where(vote == 1, score, np.where(vote == 0, 1 - score, np.nan)), gold


def evidence_of(positive: np.ndarray) -> Evidence:
    """Make evidence of the probabilities of class 1, n_items x n_sources."""
    votes = {f"source_{j}": pd.DataFrame({0: 1 - p, 1: p}) for j, p in enumerate(positive.T)}
    return Evidence(range(len(positive)), classes=[0, 1]).with_votes(votes)


def rows_of(folder: Path, name: str) -> list[dict[str, Any]]:
    """Fit all models to soft and to hard votes of a set."""
    soft, gold = read(folder, name)
    hard = np.where(np.isnan(soft), np.nan, (soft > 0.5).astype(np.float64))
    known = gold >= 0
    rows = []
    for kind, positive in (("soft", soft), ("hard", hard)):
        evidence = evidence_of(positive)
        for model in (MajorityVote(), OneCoin(), DawidSkene(), LabelModel(), LogOdds()):
            start = time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                posterior: Posterior = model.fit(evidence).posterior(evidence)
            seconds = time.perf_counter() - start
            found = metrics.score(gold[known], posterior.frame()[known])
            figures = {key: found[key] for key in COLUMNS if key in found}
            about = {"set": name, "votes": kind, "model": type(model).__name__}
            rows.append(about | figures | {"seconds": seconds})
    return rows


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    parser.add_argument("--sets", nargs="+", default=SETS, help="names of sets")
    chosen = parser.parse_args(arguments)
    rows = [row for name in chosen.sets for row in rows_of(chosen.data, name)]
    if chosen.out:
        _results.write(chosen.out, rows, COLUMNS, _results.made())
    _tables.show("soft votes", pd.DataFrame(rows).set_index(["set", "votes", "model"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
