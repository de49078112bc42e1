"""Score what spreads few labels over a graph, beside scikit-learn and the nearest label.

``python -m benchmarks.quality.graphs [--seeds 0 1 2] [--sets digits] [--data DIR] [--out CSV]``

Two moons (500 points; the number is the noise) with one label a class, and handwritten digits
(1,797 images of scikit-learn; usps and pendigits from DIR) with few labels a class, drawn at
random. All get the same labels; scores are of the unlabeled items alone. Scikit-learn's models are
given the number of neighbors that ours have, once with the other settings as they come, once with
its alpha as ours.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits, make_moons
from sklearn.neighbors import KNeighborsClassifier
from sklearn.semi_supervised import LabelPropagation, LabelSpreading

import weaklabel as wl
from benchmarks import _results
from benchmarks.quality._numbers import features_and_gold

COLUMNS = ["set", "method", "labels", "seed", "accuracy", "log_loss", "seconds"]
NEIGHBORS = 10
MOONS = {"moons .05": 0.05, "moons .08": 0.08, "moons .1": 0.1}
LABELS = dict.fromkeys(MOONS, (1,)) | {"digits": (1, 5), "usps": (1, 5), "pendigits": (1, 5)}
SMALLEST = 1e-6  # probabilities below count as this much, for all


def load(name: str, seed: int, data: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Give features and gold."""
    if name in MOONS:
        return make_moons(500, noise=MOONS[name], random_state=seed)
    if name == "digits":
        return load_digits(return_X_y=True)
    return features_and_gold(data, name)


def draw(gold: np.ndarray, number: int, rng: np.random.Generator) -> np.ndarray:
    """Choose so many items of each class."""
    classes = np.unique(gold)
    return np.concatenate([rng.permutation(np.flatnonzero(gold == y))[:number] for y in classes])


def ours(solver: Any) -> Callable[..., np.ndarray]:
    """Spread by one of our solvers."""

    def predict(x: np.ndarray, known: np.ndarray, gold: np.ndarray, n_classes: int) -> np.ndarray:
        evidence = wl.Evidence(np.arange(len(x)), classes=range(n_classes))
        evidence = evidence.with_candidates(dict(zip(known, gold[known], strict=True)))
        evidence = evidence.with_neighbors(wl.neighbors(x, NEIGHBORS))
        return solver.solve(np.zeros((len(x), n_classes)), evidence).probabilities

    return predict


def theirs(model: Any) -> Callable[..., np.ndarray]:
    """Spread by a model of scikit-learn."""

    def predict(x: np.ndarray, known: np.ndarray, gold: np.ndarray, n_classes: int) -> np.ndarray:
        told = np.full(len(x), -1)
        told[known] = gold[known]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it did not converge; rows without any label
            found = model.fit(x, told).label_distributions_
        total = found.sum(axis=1, keepdims=True)
        return np.where(total > 0, np.nan_to_num(found), 1 / n_classes)

    return predict


def nearest(x: np.ndarray, known: np.ndarray, gold: np.ndarray, _: int) -> np.ndarray:
    """Give every item the class of the nearest label."""
    return KNeighborsClassifier(1).fit(x[known], gold[known]).predict_proba(x)


METHODS = {
    "Spreading": ours(wl.Spreading()),
    "Spreading, soft": ours(wl.Spreading(clamp=False)),
    "RandomWalk": ours(wl.RandomWalk()),
    "sklearn LabelSpreading": theirs(LabelSpreading(kernel="knn", n_neighbors=NEIGHBORS)),
    "sklearn LabelSpreading, alpha .99": theirs(
        LabelSpreading(kernel="knn", n_neighbors=NEIGHBORS, alpha=0.99, max_iter=1000)
    ),
    "sklearn LabelPropagation": theirs(
        LabelPropagation(kernel="knn", n_neighbors=NEIGHBORS, max_iter=5000)
    ),
    "nearest label": nearest,
}


def scored(found: np.ndarray, gold: np.ndarray) -> dict[str, float]:
    """Give accuracy, ties in expectation, and log-loss."""
    best = found >= found.max(axis=1, keepdims=True) - 1e-9
    hit = best[np.arange(len(gold)), gold] / best.sum(axis=1)
    likely = np.maximum(found, SMALLEST)
    likely /= likely.sum(axis=1, keepdims=True)
    loss = -np.log(likely[np.arange(len(gold)), gold])
    return {"accuracy": float(hit.mean()), "log_loss": float(loss.mean())}


def table(sets: list[str], seeds: list[int], data: Path | None) -> list[dict[str, Any]]:
    """Score every method on every set, number of labels and seed."""
    rows = []
    for name in sets:
        for seed in seeds:
            x, gold = load(name, seed, data)
            for number in LABELS[name]:
                known = draw(gold, number, np.random.default_rng(seed))
                rest = np.setdiff1d(np.arange(len(x)), known)
                for method, predict in METHODS.items():
                    start = time.perf_counter()
                    found = predict(x, known, gold, int(gold.max()) + 1)
                    seconds = time.perf_counter() - start
                    row = {"set": name, "method": method, "labels": number, "seed": seed}
                    rows.append(row | scored(found[rest], gold[rest]) | {"seconds": seconds})
    return rows


def main(arguments: list[str] | None = None) -> int:
    """Print means, and write all rows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(20)))
    parser.add_argument("--sets", nargs="+", choices=LABELS, default=[*MOONS, "digits"])
    parser.add_argument("--data", type=Path, help="folder of usps and pendigits")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    chosen = parser.parse_args(arguments)
    rows = table(chosen.sets, chosen.seeds, chosen.data)
    frame = pd.DataFrame(rows)
    by = frame.groupby(["set", "labels", "method"], sort=False)
    print(by[["accuracy", "log_loss", "seconds"]].mean().round(4).to_string())
    if chosen.out:
        _results.write(chosen.out, rows, COLUMNS, _results.made())
    return 0


if __name__ == "__main__":
    sys.exit(main())
