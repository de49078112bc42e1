"""Different rows of votes and how often each is there: all that a model of votes learns from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from weaklabel._check import as_index
from weaklabel._frames import votes_as_pandas
from weaklabel._hash import scatter
from weaklabel.evidence import Evidence
from weaklabel.io.codes import SPREAD, UNKNOWN, Codes
from weaklabel.io.wide import column_codes, refuse_unknown
from weaklabel.outofcore._parts import written_aside
from weaklabel.votes import Votes

SMALL = 2**20  # patterns that wait before they are merged


class Reader:
    """Turns columns of votes into codes, n_rows x n_sources; -1 is silence.

    Parameters
    ----------
    sources : list of str
        Columns.
    classes : pandas.Index
        Names of the classes.
    """

    def __init__(self, sources: list[str], classes: pd.Index) -> None:
        self.sources = sources
        self.codes = Codes(classes)

    def read(self, table: Any, first: int) -> np.ndarray:
        """Read a table whose first row has number `first`."""
        found = np.empty((table.num_rows, len(self.sources)), np.int16, order="F")
        for at, name in enumerate(self.sources):
            found[:, at] = self._column(table.column(name), name, first)
        return found if len(self.codes.statements) > 127 else found.astype(np.int8)

    def _column(self, column: Any, name: str, first: int) -> np.ndarray:
        """Read one column."""
        import pyarrow as pa

        nested = pa.types.is_nested(column.type)
        if nested or pa.types.is_null(column.type):
            values: Any = votes_as_pandas(column)
            codes = column_codes(values.astype(object), self.codes)
        else:
            array = column.combine_chunks()
            if not pa.types.is_dictionary(array.type):
                array = array.dictionary_encode()
            table = [self.codes.of(value) for value in array.dictionary.to_pylist()]
            inverse = array.indices.fill_null(len(table)).to_numpy(zero_copy_only=False)
            codes = np.array([*table, -1], np.int16)[inverse]
        wrong = (codes == UNKNOWN) | (codes == SPREAD)
        if wrong.any():
            self._refuse(column, codes, name, first)
        return codes

    def _refuse(self, column: Any, codes: np.ndarray, name: str, first: int) -> None:
        """Name the first rows that hold no vote, or a soft one."""
        if (codes == SPREAD).any():
            msg = (
                f"{name!r} votes with probabilities. Rows of votes are counted by pattern here, "
                "and probabilities hardly ever repeat. Leave the column out, or turn it into "
                "classes where it is confident (min_confidence=)."
            )
            raise ValueError(msg)
        labels = pd.RangeIndex(first, first + len(codes))
        values = pd.Series(column.to_pylist(), index=labels, name=name, dtype=object)
        refuse_unknown(values, codes == UNKNOWN, self.codes)

    def said(self) -> list[list[Any]]:
        """List the sets of classes that were said, by positions; classes come first."""
        return [np.flatnonzero(row).tolist() for row in self.codes.statements]

    def take_up(self, said: list[list[int]]) -> None:
        """Give sets of classes the codes they had in an earlier run."""
        names = self.codes.classes.tolist()
        for members in said:
            self.codes.of({names[position] for position in members})

    def evidence(self, codes: np.ndarray, weights: np.ndarray | None = None) -> Evidence:
        """Make evidence of rows of codes."""
        item, source = np.nonzero(codes >= 0)
        votes = Votes(
            item=item,
            source=source.astype(np.int32),
            code=codes[item, source].astype(np.int32),
            weight=np.ones(len(item)),
            n_items=len(codes),
            sources=as_index(self.sources),
            classes=self.codes.classes,
            statements=self.codes.statements,
            informative_silence=np.ones(len(self.sources), dtype=bool),
        )
        index = pd.RangeIndex(len(codes))
        return Evidence(index, self.codes.classes, votes=votes, weights=weights)


def distinct(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the different rows.

    Parameters
    ----------
    codes : integer array, n_rows x n_sources

    Returns
    -------
    first : integer array, n_distinct
        A row of each kind.
    kind : integer array, n_rows
        The kind of each row.

    Examples
    --------
    >>> first, kind = distinct(np.array([[0, -1], [1, 1], [0, -1]], np.int8))
    >>> first.tolist(), kind.tolist()
    ([0, 1], [0, 1, 0])
    """
    most = int(codes.max(initial=0)) + 2
    hashes = np.zeros(len(codes), np.uint64)
    for at in range(codes.shape[1]):
        numbers = scatter(np.arange(most, dtype=np.uint64) + (np.uint64(at + 1) << np.uint64(32)))
        hashes += np.take(numbers, codes[:, at])  # silence, -1, takes the last number
    kind, seen = pd.factorize(hashes)
    first = np.full(len(seen), -1, np.int64)
    first[kind[::-1]] = np.arange(len(codes))[::-1]
    if not (codes[first[kind]] == codes).all():  # two kinds of rows have one hash
        _, first, kind = np.unique(codes, axis=0, return_index=True, return_inverse=True)
    return first, kind.ravel()


class Patterns:
    """Different rows of votes with their numbers, in memory as far as it may be used.

    Parameters
    ----------
    most_bytes : int
        Of patterns that are merged in memory; what is beyond goes to files, and then the same
        pattern may be in several of them.
    folder : path-like
        For the files.
    """

    def __init__(self, most_bytes: int, folder: Any) -> None:
        self.most_bytes, self.folder = most_bytes, Path(folder)
        self._waiting: list[tuple[np.ndarray, np.ndarray]] = []
        self._n_waiting = self._n_merged = 0
        self.n_files = 0

    def add(self, codes: np.ndarray) -> None:
        """Count rows."""
        first, kind = distinct(codes)
        self._waiting.append((codes[first], np.bincount(kind).astype(np.float64)))
        self._n_waiting += len(first)
        if self._n_waiting > max(SMALL, self._n_merged):
            self._merge()

    def _merge(self) -> None:
        """Merge what waits; put it into a file if it is too much."""
        codes = np.concatenate([codes for codes, _ in self._waiting])
        numbers = np.concatenate([numbers for _, numbers in self._waiting])
        first, kind = distinct(codes)
        merged = codes[first], np.bincount(kind, weights=numbers)
        if merged[0].nbytes + merged[1].nbytes > self.most_bytes:
            self._write(str(self.n_files), merged)
            self.n_files += 1
            merged = codes[:0], numbers[:0]
        self._waiting = [merged]
        self._n_waiting = self._n_merged = len(merged[0])

    def _write(self, name: str, pair: tuple[np.ndarray, np.ndarray]) -> None:
        """Write patterns and their numbers to files."""
        for kind, array in zip(("codes", "numbers"), pair, strict=True):
            with written_aside(self.folder / f"{name}-{kind}.npy") as file:
                np.save(file, array)

    def _read(self, name: str, **how: Any) -> tuple[np.ndarray, np.ndarray]:
        """Read patterns and their numbers from files."""
        codes, numbers = (
            np.load(self.folder / f"{name}-{kind}.npy", allow_pickle=False, **how)
            for kind in ("codes", "numbers")
        )
        return codes, numbers

    def save(self, name: str) -> dict[str, Any]:
        """Write what is in memory under a name; give what `restore` needs."""
        self._merge()
        self._write(name, self._waiting[0])
        return {"files": self.n_files, "memory": name}

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up what `save` wrote."""
        self.n_files = saved["files"]
        self._waiting = [self._read(saved["memory"])]
        self._n_waiting = self._n_merged = len(self._waiting[0][0])

    def finish(self) -> tuple[int, int]:
        """Merge all that waits; give the number of patterns, and of votes in them."""
        if self._waiting:
            self._merge()
        sizes = [(len(codes), int((codes >= 0).sum())) for codes, _ in self._blocks()]
        return sum(size for size, _ in sizes), sum(votes for _, votes in sizes)

    def _blocks(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Give files, mapped, and then what is in memory."""
        for at in range(self.n_files):
            yield self._read(str(at), mmap_mode="r")
        yield from self._waiting

    def pieces(self, n_rows: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Give codes and numbers of at most so many patterns at a time."""
        for codes, numbers in self._blocks():
            for start in range(0, len(codes), n_rows):
                stop = start + n_rows
                yield np.asarray(codes[start:stop]), np.asarray(numbers[start:stop])
