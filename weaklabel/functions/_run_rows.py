"""Call functions row by row: stretch by stretch, so that all of them share the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from weaklabel.functions._base import View
from weaklabel.functions._column import Column, from_list, silent
from weaklabel.functions._errors import NO_FAULTS, Faults, describe
from weaklabel.functions._row import Row
from weaklabel.functions.labeling_function import RowFunction

STRIDE = 1000  # items that functions take turns on, and between two reports of progress


class Caller:
    """Calls one function on one row after the other; where it fails it abstains."""

    def __init__(self, function: RowFunction, *, stop_at_fault: bool) -> None:
        self.stop_at_fault = stop_at_fault
        self.votes: list[Any] = []
        self.failed: list[int] = []  # positions in the slice
        self.first: Exception | None = None
        self.could_load = True
        self.body: Callable[[Row], Any] = function.body
        try:
            resources = function.load()
        except Exception as error:  # whatever a function raises is a fault of it
            self.could_load, self.first = False, error
            return
        if resources:
            self.body = partial(function.body, **resources)

    def vote(self, rows: Sequence[Row]) -> None:
        """Vote on further rows."""
        if not self.could_load or (self.failed and self.stop_at_fault):
            self.votes += [None] * len(rows)
            return
        before = len(self.votes)
        while len(self.votes) < before + len(rows):
            try:
                self.votes.extend(map(self.body, islice(rows, len(self.votes) - before, None)))
            except Exception as error:  # what came before the fault has been appended
                self._fail(error)
            else:
                if len(self.votes) < before + len(rows):  # `map` takes this one for its own end
                    self._fail(StopIteration())

    def _fail(self, error: Exception) -> None:
        """Abstain on the next row, and remember why."""
        self.failed.append(len(self.votes))
        self.first = self.first or error
        self.votes.append(None)

    def outcome(self, start: int) -> tuple[Column, Faults]:
        """Give votes and faults on a slice that begins at position `start`."""
        if self.first is None:
            return from_list(self.votes), NO_FAULTS
        n_items = len(self.votes)
        failed = np.array(self.failed, np.int64) if self.could_load else np.arange(n_items)
        faults = Faults(
            positions=start + failed,
            cause=describe(self.first),
            exception=self.first,
            whole=not self.could_load,
        )
        return from_list(self.votes) if self.could_load else silent(n_items), faults


def call_rows(
    functions: Sequence[RowFunction],
    view: View,
    *,
    start: int,
    stop_at_fault: bool,
    tick: Callable[[int], object],
) -> list[tuple[Column, Faults]]:
    """Call functions on every item of a slice that begins at position `start`."""
    callers = [Caller(function, stop_at_fault=stop_at_fault) for function in functions]
    for first in range(0, len(view) if callers else 0, STRIDE):
        last = min(first + STRIDE, len(view))
        rows = [Row(view.columns, position) for position in range(first, last)]
        for caller in callers:
            caller.vote(rows)
            tick(len(rows))
    return [caller.outcome(start) for caller in callers]
