"""Run a function in a process of its own, and tell its time and peak memory.

Memory is only comparable between processes that did one thing each, and a peer may live in
another environment. So the function is named by text, and its answer travels as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0  # seconds after which a call is not repeated


def run_alone(function: str, *, python: str | None = None, **arguments: Any) -> dict[str, Any]:
    """Call a function in a new process.

    Parameters
    ----------
    function : str
        ``"benchmarks.speed.apply:by_snorkel"``; it takes and returns what JSON can hold.
    python : str or None
        Interpreter; None takes the one that runs.
    **arguments
        Keyword arguments of the function.

    Returns
    -------
    dict
        What the function returned, a dict, with ``peak_mb``: the most memory its process ever
        had, libraries and data included.

    Raises
    ------
    RuntimeError
        If the process fails; holds its last words.
    """
    command = [python or sys.executable, "-m", __name__, function, json.dumps(arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment
    )
    if done.returncode:
        last = "\n".join(done.stderr.splitlines()[-20:])
        msg = f"{function} failed in a process of its own:\n{last}"
        raise RuntimeError(msg)
    return json.loads(done.stdout.splitlines()[-1])


def has_module(python: str, name: str) -> bool:
    """Say whether an interpreter has a module, without importing it."""
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({name!r}) is None)"
    return not subprocess.run([python, "-c", code], capture_output=True, check=False).returncode


def repeated(call: Callable[[], Any], times: int) -> tuple[Any, float]:
    """Call up to so many times, and give the last result and the median seconds."""
    seconds: list[float] = []
    result = None
    while len(seconds) < times and sum(seconds) < PATIENCE:
        start = time.perf_counter()
        result = call()
        seconds.append(time.perf_counter() - start)
    return result, statistics.median(seconds)


def cpu_repeated(call: Callable[[], Any], times: int) -> tuple[Any, float, float]:
    """Like `repeated`; also give the median seconds of all threads, which other work hardly moves.

    On a busy machine compare these.
    """
    cpu: list[float] = []

    def timed() -> Any:
        start = time.process_time()
        result = call()
        cpu.append(time.process_time() - start)
        return result

    result, seconds = repeated(timed, times)
    return result, seconds, statistics.median(cpu)


def main() -> None:
    """Call the function named on the command line; only the answer goes to stdout."""
    module, _, name = sys.argv[1].partition(":")
    out, sys.stdout = sys.stdout, sys.stderr
    answer = getattr(import_module(module), name)(**json.loads(sys.argv[2]))
    answer["peak_mb"] = peak_mb()
    print(json.dumps(answer), file=out)


def peak_mb() -> float:
    """Give the most memory that this process had, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():  # what Linux reports as ru_maxrss starts at the memory of the parent
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # bytes on macOS


if __name__ == "__main__":
    main()
