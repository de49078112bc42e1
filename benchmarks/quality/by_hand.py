"""Score labels by hand: whether suspicious ones are wrong, and those asked for are worth it.

``python -m benchmarks.quality.by_hand --data DIR [--sets A B] [--labels 50 200] [--out CSV]``

*errors in gold*: three test sets with probabilities by cross-validation; about five people reviewed
the items that confident learning had flagged. Wrong is gold that most of them did not accept.
Scored is how well each way ranks wrong before right gold among the reviewed (AUC), and how many of
the first hundred reviewed are wrong. The reviewed were chosen by the probabilities, so that what is
easy is left out of the comparison.

*worth a label*: vote sets. Of `LabelModel`'s posterior, items are chosen by `worth_labeling`, by
least confidence, or at random (mean of five); they get their gold label, and items with the same
votes learn from it alike: a belief worth ten labels, plus the labels. Scored is the accuracy over
all items afterwards.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

import weaklabel as wl
from benchmarks import _results
from benchmarks.quality import _data
from weaklabel.analysis.worth_labeling import _patterns

COLUMNS = ["what", "set", "method", "n", "auc", "precision_at_100", "labels", "accuracy"]
TRUST = 10.0
REVIEWED = ("cifar10", "mnist", "20news")  # those of imdb are named, not numbered


def reviewed(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities, gold, positions of the reviewed items, and whether their gold is wrong."""
    with np.load(folder / "label_errors" / "pred_probs.npz") as arrays:
        p, gold = arrays[f"{name}_pyx"].astype(np.float64), arrays[f"{name}_y"].astype(int)
    p = np.column_stack([1 - p, p]) if p.ndim == 1 else p
    p = p.clip(1e-6, None)
    review = pd.read_parquet(folder / "label_errors" / "mturk.parquet")
    return p / p.sum(axis=1, keepdims=True), gold, *_verdicts(review, name)


def _verdicts(review: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Positions of reviewed items, and whether most people did not choose the given label."""
    own = review[review["dataset"] == name]
    votes = own.filter(like="mturk_").fillna(0)
    kept = votes["mturk_given"] + votes["mturk_both"]
    return own["id"].astype(int).to_numpy(), (kept < votes.sum(axis=1) / 2).to_numpy()


def errors_in_gold(folder: Path) -> list[dict[str, Any]]:
    """Score ways to rank gold labels by suspicion."""
    rows = []
    for name in REVIEWED:
        p, gold, where, wrong = reviewed(folder, name)
        table = wl.gold_errors(gold, p).sort_index()
        own = p[np.arange(len(gold)), gold]
        usual = np.array([own[gold == y].mean() for y in range(p.shape[1])])
        ways = {
            "gold_errors, wrong": table["wrong"].to_numpy(),
            "gold_errors, margin": table["margin"].to_numpy(),
            "1 - probability of gold": 1 - own,
            "confident learning margin": (p - usual).max(axis=1) - (own - usual[gold]),
        }
        for method, score in ways.items():
            mine = score[where]
            first = np.argsort(-mine, kind="stable")[:100]
            rows.append(
                {
                    "what": "errors in gold",
                    "set": name,
                    "method": method,
                    "n": len(where),
                    "auc": float(roc_auc_score(wrong, mine)),
                    "precision_at_100": float(wrong[first].mean()),
                }
            )
    return rows


def after(p: np.ndarray, pattern: np.ndarray, gold: np.ndarray, rows: np.ndarray) -> float:
    """Accuracy once some items have their gold label, and their patterns have learned from it."""
    _, first = np.unique(pattern, return_index=True)
    counts = TRUST * p[first]
    np.add.at(counts, (pattern[rows], gold[rows]), 1.0)
    labels = counts[pattern]
    best = labels >= labels.max(axis=1, keepdims=True) - 1e-9
    right = best[np.arange(len(gold)), gold] / best.sum(axis=1)
    right[rows] = 1.0
    return float(right.mean())


def worth_a_label(folder: Path, name: str, budgets: list[int]) -> list[dict[str, Any]]:
    """Score ways to choose items to label."""
    trial = _data.read(folder, name, "pooled")
    evidence, gold = trial.fit_evidence(), trial.gold
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = wl.LabelModel().fit(evidence)
        posterior = model.posterior(evidence)
    p = posterior.probabilities
    pattern = _patterns(evidence, p)
    rng = np.random.default_rng(0)
    rows = []
    for budget in budgets:
        asked = wl.worth_labeling(model, evidence, budget)
        ways = {
            "none": [np.zeros(0, int)],
            "worth_labeling": [evidence.index.get_indexer(asked.index)],
            "least confident": [np.lexsort((rng.random(len(p)), p.max(axis=1).round(9)))[:budget]],
            "random": [rng.permutation(len(p))[:budget] for _ in range(5)],
        }
        for method, chosen in ways.items():
            accuracy = float(np.mean([after(p, pattern, gold, one) for one in chosen]))
            found = {"set": name, "method": method, "n": len(p), "labels": budget}
            rows.append({"what": "worth a label", **found, "accuracy": accuracy})
    return rows


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--sets", nargs="+", help="names of vote sets; all if left out")
    parser.add_argument("--labels", nargs="+", type=int, default=[50, 200])
    parser.add_argument("--out", type=Path, help="CSV file to write")
    chosen = parser.parse_args(arguments)
    rows = errors_in_gold(chosen.data) if (chosen.data / "label_errors").exists() else []
    for name in _data.find(chosen.data, chosen.sets):
        rows += worth_a_label(chosen.data, name, chosen.labels)
    table = pd.DataFrame(rows)
    with pd.option_context("display.width", 200):
        for what, value in (("errors in gold", "auc"), ("errors in gold", "precision_at_100")):
            part = table[table["what"] == what]
            if len(part):
                wide = part.pivot_table(index="set", columns="method", values=value)
                print(f"{what}, {value}\n{wide.round(3).to_string()}\n")
        part = table[table["what"] == "worth a label"]
        wide = part.pivot_table(index=["labels", "set"], columns="method", values="accuracy")
        print(f"accuracy after labels\n{wide.round(4).to_string()}")
        print(wide.groupby("labels").mean().round(4).to_string())
    if chosen.out:
        _results.write(chosen.out, rows, COLUMNS, _results.made())
    return 0


if __name__ == "__main__":
    sys.exit(main())
