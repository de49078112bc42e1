"""Folders of Parquet files that grow part by part: each is whole or not there.

A part is written under a name that nobody reads, flushed to disk, and renamed in one step. The
manifest says what all parts are made of, so that a later run goes on where one was stopped, and
refuses to go on with something else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

FORMAT, VERSION = "weaklabel parts", 1
MANIFEST = "_manifest.json"  # readers of Parquet folders leave such names alone


class Parts:
    """A folder that is being filled.

    Parameters
    ----------
    folder : path-like
        Made if it is not there.
    names : sequence of str
        Files that it will hold, in order.
    made_of : str
        Digest of all that the parts depend on.
    overwrite : bool
        Start anew where the folder holds parts made of something else.

    Raises
    ------
    FileExistsError
        If the folder holds other things.
    """

    def __init__(
        self, folder: Any, names: Iterable[str], made_of: str, *, overwrite: bool = False
    ) -> None:
        self.folder = Path(folder)
        self.names = list(names)
        self.folder.mkdir(parents=True, exist_ok=True)
        before = read_manifest(self.folder)
        mine = {"parts": self.names, "made_of": made_of}
        if before is None and any(self.folder.glob("[!.]*")):
            msg = (
                f"{str(folder)!r} holds other files. Name a folder of its own for what is written "
                "here; it is made if it is not there."
            )
            raise FileExistsError(msg)
        if before is not None and any(before[key] != value for key, value in mine.items()):
            if not overwrite:
                msg = (
                    f"{str(folder)!r} holds parts made of other data, functions or settings, and "
                    "mixing them would go unnoticed. Name another folder, or give overwrite=True."
                )
                raise FileExistsError(msg)
            self._clear(before["parts"])
            before = None
        for half in self.folder.glob(".*.half"):
            half.unlink()  # of a run that was stopped
        self.notes: dict[str, Any] = {} if before is None else before["notes"]
        if before is None:
            self._state = {**mine, "notes": self.notes, "complete": False}
            self._save()
        else:
            self._state = before

    def start_anew(self) -> None:
        """Remove what parts are there."""
        self._clear(self.names)
        self.notes, self._state["complete"] = {}, False
        self._save()

    def schema(self) -> Any:
        """Read the Arrow schema of the first part that is there; None if there is none."""
        import pyarrow.parquet as pq

        there = (self._path(name) for name in self.names if self._path(name).exists())
        return next((pq.read_schema(path) for path in there), None)

    def missing(self) -> list[int]:
        """List the numbers of the parts that are not there yet."""
        return [number for number, name in enumerate(self.names) if not self._path(name).exists()]

    def write(self, number: int, tables: Iterable[Any], note: Any = None) -> None:
        """Write a part from its tables, all of one schema; the note is kept in the manifest.

        `note` may be a function, which is called when all tables are written.
        """
        with written_aside(self._path(self.names[number])) as file:
            _write(file, tables)
            note = note() if callable(note) else note
            if note is not None:  # first, since a part that is there is not made again
                self.notes[self.names[number]] = note
                self._save()

    def finish(self) -> None:
        """Say that all parts are there."""
        self._state["complete"] = True
        self._save()

    def _path(self, name: str) -> Path:
        return self.folder / name

    def _clear(self, names: Iterable[str]) -> None:
        """Remove manifest first: without it nobody takes the rest for whole."""
        (self.folder / MANIFEST).unlink()
        for name in names:
            self._path(name).unlink(missing_ok=True)

    def _save(self) -> None:
        """Replace the manifest in one step."""
        write_json(
            self.folder / MANIFEST,
            {"format": FORMAT, "version": VERSION, **self._state, "notes": self.notes},
        )


@contextmanager
def written_aside(path: Path) -> Generator[BinaryIO]:
    """Open a file that appears under its name, or replaces it, in one step and at the end."""
    half = path.with_name(f".{path.name}.{uuid4().hex}.half")
    try:
        with half.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
        _sync(path.parent)
    finally:
        half.unlink(missing_ok=True)


def write_json(path: Path, state: Any) -> None:
    """Replace a file of JSON in one step."""
    with written_aside(path) as file:
        file.write(json.dumps(state, indent=1).encode())


def _write(file: Any, tables: Iterable[Any]) -> None:
    """Write tables to an open file; there is at least one."""
    import pyarrow.parquet as pq

    left = iter(tables)
    first = next(left)
    with pq.ParquetWriter(file, first.schema, compression="zstd") as writer:
        for table in chain([first], left):
            writer.write_table(table)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Read the manifest of a folder; None where there is none.

    Raises
    ------
    ValueError
        If it is none of ours, or of a later version.
    """
    path = folder / MANIFEST
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict) or found.get("format") != FORMAT or found["version"] > VERSION:
        msg = (
            f"{str(path)!r} was not written by this version of weaklabel. Name another folder, or "
            "update weaklabel."
        )
        raise ValueError(msg)
    return found


def _sync(folder: Path) -> None:
    """Flush the names in a folder to disk, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
