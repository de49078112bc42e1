"""A few gold rows in the fit, beside ignoring them: scored on all other rows.

``python -m benchmarks.quality.few_gold --data DIR [--sets A B] [--few 10 50 100] [--seeds 3]
[--check] [--out CSV]``

Gold rows are drawn at random and given as certain candidates to `LabelModel`, which runs with its
defaults. With ``--check`` the exit status is 1 if accuracy falls by more than .005, or log-loss
rises by more than .005, on the mean over seeds of any set.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import weaklabel as wl
from benchmarks import _results
from benchmarks.quality import _data, _tables
from weaklabel.analysis import metrics

SETS = [*_tables.SIX, "bluebirds", "rte", "product", "web_search"]
FIGURES = ("accuracy", "brier", "log_loss")
COLUMNS = [
    "set",
    "few",
    "seed",
    "n",
    *(f"{figure}{end}" for figure in FIGURES for end in ("", " gain")),
]
NOISE = 0.005  # of figures on what is left of a set


def shown(gold: np.ndarray, few: int, seed: int) -> np.ndarray:
    """Draw gold rows: -1 elsewhere."""
    rows = np.random.default_rng(seed).permutation(np.flatnonzero(gold >= 0))[:few]
    told = np.full(len(gold), -1)
    told[rows] = gold[rows]
    return told


def compared(trial: _data.Trial, fews: list[int], seeds: int) -> Iterator[dict[str, Any]]:
    """Fit with and without gold rows."""
    evidence = trial.fit_evidence()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        without = wl.LabelModel().fit(evidence).posterior(evidence)
        for few, seed in product(fews, range(seeds)):
            told = shown(trial.gold, few, seed)
            names = pd.Series(told, evidence.index).map(dict(enumerate(evidence.classes)))
            known = evidence.with_candidates(names)
            posterior = wl.LabelModel().fit(known).posterior(known)
            others = np.where(told >= 0, -1, trial.gold)
            ours, theirs = metrics.score(others, posterior), metrics.score(others, without)
            gains = {f"{figure} gain": ours[figure] - theirs[figure] for figure in FIGURES}
            yield {"set": trial.name, "few": few, "seed": seed} | ours | gains


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table; 1 if gold made it worse and --check given."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--few", type=int, nargs="+", default=[10, 50, 100])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--check", action="store_true", help="fail if gold makes labels worse")
    chosen = parser.parse_args(arguments)
    rows = []
    for trial in filter(None, (_data.read(chosen.data, name, "pooled") for name in chosen.sets)):
        rows += list(compared(trial, chosen.few, chosen.seeds))
        print(f"{trial.name} done", flush=True)
    if chosen.out:
        _results.write(chosen.out, rows, COLUMNS, _results.made())
    gains = [f"{figure} gain" for figure in FIGURES]
    mean = pd.DataFrame(rows).groupby(["set", "few"], sort=False)[gains].mean()
    _tables.show("with gold minus without, on all other rows", mean)
    worse = (mean["accuracy gain"] < -NOISE) | (mean["log_loss gain"] > NOISE)
    for (name, few), gain in mean[worse].iterrows():
        print(f"WORSE  {name} with {few}: {gain.round(4).to_dict()}")
    return int(chosen.check and bool(worse.any()))


if __name__ == "__main__":
    sys.exit(main())
