"""Votes to time label models on; needs numpy alone, so that every environment draws the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np

CHUNK = 100_000  # items that are drawn at a time
Sparse = dict[str, np.ndarray]  # item, source, label; n_items, n_sources, n_classes


def write(folder: str, draw: str, **arguments: int | float) -> dict[str, int]:
    """Draw votes by a function of this module and write them, in a process of its own.

    So the memory that drawing takes is not that of the systems that read them.
    """
    votes = globals()[draw](**arguments)
    kinds = {"item": np.int32, "source": np.int16, "label": np.int8}
    for name, values in votes.items():
        np.save(Path(folder, f"{name}.npy"), values.astype(kinds.get(name, np.int64)))
    return {"n_votes": len(votes["item"])}


def read(folder: str) -> Sparse:
    """Read votes that were written."""
    return {path.stem: np.load(path) for path in sorted(Path(folder).glob("*.npy"))}


def labeling_functions(
    n_items: int, n_sources: int = 50, n_classes: int = 2, coverage: float = 0.2, seed: int = 0
) -> Sparse:
    """Draw votes of sources on even classes.

    Accuracy normal(.8, .1) within .5 and .98; a source that errs says any class.
    """
    rng = np.random.default_rng(seed)
    gold = rng.integers(0, n_classes, n_items)
    accuracy = rng.normal(0.8, 0.1, n_sources).clip(0.5, 0.98)
    parts = []
    for first in range(0, n_items, CHUNK):
        truth = gold[first : first + CHUNK]
        shape = (len(truth), n_sources)
        item, source = np.nonzero(rng.random(shape) < coverage)
        right = rng.random(len(item)) < accuracy[source]
        said = np.where(right, truth[item], rng.integers(0, n_classes, len(item)))
        parts.append((item + first, source, said))
    item, source, said = map(np.concatenate, zip(*parts, strict=True))
    return _sparse(item, source, said, (n_items, n_sources, n_classes))


def crowd(n_items: int, n_sources: int = 200, seed: int = 0) -> Sparse:
    """Draw five votes an item by workers of accuracy .4 to .95, on four uneven classes."""
    rng = np.random.default_rng(seed)
    gold = rng.choice(4, n_items, p=[0.4, 0.3, 0.2, 0.1])
    accuracy = rng.uniform(0.4, 0.95, n_sources)
    item = np.repeat(np.arange(n_items), 5)
    first = rng.integers(0, n_sources, n_items)
    step = rng.integers(1, n_sources // 5, n_items)  # five different workers an item
    source = (first[:, None] + step[:, None] * np.arange(5)).ravel() % n_sources
    return _said(rng, gold, accuracy, (item, source), (n_items, n_sources, 4))


def many_sources(n_items: int, n_sources: int = 1200, seed: int = 0) -> Sparse:
    """Draw votes of very many sources on 56 even classes, at 2 % coverage."""
    rng = np.random.default_rng(seed)
    gold = rng.integers(0, 56, n_items)
    accuracy = rng.uniform(0.4, 0.95, n_sources)
    where = np.nonzero(rng.random((n_items, n_sources)) < 0.02)
    return _said(rng, gold, accuracy, where, (n_items, n_sources, 56))


def _said(
    rng: np.random.Generator,
    gold: np.ndarray,
    accuracy: np.ndarray,
    where: tuple[np.ndarray, np.ndarray],
    shape: tuple[int, int, int],
) -> Sparse:
    """Draw what sources say: right with their accuracy, else any wrong class."""
    item, source = where
    wrong = (gold[item] + rng.integers(1, shape[2], len(item))) % shape[2]
    right = rng.random(len(item)) < accuracy[source]
    return _sparse(item, source, np.where(right, gold[item], wrong), shape)


def _sparse(
    item: np.ndarray, source: np.ndarray, label: np.ndarray, shape: tuple[int, int, int]
) -> Sparse:
    """Collect votes."""
    names = ("n_items", "n_sources", "n_classes")
    sizes = {name: np.array(size) for name, size in zip(names, shape, strict=True)}
    return {"item": item, "source": source, "label": label} | sizes


def matrix(votes: Sparse) -> np.ndarray:
    """Votes as a matrix, n_items x n_sources of int8; -1 abstains."""
    dense = np.full((int(votes["n_items"]), int(votes["n_sources"])), -1, dtype=np.int8)
    dense[votes["item"], votes["source"]] = votes["label"]
    return dense
