"""Time nearest neighbors beside scikit-learn and pynndescent, and say how many are found.

``python -m benchmarks.speed.neighbors [--small 50000] [--large 500000] [--out CSV]``

Ten neighbors in 32 dimensions: of points near a curved surface of 8 dimensions, in 50 clusters with
noise, as embeddings are; and of plain normal draws, which have no structure to use. Each system
runs in a process of its own, after a small run that compiles; seconds are those of one search.
The exact searches are of 5,000 points among all. `agrees` is the share of the
true neighbors of 500 points that are found. On a busy machine compare `cpu_seconds`, of one thread
(OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 NUMBA_NUM_THREADS=1).
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import _results
from benchmarks.speed._processes import has_module, run_alone

K = 10
QUERIES = 5_000
COLUMNS = ["case", "system", "seconds", "ratio_to_ours", "peak_mb", "agrees", "cpu_seconds"]
SYSTEMS = {
    "some": ("weaklabel exact", "scikit-learn brute"),
    "approximate": ("weaklabel approximate", "weaklabel neighbors, with the graph", "pynndescent"),
}


def points(kind: str, number: int) -> np.ndarray:
    """Draw points."""
    rng = np.random.default_rng(0)
    if kind == "normal":
        return rng.normal(size=(number, 32)).astype(np.float32)
    centers = 2 * rng.normal(size=(50, 8))
    hidden = centers[rng.integers(50, size=number)] + rng.normal(size=(number, 8))
    curved = np.tanh(hidden @ rng.normal(size=(8, 64)) / 8**0.5) @ rng.normal(size=(64, 32)) / 8
    return (curved + 0.05 * rng.normal(size=curved.shape)).astype(np.float32)


def search(system: str, x: np.ndarray, rows: np.ndarray | None) -> Any:
    """Find neighbors; each point may be the first of its own."""
    if system == "pynndescent":
        from pynndescent import NNDescent

        return NNDescent(x, n_neighbors=K + 1, random_state=0).neighbor_graph[0]
    if system == "scikit-learn brute":
        from sklearn.neighbors import NearestNeighbors

        index = NearestNeighbors(n_neighbors=K + 1, algorithm="brute", n_jobs=-1).fit(x)
        return index.kneighbors(x if rows is None else x[rows], return_distance=False)
    if system == "weaklabel neighbors, with the graph":
        from weaklabel import neighbors

        return neighbors(x, K, approximate=True)
    from weaklabel.graph._cells import near_neighbors
    from weaklabel.graph._exact import exact_neighbors

    x = x - x.mean(axis=0)
    if system == "weaklabel exact":
        return exact_neighbors(x, K, rows)
    found = near_neighbors(x, K, np.random.default_rng(0))
    return exact_neighbors(x, K) if found is None else found


def measure(system: str, kind: str, number: int, some: bool) -> dict[str, Any]:
    """Time one search, and compare a sample with all pairs."""
    rng = np.random.default_rng(1)
    search(system, points(kind, 4000), np.arange(100) if some else None)
    x = points(kind, number)
    rows = rng.choice(number, QUERIES, replace=False) if some else None
    start, cpu = time.perf_counter(), time.process_time()
    found = search(system, x, rows)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    sample = rng.choice(len(rows) if some else number, 500, replace=False)
    return {"seconds": seconds, "cpu_seconds": cpu, "agrees": share_found(found, x, rows, sample)}


def share_found(found: Any, x: np.ndarray, rows: np.ndarray | None, sample: np.ndarray) -> float:
    """Compare with all distances, in double precision."""
    hits = []
    asked = sample if rows is None else rows[sample]
    for place, item in zip(sample, asked, strict=True):
        apart = ((x - x[item]).astype(np.float64) ** 2).sum(axis=1)
        apart[item] = np.inf
        true = np.argpartition(apart, K)[:K]
        row = (
            found.indices[found.indptr[place] : found.indptr[place + 1]]
            if hasattr(found, "indptr")
            else found[place]
        )
        hits.append(np.isin(true, row).mean())
    return float(np.mean(hits))


def table(cases: list[tuple[str, str, int]]) -> list[dict[str, Any]]:
    """Measure every system on every case, each in its own process."""
    lines: list[dict[str, Any]] = []
    for how, kind, number in cases:
        first = None
        for system in SYSTEMS[how]:
            if system == "pynndescent" and not has_module(sys.executable, "pynndescent"):
                print("pynndescent left out: it is not installed")
                continue
            found = run_alone(
                "benchmarks.speed.neighbors:measure",
                system=system,
                kind=kind,
                number=number,
                some=how == "some",
            )
            first = first or found
            among = f"{QUERIES:,} among " if how == "some" else ""
            lines.append(
                {
                    "case": f"{K} neighbors, {among}{number:,} x 32, {kind}",
                    "system": system,
                    "ratio_to_ours": found["seconds"] / first["seconds"],
                }
                | found
            )
            print("  ".join(str(lines[-1][name]) for name in COLUMNS), flush=True)
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table; 1 if ours finds fewer than 98 %."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", type=int, default=50_000)
    parser.add_argument("--large", type=int, default=500_000)
    parser.add_argument("--out", type=Path, help="CSV file to write")
    chosen = parser.parse_args(arguments)
    cases = [
        ("some", "curved", chosen.small),
        ("approximate", "curved", chosen.small),
        ("approximate", "normal", chosen.small),
        ("some", "curved", chosen.large),
        ("approximate", "curved", chosen.large),
    ]
    lines = table(cases)
    if chosen.out:
        peers = {}
        if has_module(sys.executable, "pynndescent"):
            peers["pynndescent"] = importlib.metadata.version("pynndescent")
        threads = os.environ.get("OMP_NUM_THREADS", "all")
        how = _results.made(peers=peers) + f"; threads: {threads}"
        _results.write(chosen.out, lines, COLUMNS, how)
    ours = [line for line in lines if line["system"].startswith("weaklabel")]
    return 0 if all(line["agrees"] >= 0.98 for line in ours) else 1


if __name__ == "__main__":
    sys.exit(main())
