"""Call functions on slices of a frame, here or in other processes, and join the results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import joblib
import numpy as np
import pandas as pd

from weaklabel.functions._base import Computed, LabelingFunction, View
from weaklabel.functions._column import Column, concat, from_list, silent
from weaklabel.functions._errors import NO_FAULTS, Faults, describe, keep_traceback
from weaklabel.functions._row import Row
from weaklabel.functions.labeling_function import RowFunction

MOST_ROWS = 250_000  # in one slice: bounds the memory for lists and text indices
_STRIDE = 1000  # items between two reports of progress
_SLICES_A_JOB = 4  # enough to share the work evenly, few enough to start quickly

Tick = Callable[[int], object]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a function said about a slice, and where it failed."""

    column: Column
    faults: Faults


@dataclass(frozen=True, kw_only=True)
class Task:
    """Functions to call on one slice of the frame, which begins at position `start`."""

    functions: Sequence[LabelingFunction]
    frame: pd.DataFrame
    start: int
    stop_at_fault: bool

    def run(self, tick: Tick) -> list[Outcome]:
        """Call the functions; they share lists of columns and indices of texts."""
        view = View(self.frame)
        return [self._call(function, view, tick) for function in self.functions]

    def run_elsewhere(self) -> list[Outcome]:
        """Call the functions in a worker process: exceptions keep their traceback."""
        outcomes = self.run(lambda _: None)
        return [
            replace(outcome, faults=_portable(outcome.faults, getattr(function, "file", None)))
            for function, outcome in zip(self.functions, outcomes, strict=True)
        ]

    def _call(self, function: LabelingFunction, view: View, tick: Tick) -> Outcome:
        """Call one function on the slice."""
        if isinstance(function, RowFunction):
            return self._call_rows(function, view, tick)
        return self._compute(cast("Computed", function), view, tick)

    def _compute(self, function: Computed, view: View, tick: Tick) -> Outcome:
        """Call a function that votes on many items at once."""
        try:
            outcome = Outcome(column=function.compute(view), faults=NO_FAULTS)
        except Exception as error:  # whatever a function raises is a fault of it
            outcome = Outcome(column=silent(len(view)), faults=self._whole_fault(error))
        tick(len(view))
        return outcome

    def _call_rows(self, function: RowFunction, view: View, tick: Tick) -> Outcome:
        """Call a row function on every item; where it fails it abstains."""
        try:
            resources = function.load()
        except Exception as error:
            return Outcome(column=silent(len(view)), faults=self._whole_fault(error))
        votes: list[Any] = []
        failed: list[int] = []
        first: Exception | None = None
        while len(votes) < len(view):
            rows = _rows(view, len(votes), min(len(votes) + _STRIDE, len(view)))
            before = len(votes)
            error = _extend(votes, function.body, rows, resources)
            if error is not None:
                failed.append(self.start + len(votes))
                votes.append(None)
                first = first or error
                if self.stop_at_fault:
                    votes += [None] * (len(view) - len(votes))
            tick(len(votes) - before)
        return Outcome(column=from_list(votes), faults=_faults(failed, first))

    def _whole_fault(self, error: Exception) -> Faults:
        """Blame the whole slice."""
        positions = np.arange(self.start, self.start + len(self.frame))
        return Faults(positions=positions, cause=describe(error), exception=error, whole=True)


def _rows(view: View, start: int, stop: int) -> Iterator[Row]:
    """Make the rows of a stretch."""
    return (Row(view.columns, position) for position in range(start, stop))


def _extend(
    votes: list[Any], body: Callable[..., Any], rows: Iterable[Row], resources: dict[str, Any]
) -> Exception | None:
    """Append the votes of the rows up to the first that fails; return its exception."""
    try:
        if resources:
            for row in rows:
                votes.append(body(row, **resources))  # noqa: PERF401 keeps what came before a fault
        else:
            votes.extend(map(body, rows))
    except Exception as error:
        return error
    return None


def _faults(failed: list[int], first: Exception | None) -> Faults:
    """Describe the faults of a row function."""
    if first is None:
        return NO_FAULTS
    return Faults(
        positions=np.array(failed, np.int64), cause=describe(first), exception=first, whole=False
    )


def _portable(faults: Faults, file: str | None) -> Faults:
    """Make faults of a function that was written in a file fit to travel between processes."""
    if not isinstance(faults.exception, Exception):
        return faults
    return replace(faults, exception=keep_traceback(faults.exception, file))


def run_all(
    functions: Sequence[LabelingFunction],
    frame: pd.DataFrame,
    *,
    n_jobs: int | None,
    stop_at_fault: bool,
    tick: Tick,
) -> list[Outcome]:
    """Call functions on a frame; outcomes are in the order of the functions."""
    workers: Any = 1 if n_jobs is None else joblib.effective_n_jobs(n_jobs)
    n_workers = int(workers)
    sliced = [function for function in functions if not function.whole_frame]
    whole = [function for function in functions if function.whole_frame]
    slices = _slices(len(frame), n_workers) if sliced else []
    tasks = [
        *(
            Task(
                functions=sliced,
                frame=frame.iloc[start:stop],
                start=start,
                stop_at_fault=stop_at_fault,
            )
            for start, stop in slices
        ),
        *(Task(functions=[f], frame=frame, start=0, stop_at_fault=stop_at_fault) for f in whole),
    ]
    results = list(_results(tasks, n_workers, tick))
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


def _results(tasks: Sequence[Task], n_workers: int, tick: Tick) -> Iterator[list[Outcome]]:
    """Run the tasks, in order."""
    if n_workers == 1:
        yield from (task.run(tick) for task in tasks)
        return
    parallel = joblib.Parallel(n_jobs=n_workers, return_as="generator")
    done: Any = parallel(joblib.delayed(Task.run_elsewhere)(task) for task in tasks)
    for task, outcomes in zip(tasks, done, strict=True):
        tick(len(task.frame) * len(task.functions))
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
