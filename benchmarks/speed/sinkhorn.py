"""Time entropic transport of many items to few classes, beside POT: seconds a sweep.

``python -m benchmarks.speed.sinkhorn [--rows 1000000] [--columns 10] [--out CSV]``

Both systems get the same costs and marginals, make the same number of sweeps from the same start,
and must give the same plan: `agrees` is whether what columns get and the expected cost differ by
less than 1e-9 of the mass (1e-3 in single precision, in which POT also adds up). Seconds are the
difference between a long and a short run over the difference in sweeps, so that reading the input
and building the plan are left out; `peak_mb` is that of the whole process.

Two more cases are ours alone: the same problem solved at epsilon 1e-3 until marginals are right to
1e-7 (`steps` says how often costs were read, `arrays` the most memory that solving and building the
plan took at one time, as a multiple of the costs), and exact shares of five classes in 100,000 bags
of ten items (the solver `Sinkhorn`; `agrees` is whether all shares are kept to 1e-6).
"""

from __future__ import annotations

import argparse
import importlib.metadata
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import _results
from benchmarks.speed._processes import has_module, run_alone

EPSILON = 0.05
FEW, MANY = 1, 11  # sweeps; POT looks whether it may stop at every tenth
REPEATS = 2
ROOM = {"float64": 1e-9, "float32": 1e-3}  # POT adds up a million numbers in single precision
SYSTEMS = {"weaklabel sinkhorn": "ours", "POT sinkhorn_log": "pot"}
COLUMNS = [
    *["case", "system", "seconds", "ratio_to_ours", "peak_mb", "agrees", "steps", "arrays"],
]
SMALL_EPSILON = 1e-3
BAGS, BAG, CLASSES = 100_000, 10, 5


def problem(n_rows: int, n_columns: int, dtype: str) -> tuple[np.ndarray, ...]:
    """Draw costs in [0, 1], even rows and uneven columns."""
    rng = np.random.default_rng(0)
    column = rng.dirichlet(np.full(n_columns, 3.0))
    cost = rng.random((n_rows, n_columns)).astype(dtype)
    return cost, np.full(n_rows, 1 / n_rows, dtype=dtype), column.astype(dtype)


def ours(n_rows: int, n_columns: int, dtype: str) -> dict[str, Any]:
    """Time `weaklabel.transport.sinkhorn`."""
    from weaklabel.transport import sinkhorn

    cost, row, column = problem(n_rows, n_columns, dtype)

    def sweeps(number: int) -> Any:
        return sinkhorn(cost, row, column, EPSILON, max_iter=number, tol=0)

    sweeps(1)  # compiles
    seconds = _seconds_a_sweep(sweeps)
    found = sweeps(MANY + 1)  # the first makes the row potentials that POT starts from
    return {"seconds": seconds, "marginal": found.column_marginal.tolist(), "cost": found.cost}


def pot(n_rows: int, n_columns: int, dtype: str) -> dict[str, Any]:
    """Time ``ot.bregman.sinkhorn_log``."""
    import warnings

    import ot
    from scipy.special import logsumexp

    cost, row, column = problem(n_rows, n_columns, dtype)
    start = np.log(row) - logsumexp(-cost / EPSILON, axis=1), np.zeros_like(column)

    def sweeps(number: int) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it has not converged, as asked for
            return ot.bregman.sinkhorn_log(
                row, column, cost, EPSILON, numItermax=number, stopThr=0.0, warmstart=start
            )

    seconds = _seconds_a_sweep(sweeps)
    plan = sweeps(MANY)
    return {
        "seconds": seconds,
        "marginal": plan.sum(axis=0, dtype=float).tolist(),
        "cost": float((plan * cost).sum(dtype=float)),
    }


def solved(n_rows: int, n_columns: int, dtype: str) -> dict[str, Any]:
    """Time a whole solution at a small epsilon, and weigh the arrays it makes."""
    import tracemalloc

    from weaklabel.transport import sinkhorn

    cost, _, column = problem(n_rows, n_columns, dtype)
    column = column / column.sum(dtype=float)
    sinkhorn(cost[:50_000], None, column, EPSILON)  # compiles
    start = time.perf_counter()
    found = sinkhorn(cost, None, column, SMALL_EPSILON)
    seconds = time.perf_counter() - start
    tracemalloc.start()
    arrays = sinkhorn(cost, None, column, SMALL_EPSILON).plan.nbytes
    most = tracemalloc.get_traced_memory()[1] / arrays
    tracemalloc.stop()
    return {
        "seconds": seconds,
        "agrees": found.converged and found.marginal_error < 1e-7,
        "steps": found.n_iter,
        "arrays": most,
    }


def bags(n_bags: int, size: int, n_classes: int) -> dict[str, Any]:
    """Time the solver `Sinkhorn` on exact shares of all classes in many bags."""
    import pandas as pd

    import weaklabel as wl

    rng = np.random.default_rng(0)
    bag = np.repeat(np.arange(n_bags), size)
    truth = rng.integers(n_classes, size=len(bag))
    counts = pd.crosstab(bag, truth)
    scores = rng.normal(scale=2, size=(len(bag), n_classes))
    evidence = wl.Evidence(pd.RangeIndex(len(bag)), classes=range(n_classes)).with_bags(
        bag, *(wl.Count(y, number=counts[y]) for y in range(n_classes))
    )
    start = time.perf_counter()
    found = wl.Sinkhorn().solve(scores, evidence)
    return {
        "seconds": time.perf_counter() - start,
        "agrees": found.converged and found.violation < 1e-6 * size,
        "steps": found.n_iter,
    }


def _seconds_a_sweep(sweeps: Callable[[int], Any]) -> float:
    """Time a short and a long run; the fastest of several, since others only slow one down."""
    fastest: dict[int, float] = {}
    for number in (FEW, MANY) * REPEATS:
        start = time.perf_counter()
        sweeps(number)
        seconds = time.perf_counter() - start
        fastest[number] = min(seconds, fastest.get(number, seconds))
    return (fastest[MANY] - fastest[FEW]) / (MANY - FEW)


def table(n_rows: int, n_columns: int) -> list[dict[str, Any]]:
    """Measure every system on every dtype, and what is ours alone."""
    return compared(n_rows, n_columns) + list(_ours_alone(n_rows, n_columns))


def compared(n_rows: int, n_columns: int) -> list[dict[str, Any]]:
    """Measure every system on every dtype, each in its own process."""
    lines: list[dict[str, Any]] = []
    for dtype in ("float64", "float32"):
        first: dict[str, Any] = {}
        for system, function in SYSTEMS.items():
            if function == "pot" and not has_module(sys.executable, "ot"):
                print("POT left out: it is not installed (pip install POT)")
                continue
            target = f"benchmarks.speed.sinkhorn:{function}"
            found = run_alone(target, n_rows=n_rows, n_columns=n_columns, dtype=dtype)
            first = first or found
            lines.append(
                {
                    "case": f"{n_rows:,} x {n_columns}, {dtype}, one sweep",
                    "system": system,
                    "seconds": found["seconds"],
                    "ratio_to_ours": found["seconds"] / first["seconds"],
                    "peak_mb": found["peak_mb"],
                    "agrees": _agree(found, first, ROOM[dtype]),
                }
            )
            print("  ".join(map(str, lines[-1].values())), flush=True)
    return lines


def _ours_alone(n_rows: int, n_columns: int) -> Iterator[dict[str, Any]]:
    """Measure what is not compared."""
    for dtype in ("float64", "float32"):
        shape = {"n_rows": n_rows, "n_columns": n_columns, "dtype": dtype}
        case = f"{n_rows:,} x {n_columns}, {dtype}, solved at epsilon {SMALL_EPSILON:g}"
        found = run_alone("benchmarks.speed.sinkhorn:solved", **shape)
        yield {"case": case, "system": "weaklabel sinkhorn", "ratio_to_ours": 1.0} | found
    n_bags = max(1, BAGS * n_rows // 1_000_000)
    case = f"{n_bags:,} bags of {BAG}, {CLASSES} exact shares"
    found = run_alone("benchmarks.speed.sinkhorn:bags", n_bags=n_bags, size=BAG, n_classes=CLASSES)
    yield {"case": case, "system": "weaklabel Sinkhorn", "ratio_to_ours": 1.0} | found


def _agree(found: dict[str, Any], first: dict[str, Any], room: float) -> bool:
    """Whether two systems moved the same mass for the same price."""
    # both end with rows right, so that column sums may be held against each other
    apart = np.abs(np.subtract(found["marginal"], first["marginal"])).sum()
    return bool(apart < room and abs(found["cost"] - first["cost"]) < room)


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table; 1 if systems disagree."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=10)
    parser.add_argument("--out", type=Path, help="CSV file to write")
    parser.add_argument("--note", nargs="*", default=[], help="what else to say of the run")
    chosen = parser.parse_args(arguments)
    lines = table(chosen.rows, chosen.columns)
    for line in lines[-3:]:
        print("  ".join(str(line.get(name, "")) for name in COLUMNS))
    if chosen.out:
        compared = any(line["system"].startswith("POT") for line in lines)
        peers = {"POT": importlib.metadata.version("POT")} if compared else {}
        made = _results.made(peers=peers) + "".join(f"; {note}" for note in chosen.note)
        _results.write(chosen.out, lines, COLUMNS, made)
    return 0 if all(line["agrees"] for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
