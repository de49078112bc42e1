"""Fit a label model to more votes than memory holds."""

# EM in parts is what the protected functions of a model are for.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import tempfile
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from weaklabel._progress import progress_bar
from weaklabel.evidence import Evidence
from weaklabel.io.labels import class_names
from weaklabel.models._chunks import Loop, refuse_if_not_additive, sum_over
from weaklabel.outofcore._memory import in_bytes, rows_within
from weaklabel.outofcore._patterns import Patterns, Reader
from weaklabel.outofcore._source import Source

Model = TypeVar("Model")
A_VOTE, A_NUMBER = 100, 60  # bytes that a fit takes for a vote, and for an item and a class


def fit(
    model: Model,
    votes: Any,
    *,
    classes: Sequence[Hashable],
    index: str | Sequence[str] = (),
    memory: int | str = "1GB",
    progress: bool | None = None,
) -> Model:
    """Fit a label model to votes on disk.

    The rows are read once and counted by pattern. Where the patterns fit in memory, the model is
    fitted to them, and any model will do; where they do not, models that learn from sums over
    items read them from disk, piece by piece, in every sweep. Both ways give the answer of a fit
    to all rows, but for rounding.

    Parameters
    ----------
    model : label model
        Fitted in place.
    votes : path-like or iterable of path-like
        Parquet or Arrow files or folders of them: one column a source, as `apply` writes them.
        Cells are classes, their positions, or lists of classes; null and -1 abstain.
    classes : sequence of hashable
        Names of the classes.
    index : str or sequence of str
        Columns that are no sources.
    memory : int or str
        What data may take, beside what the process has already: bytes, or "2GB".
    progress : bool or None
        Show a progress bar. None shows one on a terminal or in a notebook only.

    Returns
    -------
    label model
        The model.

    Raises
    ------
    ValueError
        If a cell is no vote, a folder was not filled to the end, or the patterns do not fit in
        memory and the model cannot be fitted in parts.

    Examples
    --------
    >>> import tempfile, pandas as pd, weaklabel as wl
    >>> from weaklabel import outofcore
    >>> case = wl.datasets.independent(n_items=2000, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     case.votes.astype(object).to_parquet(f"{folder}/votes.parquet", index=False)
    ...     model = outofcore.fit(wl.DawidSkene(), folder, classes=case.classes)
    >>> model.converged_
    True
    """
    source = Source(votes, "votes")
    names = sources_of(source, index)
    budget = in_bytes(memory)
    reader = Reader(names, class_names(classes))
    with tempfile.TemporaryDirectory(prefix="weaklabel-") as folder:
        patterns = Patterns(budget // 8, folder)
        _count(source, reader, patterns, budget, progress)
        n_patterns, n_votes = patterns.finish()
        needed = n_votes * A_VOTE + n_patterns * len(reader.codes.classes) * A_NUMBER
        if needed <= budget:
            _fit_together(model, reader, patterns, n_patterns)
        else:
            why = (
                f"the {n_patterns} different rows of votes take about {needed / 1e9:.1f} GB, and "
                f"memory is {budget / 1e9:.1f} GB"
            )
            refuse_if_not_additive(model, why)
            rows = rows_within(budget // 2, needed / n_patterns)
            over = _Over(reader, patterns, rows)
            Loop(model, next(over.parts()), over).fit()  # pyright: ignore[reportArgumentType]
    return model


def sources_of(source: Source, index: str | Sequence[str]) -> list[str]:
    """Name the columns that are sources."""
    labels = [index] if isinstance(index, str) else list(index)
    source.refuse_absent(labels)
    names = [name for name in source.columns if name not in labels]
    if not names:
        msg = "The votes have no column besides the index, so that there are no sources."
        raise ValueError(msg)
    return names


def bytes_of_votes(n_sources: int) -> int:
    """Guess what one row of votes takes while it is read."""
    return 12 * n_sources + 64


def _count(
    source: Source, reader: Reader, patterns: Patterns, budget: int, progress: bool | None
) -> None:
    """Count all rows by pattern."""
    n_rows = rows_within(budget // 4, bytes_of_votes(len(reader.sources)))
    with progress_bar(progress, source.n_rows, "votes", unit=" rows", unit_scale=True) as bar:
        for unit in source.units():
            first = unit.first
            for table in source.batches(unit, reader.sources, n_rows):
                patterns.add(reader.read(table, first))
                first += table.num_rows
                bar.update(table.num_rows)


def _fit_together(model: Any, reader: Reader, patterns: Patterns, n_patterns: int) -> None:
    """Fit to all patterns at once."""
    pieces = list(patterns.pieces(max(n_patterns, 1)))
    codes = np.concatenate([codes for codes, _ in pieces])
    numbers = np.concatenate([numbers for _, numbers in pieces])
    model.fit(reader.evidence(codes, numbers))


class _Over:
    """Adds up what a function gives for pieces of patterns, made anew in every pass."""

    def __init__(self, reader: Reader, patterns: Patterns, n_rows: int) -> None:
        self.reader, self.patterns, self.n_rows = reader, patterns, n_rows

    def parts(self) -> Iterator[Evidence]:
        """Give the patterns piece by piece."""
        for codes, numbers in self.patterns.pieces(self.n_rows):
            yield self.reader.evidence(codes, numbers)

    def __call__(self, function: Callable[[Evidence], Any]) -> Any:
        """Add up."""
        return sum_over(self.parts(), function)
