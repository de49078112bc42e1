"""Learn from imprecise labels in several ways, and score labels and predictions.

What was told of an item enters the baselines as P(what was told | class), and ours as the user
would say it. All baselines train the same perceptron for the same time.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch  # noqa: TID253 - the baselines need it

from benchmarks import _results
from benchmarks.quality import _features
from benchmarks.quality._features import Labelled
from benchmarks.quality._perceptron import Perceptron
from weaklabel import Evidence, LabelModel
from weaklabel.analysis import metrics

FIGURES = ("accuracy", "brier", "log_loss", "ece")
COLUMNS = [
    *["set", "method", "setting", "seed", "n", "classes"],
    *[f"{part}_{figure}" for part in ("label", "test") for figure in FIGURES],
    *["seconds", "learner"],
]
EPOCHS = 50  # for time; after a look at 25 to 300 on digits and usps, which differ little
SHOWN = "{:10} {:30} {:28} {} label {:.4f}  test {:.4f}  {:7.1f} s"

Answer = tuple[np.ndarray, np.ndarray]  # probabilities of the items learned from, and of the test
Method = Callable[[Labelled, "Setting", int], Answer]


@dataclass(frozen=True, kw_only=True, eq=False)
class Setting:
    """What was told of the items of a set.

    Attributes
    ----------
    name : str
    inside : boolean array, n_items x n_classes
        Classes that items have if what was told is right.
    told : floating array, n_items x n_classes
        P(what was told | class), up to a factor an item.
    say : callable
        Adds the same to an evidence, as a user says it.
    methods : mapping of str to callable
        Ways to learn from it.
    """

    name: str
    inside: np.ndarray
    told: np.ndarray
    say: Callable[[Evidence], Evidence]
    methods: Mapping[str, Method]


# ---- ways to learn --------------------------------------------------------------------------


def averaged(data: Labelled, setting: Setting, seed: int) -> Answer:
    """Take all classes that an item may have for equally true."""
    target = setting.inside / setting.inside.sum(axis=1, keepdims=True)
    return told_by(new(data, seed).fit(data.X, target, epochs=EPOCHS), data, setting)


def forward(data: Labelled, setting: Setting, seed: int) -> Answer:
    """Raise the probability of what was told (forward correction; CC for sets of classes)."""
    model = new(data, seed).fit(data.X, setting.told, epochs=EPOCHS, told=True)
    return told_by(model, data, setting)


def supervised(data: Labelled, _: Setting, seed: int) -> Answer:
    """Learn from gold: the ceiling."""
    model = new(data, seed).fit(data.X, np.eye(data.n_classes)[data.y], epochs=EPOCHS)
    return np.eye(data.n_classes)[data.y], model.predict(data.X_test)


def self_training(
    data: Labelled, setting: Setting, seed: int, *, outside: float = 0.0, n_folds: int = 1
) -> Answer:
    """Renew targets in proportion to predictions within the set, each epoch (RC, PRODEN; ALIM).

    Parameters
    ----------
    data, setting, seed
        As for every way to learn.
    outside : float
        Weight of classes outside the set, 1 inside.
    n_folds : int
        More than 1: predictions come from models that did not see the item.
    """
    trust = np.where(setting.inside, 1.0, outside)
    target = trust / trust.sum(axis=1, keepdims=True)
    fold = np.random.default_rng([seed, 3]).integers(n_folds, size=len(data.y))
    models = [new(data, seed) for _ in range(n_folds)]
    taught = np.zeros_like(target)
    for _ in range(EPOCHS):
        for number, model in enumerate(models):
            seen = (fold != number) | (n_folds == 1)
            model.fit(data.X[seen], target[seen], epochs=1)
            taught[fold == number] = model.predict(data.X[fold == number])
        target = taught * trust
        target /= target.sum(axis=1, keepdims=True)
    return target, np.mean([model.predict(data.X_test) for model in models], axis=0)


def ours(data: Labelled, setting: Setting, seed: int) -> Answer:
    """Fit `LabelModel` to features and statements, and nothing else."""
    return _fitted(chosen(seed), data, setting)


def chosen(seed: int) -> LabelModel:
    """Let it choose."""
    return LabelModel(random_state=seed)


def evidence(data: Labelled) -> tuple[Evidence, Evidence]:
    """Give the features of the items to learn from, and of those to test on."""
    items = pd.RangeIndex(len(data.y) + len(data.y_test))
    train, test = items[: len(data.y)], items[len(data.y) :]
    plain = Evidence(train, classes=range(data.n_classes)).with_features(data.X)
    return plain, Evidence(test, classes=plain.classes).with_features(data.X_test)


def _fitted(model: LabelModel, data: Labelled, setting: Setting) -> Answer:
    """Fit to what is known, and predict."""
    plain, others = evidence(data)
    known = setting.say(plain)
    model.fit(known)
    return model.predict_proba(known).to_numpy(), model.predict_proba(others).to_numpy()


def new(data: Labelled, seed: int) -> Perceptron:
    """Start the learner of the baselines."""
    return Perceptron(data.X.shape[1], data.n_classes, seed)


def told_by(model: Perceptron, data: Labelled, setting: Setting) -> Answer:
    """Labels are predictions times what was told."""
    joint = np.maximum(model.predict(data.X), 1e-9) * setting.told
    return joint / joint.sum(axis=1, keepdims=True), model.predict(data.X_test)


OURS: dict[str, Method] = {"LabelModel": ours}


def gold(data: Labelled) -> Setting:
    """Tell the truth: what could be reached."""
    inside = np.eye(data.n_classes, dtype=bool)[data.y]
    return Setting(
        name="gold",
        inside=inside,
        told=inside.astype(float),
        say=lambda known: known.with_candidates(inside),
        methods={"supervised": supervised, **OURS},
    )


# ---- the table ------------------------------------------------------------------------------


def run(
    chosen: argparse.Namespace, known: list[str], settings: Callable[..., Iterator[Setting]]
) -> int:
    """Print and write one row a set, setting, method and seed."""
    torch.set_num_threads(1)  # its steps are so small that threads wait for each other
    rows: list[dict[str, Any]] = []
    for name in _features.find(chosen.data, chosen.sets, known):
        for seed in chosen.seeds:
            data = _features.read(chosen.data, name, seed)
            for setting in (gold(data), *settings(data, seed)):
                if chosen.settings and setting.name not in chosen.settings:
                    continue
                rows += _rows(data, setting, seed, chosen.methods)
                if chosen.out:
                    _results.write(chosen.out, rows, COLUMNS, _results.made())
    if not rows:
        print("nothing was chosen")
        return 1
    table = pd.DataFrame(rows)
    for part in ("label", "test"):
        by = table.groupby(["set", "setting", "method"], sort=False)[f"{part}_accuracy"]
        print(f"\n{part} accuracy, mean and spread over seeds")
        print(by.agg(["mean", "std"]).round(4).to_string())
    return 0


def _rows(
    data: Labelled, setting: Setting, seed: int, wanted: list[str] | None
) -> list[dict[str, Any]]:
    """Run the methods on one setting."""
    rows: list[dict[str, Any]] = []
    for method, learn in setting.methods.items():
        if wanted and method not in wanted:
            continue
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            labels, predictions = learn(data, setting, seed)
        row: dict[str, Any] = {
            "set": data.name,
            "method": method,
            "setting": setting.name,
            "seed": seed,
            "n": len(data.y),
            "classes": data.n_classes,
            "seconds": time.perf_counter() - start,
            "learner": _learner(method),
        }
        for part, gold, p in (("label", data.y, labels), ("test", data.y_test, predictions)):
            found = metrics.score(gold, p)
            row |= {f"{part}_{figure}": found[figure] for figure in FIGURES}
        rows.append(row)
        told = row["label_accuracy"], row["test_accuracy"], row["seconds"]
        print(SHOWN.format(data.name, setting.name, method, seed, *told), flush=True)
    return rows


def _learner(method: str) -> str:
    """Say who learns from features."""
    return "as chosen" if method.startswith("LabelModel") else "perceptron 256"


def options(words: str, arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=words, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    parser.add_argument("--sets", nargs="+", help="names of sets; all if left out")
    parser.add_argument("--settings", nargs="+", help="names of settings; all if left out")
    parser.add_argument("--methods", nargs="+", help="names of methods; all if left out")
    parser.add_argument("--seeds", nargs="+", type=int, default=list(range(5)))
    return parser.parse_args(arguments)
