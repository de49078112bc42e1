"""Time entropic transport of many items to few classes, beside POT: seconds a sweep.

``python -m benchmarks.speed.sinkhorn [--rows 1000000] [--columns 10] [--out CSV]``

Both systems get the same costs and marginals, make the same number of sweeps from the same start,
and must give the same plan: `agrees` is whether what columns get and the expected cost differ by
less than 1e-9 of the mass (1e-3 in single precision, in which POT also adds up). Seconds are the
difference between a long and a short run over the difference in sweeps, so that reading the input
and building the plan are left out; `peak_mb` is that of the whole process.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import sys
import time
from collections.abc import Callable
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
COLUMNS = ["case", "system", "seconds", "ratio_to_ours", "peak_mb", "agrees"]


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
    chosen = parser.parse_args(arguments)
    lines = table(chosen.rows, chosen.columns)
    if chosen.out:
        peers = {"POT": importlib.metadata.version("POT")} if len(lines) > 2 else {}
        _results.write(chosen.out, lines, COLUMNS, _results.made(peers=peers))
    return 0 if all(line["agrees"] for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
