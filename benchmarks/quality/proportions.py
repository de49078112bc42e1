"""Learn from label proportions on every table and image set of a folder.

``python -m benchmarks.quality.proportions --data DIR [--sets A B] [--sizes 8 32 128 512]
[--bags random|feature] [--seeds 0 1 2 3 4] [--methods A B] --out CSV``

Train rows go into bags of which only the class counts are told. Scored are the labels that a
method gives to the train rows (pseudo) and its predictions of test rows, by area under the ROC
curve (one class against the rest, on average) and accuracy. Nothing is tuned to a set: ours is
`LabelModel()` on features and bags. Gold makes the bags and the scores, and teaches full
supervision alone.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.exceptions import ConvergenceWarning

from benchmarks import _results
from benchmarks.quality import _bags, _proportion_methods

COLUMNS = [
    *["set", "method", "bags", "size", "seed"],
    *["pseudo_auc", "pseudo_accuracy", "test_auc", "test_accuracy", "seconds"],
]


def options(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    known = [*_proportion_methods.METHODS, _proportion_methods.SUPERVISION]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    parser.add_argument("--sets", nargs="+", help="names of sets; all if left out")
    parser.add_argument("--sizes", nargs="+", type=int, default=[8, 32, 128, 512])
    parser.add_argument("--bags", choices=["random", "feature"], default="random")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--methods", nargs="+", choices=known, default=known)
    parser.add_argument("--add", action="store_true", help="keep other rows that --out holds")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table."""
    chosen = options(arguments)
    rows = []
    for name in _bags.find(chosen.data, chosen.sets):
        task = _bags.read(chosen.data, name)
        for row in _rows(task, chosen):
            rows.append(row)
            print(_line(row), flush=True)
            if chosen.out:
                _write(rows, chosen)
    if not rows:
        print("no set allows such bags")
        return 1
    print(summary(pd.DataFrame(rows)).to_string())
    return 0


def _rows(task: _bags.Task, chosen: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Run the methods on the bags of one set."""
    for size in chosen.sizes:
        for seed in chosen.seeds:
            seen = _bags.hide(task, chosen.bags, size, seed)
            if seen is None:
                print(f"{task.name}: has no columns to make bags by; left out")
                return
            about = {"set": task.name, "bags": chosen.bags, "size": size, "seed": seed}
            for method in chosen.methods:
                found = _row(task, seen, method)
                if found is not None:
                    yield about | {"method": method} | found


def _row(task: _bags.Task, seen: _bags.Bagged, method: str) -> dict[str, Any] | None:
    """Run one method; None if it is not made for such a task."""
    begin = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = _proportion_methods.run(method, seen, task.y)
    seconds = time.perf_counter() - begin
    if found is None:
        return None
    pseudo, test = found
    pseudo_auc, pseudo_accuracy = _bags.scores(pseudo, task.y)
    test_auc, test_accuracy = _bags.scores(test, task.y_test)
    return {
        "pseudo_auc": pseudo_auc,
        "pseudo_accuracy": pseudo_accuracy,
        "test_auc": test_auc,
        "test_accuracy": test_accuracy,
        "seconds": seconds,
    }


def _write(rows: list[dict[str, Any]], chosen: argparse.Namespace) -> None:
    """Write the rows; with --add, those that are there and were not made again as well."""
    key = ["set", "method", "bags", "size", "seed"]
    table = pd.DataFrame(rows)
    if chosen.add and chosen.out.exists():
        table = pd.concat([_results.read(chosen.out), table])
        table = table.drop_duplicates(key, keep="last")
    table = table.sort_values(["set", "bags", "size", "seed"], kind="stable")
    records: Any = table.to_dict("records")
    how = f"{_results.made()}; the machine was shared, so that seconds are upper bounds"
    _results.write(chosen.out, records, COLUMNS, how)


def _line(row: dict[str, Any]) -> str:
    """Say what one method did."""
    return (
        f"{row['set']:14} {row['bags']} {row['size']:4} seed {row['seed']}  {row['method']:16} "
        f"pseudo {row['pseudo_auc']:.4f}/{row['pseudo_accuracy']:.4f}  "
        f"test {row['test_auc']:.4f}/{row['test_accuracy']:.4f}  {row['seconds']:7.1f} s"
    )


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean and deviation over seeds of every score, a row a set, size and method."""
    by = ["set", "bags", "size", "method"]
    values = ["pseudo_auc", "test_auc", "pseudo_accuracy", "test_accuracy"]
    grouped = rows.groupby(by, sort=False)[values]
    mean, spread = grouped.mean(), grouped.std(ddof=0)
    told = {
        name: [f"{m:.4f} ±{s:.4f}" for m, s in zip(mean[name], spread[name], strict=True)]
        for name in values
    }
    return pd.DataFrame(told, index=mean.index).sort_index(level=[0, 1, 2], sort_remaining=False)


if __name__ == "__main__":
    sys.exit(main())
