"""Time weaklabel beside other libraries: the same data, one run, one machine.

``python -m benchmarks.speed [--cases A B] [--quick] [--peer-python PATH] [--out CSV]``

Every system runs in a process of its own. Seconds are the median of three runs (one with
``--quick``, fewer where they take long) after one on little data, from votes in the form that the
library wants, to labels. `peak_mb` is the most memory its process had, libraries and data
included; `cpu_seconds` are those of all threads: on a busy machine compare these. What takes more
than 8 GiB of address space or 300 s is given up, and `note` says so. `bandwidth_share` is what a
pass over the input takes of the bandwidth of memory, measured by a triad in the same run.
`agrees` is the share of items that get our label.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks import _results
from benchmarks.speed import _cases
from benchmarks.speed._processes import run_alone


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table; 1 if one of our own systems failed."""
    names = [*_cases.OTHERS, *_cases.CASES]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", nargs="+", choices=names, default=names)
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("--peer-python", help="interpreter with snorkel and crowd-kit")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    parser.add_argument("--note", nargs="*", default=[], help="what else to say of the run")
    chosen = parser.parse_args(arguments)
    pythons = _cases.pythons(chosen.peer_python)
    rows = []
    made = _results.made(peers=_versions(pythons)) + "".join(f"; {note}" for note in chosen.note)
    for row in _cases.rows(chosen.cases, quick=chosen.quick, pythons=pythons):
        rows.append(row)
        print(_line(row), flush=True)
        if chosen.out:  # as it goes: a run may take an hour
            _results.write(chosen.out, rows, _cases.COLUMNS, made)
    return int(any(row["system"].startswith("weaklabel") and row.get("note") for row in rows))


def _versions(pythons: dict[str, str]) -> dict[str, str]:
    """Give the versions of the libraries compared with."""
    others = {python for library, python in pythons.items() if library != "weaklabel"}
    if not others:
        return {}
    return run_alone("benchmarks.quality._peer_models:available", python=others.pop())["versions"]


def _line(row: _cases.Row) -> str:
    """Say what one system did on one case."""
    return (
        f"{row['case']:52} {row['system']:35} {row['seconds']:9.3f} s "
        f"{row['ratio_to_ours']:7.1f} x  cpu {row.get('cpu_seconds', float('nan')):7.2f} s  "
        f"{row['peak_mb']:7.0f} MB  "
        f"agrees {row['agrees']:.4f}  {row.get('note', '')}"
    )


if __name__ == "__main__":
    sys.exit(main())
