"""What is timed: votes, the systems that label them, and how the table is made."""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed import (
    apply,
    belief_propagation,
    mixture,
    neighbors,
    outofcore,
    sinkhorn,
    start,
)
from benchmarks.speed._processes import has_module, run_alone

Row = dict[str, Any]
COLUMNS = [
    *["case", "system", "seconds", "ratio_to_ours", "cpu_seconds", "peak_mb", "bandwidth_share"],
    *["agrees", "note"],
]


@dataclass(frozen=True, kw_only=True)
class Case:
    """Votes and the systems to time on them; the first system is the one to compare with.

    Attributes
    ----------
    title : str
        Of the case at full size.
    full, quick : dict
        ``draw``, the name of a function of `_votes`, and its arguments.
    systems : tuple of str
        Keys of `_systems.SYSTEMS`.
    sweeps : int
        Number of EM steps for systems that take it.
    """

    title: str
    full: dict[str, Any]
    quick: dict[str, Any]
    systems: tuple[str, ...]
    sweeps: int = 0


FEW = {"draw": "labeling_functions", "n_items": 50_000}
DENSE = {"draw": "labeling_functions", "n_items": 1_000_000}
SPARSE = DENSE | {"coverage": 0.02}
WIDE = {"draw": "labeling_functions", "n_items": 100_000, "n_sources": 200, "n_classes": 10}
CROWD = {"draw": "crowd", "n_items": 1_000_000, "n_sources": 1000}
SMALL_CROWD = {"draw": "crowd", "n_items": 100_000, "n_sources": 200}
MANY = {"draw": "many_sources", "n_items": 5000}
VOTERS = ("weaklabel MajorityVote", "snorkel MajorityLabelVoter", "crowd-kit MajorityVote")
MODELS = (
    "weaklabel LabelModel",
    "weaklabel DawidSkene",
    "snorkel LabelModel",
    "crowd-kit DawidSkene",
)
SWEEPS = ("weaklabel DawidSkene, sweeps, long", "crowd-kit DawidSkene, sweeps")

CASES = {
    "majority": Case(
        title="plain vote, {n_items:,} x 50 at 20 %", full=DENSE, quick=FEW, systems=VOTERS
    ),
    "fit": Case(
        title="label models, {n_items:,} x 50 at 20 %", full=DENSE, quick=FEW, systems=MODELS
    ),
    "fit-sparse": Case(
        title="label models, {n_items:,} x 50 at 2 %",
        full=SPARSE,
        quick=FEW | {"coverage": 0.02},
        systems=MODELS,
    ),
    "fit-classes": Case(
        title="label models, {n_items:,} x {n_sources} at 20 %, {n_classes} classes",
        full=WIDE,
        quick=WIDE | {"n_items": 2000},
        systems=MODELS,
    ),
    "many-sources": Case(
        title="label models, {n_items:,} x 1,200 at 2 %, 56 classes",
        full=MANY,
        quick=MANY | {"n_items": 300},
        systems=MODELS,
    ),
    "crowd": Case(
        title="crowd, {n_items:,} x 5 of {n_sources}, 4 classes",
        full=SMALL_CROWD,
        quick=SMALL_CROWD | {"n_items": 5000},
        systems=(
            "weaklabel LabelModel, long",
            "weaklabel DawidSkene, long",
            "weaklabel MajorityVote, long",
            "snorkel LabelModel",
            "crowd-kit DawidSkene",
            "crowd-kit MajorityVote",
        ),
    ),
    "crowd-sweeps": Case(
        title="10 E-steps of Dawid-Skene, crowd, {n_items:,} x 5 of {n_sources}, 4 classes",
        full=CROWD,
        quick=CROWD | {"n_items": 5000},
        sweeps=10,
        systems=SWEEPS,
    ),
}
BY_TEXTS = {100_000: tuple(apply.CASES), 1_000_000: ("all",)}  # number of texts, cases
APPLY = {"full": BY_TEXTS, "quick": {10_000: tuple(apply.CASES)}}
OUT_OF_CORE = {"full": [1_000_000, 10_000_000], "quick": [50_000]}
TRANSPORT = {"full": [(100_000, 10), (1_000_000, 10), (1_000_000, 100)], "quick": [(20_000, 5)]}
MIXTURE = {"full": 200_000, "quick": 2000}
BELIEFS = {"full": 1_000_000, "quick": 2000}  # items, in bags of 64, with 5 neighbors
NEIGHBORS = {
    "full": [
        ("some", "curved", 50_000),
        ("approximate", "curved", 50_000),
        ("approximate", "normal", 50_000),
        ("some", "curved", 500_000),
        ("approximate", "curved", 500_000),
    ],
    "quick": [("some", "curved", 6000), ("approximate", "curved", 6000)],
}
REFIT = {"full": 1_000_000, "quick": 5000}
OTHERS = ["apply", "outofcore", "sinkhorn", "mixture", "beliefs", "neighbors", "refit", "start"]


def rows(names: list[str], *, quick: bool, pythons: dict[str, str]) -> Iterator[Row]:
    """Measure cases, system by system.

    Parameters
    ----------
    names : list of str
        Of `OTHERS`, or keys of `CASES`.
    quick : bool
        Take the small sizes.
    pythons : dict
        The interpreter of each library that is there: "weaklabel", "snorkel", "crowd-kit".
    """
    size = "quick" if quick else "full"
    others: dict[str, Callable[[], Iterable[Row]]] = {
        "apply": lambda: _apply_rows(quick, pythons.get("snorkel")),
        "outofcore": lambda: _out_of_core_rows(quick),
        "sinkhorn": lambda: _transport_rows(TRANSPORT[size]),
        "mixture": lambda: mixture.table(MIXTURE[size]),
        "beliefs": lambda: belief_propagation.table(BELIEFS[size], 64, 5, 20),
        "neighbors": lambda: neighbors.table(NEIGHBORS[size]),
        "refit": lambda: start.refits(REFIT[size]),
        "start": lambda: [*start.imports(), *start.demo()],
    }
    for name in names:
        if name in others:
            for row in others[name]():
                ours = float("nan") if "seconds" not in row else row["seconds"]
                yield (
                    {"ratio_to_ours": 1.0, "seconds": ours} | row | {"agrees": float(row["agrees"])}
                )
        else:
            yield from _label_model_rows(CASES[name], quick, pythons)


def _transport_rows(shapes: list[tuple[int, int]]) -> Iterator[Row]:
    """Time entropic transport, and say which share of the bandwidth of memory a sweep takes."""
    speed = run_alone("benchmarks.speed._bandwidth:triad")["bytes_per_second"]
    for n_rows, n_columns in shapes:
        for row in sinkhorn.compared(n_rows, n_columns):
            width = 8 if "float64" in row["case"] else 4
            moved = n_rows * n_columns * width / speed
            yield row | {"bandwidth_share": moved / row["seconds"]}


def _apply_rows(quick: bool, snorkel_python: str | None) -> Iterator[Row]:
    """Time labeling functions; `agrees` is 1 where all votes are equal."""
    for n_rows, cases in APPLY["quick" if quick else "full"].items():
        for line in apply.table(n_rows, snorkel_python, cases):
            case = f"apply: {line['case']}, {n_rows:,} texts"
            yield line | {"case": case, "agrees": float(line["agrees"])}


def _out_of_core_rows(quick: bool) -> Iterator[Row]:
    """Time fit and prediction from disk; `agrees` is 1 where memory gives the same to 1e-10."""
    ours = math.nan
    for line in outofcore.rows(OUT_OF_CORE["quick" if quick else "full"], ["DawidSkene"], None):
        seconds = line["fit_s"] + line["predict_s"]
        from_disk = "difference" not in line
        ours = seconds if from_disk else ours
        yield line | {
            "case": f"fit and predict, {line['rows']:,} x {outofcore.N_SOURCES} at 10 %",
            "system": f"weaklabel {line['system']}",
            "seconds": seconds,
            "ratio_to_ours": seconds / ours,
            "agrees": math.nan if from_disk else float(line["difference"] < 1e-10),
        }


def _label_model_rows(case: Case, quick: bool, pythons: dict[str, str]) -> Iterator[Row]:
    """Time label models; `agrees` is the share of voted items with the same best class."""
    data = case.quick if quick else case.full
    title = case.title.format(**data)
    ours: np.ndarray | None = None
    reference: float | None = None
    with tempfile.TemporaryDirectory() as folder:
        run_alone("benchmarks.speed._votes:write", folder=folder, **data)
        for system in case.systems:
            python = pythons.get(system.split()[0])
            if python is None:
                continue
            runs = 1 if quick else 3
            plan = {"system": system, "votes": folder, "sweeps": case.sweeps, "runs": runs}
            found, labels = _measured(plan, python)
            if reference is None:
                ours, reference = labels, found["seconds"]
            yield found | {
                "case": title,
                "system": system,
                "ratio_to_ours": found["seconds"] / reference,
                "agrees": _agreement(ours, labels),
            }


def _measured(plan: dict[str, Any], python: str) -> tuple[Row, np.ndarray | None]:
    """Run a system in its own process; a failure becomes NaN and a note."""
    with tempfile.TemporaryDirectory() as folder:
        labels = Path(folder, "labels.npy")
        try:
            found = run_alone(
                "benchmarks.speed._systems:measure",
                python=python,
                labels=str(labels),
                **plan,
            )
        except RuntimeError as error:
            reason = str(error).splitlines()[-1][:120]
            return {"seconds": math.nan, "peak_mb": math.nan, "note": reason}, None
        return found | {"note": ""}, np.load(labels)


def _agreement(ours: np.ndarray | None, theirs: np.ndarray | None) -> float:
    """Share of equal labels, over items that we label."""
    if ours is None or theirs is None:
        return math.nan
    labelled = ours >= 0
    return float((ours == theirs)[labelled].mean())


def pythons(peer: str | None) -> dict[str, str]:
    """Find which libraries are there, and tell of those that are not.

    Parameters
    ----------
    peer : str or None
        Interpreter with the other libraries; None takes this one.
    """
    peer = peer or sys.executable
    found = {"weaklabel": sys.executable}
    for name, module in (("snorkel", "snorkel"), ("crowd-kit", "crowdkit")):
        if has_module(peer, module):
            found[name] = peer
        else:
            print(f"{name} left out: it is not installed; pip install 'weaklabel[bench]'")
    return found
