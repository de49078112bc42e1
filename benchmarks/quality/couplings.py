"""Score what a graph of similar items adds to votes and counts, by how much neighbors may say.

``python -m benchmarks.quality.couplings [--seeds 0 1 2] [--sets adult] [--data DIR] [--out CSV]``

At most 3,000 items of handwritten digits (ten classes, and 5 or more against less), of adults, of
sets from DIR (images or tables; magic, usps, pendigits), and of noise that tells nothing of its
classes. Votes are drawn: three sources that see 40 % of the items and are right on 70 %; counts are
the true ones of random bags of 32. Scores are the log-likelihood of the votes and the true class
prior, so that nothing is learned but how much neighbors say.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler

import weaklabel as wl
from benchmarks import _results
from benchmarks.quality._numbers import features_and_gold

COLUMNS = ["set", "known", "method", "seed", "accuracy", "log_loss", "coupling"]
SETS = ("digits", "digits, two classes", "adult", "noise")
MOST = 3000
RIGHT, SEEN, SOURCES, BAG = 0.7, 0.4, 3, 32
METHODS = {
    "no graph": wl.Independent(),
    "BeliefPropagation, coupling 1": wl.BeliefPropagation(coupling=1.0),
    "MeanField, coupling 1": wl.MeanField(coupling=1.0),
    "MeanField, estimated": wl.MeanField(),
}


def load(name: str, seed: int, data: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Give features, and gold as numbers."""
    rng = np.random.default_rng(seed)
    if name == "noise":
        return rng.normal(size=(MOST, 8)), (rng.random(MOST) < 0.3).astype(int)
    if name.startswith("digits"):
        x, gold = load_digits(return_X_y=True)
        return x, gold if name == "digits" else (gold >= 5).astype(int)
    if name == "adult":
        frame = wl.datasets.load_adult()
        gold = (frame.pop("label") == ">50K").to_numpy()
        x = pd.get_dummies(frame.drop(columns=["split", "fnlwgt"])).to_numpy(np.float64)
    else:
        x, gold = features_and_gold(data, name)
    rows = rng.permutation(len(x))[:MOST]
    return StandardScaler().fit_transform(x[rows]), gold[rows].astype(int)


def votes(gold: np.ndarray, n_classes: int, rng: np.random.Generator) -> np.ndarray:
    """Draw votes, and give their log-likelihood."""
    scores = np.zeros((len(gold), n_classes))
    wrong, right = np.log((1 - RIGHT) / (n_classes - 1)), np.log(RIGHT)
    for _ in range(SOURCES):
        seen = rng.random(len(gold)) < SEEN
        other = (gold + rng.integers(1, n_classes, size=len(gold))) % n_classes
        vote = np.where(rng.random(len(gold)) < RIGHT, gold, other)
        scores[seen] += wrong
        scores[seen, vote[seen]] += right - wrong
    return scores


def rows_of(name: str, seed: int, data: Path | None) -> list[dict[str, Any]]:
    """Score every method with votes, counts, and both."""
    rng = np.random.default_rng(seed)
    x, gold = load(name, seed, data)
    n_classes = int(gold.max()) + 1
    graph = wl.neighbors(x)
    prior = np.tile(np.log(np.bincount(gold) / len(gold)), (len(gold), 1))
    said = votes(gold, n_classes, rng)
    bag = rng.permutation(len(gold)) // BAG
    counts = [
        wl.Count(y, number=pd.Series(gold == y).groupby(bag).sum()) for y in range(1, n_classes)
    ]
    plain = wl.Evidence(np.arange(len(gold)), classes=range(n_classes))
    cases = {"votes": (plain, prior + said)}
    if n_classes == 2:
        counted = plain.with_bags(bag, *counts)
        cases |= {"counts": (counted, prior), "votes and counts": (counted, prior + said)}
    rows = []
    for known, (evidence, scores) in cases.items():
        for method, solver in METHODS.items():
            graphed = evidence.with_neighbors(graph)
            chosen, given = (
                (wl.BeliefPropagation(), evidence)
                if method == "no graph"
                else (
                    solver,
                    graphed,
                )
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # messages that still change
                found = chosen.solve(scores, given)
            row = {"set": name, "known": known, "method": method, "seed": seed}
            rows.append(row | scored(found, gold))
    return rows


def scored(found: Any, gold: np.ndarray) -> dict[str, Any]:
    """Give accuracy and log-loss."""
    likely = np.maximum(found.probabilities, 1e-9)
    right = likely[np.arange(len(gold)), gold]
    return {
        "accuracy": float((likely.argmax(axis=1) == gold).mean()),
        "log_loss": float(-np.log(right).mean()),
        "coupling": getattr(found, "coupling", None),
    }


def main(arguments: list[str] | None = None) -> int:
    """Print means, and write all rows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--data", type=Path, help="folder of further sets")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    chosen = parser.parse_args(arguments)
    rows = [
        row
        for name in chosen.sets
        for seed in chosen.seeds
        for row in rows_of(name, seed, chosen.data)
    ]
    by = pd.DataFrame(rows).groupby(["set", "known", "method"], sort=False)
    print(by[["accuracy", "log_loss", "coupling"]].mean().round(4).to_string())
    if chosen.out:
        _results.write(chosen.out, rows, COLUMNS, _results.made())
    return 0


if __name__ == "__main__":
    sys.exit(main())
