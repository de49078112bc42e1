"""Time every kernel, and whole fits, on a GPU, beside our CPU and peers on the same card.

``python -m benchmarks.speed.gpu [--cases WORD ...] [--simulate] [--share 1.0] [--out CSV]``

Of each case: milliseconds (of device events, warmed up, the median), the fewest bytes that must
move, what share that is of the bandwidth of a copy measured in the same run, the same call on our
CPU, a peer on the same memory, and the largest difference from the CPU. `--share` takes so much of
the full size. `--simulate` runs everything without a GPU, on little data and on NumPy's arrays, to
see that it runs; its times mean nothing. `GPU.md` says what to expect.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import _results
from benchmarks.speed._gpu_cases import CASES, Case
from weaklabel._device import on_host

WARM_UP, REPEATS = 3, 20
PATIENCE = 2000.0  # milliseconds after which a call is not repeated often
COPIED = 1 << 30  # bytes whose copy tells the bandwidth
COLUMNS = [
    "case",
    "size",
    "ms",
    "must_move_mb",
    "share_of_copy",
    "exponentials",
    "cpu_ms",
    "cpu_over_gpu",
    "peer",
    "peer_over_ours",
    "difference",
    "agrees",
]


class Card:
    """A GPU through CuPy."""

    def __init__(self) -> None:
        import cupy

        self.xp = cupy
        self.name: str = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()

    def milliseconds(self, call: Callable[[], Any]) -> float:
        """Time one call by events of the device."""
        start, end = self.xp.cuda.Event(), self.xp.cuda.Event()
        start.record()
        call()
        end.record()
        end.synchronize()
        return float(self.xp.cuda.get_elapsed_time(start, end))


class Pretended:
    """The host in place of a GPU."""

    xp = np
    name = "no GPU: NumPy on the host, times mean nothing"

    def milliseconds(self, call: Callable[[], Any]) -> float:
        """Time one call by the clock."""
        start = time.perf_counter()
        call()
        return 1000 * (time.perf_counter() - start)


def median_ms(card: Any, call: Callable[[], Any]) -> float:
    """Warm up, repeat, and take the median."""
    first = [card.milliseconds(call) for _ in range(WARM_UP)]
    repeats = REPEATS if first[-1] < PATIENCE else 3
    return statistics.median(card.milliseconds(call) for _ in range(repeats))


def bandwidth(card: Any, n_bytes: int) -> float:
    """Bytes a millisecond that a copy reads and writes."""
    source = card.xp.ones(n_bytes // 8)
    target = card.xp.empty_like(source)
    return 2 * source.nbytes / median_ms(card, lambda: card.xp.copyto(target, source))


def fastest(card: Any, work: Any) -> tuple[str, float | None]:
    """Name the fastest peer that did not fail, and its milliseconds."""
    times: dict[str, float] = {}
    for name, call in work.peers.items():
        try:
            times[name] = median_ms(card, call)
        except (RuntimeError, ImportError, MemoryError, TypeError) as error:  # not our business
            print(f"{name} failed: {str(error).splitlines()[0]}", file=sys.stderr)
    best = min(times, key=lambda name: times[name], default="")
    return best, times.get(best)


def rows(card: Any, cases: list[Case], share: float, *, quick: bool) -> Iterator[dict[str, Any]]:
    """Measure case after case."""
    speed = bandwidth(card, COPIED // 1024 if quick else COPIED)
    for case in cases:
        size = case.quick if quick else max(case.quick, int(case.full * share))
        work = case.make(card.xp, size, np.random.default_rng(0))
        ms = median_ms(card, work.call)
        peer, best = fastest(card, work)
        found = _flat(work.call())
        case.make(np, case.quick, np.random.default_rng(0)).call()  # the compiler is done
        host = case.make(np, size, np.random.default_rng(0))
        start = time.perf_counter()
        expected = _flat(host.call())
        cpu = 1000 * (time.perf_counter() - start)
        difference = _difference(found, expected)
        yield {
            "case": case.title,
            "size": size,
            "ms": round(ms, 4),
            "must_move_mb": round(work.n_bytes / 1e6, 2),
            "share_of_copy": round(work.n_bytes / ms / speed, 3),
            "exponentials": work.n_exponentials,
            "cpu_ms": round(cpu, 2),
            "cpu_over_gpu": round(cpu / ms, 1),
            "peer": peer,
            "peer_over_ours": "" if best is None else round(best / ms, 2),
            "difference": f"{difference:.1e}",
            "agrees": difference <= case.tolerance,
        }


def _flat(answer: Any) -> list[np.ndarray]:
    """Arrays of an answer, on the host."""
    parts = answer if isinstance(answer, tuple) else (answer,)
    return [np.asarray(on_host(part), dtype=np.float64) for part in parts]


def _difference(found: list[np.ndarray], expected: list[np.ndarray]) -> float:
    """Largest difference, in sizes of the array's largest number; NaN never agrees."""
    worst = 0.0
    for one, other in zip(found, expected, strict=True):
        finite = np.isfinite(other)
        if not (one[~finite] == other[~finite]).all():
            return np.inf
        size = max(np.abs(other[finite]).max(initial=0.0), 1.0)
        worst = max(worst, float(np.abs(one[finite] - other[finite]).max(initial=0.0) / size))
    return worst


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table; 1 if an answer is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", nargs="*", default=[""], help="words of their titles")
    parser.add_argument("--simulate", action="store_true", help="run without a GPU, on little data")
    parser.add_argument("--share", type=float, default=1.0, help="of the full size")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    options = parser.parse_args(arguments)
    chosen = [case for case in CASES if any(word in case.title for word in options.cases)]
    card: Any = Pretended() if options.simulate else Card()
    print(card.name)
    lines: list[dict[str, Any]] = []
    for line in rows(card, chosen, options.share, quick=options.simulate):
        lines.append(line)
        print("  ".join(map(str, line.values())), flush=True)
    if options.out:
        _results.write(options.out, lines, COLUMNS, f"{_results.made()}; {card.name}")
    return 0 if lines and all(line["agrees"] for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
