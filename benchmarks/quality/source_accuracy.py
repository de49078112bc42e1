"""Estimated accuracies of sources, and their 90 % intervals, against gold.

``python -m benchmarks.quality.source_accuracy [--data DIR] [--sets A B] [--seeds 20]
[--models LabelModel ...] [--few 50] --out CSV``

Synthetic sets are drawn from the model itself (independent sources), so that intervals must hold
the truth in 85 to 95 % of all cases; on real sets they need not, and the shortfall is printed.
`source_accuracy_mae` is the mean absolute error over sources that vote on gold, `interval_coverage`
the share of them whose interval holds the share of right votes, `width` the mean width. With
``--few`` the same with that many gold rows, drawn at random; they are not scored apart. The row
"labels" is the model's own accuracy, estimated and true.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import weaklabel as wl
from benchmarks import _results
from benchmarks.quality import _data
from benchmarks.quality._models import our_models

COLUMNS = [
    *["set", "kind", "model", "gold_rows", "sources", "source_accuracy_mae", "interval_coverage"],
    *["width", "overdispersion", "accuracy", "expected_accuracy", "low", "high"],
]
SYNTHETIC = {
    "independent, 2,000 items": lambda seed: wl.datasets.independent(2000, random_state=seed),
    "imbalanced, 2,000 items": lambda seed: wl.datasets.imbalanced(2000, random_state=seed),
    "unipolar, 4,000 items": lambda seed: wl.datasets.unipolar(4000, random_state=seed),
    "many classes, 1,000 items": lambda seed: wl.datasets.many_classes(
        1000, n_classes=4, n_sources=8, random_state=seed
    ),
}


def right_shares(votes: Any, gold: np.ndarray) -> np.ndarray:
    """Share of votes on items with gold that are right, n_sources."""
    known = gold[votes.item] >= 0
    right = votes.statements[votes.code, gold[votes.item]] * votes.weight
    n = np.bincount(votes.source[known], votes.weight[known], votes.n_sources)
    hits = np.bincount(votes.source[known], right[known], votes.n_sources)
    return np.divide(hits, n, out=np.full(len(n), np.nan), where=n > 0)


def row(evidence: wl.Evidence, gold: np.ndarray, model: Any, few: int) -> dict[str, Any]:
    """Fit, estimate, and hold against gold."""
    shown = None
    if few:
        rows = np.random.default_rng(0).permutation(np.flatnonzero(gold >= 0))[:few]
        shown = np.full(len(gold), -1)
        shown[rows] = gold[rows]
        shown = pd.Series(shown, evidence.index).map(
            lambda code: evidence.classes[code] if code >= 0 else None
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(evidence)
        table = wl.source_accuracy(model, evidence, gold=shown)
    truth = right_shares(evidence.votes, gold)
    posterior = model.posterior(evidence)
    names = pd.Series(np.where(posterior.covered, gold, -1), evidence.index).map(
        lambda code: evidence.classes[code] if code >= 0 else None
    )
    sources, labels = table.iloc[:-1], table.iloc[-1]
    use = np.isfinite(truth) & sources["accuracy"].notna()
    inside = (sources["low"] <= truth) & (truth <= sources["high"])
    return {
        "gold_rows": few,
        "sources": int(use.sum()),
        "source_accuracy_mae": float((sources["accuracy"] - truth).abs()[use].mean()),
        "interval_coverage": float(inside[use].mean()),
        "width": float((sources["high"] - sources["low"])[use].mean()),
        "overdispersion": table.attrs["overdispersion"],
        "accuracy": wl.metrics.accuracy(names, posterior),
        "expected_accuracy": float(labels["accuracy"]),
        "low": float(labels["low"]),
        "high": float(labels["high"]),
    }


def synthetic(name: str, seeds: int, models: dict[str, Any]) -> list[dict[str, Any]]:
    """Average over seeds."""
    found = []
    for label, model in models.items():
        rows = []
        for seed in range(seeds):
            case = SYNTHETIC[name](seed)
            evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
            rows.append(row(evidence, case.gold.cat.codes.to_numpy().astype(int), model, 0))
        mean = pd.DataFrame(rows).mean().to_dict()
        found.append({"set": name, "kind": "synthetic", "model": label, **mean})
        show(found[-1])
    return found


def show(found: dict[str, Any]) -> None:
    """Print one row."""
    print(
        f"{found['set']:26} {found['model']:14} gold {found['gold_rows']:4.0f}  "
        f"mae {found['source_accuracy_mae']:.4f}  coverage {found['interval_coverage']:.3f}  "
        f"width {found['width']:.3f}  overdispersion {found['overdispersion']:.1f}  labels "
        f"{found['accuracy']:.3f} in {found['expected_accuracy']:.3f} "
        f"[{found['low']:.3f}, {found['high']:.3f}]",
        flush=True,
    )


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of sets")
    parser.add_argument("--sets", nargs="+", help="names of sets; all if left out")
    parser.add_argument("--models", nargs="+", default=["LabelModel"])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--few", type=int, default=50, help="gold rows given; 0 leaves that out")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    chosen = parser.parse_args(arguments)
    models = {name: our_models()[name] for name in chosen.models}
    rows = [
        one for name in SYNTHETIC if chosen.seeds for one in synthetic(name, chosen.seeds, models)
    ]
    for name in _data.find(chosen.data, chosen.sets) if chosen.data else ():
        trial = _data.read(chosen.data, name, "pooled")
        for label, model in models.items():
            for few in dict.fromkeys([0, chosen.few]):
                found = row(trial.fit_evidence(), trial.gold, model, few)
                rows.append({"set": name, "kind": trial.kind, "model": label, **found})
                show(rows[-1])
    table = pd.DataFrame(rows)
    columns = ["source_accuracy_mae", "interval_coverage", "width"]
    print(table.groupby(["kind", "model", "gold_rows"])[columns].mean().round(4).to_string())
    if chosen.out:
        _results.write(chosen.out, rows, COLUMNS, _results.made())
    return 0


if __name__ == "__main__":
    sys.exit(main())
