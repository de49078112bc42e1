"""Gaussian mixtures with little known: points and tags, and classes that nobody named.

``python -m benchmarks.quality.mixtures [--seeds 0 1 2] --out CSV``

On the digits of scikit-learn. "points and tags": images of twenty digits of two classes, whose
classes are told, and five known digits of each class (K28). "new classes": six classes of which
half of the digits are known, and four that nobody named, in 12 principal components (K32);
`accuracy` is that of new digits, clusters matched to classes one to one. k-means is told how many
clusters there are, and sees the digits that are not known.
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
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning

import weaklabel as wl
from benchmarks import _results

COLUMNS = ["set", "method", "setting", "seed", "accuracy", "known_accuracy", "new", "seconds"]
NAMED = 6
POINTS = 5  # known digits of each class
SIZE = 20  # digits of an image


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--out", type=Path, help="CSV file to write")
    chosen = parser.parse_args(arguments)
    digits = load_digits()
    rows = []
    for seed in chosen.seeds:
        for task, run in (("points and tags", points_and_tags), ("new classes", new_classes)):
            for row in run(digits.data, digits.target, seed):
                rows.append({"set": "digits", "setting": task, "seed": seed} | row)
                shown = {name: value for name, value in rows[-1].items() if name != "set"}
                print(*(f"{value:.3f}" if isinstance(value, float) else value
                        for value in shown.values()), sep="  ", flush=True)  # fmt: skip
    if chosen.out:
        _results.write(chosen.out, rows, COLUMNS, f"{_results.made()}; machine shared")
    figures = pd.DataFrame(rows).groupby(["setting", "method"], sort=False)
    print(figures[["accuracy", "known_accuracy", "new"]].mean().round(3).to_string())
    return 0


# ---- points and tags ------------------------------------------------------------------------


def points_and_tags(pixels: np.ndarray, truth: np.ndarray, seed: int) -> Iterator[dict[str, Any]]:
    """Nearest center, with tags, and the mixture."""
    rng = np.random.default_rng(seed)
    rows, tags = _images(truth, rng)
    features = pixels[rows][:, pixels.std(axis=0) > 0.3]
    gold = truth[rows]
    some = np.concatenate(
        [rng.choice(np.flatnonzero(gold == k), POINTS, replace=False) for k in range(10)]
    )
    centers = np.stack([features[some[gold[some] == k]].mean(axis=0) for k in range(10)])
    near = -((features[:, None, :] - centers) ** 2).sum(axis=2)
    rest = np.ones(len(rows), dtype=bool)
    rest[some] = False

    def row(method: str, labels: np.ndarray, seconds: float = 0.0) -> dict[str, Any]:
        right = float((labels == gold)[rest].mean())
        return {"method": method, "accuracy": right, "seconds": seconds}

    yield row("nearest center", near.argmax(axis=1))
    yield row("nearest center, mask", np.where(tags, near, -np.inf).argmax(axis=1))
    start = time.perf_counter()
    names = [str(k) for k in range(10)]
    evidence = (
        wl.Evidence(range(len(rows)), classes=names)
        .with_features(features)
        .with_candidates(tags)
        .with_candidates(pd.Series(gold[some].astype(str), index=some))
    )
    found = wl.GaussianMixture().fit(evidence).predict_proba(evidence).to_numpy()
    yield row("GaussianMixture", found.argmax(axis=1), time.perf_counter() - start)


def _images(truth: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Put digits into images of two classes, half of each: their rows, and what the tags allow."""
    left = [rng.permutation(np.flatnonzero(truth == k)).tolist() for k in range(10)]
    rows, tags = [], []
    while True:
        enough = [k for k in range(10) if len(left[k]) >= SIZE // 2]
        if len(enough) < 2:
            return np.array(rows), np.array(tags)
        pair = rng.choice(enough, 2, replace=False)
        for k in pair:
            rows += [left[k].pop() for _ in range(SIZE // 2)]
        allowed = np.isin(np.arange(10), pair)
        tags += [allowed] * SIZE


# ---- new classes ----------------------------------------------------------------------------


def new_classes(pixels: np.ndarray, truth: np.ndarray, seed: int) -> Iterator[dict[str, Any]]:
    """k-means, and the mixture that looks for the number of classes."""
    rng = np.random.default_rng(seed)
    named = np.sort(rng.choice(10, NAMED, replace=False))
    features = PCA(12, random_state=0).fit_transform(pixels)
    told = np.isin(truth, named) & (rng.random(len(truth)) < 0.5)
    new = ~np.isin(truth, named)
    start = time.perf_counter()
    clusters = np.full(len(truth), -1)
    clusters[~told] = KMeans(10, n_init=10, random_state=seed).fit_predict(features[~told])
    seconds = time.perf_counter() - start
    yield {"method": "k-means", "accuracy": matched(clusters[new], truth[new]), "seconds": seconds}
    gold = pd.Series(truth.astype(str))
    evidence = (
        wl.Evidence(gold.index, classes=[str(k) for k in named])
        .with_features(features)
        .with_candidates(gold[told])
    )
    start = time.perf_counter()
    model = wl.GaussianMixture(n_new="auto").fit(evidence)
    labels = model.predict(evidence)
    yield {
        "method": "GaussianMixture",
        "accuracy": matched(labels.cat.codes.to_numpy()[new], truth[new]),
        "known_accuracy": float((labels == gold)[~new & ~told].mean()),
        "new": len(model.classes_) - NAMED,
        "seconds": time.perf_counter() - start,
    }


def matched(clusters: np.ndarray, truth: np.ndarray) -> float:
    """Share of items whose cluster is matched to their class, one to one, at best."""
    table = pd.crosstab(clusters, truth).to_numpy()
    rows, columns = linear_sum_assignment(-table)
    return float(table[rows, columns].sum() / table.sum())


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        sys.exit(main())
