"""Time belief propagation on many items in bags, with a graph of neighbors.

``python -m benchmarks.speed.belief_propagation [--items 1000000] [--bag 64] [--neighbors 5]
[--sweeps 20] [--out CSV] [--note TEXT]``

Each case runs in a process of its own, after a small one that lets the compiler be done. Seconds
are those of one call of `solve`, of so many sweeps; `cpu_seconds` those of all its threads, which
other work on the machine does not change. An answer agrees if rows sum to one and, where bags state
exact counts and there is no graph, marginals sum to the counts.
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

CASES = ("bags and neighbors", "bags", "neighbors", "one bag", "ten classes")
LARGE = 10_000  # members of bags of ten classes
WARM_UP = 50_000  # items that let the compiler be done


def evidence_of(case: str, n_items: int, bag: int, n_neighbors: int) -> tuple[np.ndarray, Any, Any]:
    """Make scores that know a little, true counts of random bags, and random neighbors."""
    import weaklabel as wl

    rng = np.random.default_rng(0)
    n_classes = 10 if case == "ten classes" else 2
    share = np.full(10, 0.1) if n_classes == 10 else np.array([0.3, 0.7])
    gold = rng.choice(n_classes, size=n_items, p=share)
    scores = 2 * rng.normal(size=(n_items, n_classes))
    scores[np.arange(n_items), gold] += 2.0
    evidence = wl.Evidence(np.arange(n_items), classes=[f"class {y}" for y in range(n_classes)])
    number = np.arange(n_items) // {"one bag": n_items, "ten classes": LARGE}.get(case, bag)
    counts = np.stack([np.bincount(number, weights=gold == y) for y in range(n_classes)], axis=1)
    if case != "neighbors":
        stated = range(n_classes if n_classes > 2 else 1)
        each = [wl.Count(evidence.classes[y], number=counts[:, y]) for y in stated]
        evidence = evidence.with_bags(number, *each)
    if "neighbors" in case:
        sender = np.repeat(np.arange(n_items), n_neighbors)
        receiver = rng.integers(n_items, size=len(sender))
        graph = sparse.coo_array((np.full(len(sender), 0.1), (sender, receiver)), (n_items,) * 2)
        evidence = evidence.with_neighbors(graph.tocsr())
    return scores, evidence, (number, counts)


def solve(case: str, n_items: int, bag: int, n_neighbors: int, n_sweeps: int) -> dict[str, Any]:
    """Time one call."""
    from sklearn.exceptions import ConvergenceWarning

    from weaklabel.solvers import BeliefPropagation

    # tol 0: all sweeps are made; where one pass is exact there is but one
    solver = BeliefPropagation(max_iter=n_sweeps, tol=0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        solver.solve(*evidence_of(case, WARM_UP, bag, n_neighbors)[:2])
        scores, evidence, (number, counts) = evidence_of(case, n_items, bag, n_neighbors)
        start, cpu = time.perf_counter(), time.process_time()
        found = solver.solve(scores, evidence)
        seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
    agrees = bool(np.abs(found.probabilities.sum(axis=1) - 1).max() < 1e-9)
    if "neighbors" not in case:
        columns = found.probabilities.T
        expected = np.stack([np.bincount(number, weights=p) for p in columns], axis=1)
        size = counts.sum(axis=1, keepdims=True)
        agrees &= bool((np.abs(expected - counts) < 1e-8 * size).all())
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
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
        size = {"one bag": n_items, "ten classes": LARGE}.get(case, bag)
        about = [] if case == "neighbors" else [f"bags of {size}"]
        about += [f"{n_neighbors} neighbors"] if "neighbors" in case else []
        lines.append(
            {
                "case": f"{case} ({n_items} items, {', '.join(about)})",
                "system": "weaklabel",
                "seconds": round(found["seconds"], 3),
                "cpu_seconds": round(found["cpu_seconds"], 3),
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
