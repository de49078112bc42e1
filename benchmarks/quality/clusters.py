"""Find classes of very different size without a single label.

``python -m benchmarks.quality.clusters --data DIR [--sets pendigits letter] [--seeds 0 1 2 3 4]
[--ratio 30] --out CSV``

Of every set a long tail is drawn: in an order that the seed decides, classes keep ever fewer items,
geometrically, the largest `ratio` times the smallest. Features are standardized. Methods know
features and the number of classes, no more.

- k-means: scikit-learn's, ten starts.
- uniform: self-labels with equal cluster sizes (SwAV, SeLa): softmax of distances to centers, the
  whole set shared out by `transport.sinkhorn`, centers from that plan, and again.
- partial: the same with progressive partial transport and relaxed sizes (P²OT: epsilon 0.1, slack
  1, mass from 0.1 to 1).
- mixture: ours, `GaussianMixture()` with its defaults on the features alone.

Scores: accuracy and balanced accuracy under the best naming of clusters (each for itself),
normalized mutual information, and how many clusters hold any item. One row a (set, method,
setting, seed); true classes serve for the draw and for scoring alone.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.special import log_softmax
from sklearn.cluster import KMeans, kmeans_plusplus
from sklearn.metrics import normalized_mutual_info_score

import weaklabel as wl
from benchmarks import _results
from weaklabel.transport import growing_mass, sinkhorn

SETS = ["pendigits", "letter"]
COLUMNS = [
    *["set", "method", "setting", "seed", "n", "classes", "accuracy", "balanced_accuracy"],
    *["nmi", "used", "seconds"],
]
EPSILON, SLACK = 0.1, 1.0  # as published for P²OT
STEPS = 50


def read(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Read features and classes of a table."""
    path = folder / name / "data.npz"
    if not path.exists():
        msg = f"{folder} holds no set {name} with a data.npz."
        raise SystemExit(msg)
    with np.load(path) as arrays:
        return arrays["X"].astype(np.float64), arrays["y"].astype(np.int64)


def long_tail(gold: np.ndarray, ratio: float, rng: np.random.Generator) -> np.ndarray:
    """Draw rows so that class sizes fall geometrically, the largest `ratio` times the smallest."""
    n_classes = gold.max() + 1
    most = np.bincount(gold).min()
    kept = np.round(most * ratio ** (-np.arange(n_classes) / (n_classes - 1))).astype(int)
    rows = [
        rng.choice(np.flatnonzero(gold == y), n, replace=False)
        for y, n in zip(rng.permutation(n_classes), kept, strict=True)
    ]
    return np.sort(np.concatenate(rows))


def k_means(features: np.ndarray, n_classes: int, seed: int) -> np.ndarray:
    """Cluster by scikit-learn's k-means."""
    return KMeans(n_classes, n_init=10, random_state=seed).fit_predict(features)


def self_labels(features: np.ndarray, n_classes: int, seed: int, how: str) -> np.ndarray:
    """Share items out over centers by transport, and take centers from the plan, in turn."""
    centers, _ = kmeans_plusplus(features, n_classes, random_state=seed)
    squares, start = (features**2).sum(axis=1), None
    for step in range(STEPS):
        apart = squares[:, None] - 2 * features @ centers.T + (centers**2).sum(axis=1)
        # nats under equal spheres, of the variance that is left around centers
        cost = -log_softmax(-apart / (2 * apart.min(axis=1).mean() / features.shape[1]), axis=1)
        mass = growing_mass(step, STEPS - 1)
        options = {"mass": mass, "column_slack": SLACK} if how == "partial" else {}
        start = sinkhorn(cost, None, None, EPSILON, start=start, tol=1e-5, **options)
        plan = start.plan
        sizes = plan.sum(axis=0)
        centers = np.where(
            sizes[:, None] > 1e-12, plan.T @ features / np.maximum(sizes, 1e-12)[:, None], centers
        )
    return plan.argmax(axis=1)


def mixture(features: np.ndarray, n_classes: int, seed: int) -> np.ndarray:
    """Fit our Gaussian mixture."""
    items, classes = pd.RangeIndex(len(features)), pd.RangeIndex(n_classes)
    evidence = wl.Evidence(items, classes=classes).with_features(features)
    model = wl.GaussianMixture(random_state=seed).fit(evidence)
    return model.predict_proba(evidence).to_numpy().argmax(axis=1)


METHODS: dict[tuple[str, str], Callable[[np.ndarray, int, int], np.ndarray]] = {
    ("k-means", "ten starts"): k_means,
    ("uniform", "epsilon 0.1"): lambda *given: self_labels(*given, "uniform"),
    ("partial", "P²OT, epsilon 0.1, slack 1"): lambda *given: self_labels(*given, "partial"),
    ("mixture", "defaults"): mixture,
}


def score(gold: np.ndarray, found: np.ndarray, n_classes: int) -> dict[str, float]:
    """Compare clusters with true classes."""
    table = np.zeros((n_classes, n_classes))
    np.add.at(table, (gold, found), 1)
    recall = table / table.sum(axis=1, keepdims=True)
    return {
        "accuracy": table[linear_sum_assignment(-table)].sum() / len(gold),
        "balanced_accuracy": recall[linear_sum_assignment(-recall)].mean(),
        "nmi": float(normalized_mutual_info_score(gold, found)),
        "used": len(np.unique(found)),
    }


def rows(name: str, data: tuple[np.ndarray, np.ndarray], ratio: float, seed: int) -> Iterator[dict]:
    """Score every method on one draw."""
    chosen = long_tail(data[1], ratio, np.random.default_rng(seed))
    features, gold = data[0][chosen], data[1][chosen]
    features = (features - features.mean(axis=0)) / features.std(axis=0)
    n_classes = int(gold.max()) + 1
    about = {"set": name, "seed": seed, "n": len(gold), "classes": n_classes}
    for (method, setting), cluster in METHODS.items():
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = cluster(features, n_classes, seed)
        seconds = time.perf_counter() - start
        scores = score(gold, found, n_classes)
        tail = f"{ratio:g}:1, {setting}"
        yield about | {"method": method, "setting": tail} | scores | {"seconds": seconds}


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--sets", nargs="+", default=SETS, help="names of tables")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--ratio", type=float, default=30.0, help="largest class over smallest")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    chosen = parser.parse_args(arguments)
    found = []
    for name in chosen.sets:
        data = read(chosen.data, name)
        for seed in chosen.seeds:
            for row in rows(name, data, chosen.ratio, seed):
                found.append(row)
                print("  ".join(f"{row[key]}" for key in COLUMNS), flush=True)
    means = pd.DataFrame(found).groupby(["set", "method"], sort=False)
    print(means[["accuracy", "balanced_accuracy", "nmi", "used", "seconds"]].mean().round(3))
    if chosen.out:
        _results.write(chosen.out, found, COLUMNS, _results.made() + "; other work on the machine")
    return 0


if __name__ == "__main__":
    sys.exit(main())
