"""From tags of images to the class of every pixel.

``python -m benchmarks.quality.tags_to_pixels --data DIR [--sets camvid_half planted] [--tiles 100]
[--seeds 0 1 2] --out CSV``

Tiles of 60 x 60 pixels, every third pixel an item, cut at random from the pictures: only the tags
of a tile are known, or besides the class of 20 pixels of each class in the whole set, which
together weigh as much as all others. Pixels that are unlabelled are not scored. "planted" needs no
data: small images with scores that favor some classes. "supervised" is fitted to every pixel.
Seconds of a method that goes on from a fitted mixture are those of what it adds.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning

import weaklabel as wl
from benchmarks import _results
from benchmarks.quality import _scenes
from benchmarks.quality._scenes import Scenes
from weaklabel.solvers import BeliefPropagation, Independent

COLUMNS = ["set", "method", "setting", "seed", "mean_iou", "accuracy", "out_of_tag", "seconds"]
SETTINGS = {"tags": 0, "tags + points": 20}  # points a class
COMPONENTS = 4
SWEEPS = 30


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of sets")
    parser.add_argument("--sets", nargs="+", default=["planted", "camvid_half"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--tiles", type=int, default=100, help="how many tiles are cut")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    chosen = parser.parse_args(arguments)
    rows = []
    for name in chosen.sets:
        for seed in chosen.seeds:
            for row in _rows(name, seed, chosen):
                rows.append({"set": name, "seed": seed} | row)
                print(_line(rows[-1]), flush=True)
    if chosen.out:
        how = f"{_results.made()}; machine shared; {chosen.tiles} tiles, every third pixel"
        _results.write(chosen.out, rows, COLUMNS, how)
    keys = ["set", "setting", "method"]
    figures = pd.DataFrame(rows).groupby(keys, sort=False)[["mean_iou", "accuracy"]]
    print(figures.agg(["mean", "std"]).round(3).to_string())
    return 0


def _rows(name: str, seed: int, chosen: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Run all methods on one draw of a set."""
    if name == "planted":
        yield from _scored(_scenes.planted(seed), "tags", from_scores(_scenes.planted(seed)))
        return
    scenes = _scenes.tiles(chosen.data, name, seed, chosen.tiles)
    for setting, n_points in SETTINGS.items():
        gold = _scenes.points(scenes, seed, n_points)
        yield from _scored(scenes, setting, from_features(scenes, gold))
    supervised = {"supervised": lambda: _supervised(scenes)}
    yield from _scored(scenes, "every pixel", supervised)


def _scored(
    scenes: Scenes, setting: str, methods: dict[str, Callable[[], np.ndarray]]
) -> Iterator[dict[str, Any]]:
    """Time and score methods."""
    for method, predict in methods.items():
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            labels = predict()
        seconds = time.perf_counter() - start
        yield {"method": method, "setting": setting, "seconds": seconds} | score(scenes, labels)


def score(scenes: Scenes, labels: np.ndarray) -> dict[str, float]:
    """Mean intersection over union, accuracy, and share of pixels labelled with an absent tag."""
    there = scenes.gold >= 0
    n_classes = len(scenes.classes)
    table = np.zeros((n_classes, n_classes))
    np.add.at(table, (scenes.gold[there], labels[there]), 1)
    union = table.sum(axis=0) + table.sum(axis=1) - np.diag(table)
    share = np.diag(table)[union > 0] / union[union > 0]
    outside = ~scenes.allowed()[np.arange(len(labels)), labels]
    return {
        "mean_iou": float(share.mean()),
        "accuracy": float(np.trace(table) / table.sum()),
        "out_of_tag": float(outside[there].mean()),
    }


# ---- methods --------------------------------------------------------------------------------


def from_scores(scenes: Scenes) -> dict[str, Callable[[], np.ndarray]]:
    """Methods on scores of a classifier; a mixture takes them as features."""
    scores = scenes.scores
    assert scores is not None
    exact = BeliefPropagation()
    known = scenes.evidence()
    settings = {"covariance": "tied", "max_iter": 50, "tol": 1e-2}

    @cache
    def fitted() -> np.ndarray:
        return _scores(wl.GaussianMixture(**settings, solver=exact).fit(known), known)

    return {
        "argmax": lambda: scores.argmax(axis=1),
        "mask": lambda: np.where(scenes.allowed(), scores, -np.inf).argmax(axis=1),
        "Tags": lambda: _best(exact.solve(scores, known)),
        "GaussianMixture, Tags": lambda: _best(exact.solve(fitted(), known)),
        "GaussianMixture, Tags, shares": lambda: shares_in_images(
            fitted(), exact, known, scenes.image
        ).argmax(axis=1),
    }


def from_features(scenes: Scenes, gold: pd.Series) -> dict[str, Callable[[], np.ndarray]]:
    """Methods on features of pixels, and gold of a few.

    The mixture is fitted once, to the mask; the methods that start from it change its posterior
    at the end.
    """
    means = _class_means(scenes, gold)
    masked = np.where(scenes.allowed(), means, -np.inf)
    known = scenes.masked()
    known = known.with_candidates(gold) if len(gold) else known
    only = known.candidates

    @cache
    def fitted(
        components: int = 1, prior: str | None = "uniform", *, weigh: bool = bool(len(gold))
    ) -> np.ndarray:
        model = wl.GaussianMixture(
            covariance="tied",
            n_components=components,
            class_prior=prior,
            max_iter=SWEEPS,
            max_drift=1.0,
        )
        return _scores(model.fit(_weighed(known, gold) if weigh else known), known)

    def grid() -> np.ndarray:
        solver = BeliefPropagation(max_iter=10, damping=0.0)
        return _best(solver.solve(fitted(), known.with_neighbors(scenes.grid)))

    everything = Independent()
    methods = {
        "commonest tag": lambda: _commonest(scenes),
        "class mean": lambda: means.argmax(axis=1),
        "class mean, mask": lambda: masked.argmax(axis=1),
        "GaussianMixture, points as pixels": lambda: _best(
            everything.solve(fitted(weigh=False), known)
        ),
        "GaussianMixture": lambda: _best(everything.solve(fitted(), known)),
        "GaussianMixture, prior": lambda: _best(everything.solve(fitted(1, None), known)),
        f"GaussianMixture, {COMPONENTS} components": lambda: _best(
            everything.solve(fitted(COMPONENTS), known)
        ),
        "GaussianMixture, Tags": lambda: _best(
            BeliefPropagation().solve(fitted(), replace(scenes.evidence(), candidates=only))
        ),
        "GaussianMixture, shares": lambda: shares_in_images(
            fitted(), everything, known, scenes.image
        ).argmax(axis=1),
        "GaussianMixture, grid": grid,
    }
    if not len(gold):
        del methods["GaussianMixture, points as pixels"]
    return methods


def _weighed(evidence: wl.Evidence, gold: pd.Series) -> wl.Evidence:
    """Let the known pixels together weigh as much as all others: a few would drown in them."""
    return evidence.with_weights(pd.Series(len(evidence) / len(gold), index=gold.index))


def _scores(model: wl.GaussianMixture, evidence: wl.Evidence) -> np.ndarray:
    """Scores of a fitted mixture, its class prior included."""
    with np.errstate(divide="ignore"):
        log_prior = np.log(model.class_prior_.to_numpy())
    return model._score(evidence, model.parameters_.terms[0]) + log_prior


def shares_in_images(
    scores: np.ndarray, solver: Any, evidence: wl.Evidence, image: np.ndarray, sweeps: int = 10
) -> np.ndarray:
    """Let the posterior tell the class shares of each image, and these the posterior (EM)."""
    counts = np.bincount(image)[:, None]
    found = solver.solve(scores, evidence).probabilities
    for _ in range(sweeps):
        mass = np.zeros((len(counts), scores.shape[1]))
        np.add.at(mass, image, found)
        shares = (mass + 1 / scores.shape[1]) / (counts + 1)
        found = solver.solve(scores + np.log(shares)[image], evidence).probabilities
    return found


def _best(posterior: Any) -> np.ndarray:
    """Most probable class, by position."""
    return posterior.probabilities.argmax(axis=1)


def _commonest(scenes: Scenes) -> np.ndarray:
    """Give every pixel the tag of its image that most images have."""
    often = np.where(scenes.tags, scenes.tags.sum(axis=0), -1)
    return often.argmax(axis=1)[scenes.image]


def _class_means(scenes: Scenes, gold: pd.Series) -> np.ndarray:
    """Minus the squared distance to the mean of each class; tags share a pixel evenly."""
    features = scenes.features - scenes.features.mean(axis=0)
    features /= features.std(axis=0)
    weight = scenes.allowed() / scenes.allowed().sum(axis=1, keepdims=True)
    codes = pd.Index(scenes.classes).get_indexer(pd.Index(gold))
    if len(gold):  # points alone, where there are some
        weight = np.zeros_like(weight)
        weight[gold.index, codes] = 1
    mass = weight.sum(axis=0)[:, None]
    means = weight.T @ features / np.where(mass > 0, mass, 1)
    squares = (features**2).sum(axis=1)[:, None] + (means**2).sum(axis=1)
    return np.where(mass[:, 0] > 0, 2 * features @ means.T - squares, -np.inf)


def _supervised(scenes: Scenes) -> np.ndarray:
    """Fit to the gold of every pixel, and predict within the tags: what features can tell."""
    there = np.flatnonzero(scenes.gold >= 0)
    names = np.array(scenes.classes, dtype=object)
    gold = pd.Series(names[scenes.gold[there]], index=there)
    evidence = wl.Evidence(range(len(scenes.gold)), classes=scenes.classes)
    evidence = evidence.with_features(scenes.features)
    model = wl.GaussianMixture(covariance="tied", class_prior="uniform", max_drift=1.0)
    model.fit(evidence.with_candidates(gold))
    return np.where(scenes.allowed(), _scores(model, evidence), -np.inf).argmax(axis=1)


def _line(row: dict[str, Any]) -> str:
    """Say what one method did."""
    return (
        f"{row['set']:12} {row['setting']:14} {row['method']:34} seed {row['seed']}  mean IoU "
        f"{row['mean_iou']:.3f}  accuracy {row['accuracy']:.3f}  {row['seconds']:7.1f} s"
    )


if __name__ == "__main__":
    sys.exit(main())
