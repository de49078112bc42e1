"""Call functions on slices of a frame, here or in other processes, and join the results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import joblib
import numpy as np
import pandas as pd

from weaklabel.functions._base import Computed, LabelingFunction, View
from weaklabel.functions._column import Column, concat, silent
from weaklabel.functions._errors import NO_FAULTS, Faults, describe, keep_traceback
from weaklabel.functions._parcel import Parcel
from weaklabel.functions._run_rows import call_rows
from weaklabel.functions.labeling_function import RowFunction

MOST_ROWS = 250_000  # in one slice: bounds the memory for lists and text indices
_SLICES_A_JOB = 4  # enough to share the work evenly, few enough to start quickly

Tick = Callable[[int], object]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a function said about a slice, and where it failed."""

    column: Column
    faults: Faults


@dataclass(frozen=True, kw_only=True)
class Task:
    """Call functions on one slice of the frame, which begins at position `start`."""

    frame: pd.DataFrame
    native: Any  # the whole frame as the user gave it, or an empty one of its kind
    start: int
    stop_at_fault: bool

    def run(self, functions: Sequence[LabelingFunction], tick: Tick) -> list[Outcome]:
        """Call the functions; they share lists of columns, rows and indices of texts."""
        view = View(self.frame, self.native)
        by_row = [function for function in functions if isinstance(function, RowFunction)]
        found = call_rows(
            by_row, view, start=self.start, stop_at_fault=self.stop_at_fault, tick=tick
        )
        outcomes = iter([Outcome(column=column, faults=faults) for column, faults in found])
        return [
            next(outcomes)
            if isinstance(function, RowFunction)
            else self._compute(cast("Computed", function), view, tick)
            for function in functions
        ]

    def run_elsewhere(self, parcel: Parcel) -> list[Outcome]:
        """Call the functions in a worker process: exceptions keep their traceback."""
        functions = parcel.open()
        outcomes = self.run(functions, lambda _: None)
        return [
            replace(outcome, faults=_portable(outcome.faults, getattr(function, "file", None)))
            for function, outcome in zip(functions, outcomes, strict=True)
        ]

    def _compute(self, function: Computed, view: View, tick: Tick) -> Outcome:
        """Call a function that votes on many items at once."""
        try:
            outcome = Outcome(column=function.compute(view), faults=NO_FAULTS)
        except Exception as error:  # whatever a function raises is a fault of it
            positions = np.arange(self.start, self.start + len(self.frame))
            faults = Faults(positions=positions, cause=describe(error), exception=error, whole=True)
            outcome = Outcome(column=silent(len(view)), faults=faults)
        tick(len(view))
        return outcome


Job = tuple[Task, Sequence[LabelingFunction]]


def _portable(faults: Faults, file: str | None) -> Faults:
    """Make faults of a function that was written in a file fit to travel between processes."""
    if not isinstance(faults.exception, Exception):
        return faults
    return replace(faults, exception=keep_traceback(faults.exception, file))


def run_all(
    functions: Sequence[LabelingFunction],
    frame: pd.DataFrame,
    *,
    native: Any,
    n_jobs: int | None,
    stop_at_fault: bool,
    tick: Tick,
) -> list[Outcome]:
    """Call functions on a frame; outcomes are in the order of the functions.

    `native` is the frame as the user gave it, maybe of another library.
    """
    workers: Any = 1 if n_jobs is None else joblib.effective_n_jobs(n_jobs)
    n_workers = int(workers)
    sliced = [function for function in functions if not function.whole_frame]
    whole = [function for function in functions if function.whole_frame]
    slices = _slices(len(frame), n_workers) if sliced else []
    tasks = [
        Task(
            frame=frame.iloc[start:stop],
            native=None if native is frame else native[:0],
            start=start,
            stop_at_fault=stop_at_fault,
        )
        for start, stop in slices
    ]
    everything = Task(
        frame=frame,
        native=None if native is frame else native,
        start=0,
        stop_at_fault=stop_at_fault,
    )
    jobs = [*((task, sliced) for task in tasks), *((everything, [f]) for f in whole)]
    results = list(_results(jobs, n_workers, tick))
    by_slice = [_join(list(parts)) for parts in zip(*results[: len(slices)], strict=True)]
    outcomes = {
        id(function): outcome
        for function, outcome in zip(
            [*sliced, *whole], [*by_slice, *(one for (one,) in results[len(slices) :])], strict=True
        )
    }
    return [outcomes[id(function)] for function in functions]


def _slices(n_items: int, n_workers: int) -> list[tuple[int, int]]:
    """Cut the items into stretches."""
    pieces = n_workers * _SLICES_A_JOB if n_workers > 1 else 1
    size = min(MOST_ROWS, max(1, -(-n_items // pieces)))
    return [(start, min(start + size, n_items)) for start in range(0, n_items, size)]


def _results(jobs: Sequence[Job], n_workers: int, tick: Tick) -> Iterator[list[Outcome]]:
    """Run the tasks, in order."""
    if n_workers == 1:
        yield from (task.run(functions, tick) for task, functions in jobs)
        return
    distinct = {id(functions): functions for _, functions in jobs}
    parcels = {key: Parcel.of(functions) for key, functions in distinct.items()}
    parallel = joblib.Parallel(n_jobs=n_workers, return_as="generator")
    done: Any = parallel(
        joblib.delayed(Task.run_elsewhere)(task, parcels[id(functions)]) for task, functions in jobs
    )
    for (task, functions), outcomes in zip(jobs, done, strict=True):
        tick(len(task.frame) * len(functions))
        yield outcomes


def _join(parts: Sequence[Outcome]) -> Outcome:
    """Put the outcomes of consecutive slices together."""
    faulty = [part.faults for part in parts if len(part.faults)]
    if any(faults.whole for faults in faulty):
        # it would depend on the slices where it still voted: it votes nowhere
        n_items = sum(len(part.column) for part in parts)
        first = next(faults for faults in faulty if faults.whole)
        return Outcome(column=silent(n_items), faults=replace(first, positions=np.arange(n_items)))
    column = concat([part.column for part in parts])
    if not faulty:
        return Outcome(column=column, faults=NO_FAULTS)
    positions = np.concatenate([faults.positions for faults in faulty])
    return Outcome(column=column, faults=replace(faulty[0], positions=positions))
