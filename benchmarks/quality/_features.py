"""Read sets of features and gold classes, split into items to learn from and items to test on.

Kinds: "table" (``data.npz`` with X, y), "images" (``data.npz`` with x_train, y_train, x_test,
y_test), "pll" (X, y, packed candidates). "digits" needs no folder: scikit-learn has it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

MOST_TRAIN = 5000  # of larger sets this many train items are drawn, by seed
TEST_SHARE = 0.3  # of sets that come without a split, drawn by seed


@dataclass(frozen=True, kw_only=True, eq=False)
class Labelled:
    """Features and gold of items to learn from, and of items to test on.

    Attributes
    ----------
    name : str
    X, X_test : floating array, n_items x n_features
        Standardised by the items to learn from; images by one number for all pixels.
    y, y_test : integer array, n_items
        Gold classes.
    n_classes : int
    candidates : boolean array, n_items x n_classes, or None
        Real candidate sets of the items to learn from.
    """

    name: str
    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    n_classes: int
    candidates: np.ndarray | None = None


def find(folder: Path, names: list[str] | None, known: list[str]) -> list[str]:
    """Find those of some sets that are there; "digits" always is.

    Raises
    ------
    SystemExit
        If a name that was asked for is not among them.
    """
    there = [name for name in known if name == "digits" or (folder / name / "meta.json").exists()]
    unknown = sorted(set(names or ()) - set(there))
    if unknown:
        msg = f"{folder} holds no set {', '.join(unknown)}; found: {', '.join(there)}."
        raise SystemExit(msg)
    return names or there


def read(folder: Path, name: str, seed: int) -> Labelled:
    """Read a set; the seed draws the split, and the train items of larger sets."""
    rng = np.random.default_rng([seed, 1])
    if name == "digits":
        digits = load_digits(return_X_y=True)
        return _labelled(name, 10, digits, _drawn(len(digits[1]), rng), pixels=True)
    meta = json.loads((folder / name / "meta.json").read_text(encoding="utf-8"))
    n_classes, kind = int(meta["n_classes"]), meta["kind"]
    with np.load(folder / name / "data.npz") as arrays:
        data = {key: arrays[key] for key in arrays.files}
    if kind == "images":
        both = tuple(np.concatenate([data[f"{k}_train"], data[f"{k}_test"]]) for k in "xy")
        n_train = len(data["y_train"])
        rows = rng.permutation(n_train)[:MOST_TRAIN], np.arange(n_train, len(both[1]))
        return _labelled(name, n_classes, both, rows, pixels=True)
    allowed = None
    if kind == "pll":
        allowed = np.unpackbits(data["candidates"], axis=1, count=n_classes).astype(bool)
    rows = _drawn(len(data["y"]), rng)
    return _labelled(name, n_classes, (data["X"], data["y"]), rows, candidates=allowed)


def _drawn(n_items: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw the items to learn from, and those to test on."""
    order = rng.permutation(n_items)
    n_test = round(TEST_SHARE * n_items)
    return order[n_test:][:MOST_TRAIN], order[:n_test]


def _labelled(
    name: str,
    n_classes: int,
    data: tuple[np.ndarray, ...],
    rows: tuple[np.ndarray, np.ndarray],
    *,
    pixels: bool = False,
    candidates: np.ndarray | None = None,
) -> Labelled:
    """Bring features to one scale, by the items to learn from."""
    features, gold = data
    X, X_test = (features[part].reshape(len(part), -1).astype(np.float64) for part in rows)
    spread = X.std() if pixels else np.where(X.std(axis=0) > 0, X.std(axis=0), 1.0)
    mean = X.mean(axis=0)
    train, test = rows
    return Labelled(
        name=name,
        X=(X - mean) / spread,
        y=gold[train].astype(np.int64),
        X_test=(X_test - mean) / spread,
        y_test=gold[test].astype(np.int64),
        n_classes=n_classes,
        candidates=None if candidates is None else candidates[train],
    )
