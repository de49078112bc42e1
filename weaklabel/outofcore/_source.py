"""Data on disk, in units that are read a batch at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path
from typing import Any

from weaklabel._check import first_few
from weaklabel.outofcore._parts import MANIFEST, read_manifest

UNIT_ROWS = 1_000_000  # rows after which a stopped run can go on: some row groups of one file
ARROW = {".arrow", ".feather", ".ipc"}


@dataclass(frozen=True, kw_only=True)
class Unit:
    """Consecutive groups of rows of one file."""

    path: Path
    groups: tuple[int, ...]
    first: int  # row number of its first row in the whole source
    n_rows: int
    name: str  # of the file made of it


class Source:
    """Parquet or Arrow files as one table.

    Parameters
    ----------
    data : path-like or iterable of path-like
        A file, a folder (its files in the order of their names), or several of either.
    what : str
        What it is, for messages.

    Raises
    ------
    FileNotFoundError
        If there are no files.
    ValueError
        If a folder was not filled to the end, or files differ in their columns.
    """

    def __init__(self, data: Any, what: str) -> None:
        listed = [data] if isinstance(data, str | Path) else list(data)
        self.paths = [path for one in listed for path in _files(Path(one), what)]
        self.what = what
        self._files = [_open(path) for path in self.paths]
        self.columns: list[str] = self._files[0].names
        for path, file in zip(self.paths, self._files, strict=True):
            if file.names != self.columns:
                msg = (
                    f"{str(path)!r} has other columns than {str(self.paths[0])!r}: "
                    f"{first_few(file.names, 12)} instead of {first_few(self.columns, 12)}. Files "
                    "of one source have the same columns in the same order."
                )
                raise ValueError(msg)
        self.n_rows = sum(sum(file.sizes) for file in self._files)
        self.bytes_a_row = sum(file.n_bytes for file in self._files) / max(self.n_rows, 1)

    def units(self) -> list[Unit]:
        """Cut the files into units."""
        found: list[Unit] = []
        first = 0
        for path, file in zip(self.paths, self._files, strict=True):
            for groups in _gathered(file.sizes):
                n_rows = sum(file.sizes[group] for group in groups)
                if not n_rows:
                    continue
                name = f"part-{len(found):06d}.parquet"
                found.append(
                    Unit(path=path, groups=tuple(groups), first=first, n_rows=n_rows, name=name)
                )
                first += n_rows
        return found

    def batches(self, unit: Unit, columns: list[str], n_rows: int) -> Iterator[Any]:
        """Read some columns of a unit as Arrow tables of at most so many rows."""
        return _open(unit.path).batches(unit.groups, columns, n_rows)

    def key(self) -> list[Any]:
        """Tell what the files are: names, sizes and times of change."""
        stats = [(path, path.stat()) for path in self.paths]
        return [[str(path.resolve()), stat.st_size, stat.st_mtime_ns] for path, stat in stats]

    def refuse_absent(self, columns: Iterable[str]) -> None:
        """Refuse columns that are not there."""
        absent = [name for name in columns if name not in self.columns]
        if absent:
            msg = (
                f"The {self.what} have no column {first_few(absent)}; the columns are "
                f"{first_few(self.columns, 12)}. Check the spelling."
            )
            raise KeyError(msg)


def digest(*parts: Any) -> str:
    """Digest what JSON can hold."""
    return blake2b(json.dumps(parts, default=str).encode(), digest_size=20).hexdigest()


def _files(path: Path, what: str) -> list[Path]:
    """List the files of a folder, which is filled to the end; or the file itself."""
    if not path.is_dir():
        if path.exists():
            return [path]
        msg = f"There are no {what} at {str(path)!r}. Give a Parquet or Arrow file, or a folder."
        raise FileNotFoundError(msg)
    manifest = read_manifest(path)
    if manifest is not None:
        if not manifest["complete"]:
            msg = (
                f"{str(path)!r} was not filled to the end: a run was stopped, or still goes on. "
                "Run again what fills it; it goes on where it stopped."
            )
            raise ValueError(msg)
        return [path / name for name in manifest["parts"]]
    known = {".parquet", *ARROW}
    files = sorted(one for one in path.glob("[!._]*") if one.suffix in known)
    if not files:
        msg = (
            f"There are no {what} in the folder {str(path)!r}: no file ends in .parquet, .arrow or "
            f".feather, and there is no {MANIFEST}."
        )
        raise FileNotFoundError(msg)
    return files


def _gathered(sizes: list[int]) -> Iterator[list[int]]:
    """Gather consecutive groups of rows up to `UNIT_ROWS`."""
    gathered: list[int] = []
    for group, rows in enumerate(accumulate(sizes)):
        start = sum(sizes[: gathered[0]]) if gathered else rows - sizes[group]
        if gathered and rows - start > UNIT_ROWS:
            yield gathered
            gathered = []
        gathered.append(group)
    if gathered:
        yield gathered


class _Parquet:
    """A Parquet file by its row groups."""

    def __init__(self, path: Path) -> None:
        import pyarrow.parquet as pq

        self._file = pq.ParquetFile(path)
        metadata: Any = self._file.metadata
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        self.names: list[str] = self._file.schema_arrow.names
        self.sizes: list[int] = [group.num_rows for group in groups]
        self.n_bytes: int = sum(group.total_byte_size for group in groups)

    def batches(self, groups: Iterable[int], columns: list[str], n_rows: int) -> Iterator[Any]:
        """Read row groups."""
        import pyarrow as pa

        for batch in self._file.iter_batches(n_rows, row_groups=list(groups), columns=columns):
            yield pa.Table.from_batches([batch]).select(columns)


class _Arrow:
    """An Arrow file by its record batches, which stay on disk until they are read."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        self._file: Any = pa.ipc.open_file(pa.memory_map(str(path)))
        self.names: list[str] = self._file.schema.names
        batches = [self._file.get_batch(n) for n in range(self._file.num_record_batches)]
        self.sizes: list[int] = [batch.num_rows for batch in batches]
        self.n_bytes = path.stat().st_size

    def batches(self, groups: Iterable[int], columns: list[str], n_rows: int) -> Iterator[Any]:
        """Read record batches."""
        import pyarrow as pa

        for group in groups:
            batch = pa.Table.from_batches([self._file.get_batch(group)]).select(columns)
            for start in range(0, batch.num_rows, n_rows):
                yield batch.slice(start, n_rows)


def _open(path: Path) -> _Parquet | _Arrow:
    """Open a file by the ending of its name."""
    return _Arrow(path) if path.suffix in ARROW else _Parquet(path)
