"""Read tables and images, and hide their labels in bags: only counts of bags are left.

Tables have ``data.parquet`` (features, ``label``, and maybe ``split``) or ``data.npz`` (``X``,
``y``); images have ``data.npz`` with ``x_train``, ``y_train``, ``x_test`` and ``y_test``. The small
digits of scikit-learn are always there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

from weaklabel import Evidence, counts_from

Kind = Literal["random", "feature"]
# Items that are alike in these columns share bags; in llp_bp_bank as its authors do.
COLUMNS = {"llp_bp_bank": ["f7", "f10"], "adult": ["occupation"]}
ODD = "_odd"  # added to the name of a set of digits: tell odd from even ones
SMALL = {"digits": 1, "digits_high": 5}  # digits of scikit-learn: all, or 5 and more against less


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """One set: train and test rows with gold, which serves to make bags and to score.

    Attributes
    ----------
    name : str
    X, X_test : floating array, n_items x n_features
    y, y_test : integer array, n_items
    raw : DataFrame, n_items rows
        Columns of the train rows as they are stored, for bags by feature.
    """

    name: str
    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    raw: pd.DataFrame

    @property
    def n_classes(self) -> int:
        """Number of classes, at least 2."""
        return int(self.y.max()) + 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Bagged:
    """What a method sees: features, the bag of each train row, and the counts of each bag.

    Attributes
    ----------
    X, X_test : floating array, n_items x n_features
    bag : integer array, n_items
    counts : integer array, n_bags x n_classes
    """

    X: np.ndarray
    X_test: np.ndarray
    bag: np.ndarray
    counts: np.ndarray

    @property
    def shares(self) -> np.ndarray:
        """Class shares of the bag of each item, n_items x n_classes."""
        return (self.counts / self.counts.sum(axis=1, keepdims=True))[self.bag]

    def evidence(self) -> Evidence:
        """Features and bags, nothing else."""
        items = pd.Index([f"train {i}" for i in range(len(self.X))])
        counts = pd.DataFrame(self.counts)
        bag = pd.Series(self.bag, items)
        empty = Evidence(items, classes=range(self.counts.shape[1]))
        return empty.with_features(self.X).with_bags(bag, *counts_from(counts))

    def test_evidence(self) -> Evidence:
        """Features of the test rows, which are in no bag."""
        items = pd.Index([f"test {i}" for i in range(len(self.X_test))])
        return Evidence(items, classes=range(self.counts.shape[1])).with_features(self.X_test)


def find(folder: Path, names: list[str] | None = None) -> list[str]:
    """Find the tasks: tables by name, images, each also as odd against even, small digits."""
    kinds = {
        path.parent.name: json.loads(path.read_text(encoding="utf-8"))["kind"]
        for path in sorted(folder.glob("*/meta.json"))
    }
    known = [name for name, kind in kinds.items() if kind == "table" and _has_labels(folder / name)]
    for name, kind in kinds.items():
        known += [name, name + ODD] if kind == "images" else []
    known += SMALL
    unknown = sorted(set(names or ()) - set(known))
    if unknown:
        msg = f"{folder} holds no set {', '.join(unknown)}; found: {', '.join(known)}."
        raise SystemExit(msg)
    return [name for name in known if names is None or name in names]


def _has_labels(folder: Path) -> bool:
    """Tell whether a table is one to classify."""
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    return bool(meta.get("class_names") or meta.get("n_classes"))


def read(folder: Path, name: str) -> Task:
    """Read a set; without a split of its own, a quarter of the rows, always the same, is test."""
    if name in SMALL:
        pixels, digit = load_digits(return_X_y=True)
        return _task(name, pd.DataFrame(pixels), np.asarray(digit // SMALL[name]), None)
    stored = name.removesuffix(ODD)
    path = folder / stored
    meta = json.loads((path / "meta.json").read_text(encoding="utf-8"))
    if meta["kind"] == "images":
        return _images(path, name, odd=name != stored)
    raw, y, split = _table(path)
    return _task(name, raw, np.unique(y, return_inverse=True)[1], split)


def _task(name: str, raw: pd.DataFrame, y: np.ndarray, split: np.ndarray | None) -> Task:
    """Cut a table into train and test rows."""
    if split is None:
        split = np.zeros(len(y), dtype=np.int64)
        split[np.random.default_rng(0).permutation(len(y))[: len(y) // 4]] = 2
    X, train, test = _numbers(raw, split == 0), split == 0, split == 2
    return Task(
        name=name, X=X[train], y=y[train], X_test=X[test], y_test=y[test], raw=raw.loc[train]
    )


def _table(path: Path) -> tuple[pd.DataFrame, np.ndarray, np.ndarray | None]:
    """Read columns, labels and split of a table."""
    if not (path / "data.parquet").exists():
        with np.load(path / "data.npz") as arrays:
            X, y = arrays["X"], arrays["y"]
            split = arrays.get("split")
        return pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])]), y, split
    frame = pd.read_parquet(path / "data.parquet")
    y = frame.pop("label").to_numpy()
    split = None
    if "split" in frame:
        parts = {"train": 0, "valid": 1, "test": 2}
        split = frame.pop("split").astype(str).map(parts).to_numpy(np.int64)
    return frame, y, split


def _numbers(raw: pd.DataFrame, train: np.ndarray) -> np.ndarray:
    """Encode categories, beside which numbers are standardized; numbers alone stay as they are."""
    numeric = raw.select_dtypes("number")
    if numeric.shape[1] == raw.shape[1]:
        return raw.to_numpy(np.float64)
    numeric = (numeric - numeric[train].mean()) / numeric[train].std()
    encoded = pd.get_dummies(raw.drop(columns=numeric.columns), dtype=np.float64)
    return pd.concat([numeric, encoded], axis=1).to_numpy(np.float64)


def _images(path: Path, name: str, *, odd: bool) -> Task:
    """Read images as rows of gray values between 0 and 1."""
    with np.load(path / "data.npz") as arrays:
        parts = {key: arrays[key] for key in ("x_train", "y_train", "x_test", "y_test")}
    X, X_test = (
        (parts[key].reshape(len(parts[key]), -1) / 255).astype(np.float32)
        for key in ("x_train", "x_test")
    )
    y, y_test = (parts[key].astype(np.int64) for key in ("y_train", "y_test"))
    if odd:
        y, y_test = y % 2, y_test % 2
    raw = pd.DataFrame(index=range(len(y)))
    return Task(name=name, X=X, y=y, X_test=X_test, y_test=y_test, raw=raw)


def hide(task: Task, kind: Kind, size: int, seed: int) -> Bagged | None:
    """Put the train rows of a task into bags; None if it has no columns to make them by.

    "random": any `size` rows. "feature": `size` rows at random of those that are alike in
    `COLUMNS`. A rest of fewer rows joins the last bag of its kind.
    """
    rng = np.random.default_rng(seed)
    group = np.zeros(len(task.y), dtype=np.int64)
    if kind == "feature":
        if task.name not in COLUMNS:
            return None
        alike = task.raw.groupby(COLUMNS[task.name], observed=True, dropna=False)
        group = alike.ngroup().to_numpy()
    bag = np.empty(len(task.y), dtype=np.int64)
    n_bags = 0
    for number in np.unique(group):
        rows = rng.permutation(np.flatnonzero(group == number))
        n_here = max(len(rows) // size, 1)
        bag[rows] = n_bags + np.minimum(np.arange(len(rows)) // size, n_here - 1)
        n_bags += n_here
    counts = np.zeros((n_bags, task.n_classes), dtype=np.int64)
    np.add.at(counts, (bag, task.y), 1)
    return Bagged(X=task.X, X_test=task.X_test, bag=bag, counts=counts)


def scores(predicted: Any, gold: np.ndarray) -> tuple[float, float]:
    """Area under the ROC curve, one class against the rest on average, and accuracy."""
    P = np.asarray(predicted, dtype=np.float64)
    counted = range(1, 2) if P.shape[1] == 2 else range(P.shape[1])
    each = [roc_auc_score(gold == y, P[:, y]) for y in counted]
    best = P.max(axis=1, keepdims=True) - 1e-9 <= P
    right = best[np.arange(len(gold)), gold] / best.sum(axis=1)
    return float(np.mean(each)), float(right.mean())
