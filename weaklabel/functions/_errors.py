"""Words for what goes wrong inside a labeling function."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import pandas as pd

from weaklabel._check import first_few

TRAVELLED = "<dynamic-code>"  # what cloudpickle calls the file of code that it carries along


class LabelingFunctionError(RuntimeError):
    """A labeling function raised an exception, which is the `__cause__` of this one.

    Attributes
    ----------
    function : str
        Name of the labeling function.
    """

    def __init__(self, message: str, function: str) -> None:
        super().__init__(message)
        self.function = function


class FaultWarning(UserWarning):
    """Labeling functions failed on some items and abstained there (``on_error="abstain"``)."""


@dataclass(frozen=True, kw_only=True)
class Faults:
    """Where one function failed, and why it did so first."""

    positions: np.ndarray  # int64, n_faults: positions of items in the frame, increasing
    cause: str | None  # the first cause in words
    exception: BaseException | None = None  # the first cause; None for an invalid vote
    whole: bool = False  # the function sees the whole frame, so no row is to blame

    def __len__(self) -> int:
        return len(self.positions)


NO_FAULTS = Faults(positions=np.empty(0, np.int64), cause=None)


def describe(exception: BaseException) -> str:
    """Say type and text of an exception on one line."""
    # str of a KeyError is the repr of its message: take the message itself
    text = exception.args[0] if isinstance(exception, KeyError) and exception.args else exception
    return f"{type(exception).__name__}: {text}"


def keep_traceback(exception: Exception, file: str | None = None) -> Exception:
    """Write the traceback into the exception, because it is lost between processes.

    An exception that cannot make the journey is replaced by a RuntimeError with its words.
    `file` is where the function was written: code that travelled does not know it any more.
    """
    told = traceback.TracebackException.from_exception(exception)
    told.stack = traceback.StackSummary.from_list(
        [
            (file, frame.lineno or 0, frame.name, None)
            if file and frame.filename == TRAVELLED
            else frame
            for frame in told.stack
        ]
    )
    note = "".join(told.format())
    try:
        travelled = deepcopy(exception)  # as pickling does: by class and arguments
    except Exception:  # a custom exception may fail to be made anew in any way
        travelled = None
    if not isinstance(travelled, Exception):
        travelled = RuntimeError(describe(exception))
    travelled.add_note(f"In a worker process:\n{note}")
    return travelled


def failure(name: str, faults: Faults, index: pd.Index, others: Sequence[str]) -> Exception:
    """Make the error for the first fault of a function; `others` failed as well."""
    if faults.whole:
        where = "on the whole frame"
        advice = "Probably the frame lacks a column or holds another type than expected. "
    else:
        where = f"for item {first_few(index[faults.positions[:1]])}"
        advice = "Probably it met a value that it does not expect, such as a missing one. "
    also = f" These failed as well: {first_few(list(others))}." if others else ""
    error = LabelingFunctionError(
        f"{name!r} failed {where}: {(faults.cause or '').rstrip('.')}. {advice}"
        f"Mend it or the data, or let it abstain where it fails with on_error='abstain'.{also}",
        function=name,
    )
    error.__cause__ = faults.exception
    return error


def fault_sentence(name: str, faults: Faults, index: pd.Index) -> str:
    """Say in one sentence where a function failed and abstained."""
    where = "the whole frame" if faults.whole else first_few(index[faults.positions])
    return (
        f"{name!r} failed on {len(faults)} of {len(index)} items and abstains there ({where}): "
        f"{faults.cause}"
    )
