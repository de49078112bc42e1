"""Apply labeling functions to a frame: a column of votes each."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeVar

import numpy as np
import pandas as pd

from weaklabel._check import first_few
from weaklabel._frames import as_pandas, in_kind, kind_of
from weaklabel._progress import progress_bar
from weaklabel.functions import cache as votes_cache
from weaklabel.functions._base import LabelingFunction
from weaklabel.functions._classes import Classes
from weaklabel.functions._column import Column
from weaklabel.functions._content import DataKeys, function_key
from weaklabel.functions._errors import NO_FAULTS, Faults, FaultWarning, failure, fault_sentence
from weaklabel.functions._resolve import Resolved, as_frame, resolve
from weaklabel.functions._run import Outcome, Tick, run_all

Frame = TypeVar("Frame")  # of pandas, polars or Arrow


def apply(  # noqa: PLR0913 keyword-only choices
    functions: Iterable[LabelingFunction],
    frame: Frame,
    *,
    classes: Iterable[Hashable] | None = None,
    n_jobs: int | None = 1,
    progress: bool | None = None,
    on_error: Literal["raise", "abstain"] = "raise",
    cache: bool = True,
) -> Frame:
    """Apply labeling functions to a frame.

    Parameters
    ----------
    functions : iterable of LabelingFunction
        From `labeling_function`, or declared; their names differ.
    frame : DataFrame of pandas or polars, or Arrow table, n_items x n_columns
        The items; its index, if it has one, names them, each once.
    classes : iterable of hashable, or None
        Class names in order. Votes are then checked against them, and integer codes become names
        (unless a class is itself an integer: then integers are names). None: votes stay as they
        are, codes included.
    n_jobs : int or None
        Processes to use, as in joblib: -1 takes all processors. Votes are the same for any
        number. Row functions get stretches of the frame, vectorized ones the whole of it.
    progress : bool or None
        Show a progress bar. None shows one on a terminal or in a notebook only.
    on_error : {"raise", "abstain"}
        What to do where a function fails or returns something that is no vote. "abstain" counts
        it as a fault of the function and warns once.
    cache : bool
        Take votes from memory where neither function nor data changed, so that editing one
        function costs one column. The content counts, not the name: code, constants, defaults,
        closure, the globals it names and the helpers of your own that it calls; of the data the
        columns that a declared function reads, or all columns and the index. Functions whose
        content cannot be told (they hold something that cannot be pickled) and columns with
        faults are not kept. What a function reads from elsewhere (files, clocks, services) is not
        seen: use ``cache=False`` or `clear_cache` for those. Up to 256 MB are kept.

    Returns
    -------
    pandas.DataFrame, n_items x n_functions
        Votes on the index of `frame`, in its order; one column a function. Columns of single
        classes are Categorical (NaN abstains); where a function votes with sets, `Not` or dicts
        of probabilities, the column holds objects (None abstains). ``attrs["faults"]`` counts the
        faults of each function. Of polars or Arrow where `frame` is: null abstains there, lists
        are sets, structs are probabilities, and there are no counts of faults.

    Raises
    ------
    LabelingFunctionError
        If a function raises an exception; names function, item and cause. All other functions are
        still run and their votes cached, so nothing is lost.
    ValueError
        If a function returns something that is no vote, if two functions share a name, or if
        the index names an item twice.
    TypeError
        If `frame` is no frame, a function is no labeling function, or votes have no form in
        Arrow.

    Warns
    -----
    FaultWarning
        If functions failed and ``on_error="abstain"``.

    Examples
    --------
    >>> import pandas as pd
    >>> from weaklabel.functions import Keywords, Threshold
    >>> reviews = pd.DataFrame(
    ...     {"text": ["I want a refund", "Fine"], "stars": [1, 5]}, index=["r-1", "r-2"]
    ... )
    >>> apply(
    ...     [Keywords("refund", vote="bad"), Threshold("stars", vote="fine", low=4)],
    ...     reviews,
    ...     classes=["bad", "fine"],
    ... )
        keywords_refund stars_from_4
    r-1             bad          NaN
    r-2             NaN         fine
    """
    functions = _checked_functions(functions)
    _check_choice(on_error)
    kind = kind_of(frame)
    native, items = frame, _checked_frame(as_pandas(frame))
    known = Classes(classes)
    total = len(functions) * len(items)
    with progress_bar(progress, total, "labeling functions", unit=" votes", unit_scale=True) as bar:
        outcomes = _outcomes(
            functions,
            items,
            native=native,
            n_jobs=n_jobs,
            stop_at_fault=on_error == "raise",
            cache=cache,
            tick=bar.update,
        )
    names = [function.name for function in functions]
    resolved = {
        name: resolve(outcome.column, known) for name, outcome in zip(names, outcomes, strict=True)
    }
    faults = {
        name: _all_faults(outcome.faults, resolved[name])
        for name, outcome in zip(names, outcomes, strict=True)
    }
    _report(faults, resolved, items.index, known, on_error)
    votes = as_frame(resolved, items.index, known)
    votes.attrs["faults"] = {name: len(each) for name, each in faults.items()}
    return in_kind(votes, kind, classes=known.declared or ())


def _outcomes(
    functions: Sequence[LabelingFunction],
    frame: pd.DataFrame,
    *,
    cache: bool,
    tick: Tick,
    **settings: Any,
) -> list[Outcome]:
    """Find votes in the cache, run what is not there."""
    if not len(frame):
        return [Outcome(column=votes_cache.EMPTY, faults=NO_FAULTS) for _ in functions]
    keys = (
        _keys(functions, frame, kind_of(settings["native"])) if cache else [None] * len(functions)
    )
    columns: list[Column | None] = [votes_cache.get(key) for key in keys]
    missing = [f for f, column in zip(functions, columns, strict=True) if column is None]
    tick(len(frame) * (len(functions) - len(missing)))
    fresh = iter(run_all(missing, frame, tick=tick, **settings) if missing else [])
    outcomes = [
        next(fresh) if column is None else Outcome(column=column, faults=NO_FAULTS)
        for column in columns
    ]
    for key, outcome in zip(keys, outcomes, strict=True):
        if not len(outcome.faults):
            votes_cache.put(key, outcome.column)
    return outcomes


def _keys(
    functions: Sequence[LabelingFunction], frame: pd.DataFrame, kind: str
) -> list[bytes | None]:
    """Digest functions and the data they read."""
    data = DataKeys(frame, kind)
    keys: list[bytes | None] = []
    for function in functions:
        parts = function_key(function), data.key(function)
        keys.append(None if None in parts else b"".join(filter(None, parts)))
    return keys


def _all_faults(failed: Faults, resolved: Resolved) -> Faults:
    """Count invalid votes among the faults."""
    if not len(resolved.invalid):
        return failed
    words = f"it returned {resolved.value!r}. {resolved.reason}"
    return replace(
        failed,
        positions=np.union1d(failed.positions, resolved.invalid),
        cause=failed.cause or words,
    )


def _report(
    faults: dict[str, Faults],
    resolved: dict[str, Resolved],
    index: pd.Index,
    classes: Classes,
    on_error: str,
) -> None:
    """Raise for the first function at fault, or warn of all."""
    faulty = [name for name, each in faults.items() if len(each)]
    if not faulty:
        return
    if on_error == "abstain":
        sentences = [fault_sentence(name, faults[name], index) for name in faulty]
        text = "\n".join(sentences)
        warnings.warn(
            f"{text}\nThose votes are missing. Mend the functions or the data; "
            "attrs['faults'] has the counts.",
            FaultWarning,
            stacklevel=3,
        )
        return
    name, *others = sorted(faulty, key=lambda name: faults[name].exception is None)
    if faults[name].exception is None:
        raise resolved[name].error(name, index, classes)
    raise failure(name, faults[name], index, others)


def _checked_functions(functions: Any) -> list[LabelingFunction]:
    """Check that they are labeling functions with names of their own."""
    functions = [functions] if isinstance(functions, LabelingFunction) else list(functions)
    strange = [each for each in functions if not isinstance(each, LabelingFunction)]
    if strange:
        shown = first_few([getattr(each, "__name__", repr(each)) for each in strange])
        msg = (
            f"{shown}: no labeling function. Probably the decorator is missing; write "
            "@labeling_function above the function."
        )
        raise TypeError(msg)
    names = pd.Index([function.name for function in functions], dtype=object)
    if not names.is_unique:
        twice = first_few(names[names.duplicated()].unique())
        msg = (
            f"Several functions are named {twice}. Votes are kept by name; give each function its "
            "own with name=..., or leave out the one that is there twice."
        )
        raise ValueError(msg)
    return functions


def _checked_frame(frame: Any) -> pd.DataFrame:
    """Check that it is a frame whose index names every item once."""
    if not isinstance(frame, pd.DataFrame):
        msg = (
            f"apply wants a DataFrame of pandas or polars, or an Arrow table, not "
            f"{type(frame).__name__}. Convert it, for example with frame.collect() or "
            "pd.DataFrame({'text': texts})."
        )
        raise TypeError(msg)
    if not frame.index.is_unique:
        twice = frame.index[frame.index.duplicated()].unique()
        msg = (
            f"The index names {len(twice)} items more than once: {first_few(twice)}. Probably "
            "frames were concatenated; give each item its own label, for example with "
            "frame.reset_index(drop=True)."
        )
        raise ValueError(msg)
    return frame


def _check_choice(on_error: str) -> None:
    """Check the policy for faults."""
    if on_error not in {"raise", "abstain"}:
        msg = f"on_error={on_error!r} is unknown. Give 'raise' or 'abstain'."
        raise ValueError(msg)
