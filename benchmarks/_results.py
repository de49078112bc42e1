"""Write tables as CSV under a line that says when, on what machine and with what they were made."""

from __future__ import annotations

import csv
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

OURS = ("weaklabel", "numpy", "pandas", "scipy", "scikit-learn", "numba")


def machine() -> str:
    """Describe the machine by what matters for time and memory."""
    bytes_ = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    kind = platform.machine().replace("_", "-")
    return f"{os.cpu_count()}-core {kind}, {round(bytes_ / 2**30)} GiB, {platform.system()}"


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Give the versions of Python and of those packages that are installed."""
    found = {"Python": platform.python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def made(**others: Mapping[str, str]) -> str:
    """Say when, on what and with which versions; `others` are environments besides this one."""
    parts = [f"{datetime.now(UTC):%Y-%m-%d}", machine(), _listed(versions(OURS))]
    parts += [f"{name}: {_listed(found)}" for name, found in others.items() if found]
    return "; ".join(parts)


def _listed(found: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in found.items())


def write(path: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str], how: str) -> None:
    """Write rows as CSV below a comment line that says how they were made.

    Numbers get as many digits as carry meaning; missing ones stay empty.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write(f"# {how}\n")
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _text(row.get(name)) for name in columns} for row in rows)


def read(path: Path) -> pd.DataFrame:
    """Read such a table; the comment line is left out."""
    return pd.read_csv(path, comment="#")


def _text(value: Any) -> Any:
    """Write a number with six significant digits, and nothing for none."""
    if isinstance(value, float):
        return "" if value != value else f"{value:.6g}"  # noqa: PLR0124 - NaN alone is not itself
    return value
