"""Class probabilities of more items than memory holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from weaklabel._device import on_host
from weaklabel._frames import refuse_clashes
from weaklabel._progress import progress_bar
from weaklabel.outofcore._memory import in_bytes, rows_within
from weaklabel.outofcore._parts import Parts
from weaklabel.outofcore._patterns import Reader, distinct
from weaklabel.outofcore._source import Source, Unit, digest
from weaklabel.outofcore.fit import bytes_of_votes, sources_of


def predict_proba(  # noqa: PLR0913 keyword-only choices
    model: Any,
    votes: Any,
    out: Any,
    *,
    index: str | Sequence[str] = (),
    memory: int | str = "1GB",
    overwrite: bool = False,
    progress: bool | None = None,
) -> Path:
    """Write the class probabilities of items whose votes are on disk.

    Parameters
    ----------
    model : label model
        Fitted.
    votes : path-like or iterable of path-like
        As for `fit`.
    out : path-like
        Folder for Parquet files: the columns `index`, then one column of float64 a class, named
        like it; rows in the order of the votes. If a run was stopped, the next goes on.
    index : str or sequence of str
        Columns that are no sources; they are written with the probabilities.
    memory : int or str
        What data may take, beside libraries and compiled code (some 300 MB): bytes, or "2GB".
    overwrite : bool
        Start anew where `out` holds probabilities of other votes or of another model.
    progress : bool or None
        Show a progress bar. None shows one on a terminal or in a notebook only.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    FileExistsError
        If `out` holds other files, or was begun with something else.
    ValueError
        If a cell is no vote, a folder was not filled to the end, or a class is called like a
        column of `index`.

    Examples
    --------
    >>> import tempfile, pandas as pd, weaklabel as wl
    >>> from weaklabel import outofcore
    >>> case = wl.datasets.independent(n_items=2000, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     case.votes.astype(object).to_parquet(f"{folder}/votes.parquet", index=False)
    ...     model = outofcore.fit(wl.DawidSkene(), f"{folder}/votes.parquet", classes=case.classes)
    ...     done = outofcore.predict_proba(model, f"{folder}/votes.parquet", f"{folder}/out")
    ...     pd.read_parquet(done).shape
    (2000, 2)
    """
    check_is_fitted(model)
    source = Source(votes, "votes")
    names = sources_of(source, index)
    labels = [name for name in source.columns if name not in names]
    refuse_clashes([*labels, *model.classes_], "Rename the column of the votes, or the class.")
    units = source.units()
    n_rows = rows_within(in_bytes(memory) // 4, bytes_of_votes(len(names)) + _row_of(model))
    made_of = digest(source.key(), labels, _model_key(model))
    parts = Parts(out, [unit.name for unit in units], made_of, overwrite=overwrite)
    with progress_bar(progress, source.n_rows, "items", unit=" rows", unit_scale=True) as bar:
        missing = set(parts.missing())
        for number, unit in enumerate(units):
            if number in missing:
                reader = Reader(names, model.classes_)
                parts.write(number, _tables(model, source, unit, labels, reader, n_rows))
            bar.update(unit.n_rows)
    parts.finish()
    return parts.folder


def _row_of(model: Any) -> int:
    """Guess what the probabilities of one row take."""
    return 48 * len(model.classes_)


def _model_key(model: Any) -> Any:
    """Tell fitted models apart: by settings and all that was learned."""
    import joblib

    return joblib.hash([type(model).__name__, vars(model)])


def _tables(
    model: Any, source: Source, unit: Unit, labels: list[str], reader: Reader, n_rows: int
) -> Iterator[Any]:
    """Give probabilities, batch by batch; each different row of votes is looked at once."""
    import pyarrow as pa

    first = unit.first
    for table in source.batches(unit, [*labels, *reader.sources], n_rows):
        codes = reader.read(table, first)
        first += table.num_rows
        examples, kind = distinct(codes)
        posterior = model.posterior(reader.evidence(codes[examples]))
        shares = np.take(on_host(posterior.probabilities), kind, axis=0)
        columns = {name: table.column(name) for name in labels}
        columns |= {str(name): shares[:, y] for y, name in enumerate(model.classes_)}
        yield pa.table(columns)
