"""Fit and predict on votes that memory need not hold: time and memory by number of rows.

``python -m benchmarks.speed.outofcore [--rows 1000000] [--memory 1GB] [--folder F] [--out CSV]``

Twenty functions on two classes vote on a tenth of the rows each, right at .6 to .95. Votes are
drawn and written a million rows at a time, then a process of its own fits `DawidSkene` and writes
the probabilities. `peak_mb` is the most memory of that process, libraries included. `difference`
is the largest between these probabilities and those of a fit in memory, up to a million rows.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import _results
from benchmarks.speed._processes import run_alone

MILLION = 1_000_000
N_SOURCES, COVERAGE, MEMORY = 20, 0.1, "1.5GB"
COLUMNS = [
    "rows", "system", "memory", "generate_s", "fit_s", "predict_s", "s_per_million", "peak_mb",
    "votes_mb", "sweeps", "difference",
]  # fmt: skip


def generate(folder: str, n_rows: int) -> dict[str, Any]:
    """Draw votes and write them, a file a million rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    started = time.perf_counter()
    accuracy = np.random.default_rng(0).uniform(0.6, 0.95, N_SOURCES)
    for part, first in enumerate(range(0, n_rows, MILLION)):
        rng = np.random.default_rng([1, part])
        size = min(MILLION, n_rows - first)
        gold = rng.random(size) < 0.4
        columns: dict[str, Any] = {}
        for source in range(N_SOURCES):
            draw = rng.random(size, dtype=np.float32)
            votes = np.full(size, -1, np.int8)
            fires = draw < COVERAGE
            right = draw < COVERAGE * accuracy[source]
            votes[fires] = (gold == right)[fires]
            indices = pa.array(votes, mask=~fires)
            columns[f"f{source}"] = pa.DictionaryArray.from_arrays(indices, ["ham", "spam"])
        pq.write_table(pa.table(columns), Path(folder, f"{part:04d}.parquet"))
    size = sum(path.stat().st_size for path in Path(folder).iterdir()) / 2**20
    return {"seconds": time.perf_counter() - started, "votes_mb": size}


def fit_and_predict(folder: str, out: str, system: str, memory: str) -> dict[str, Any]:
    """Fit and predict out of core."""
    import weaklabel as wl
    from weaklabel import outofcore

    started = time.perf_counter()
    model = outofcore.fit(
        getattr(wl, system)(), folder, classes=["ham", "spam"], memory=memory, progress=False
    )
    fitted = time.perf_counter()
    outofcore.predict_proba(model, folder, out, memory=memory, progress=False)
    return {
        "fit_s": fitted - started,
        "predict_s": time.perf_counter() - fitted,
        "sweeps": model.n_iter_,
    }


def in_memory(folder: str, out: str, system: str) -> dict[str, Any]:
    """Fit and predict in memory, and compare."""
    import pandas as pd

    import weaklabel as wl

    votes = pd.read_parquet(folder)
    started = time.perf_counter()
    evidence = wl.Evidence(votes.index, ["ham", "spam"]).with_votes(votes)
    model = getattr(wl, system)().fit(evidence)
    fitted = time.perf_counter()
    found = model.predict_proba(evidence)
    predicted = time.perf_counter()
    difference = np.abs(found.to_numpy() - pd.read_parquet(out).to_numpy()).max()
    return {
        "fit_s": fitted - started,
        "predict_s": predicted - fitted,
        "sweeps": model.n_iter_,
        "difference": float(difference),
    }


def rows(sizes: list[int], systems: list[str], folder: str | None, memory: str = MEMORY) -> Any:
    """Measure sizes, one after the other."""
    for n_rows in sizes:
        with tempfile.TemporaryDirectory(dir=folder) as where:
            votes, out = Path(where, "votes"), Path(where, "out")
            votes.mkdir()
            made = generate(str(votes), n_rows)
            for system in systems:
                plan = {"folder": str(votes), "out": str(out), "system": system}
                calls = ["fit_and_predict"] + ["in_memory"] * (n_rows <= MILLION)
                for call in calls:
                    limit = {"memory": memory} if call == "fit_and_predict" else {}
                    found = run_alone(f"benchmarks.speed.outofcore:{call}", **plan, **limit)
                    total = found["fit_s"] + found["predict_s"]
                    yield found | {
                        "rows": n_rows,
                        "system": f"{system}, {call.replace('fit_and_predict', 'out of core')}",
                        "generate_s": made["seconds"],
                        "votes_mb": made["votes_mb"],
                        **limit,
                        "s_per_million": total / n_rows * MILLION,
                    }
                shutil.rmtree(out)


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[MILLION, 10 * MILLION])
    parser.add_argument("--systems", nargs="+", default=["DawidSkene"])
    parser.add_argument("--folder", help="where the votes go for as long as it takes")
    parser.add_argument("--memory", default=MEMORY, help="what data may take")
    parser.add_argument("--note", default="", help="what else to say of the run in the file")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    chosen = parser.parse_args(arguments)
    found: list[dict[str, Any]] = []
    for row in rows(chosen.rows, chosen.systems, chosen.folder, chosen.memory):
        found.append(row)
        print({name: row.get(name) for name in COLUMNS}, flush=True)
        if chosen.out:  # a run that is cut short keeps its rows
            how = _results.made() + (f"; {chosen.note}" if chosen.note else "")
            _results.write(chosen.out, found, COLUMNS, how)
    return 0


if __name__ == "__main__":
    sys.exit(main())
