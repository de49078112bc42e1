"""Time belief propagation on many items in bags, with a graph of neighbors.

``python -m benchmarks.speed.belief_propagation [--items 1000000] [--bag 64] [--neighbors 5]
[--sweeps 20] [--out CSV] [--note TEXT]``

Each case runs in a process of its own, after a small one that lets the compiler be done. Seconds
are those of one call of `solve`, of so many sweeps. An answer agrees if rows sum to one and, where
bags state exact counts and there is no graph, marginals sum to the counts.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from benchmarks import _results
from benchmarks.speed._processes import run_alone

CASES = ("bags and neighbors", "bags", "neighbors")


def evidence_of(case: str, n_items: int, bag: int, n_neighbors: int) -> tuple[np.ndarray, Any, Any]:
    """Make scores that know a little, true counts of random bags, and random neighbors."""
    import weaklabel as wl

    rng = np.random.default_rng(0)
    gold = rng.random(n_items) < 0.3
    hint = np.where(gold, 1.0, -1.0) + 2 * rng.normal(size=n_items)
    evidence = wl.Evidence(np.arange(n_items), classes=["bad", "fine"])
    number = np.arange(n_items) // bag
    counts = np.bincount(number, weights=gold)
    if "bags" in case:
        evidence = evidence.with_bags(number, wl.Count("bad", number=counts))
    if "neighbors" in case:
        sender = np.repeat(np.arange(n_items), n_neighbors)
        receiver = rng.integers(n_items, size=len(sender))
        graph = sparse.coo_array((np.full(len(sender), 0.1), (sender, receiver)), (n_items,) * 2)
        evidence = evidence.with_neighbors(graph.tocsr())
    return np.stack([hint, np.zeros(n_items)], axis=1), evidence, counts


def solve(case: str, n_items: int, bag: int, n_neighbors: int, n_sweeps: int) -> dict[str, Any]:
    """Time one call."""
    from sklearn.exceptions import ConvergenceWarning

    from weaklabel.solvers import BeliefPropagation

    # tol 0: all sweeps are made; where one pass is exact there is but one
    solver = BeliefPropagation(max_iter=n_sweeps, tol=0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        solver.solve(*evidence_of(case, 50_000, bag, n_neighbors)[:2])
        scores, evidence, counts = evidence_of(case, n_items, bag, n_neighbors)
        start = time.perf_counter()
        found = solver.solve(scores, evidence)
        seconds = time.perf_counter() - start
    sums = found.probabilities.sum(axis=1)
    agrees = bool(np.abs(sums - 1).max() < 1e-9)
    if case == "bags":
        stated = np.bincount(np.arange(n_items) // bag, weights=found.probabilities[:, 0])
        agrees &= bool(np.abs(stated - counts).max() < 1e-8)
    return {
        "seconds": seconds,
        "agrees": agrees,
        "sweeps": found.n_iter,
        "last_change": found.last_change,
    }


def table(n_items: int, bag: int, n_neighbors: int, n_sweeps: int) -> list[dict[str, Any]]:
    """Measure every case, each in its own process."""
    lines: list[dict[str, Any]] = []
    for case in CASES:
        found = run_alone(
            "benchmarks.speed.belief_propagation:solve",
            case=case,
            n_items=n_items,
            bag=bag,
            n_neighbors=n_neighbors,
            n_sweeps=n_sweeps,
        )
        lines.append(
            {
                "case": f"{case} ({n_items} items, bags of {bag}, {n_neighbors} neighbors)",
                "system": "weaklabel",
                "seconds": round(found["seconds"], 3),
                "ratio_to_ours": 1.0,
                "peak_mb": round(found["peak_mb"]),
                "agrees": found["agrees"],
                "sweeps": found["sweeps"],
                "last_change": f"{found['last_change']:.2g}",
            }
        )
        print("  ".join(map(str, lines[-1].values())), flush=True)
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table; 1 if an answer is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--bag", type=int, default=64, help="members of a bag")
    parser.add_argument("--neighbors", type=int, default=5, help="that each item names")
    parser.add_argument("--sweeps", type=int, default=20)
    parser.add_argument("--out", type=Path, help="CSV file to write")
    parser.add_argument("--note", nargs="*", default=[], help="what else to say of the run")
    options = parser.parse_args(arguments)
    lines = table(options.items, options.bag, options.neighbors, options.sweeps)
    if options.out:
        how = _results.made() + "".join(f"; {note}" for note in options.note)
        _results.write(options.out, lines, list(lines[0]), how)
    return 0 if all(line["agrees"] for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
