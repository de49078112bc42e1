"""Which figures without gold tell what model is most accurate? Rank correlations, set by set.

``python -m benchmarks.quality.choice --data DIR [--sets A B] [--out CSV]``

Every label model, and settings of some that are known to fail, are fitted to every set. Candidate
scores: agreement with the plain vote, consensus with the other models, expected accuracy, small
drift, effective sources, and how well a model foretells votes that it did not see (each source
left out in turn, the others tell its votes, log-likelihood of a vote). Printed: the Spearman
correlation of each with the true accuracy over the models, and what is lost by choosing the best
by that score instead of the best by gold, or gained over always taking `LabelModel`.
"""

from __future__ import annotations

import argparse
import math
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

import weaklabel as wl
from benchmarks import _results
from benchmarks.quality import _data
from benchmarks.quality._models import our_models

SCORES = ["agreement", "consensus", "expected_accuracy", "small drift", "effective_sources"]
SCORES += ["held-out votes"]
COLUMNS = ["set", "score", "correlation", "chosen", "accuracy", "best", "label_model"]
MOST_SOURCES = 3  # left out in turn, those with most votes


def candidates() -> dict[str, Any]:
    """Our models as they come, and settings that fit more, or less."""
    loose = {"max_misfit": math.inf, "max_drift": 1.0}
    settings = {
        "DawidSkene to the end": wl.DawidSkene(**loose, max_iter=500),
        "DawidSkene, silence missing": wl.DawidSkene(**loose, silence="missing", max_iter=500),
        "DawidSkene, one sweep": wl.DawidSkene(**loose, max_iter=1, tol=0.0),
        "DawidSkene, tied": wl.DawidSkene(**loose, emission="tied", max_iter=500),
        "DawidSkene, uniform prior": wl.DawidSkene(**loose, class_prior="uniform", max_iter=500),
        "Cautious, 20 sweeps": wl.Cautious(max_iter=20, max_drift=1.0),
        "Cautious, no silence": wl.Cautious(silence="missing"),
        "Cautious, no shared error": wl.Cautious(shared_error=0.0),
    }
    return our_models() | settings


def held_out(model: Any, evidence: wl.Evidence) -> float:
    """Mean log-likelihood of votes of sources that the model did not see, in nats a vote."""
    votes: Any = evidence.votes
    counts = np.bincount(votes.source, minlength=votes.n_sources)
    told = []
    for j in np.argsort(-counts, kind="stable")[:MOST_SOURCES]:
        others = votes.select(votes.sources.delete(j))
        rest = replace(evidence, votes=others)
        p = model.fit(rest).posterior(rest).probabilities
        mine = votes.source == j
        item, code = votes.item[mine], votes.code[mine]
        counted = np.full((votes.n_codes, p.shape[1]), 1.0)
        np.add.at(counted, code, p[item])
        emission = counted / counted.sum(axis=0)
        told.append(np.log((p[item] * emission[code]).sum(axis=1)))
    return float(np.concatenate(told).mean())


def rows_of(trial: _data.Trial) -> pd.DataFrame:
    """Fit all candidates to a set: scores and accuracy."""
    evidence, models = trial.fit_evidence(), candidates()
    usable = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, model in models.items():
            try:
                model.fit(evidence)
            except ValueError:
                continue
            usable[name] = model
        table = wl.compare(evidence, usable)
        table["accuracy"] = [
            wl.metrics.accuracy(trial.gold, model.posterior(evidence)) for model in usable.values()
        ]
        table["held-out votes"] = [held_out(model, evidence) for model in usable.values()]
    table["small drift"] = -table["drift"]
    return table


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--sets", nargs="+", help="names of sets; all if left out")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    chosen = parser.parse_args(arguments)
    rows = []
    for name in _data.find(chosen.data, chosen.sets):
        table = rows_of(_data.read(chosen.data, name, "pooled"))
        line = []
        for score in SCORES:
            known = table[score].notna()
            correlation = spearmanr(table[score][known], table["accuracy"][known]).statistic
            best = table[score].idxmax()
            rows.append(
                {
                    "set": name,
                    "score": score,
                    "correlation": float(correlation),
                    "chosen": best,
                    "accuracy": float(table["accuracy"][best]),
                    "best": float(table["accuracy"].max()),
                    "label_model": float(table["accuracy"]["LabelModel"]),
                }
            )
            line.append(f"{score} {correlation:+.2f}")
        print(f"{name:18} {'  '.join(line)}", flush=True)
    found = pd.DataFrame(rows)
    mean = found.groupby("score")[["correlation", "accuracy", "best", "label_model"]].mean()
    mean["sets above .5"] = found.groupby("score")["correlation"].agg(lambda c: (c > 0.5).mean())
    mean["sets below 0"] = found.groupby("score")["correlation"].agg(lambda c: (c < 0).mean())
    print(mean.round(3).to_string())
    if chosen.out:
        _results.write(chosen.out, rows, COLUMNS, _results.made())
    return 0


if __name__ == "__main__":
    sys.exit(main())
