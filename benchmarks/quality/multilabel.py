"""Items with several classes: MultiLabelModel beside independent models and voting.

``python -m benchmarks.quality.multilabel --data DIR [--sets ml_scene ...] [--seeds 2] [--out CSV]``

The answers of the sets are real, the votes are planted, since no multi-label set with votes is at
hand. Six sources each look at 70 % of the items. A source finds a class that is there with a rate
of its own, .4 to .8, and up to .15 more or less by class; it says a class that is not there so that
false ones are a tenth to a half of the true ones. "confusing": false ones are three times as
frequent on items that have the class which most often goes with it, so that errors follow what
goes together. "Independent models" are one `LabelModel` a class, left out beyond 100 classes.
Classes with fewer than two items are left out. Gold serves for planting and scoring alone.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import weaklabel as wl
from benchmarks import _results
from benchmarks.quality import _tables

FIGURES = ["micro_f1", "macro_f1", "subset_accuracy", "mean_average_precision", "brier"]
COLUMNS = ["set", "recipe", "seed", "model", "n", "classes", *FIGURES, "seconds"]
SETS = ["ml_emotions", "ml_scene", "ml_yeast", "ml_corel5k"]
RECIPES = {"independent errors": 1.0, "confusing": 3.0}
N_SOURCES = 6
MANY = 100  # classes


def answers(folder: Path) -> np.ndarray:
    """Read which classes items have, boolean, n_items x n_classes, from packed bits."""
    with np.load(folder / "data.npz") as arrays:
        found = np.unpackbits(arrays["Y"], axis=1).astype(bool)
    return found[:, found.sum(axis=0) >= 2]


def planted(gold: np.ndarray, seed: int, times: float) -> np.ndarray:
    """Draw votes by the recipe, n_sources x n_items x n_classes: 1 yes, 0 no, -1 did not look."""
    rng = np.random.default_rng(seed)
    n_items, n_classes = gold.shape
    share = gold.mean(axis=0)
    together = np.corrcoef(gold.T) - 2 * np.eye(n_classes)
    tempted = np.where(gold[:, together.argmax(axis=0)], times, 1.0)
    votes = np.empty((N_SOURCES, n_items, n_classes), dtype=np.int8)
    for source in range(N_SOURCES):
        finds = rng.uniform(0.4, 0.8) + rng.uniform(-0.15, 0.15, n_classes)
        false = np.minimum(rng.uniform(0.1, 0.5) * share / (1 - share), 0.3)
        says = rng.random(gold.shape) < np.where(gold, finds, np.minimum(false * tempted, 0.9))
        looks = rng.random((n_items, 1)) < 0.7
        votes[source] = np.where(looks, says, -1)
    return votes


def models(votes: np.ndarray) -> Iterator[tuple[str, pd.DataFrame, float]]:
    """Give probabilities of each model, and the seconds that it took."""
    n_classes = votes.shape[2]
    looked = votes >= 0
    usual = (votes == 1).sum() / looked.sum()
    share = ((votes == 1).sum(axis=0) + usual) / (looked.sum(axis=0) + 1)
    yield "vote shares", pd.DataFrame(share), 0.0
    frames = {
        k: pd.DataFrame(votes[:, :, k].T).replace({-1: None, 0: False, 1: True})
        for k in range(n_classes)
    }
    if n_classes <= MANY:
        start = time.perf_counter()
        found = {}
        for k, frame in frames.items():
            blank = wl.Evidence(frame.index, classes=[False, True])
            evidence = blank.with_votes(frame, silence="missing")
            found[k] = wl.LabelModel().fit(evidence).posterior(evidence).probabilities[:, 1]
        yield "independent models", pd.DataFrame(found), time.perf_counter() - start
    evidence = wl.multilabel_evidence(frames)
    for name, couplings in (("MultiLabelModel, uncoupled", False), ("MultiLabelModel", True)):
        start = time.perf_counter()
        p = wl.MultiLabelModel(couplings=couplings).fit(evidence).predict_proba(evidence)
        yield name, p, time.perf_counter() - start


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--seeds", type=int, default=2)
    chosen = parser.parse_args(arguments)
    rows: list[dict[str, Any]] = []
    for name in chosen.sets:
        gold = answers(chosen.data / name)
        for recipe, times in RECIPES.items():
            for seed in range(chosen.seeds):
                about = {"set": name, "recipe": recipe, "seed": seed, "classes": gold.shape[1]}
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    for model, p, seconds in models(planted(gold, seed, times)):
                        found = wl.multilabel_score(pd.DataFrame(gold), p)
                        rows.append(about | {"model": model, "seconds": seconds} | found)
                        told = {key: round(found[key], 4) for key in FIGURES}
                        print(f"{name:12} {recipe:18} {seed} {model:26} {told}", flush=True)
    if chosen.out:
        _results.write(chosen.out, rows, COLUMNS, _results.made())
    table = pd.DataFrame(rows)
    for figure in ("micro_f1", "subset_accuracy", "brier"):
        wide = table.pivot_table(
            index=["set", "recipe"], columns="model", values=figure, sort=False
        )
        _tables.show(f"{figure}, mean over seeds", wide)
    return 0


if __name__ == "__main__":
    sys.exit(main())
