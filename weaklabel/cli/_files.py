"""Frames from files and into files: CSV, JSON lines and Parquet."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd

from weaklabel._check import first_few
from weaklabel.cli._errors import CommandError
from weaklabel.cli._task import Task

STDIO = "-"
ROW = "row"  # name of an index that has none


# ---- reading --------------------------------------------------------------------------------


def read_items(task: Task, source: str | None, index: str | None = None) -> pd.DataFrame:
    """Read the items of a task, indexed by their names.

    Parameters
    ----------
    task : Task
    source : str or None
        A file, ``"-"`` for standard input, or None for the data that the task loads itself.
    index : str or None
        Column that names the items; None takes the index that the file stores, or row numbers.

    Raises
    ------
    CommandError
        If there are no data, they cannot be read, or the index does not name every item once.
    """
    frame = _loaded(task) if source is None else _read(source, index)
    shown = f"The data of {task.name!r}" if source is None else repr(source)
    if not len(frame):
        msg = f"{shown} has no rows, so that there is nothing to label. Is it the right file?"
        raise CommandError(msg)
    if index is not None:
        require_column(frame, index, "--index", shown)
        # functions may read the column, too
        frame = frame.set_index(index, drop=False)
    _check_index(frame.index, index, shown)
    return frame


def require_column(frame: pd.DataFrame, column: str, option: str, shown: str) -> None:
    """Refuse a column that is not there.

    Raises
    ------
    CommandError
        Lists the columns that there are.
    """
    if column not in frame.columns:
        msg = (
            f"{shown} has no column {column!r} for {option}. Its columns are "
            f"{first_few(frame.columns, 12)}. Name one of them."
        )
        raise CommandError(msg)


def _loaded(task: Task) -> pd.DataFrame:
    """Load the data that come with a task."""
    if task.load is None:
        msg = (
            f"No data were given, and task {task.name!r} has no load() that brings some. Add the "
            "file with the items: a .csv, .jsonl or .parquet, or - for standard input."
        )
        raise CommandError(msg)
    return task.load()


def _read(source: str, index: str | None) -> pd.DataFrame:
    """Read a file or standard input."""
    if source == STDIO:
        data = sys.stdin.buffer.read()
        kind = ".jsonl" if data.lstrip()[:1] == b"{" else ".csv"
        return _parsed(BytesIO(data), kind, "standard input", index)
    path = Path(source)
    kind = path.suffix.lower()
    if kind not in READERS:
        msg = (
            f"{source!r} ends in {path.suffix!r}, a format that is not read here. Convert it to "
            ".csv, .jsonl (one object a line) or .parquet."
        )
        raise CommandError(msg)
    if not path.is_file():
        msg = (
            f"There is no file {source!r}. Check the path; {str(Path.cwd())!r} is the folder here."
        )
        raise CommandError(msg)
    return _parsed(path, kind, source, index)


def _parsed(data: Path | BytesIO, kind: str, shown: str, index: str | None) -> pd.DataFrame:
    """Parse data of a kind; say so if they are of another."""
    try:
        return _read_csv(data, index) if kind == ".csv" else READERS[kind](data)
    except (ValueError, OSError) as error:  # parsers, decoders and Arrow raise ValueErrors
        reason = str(error).strip().rstrip(".")
        msg = (
            f"{shown!r} cannot be read as {kind[1:]}: {reason}. Probably it is cut short, in "
            "another format, or not in UTF-8. Open it and look, or write it anew."
        )
        raise CommandError(msg) from error


def _read_csv(data: Any, index: str | None = None) -> pd.DataFrame:
    """Read CSV as pandas does, but names of items as they are written: "007" is not 7."""
    if index is None:
        return pd.read_csv(data)
    frame = pd.read_csv(data, dtype={index: "str"})
    return frame.assign(**{index: _as_written(frame[index])}) if index in frame else frame


def _as_written(names: pd.Series) -> pd.Series:
    """Turn names into integers where that loses nothing."""
    try:
        numbers = names.astype("int64")
    except (TypeError, ValueError, OverflowError):
        return names
    return numbers if (numbers.astype("str") == names).all() else names


def _read_jsonl(data: Path | BytesIO) -> pd.DataFrame:
    """Read one JSON object a line; strings stay strings even if they look like dates or numbers."""
    text = (data.read_bytes() if isinstance(data, Path) else data.read()).decode("utf-8-sig")
    rows: list[dict[str, Any]] = []
    # not `splitlines`: JSON strings may hold other line ends than this one
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            row = json.loads(line) if line.strip() else None
        except json.JSONDecodeError as error:
            msg = f"line {number}: {error}"
            raise ValueError(msg) from error
        if not isinstance(row, dict | None):
            msg = f'line {number} holds no object such as {{"id": 1, "text": "..."}}'
            raise ValueError(msg)
        rows += [row] if row is not None else []
    return pd.DataFrame(rows)


READERS: dict[str, Callable[..., pd.DataFrame]] = {
    ".csv": _read_csv,
    ".jsonl": _read_jsonl,
    ".parquet": pd.read_parquet,
}


def _check_index(index: pd.Index, option: str | None, shown: str) -> None:
    """Refuse an index that does not name every item, each once."""
    called = "the stored index" if option is None else f"column {option!r}"
    missing = index.hasnans and int(index.to_series().isna().sum())
    if missing:
        msg = (
            f"In {shown}, {called} is empty in {missing} rows. Results are matched by it, so that "
            "every item needs its name. Fill it, or leave --index out: rows are then numbered."
        )
        raise CommandError(msg)
    if not index.is_unique:
        twice = index[index.duplicated()].unique()
        msg = (
            f"In {shown}, {called} names {len(twice)} items more than once: {first_few(twice)}. "
            "Probably it is no key, or files were put together. Choose a column that names every "
            "item once, or leave --index out: rows are then numbered."
        )
        raise CommandError(msg)


# ---- writing --------------------------------------------------------------------------------


def check_outputs(inputs: Sequence[str | None], outputs: dict[str, str | None]) -> None:
    """Refuse, before any work, files that must not or cannot be written.

    Parameters
    ----------
    inputs : sequence of str or None
        Files that are read.
    outputs : dict of option to file
        Files that will be written; None where there is none.

    Raises
    ------
    CommandError
        If a folder does not exist, or a file would replace an input or another output.
    """
    taken = {Path(name).resolve(): "is read" for name in inputs if name and name != STDIO}
    for option, name in outputs.items():
        if not name or name == STDIO:
            continue
        path = Path(name).resolve()
        if path in taken:
            msg = (
                f"{option} {name} would replace a file that {taken[path]}. Nothing was written. "
                "Choose another name."
            )
            raise CommandError(msg)
        if path.is_dir() or not path.parent.is_dir():
            what = "is a folder" if path.is_dir() else "is in a folder that does not exist"
            msg = f"{option} {name} {what}. Nothing was written. Name a file in a folder there is."
            raise CommandError(msg)
        taken[path] = f"{option} writes"


def check_format(option: str, name: str) -> None:
    """Refuse a format that cannot be written.

    Raises
    ------
    CommandError
        Lists the formats.
    """
    kind = Path(name).suffix.lower()
    if name != STDIO and kind not in WRITERS:
        msg = (
            f"{option} {name} ends in {kind!r}, a format that is not written here. Choose a name "
            "that ends in .csv, .jsonl or .parquet, or - for CSV on standard output."
        )
        raise CommandError(msg)


def write_table(table: pd.DataFrame, name: str) -> None:
    """Write a frame with its index; the file appears, or is replaced, in one step.

    Parameters
    ----------
    table : DataFrame
    name : str
        File; its ending says the format. ``"-"`` is CSV on standard output.
    """
    if table.index.nlevels == 1 and table.index.name is None:
        table = table.rename_axis(ROW)
    if name == STDIO:
        table.to_csv(sys.stdout)
        return
    with replacing(name) as temporary:
        WRITERS[Path(name).suffix.lower()](table, temporary)


@contextmanager
def replacing(name: str | Path) -> Generator[Path]:
    """Give a temporary file that becomes the named one, unless something fails.

    Parameters
    ----------
    name : path-like
        What will be written or replaced.

    Yields
    ------
    Path
        In the same folder, so that moving it is one step.
    """
    path = Path(name).resolve()
    temporary = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _write_jsonl(table: pd.DataFrame, path: Path) -> None:
    """Write one JSON object a line."""
    rows = table.reset_index()
    rows.to_json(
        path,
        orient="records",
        lines=True,
        force_ascii=False,
        date_format="iso",
        double_precision=15,
    )


WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    ".csv": lambda table, path: table.to_csv(path),
    ".jsonl": _write_jsonl,
    ".parquet": lambda table, path: table.to_parquet(path),
}
