"""Time what a user waits for: imports, a first result, and a fit after one function changed."""

from __future__ import annotations

import copy
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.speed import _votes
from benchmarks.speed._processes import ROOT, cpu_repeated, run_alone

TIMES = 5


def imports() -> Iterator[dict[str, Any]]:
    """Time importing the package, and what it rests on, in fresh interpreters."""
    ours = 0.0
    for system, code in {
        "weaklabel import": "import weaklabel",
        "import of pandas and sklearn.base": "import pandas, sklearn.base",
    }.items():
        seconds = statistics.median(_of_process([sys.executable, "-c", code]) for _ in range(TIMES))
        ours = ours or seconds
        yield _row("import", system, seconds, ours)


def demo() -> Iterator[dict[str, Any]]:
    """Time ``weaklabel demo``, from the command to the last line."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "weaklabel", "demo"]
        seconds = _of_process(command, folder)
    yield _row("weaklabel demo", "weaklabel demo", seconds, seconds)


def refit(n_items: int) -> dict[str, Any]:
    """Time a new fit after one of 50 functions changed, beside one from nothing.

    Both begin with the frame of votes and end with probabilities.
    """
    import weaklabel as wl

    votes = _votes.labeling_functions(n_items)
    frame = pd.DataFrame(_votes.matrix(votes)).add_prefix("f")
    changed = frame.assign(f0=frame["f0"].where(np.arange(n_items) % 3 > 0, -1).astype(np.int8))

    def evidence_of(votes: pd.DataFrame) -> Any:
        return wl.Evidence(votes.index, classes=range(2)).with_votes(votes, encoding="codes")

    before = wl.LabelModel().fit(evidence_of(frame))

    def again() -> Any:
        evidence = evidence_of(changed)
        return copy.copy(before).update(evidence).predict_proba(evidence)

    def afresh() -> Any:
        evidence = evidence_of(changed)
        return wl.LabelModel().fit(evidence).predict_proba(evidence)

    found, seconds, cpu = cpu_repeated(again, TIMES)
    expected, from_nothing, cpu_from_nothing = cpu_repeated(afresh, TIMES)
    apart = float(np.abs(found.to_numpy() - expected.to_numpy()).max())
    return {
        "seconds": seconds,
        "cpu_seconds": cpu,
        "from_nothing": from_nothing,
        "cpu_from_nothing": cpu_from_nothing,
        "apart": apart,
    }


def refits(n_items: int) -> Iterator[dict[str, Any]]:
    """Measure it; it agrees if probabilities are as far as convergence leaves them."""
    found = run_alone("benchmarks.speed.start:refit", n_items=n_items)
    case = f"one of 50 functions changed, {n_items:,} items"
    seconds = found["seconds"]
    same = {"peak_mb": found["peak_mb"], "agrees": float(found["apart"] < 0.01)}
    cpu = {"cpu_seconds": found["cpu_seconds"]}
    yield _row(case, "weaklabel update", seconds, seconds) | same | cpu
    cpu = {"cpu_seconds": found["cpu_from_nothing"]}
    yield _row(case, "weaklabel from nothing", found["from_nothing"], seconds) | same | cpu


def _of_process(command: list[str], folder: str | None = None) -> float:
    """Time a process."""
    start = time.perf_counter()
    where = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    subprocess.run(command, check=True, capture_output=True, cwd=folder or ROOT, env=where)
    return time.perf_counter() - start


def _row(case: str, system: str, seconds: float, ours: float) -> dict[str, Any]:
    return {
        "case": case,
        "system": system,
        "seconds": seconds,
        "ratio_to_ours": seconds / ours,
        "peak_mb": float("nan"),
        "agrees": 1.0,
    }
