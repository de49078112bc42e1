"""Count rows of votes by pattern, so that a stopped run goes on where it stopped."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from weaklabel._progress import progress_bar
from weaklabel.outofcore._parts import write_json
from weaklabel.outofcore._patterns import Patterns, Reader
from weaklabel.outofcore._source import Source, digest

SAVE_EVERY = 30.0  # seconds between two notes of how far counting got
STATE = "_counted.json"


class Counting:
    """Counting of one source, with notes in a folder of how far it got.

    Parameters
    ----------
    source : Source
    reader : Reader
    patterns : Patterns
        They keep their files in the folder.

    Raises
    ------
    FileExistsError
        If the folder holds counts of something else.
    """

    def __init__(self, source: Source, reader: Reader, patterns: Patterns) -> None:
        self.source, self.reader, self.patterns = source, reader, patterns
        self.made_of = digest(
            source.key(), reader.sources, reader.codes.classes.tolist(), patterns.most_bytes
        )
        self.done = self.version = 0
        path = patterns.folder / STATE
        if path.exists():
            self._take_up(json.loads(path.read_text(encoding="utf-8")))

    def _take_up(self, state: dict[str, Any]) -> None:
        """Go on from a note."""
        if state["made_of"] != self.made_of:
            msg = (
                f"{str(self.patterns.folder)!r} holds counts of other votes, or for another amount "
                "of memory. Name another folder for work, or remove it."
            )
            raise FileExistsError(msg)
        self.done, self.version = state["done"], state["version"]
        self.reader.take_up(state["said"])
        self.patterns.restore(state["patterns"])

    def run(self, n_rows: int, progress: bool | None, *, keep: bool) -> None:
        """Count what is left, so many rows at a time; `keep` notes of it."""
        from pyarrow import default_memory_pool

        total = self.source.n_rows
        noted = time.monotonic()
        with progress_bar(progress, total, "votes", unit=" rows", unit_scale=True) as bar:
            for number, unit in enumerate(self.source.units()):
                if number >= self.done:
                    first = unit.first
                    for table in self.source.batches(unit, self.reader.sources, n_rows):
                        self.patterns.add(self.reader.read(table, first))
                        first += table.num_rows
                    self.done = number + 1
                    if keep and time.monotonic() - noted >= SAVE_EVERY:
                        self._note()
                        noted = time.monotonic()
                bar.update(unit.n_rows)
        if keep:
            self._note()
        default_memory_pool().release_unused()

    def _note(self) -> None:
        """Note how far it got; what the last note needed is removed after."""
        self.version += 1
        saved = self.patterns.save(f"memory-{self.version}")
        state = {"made_of": self.made_of, "done": self.done, "version": self.version}
        write_json(
            self.patterns.folder / STATE,
            state | {"said": self.reader.said(), "patterns": saved},
        )
        for old in Path(self.patterns.folder).glob(f"memory-{self.version - 1}-*.npy"):
            old.unlink()
