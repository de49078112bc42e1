"""Fit a label model to more votes than memory holds."""

# EM in parts is what the protected functions of a model are for.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import tempfile
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np

from weaklabel._stream import on_device
from weaklabel.evidence import Evidence
from weaklabel.io.labels import class_names
from weaklabel.models._chunks import Loop, refuse_if_not_additive, refuse_sequences, sum_over
from weaklabel.outofcore._counting import Counting
from weaklabel.outofcore._memory import in_bytes, rows_within
from weaklabel.outofcore._patterns import Patterns, Reader
from weaklabel.outofcore._source import Source

Model = TypeVar("Model")
A_VOTE, A_NUMBER = 100, 60  # bytes that a fit takes for a vote, and for an item and a class
FOR_THE_FIT = 0.75  # of the memory; the rest stays with what read the votes


def fit(  # noqa: PLR0913 keyword-only choices
    model: Model,
    votes: Any,
    *,
    classes: Sequence[Hashable],
    index: str | Sequence[str] = (),
    memory: int | str = "1GB",
    device: Literal["cpu", "cuda"] = "cpu",
    work: Any = None,
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
        What data may take, beside libraries and compiled code (some 300 MB): bytes, or "2GB".
    device : {"cpu", "cuda"}
        Where the fit computes. What does not fit the memory is streamed to a GPU piece by piece,
        the next while one is used. The card holds three pieces, each of at most half of `memory`:
        give less to a card that has less.
    work : path-like or None
        Folder for what was counted, a small part of the size of the votes: if a run was stopped
        while it read, the next goes on, and another model need not read the votes again. None
        keeps nothing.
    progress : bool or None
        Show a progress bar. None shows one on a terminal or in a notebook only.

    Returns
    -------
    label model
        The model.

    Raises
    ------
    ValueError
        If a cell is no vote, a folder was not filled to the end, the model hears sequences, or the
        patterns do not fit in memory and the model cannot be fitted in parts.
    FileExistsError
        If `work` holds counts of other votes.
    ImportError, RuntimeError
        If the device is "cuda", and libraries, driver or card are missing.

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
    refuse_sequences(model)
    source = Source(votes, "votes")
    names = sources_of(source, index)
    if not source.n_rows:
        msg = "The votes have no rows, so that there is nothing to learn from."
        raise ValueError(msg)
    budget = in_bytes(memory)
    reader = Reader(names, class_names(classes))
    with tempfile.TemporaryDirectory(prefix="weaklabel-") as temporary:
        folder = Path(temporary if work is None else work)
        folder.mkdir(parents=True, exist_ok=True)
        patterns = Patterns(budget // 8, folder)
        counting = Counting(source, reader, patterns)
        n_rows = rows_within(budget // 4, bytes_of_votes(len(names)))
        counting.run(n_rows, progress, keep=work is not None)
        n_patterns, n_votes = patterns.finish()
        needed = n_votes * A_VOTE + n_patterns * len(reader.codes.classes) * A_NUMBER
        if needed <= budget * FOR_THE_FIT:
            _fit_together(model, reader, patterns, n_patterns, device)
        else:
            why = (
                f"the {n_patterns} different rows of votes take about {needed / 1e9:.1f} GB, and "
                f"of {budget / 1e9:.1f} GB of memory {FOR_THE_FIT:.0%} may be used"
            )
            refuse_if_not_additive(model, why)
            rows = rows_within(budget // 2, needed / n_patterns)
            over = _Over(reader, patterns, rows, device)
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


def _fit_together(
    model: Any, reader: Reader, patterns: Patterns, n_patterns: int, device: Literal["cpu", "cuda"]
) -> None:
    """Fit to all patterns at once."""
    pieces = list(patterns.pieces(max(n_patterns, 1)))
    codes = np.concatenate([codes for codes, _ in pieces])
    numbers = np.concatenate([numbers for _, numbers in pieces])
    model.fit(reader.evidence(codes, numbers).to(device))


class _Over:
    """Adds up what a function gives for pieces of patterns, made anew in every pass."""

    def __init__(self, reader: Reader, patterns: Patterns, n_rows: int, device: str) -> None:
        self.reader, self.patterns, self.n_rows, self.device = reader, patterns, n_rows, device

    def parts(self) -> Iterator[Evidence]:
        """Give the patterns piece by piece, on the device."""
        return on_device(self._read(), self.device)

    def _read(self) -> Iterator[Evidence]:
        """Read the patterns piece by piece."""
        for codes, numbers in self.patterns.pieces(self.n_rows):
            yield self.reader.evidence(codes, numbers)

    def __call__(self, function: Callable[[Evidence], Any]) -> Any:
        """Add up."""
        return sum_over(self.parts(), function)
