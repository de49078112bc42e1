"""Apply labeling functions to more data than memory holds."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any, Literal

import pandas as pd

from weaklabel._check import first_few
from weaklabel._frames import refuse_clashes
from weaklabel._progress import progress_bar
from weaklabel.functions import FaultWarning, LabelingFunction
from weaklabel.functions import apply as apply_to_frame
from weaklabel.functions._content import function_key
from weaklabel.functions._forms import Forms, voting_with_sets
from weaklabel.outofcore._memory import in_bytes, rows_within
from weaklabel.outofcore._parts import Parts
from weaklabel.outofcore._source import Source, Unit, digest

OnError = Literal["raise", "abstain"]
TEXT_GROWS = 16  # lists of Python strings and indices of words beside the text itself


def apply(  # noqa: PLR0913 keyword-only choices
    functions: Iterable[LabelingFunction],
    data: Any,
    out: Any,
    *,
    classes: Sequence[Hashable],
    index: str | Sequence[str] = (),
    columns: Sequence[str] | None = None,
    sets: Sequence[str] = (),
    memory: int | str = "1GB",
    n_jobs: int | None = 1,
    on_error: OnError = "raise",
    overwrite: bool = False,
    progress: bool | None = None,
) -> pd.Series:
    """Apply labeling functions to files, a batch of rows at a time, and write the votes.

    Parameters
    ----------
    functions : iterable of LabelingFunction
        Vectorized ones and models see one batch at a time: a DataFrame whose index are the
        columns `index`, or else row numbers.
    data : path-like or iterable of path-like
        Parquet or Arrow files, or folders of them.
    out : path-like
        Folder for Parquet files: the columns `index`, then one column of votes a function; rows
        in the order of the data. If a run was stopped, the next goes on where it stopped.
    classes : sequence of hashable
        Class names in order.
    index : str or sequence of str
        Columns that name the items; they are written with the votes.
    columns : sequence of str or None
        Columns that the functions read; None reads all. The fewer, the faster.
    sets : sequence of str
        Names of functions that vote with sets of classes on some rows; their columns hold lists.
        Those that are declared with a set or `Not` need not be named.
    memory : int or str
        What data may take, beside libraries and compiled code (some 300 MB): bytes, or "2GB".
    n_jobs : int or None
        Processes to use for a batch, as in joblib; they share `memory`.
    on_error : {"raise", "abstain"}
        As in `weaklabel.apply`.
    overwrite : bool
        Start anew where `out` holds votes on other data or of other functions, or of functions
        whose content cannot be told.
    progress : bool or None
        Show a progress bar. None shows one on a terminal or in a notebook only.

    Returns
    -------
    pandas.Series, n_functions
        How many faults each function had, stopped runs included.

    Raises
    ------
    FileExistsError
        If `out` holds other files, or was begun with something else.
    ValueError
        If `out` holds votes of functions whose content cannot be told, or faults where
        ``on_error="raise"``; if columns have one name; or if a function votes with sets only on
        later rows and is not named in `sets`.
    LabelingFunctionError, ValueError, TypeError
        As in `weaklabel.apply`.

    Warns
    -----
    FaultWarning
        If functions failed and ``on_error="abstain"``.

    Examples
    --------
    >>> import tempfile, weaklabel as wl
    >>> from weaklabel import outofcore
    >>> reviews = pd.DataFrame({"id": ["r1", "r2"], "text": ["I want a refund", "Fine"]})
    >>> refund = wl.Keywords("refund", vote="bad", name="refund")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     reviews.to_parquet(f"{folder}/reviews.parquet")
    ...     faults = outofcore.apply(
    ...         [refund], f"{folder}/reviews.parquet", f"{folder}/votes",
    ...         classes=["bad", "fine"], index="id",
    ...     )
    ...     pd.read_parquet(f"{folder}/votes")["refund"].notna().tolist()
    [True, False]
    """
    functions = list(functions)
    source = Source(data, "data")
    labels = [index] if isinstance(index, str) else list(index)
    read = list(dict.fromkeys([*labels, *(source.columns if columns is None else columns)]))
    source.refuse_absent(read)
    refuse_clashes(
        [*labels, *(f.name for f in functions)],
        "Name a function differently by name=..., or rename the column of the data.",
    )
    with_sets = voting_with_sets(functions, sets)
    units = source.units()
    keys = {str(f.name): function_key(f) for f in functions}
    told = [(name, (key or b"").hex()) for name, key in keys.items()]
    made_of = digest(source.key(), labels, list(classes), told, read, sorted(with_sets))
    parts = Parts(out, [unit.name for unit in units], made_of, overwrite=overwrite)
    stale = _stale(parts, [name for name, key in keys.items() if key is None], on_error)
    if stale and not overwrite:
        raise ValueError(stale)
    if stale:
        parts.start_anew()
    forms = Forms(list(classes), with_sets)
    forms.take_up(parts.schema() or ())
    row = TEXT_GROWS * source.bytes_a_row + 30 * len(functions) + 64
    batch = _Batch(functions, labels, forms, n_jobs, on_error)
    n_rows = rows_within(in_bytes(memory) // 2, row)
    with progress_bar(progress, source.n_rows, "rows", unit=" rows", unit_scale=True) as bar:
        missing = set(parts.missing())
        for number, unit in enumerate(units):
            if number in missing:
                parts.write(number, batch.tables(source, unit, read, n_rows), batch.faults)
            bar.update(unit.n_rows)
    parts.finish()
    return _total(parts, [f.name for f in functions], source.n_rows)


def _stale(parts: Parts, untold: list[str], on_error: OnError) -> str:
    """Say why votes that are there cannot be kept; nothing if they can."""
    if len(parts.missing()) == len(parts.names):
        return ""
    folder = str(parts.folder)
    if untold:
        return (
            f"{folder!r} holds votes of {first_few(untold)}, and whether these functions changed "
            "since cannot be told: they hold something that cannot be read, such as a lock or a "
            "lambda in a pipeline. Give overwrite=True to start anew, or name another folder."
        )
    if on_error == "raise" and any(parts.notes.values()):
        return (
            f"{folder!r} holds votes of functions that failed on some rows, and on_error='raise' "
            "wants none. Give on_error='abstain' to go on, or overwrite=True to start anew."
        )
    return ""


class _Batch:
    """Applies functions to one batch of rows after the other."""

    def __init__(
        self,
        functions: list[LabelingFunction],
        labels: list[str],
        forms: Forms,
        n_jobs: int | None,
        on_error: OnError,
    ) -> None:
        self.functions, self.labels, self.forms = functions, labels, forms
        self.n_jobs = n_jobs
        self.on_error: OnError = on_error
        self._faults: dict[str, int] = {}

    def faults(self) -> dict[str, int]:
        """Count the faults in the tables given last."""
        return {name: number for name, number in self._faults.items() if number}

    def tables(self, source: Source, unit: Unit, read: list[str], n_rows: int) -> Iterator[Any]:
        """Give the votes on a unit, batch by batch."""
        self._faults = {}
        first = unit.first
        for table in source.batches(unit, read, n_rows):
            yield self._votes(table, first)
            first += table.num_rows

    def _votes(self, table: Any, first: int) -> Any:
        """Vote on a batch; the warning comes once, at the end."""
        import pyarrow as pa

        frame: pd.DataFrame = table.to_pandas()
        frame.index = pd.RangeIndex(first, first + len(frame))
        if self.labels:
            frame = frame.set_index(self.labels, drop=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FaultWarning)
            votes = apply_to_frame(
                self.functions,
                frame,
                classes=self.forms.classes,
                n_jobs=self.n_jobs,
                on_error=self.on_error,
                cache=False,
                progress=False,
            )
        for name, number in votes.attrs["faults"].items():
            self._faults[name] = self._faults.get(name, 0) + number
        numbered = votes.set_axis(pd.RangeIndex(len(votes)))
        columns = {name: table.column(name) for name in self.labels}
        columns |= {str(name): self.forms.array(numbered[name], first) for name in numbered}
        return pa.table(columns)


def _total(parts: Parts, names: list[str], n_rows: int) -> pd.Series:
    """Add up the faults of all parts, and warn of them."""
    faults = pd.Series(0, index=pd.Index(names, dtype=object), name="faults")
    for counts in parts.notes.values():
        for name, number in counts.items():
            faults[name] += number
    if faults.any():
        told = [f"{name!r} failed on {n} of {n_rows} rows" for name, n in faults.items() if n]
        text = f"{'; '.join(told)}, and abstains there. Mend the functions or the data."
        warnings.warn(text, FaultWarning, stacklevel=3)
    return faults
