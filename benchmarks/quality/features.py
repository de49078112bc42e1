"""Score votes with and without the features of the items, on every vote set that has any.

``python -m benchmarks.quality.features --data DIR [--sets A B] [--columns 100] --out CSV``

Texts become so many columns by TF-IDF and a truncated singular value decomposition; ``X`` of
``votes.npz`` is taken as it is. The same model, `LabelModel()` with its defaults, is fitted to
votes alone and to votes and features. ``covered`` are the items with votes; features speak of the
others, too. Rows without text are left out; gold serves for scoring alone.
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
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

import weaklabel as wl
from benchmarks import _results
from benchmarks.quality import _data

COLUMNS = ["set", "items", "model", "n", "accuracy", "brier", "log_loss", "ece", "seconds"]
ALONE, BOTH = "LabelModel", "LabelModel + features"


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--sets", nargs="+", help="names of sets; all with features if left out")
    parser.add_argument("--columns", type=int, default=100, help="of texts")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    chosen = parser.parse_args(arguments)
    rows = []
    for name in _data.find(chosen.data, chosen.sets):
        for row in _rows(chosen.data / name, chosen.columns):
            rows.append(row)
            print(_line(row), flush=True)
    if not rows:
        print("no set has votes and features")
        return 1
    if chosen.out:
        _results.write(chosen.out, rows, COLUMNS, _results.made())
    print(gains(pd.DataFrame(rows)).to_string())
    return 0


def gains(rows: pd.DataFrame) -> pd.DataFrame:
    """With features minus without, by set and items; the last row is the mean of covered items."""
    wide = rows.set_index(["set", "items", "model"])[["accuracy", "brier", "log_loss"]]
    gain = wide.xs(BOTH, level="model") - wide.xs(ALONE, level="model")
    mean = gain.xs("covered", level="items").mean()
    gain.loc[("mean", "covered"), :] = mean
    return gain.round(4)


def _rows(folder: Path, n_columns: int) -> Iterator[dict[str, Any]]:
    """Fit twice to one set."""
    found = _read(folder, n_columns)
    if found is None:
        return
    votes, gold, features = found
    n_classes = int(max(votes.max(), gold.max())) + 1
    alone = wl.Evidence(range(len(gold)), classes=range(n_classes)).with_votes(votes)
    voted = (votes >= 0).any(axis=1)
    for model, evidence in ((ALONE, alone), (BOTH, alone.with_features(features))):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            begin = time.perf_counter()
            fitted = wl.LabelModel().fit(evidence)
            probabilities = fitted.posterior(evidence).probabilities
            seconds = time.perf_counter() - begin
        known = gold >= 0
        for items, rows in (("covered", known & voted), ("all", known)):
            scores = wl.score(gold[rows], pd.DataFrame(probabilities[rows]))
            told = {name: scores[name] for name in ("n", "accuracy", "brier", "log_loss", "ece")}
            yield {"set": folder.name, "items": items, "model": model, "seconds": seconds} | told


def _read(folder: Path, n_columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Give votes, gold and features of a set; None if it has no features."""
    with np.load(folder / "votes.npz") as file:
        data = dict(file)
    if "L" not in data:
        return None
    votes, gold = data["L"].astype(np.int64), data["y"].astype(np.int64)
    if "X" in data:
        return votes, gold, data["X"].astype(np.float64)
    if not (folder / "text.parquet").exists():
        return None
    frame = pd.read_parquet(folder / "text.parquet")
    words = frame.select_dtypes(include=["object", "string"]).fillna("").agg(" ".join, axis=1)
    kept = (words.str.strip().str.len() > 0).to_numpy()
    if not kept.any():
        return None
    weighting = TfidfVectorizer(min_df=3, ngram_range=(1, 2), sublinear_tf=True, max_features=50000)
    table = weighting.fit_transform(words[kept])
    features = TruncatedSVD(n_columns, random_state=0).fit_transform(table)
    return votes[kept], gold[kept], features


def _line(row: dict[str, Any]) -> str:
    """Say how one model did on one set."""
    return (
        f"{row['set']:16} {row['items']:8} {row['model']:22} accuracy {row['accuracy']:.4f}  "
        f"Brier {row['brier']:.4f}  log-loss {row['log_loss']:.4f}  {row['seconds']:7.2f} s"
    )


if __name__ == "__main__":
    sys.exit(main())
