"""Frames of other libraries: read through Arrow, and answered in kind.

polars, pyarrow and whoever else speaks the Arrow PyCapsule interface hand over their columns
without a copy where they can. They have no index, so that their rows are the items in order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import pandas as pd

from weaklabel._check import first_few

Kind = Literal["pandas", "polars", "arrow"]


def kind_of(data: Any) -> Kind:
    """Tell of which library a frame or a column is; "pandas" for all that speaks no Arrow.

    >>> import pyarrow as pa
    >>> kind_of(pa.table({"a": [1]})), kind_of(pd.Series([1])), kind_of([1])
    ('arrow', 'pandas', 'pandas')
    """
    if isinstance(data, pd.DataFrame | pd.Series | pd.Index | np.ndarray):
        return "pandas"  # pandas speaks Arrow too
    if not (hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__")):
        return "pandas"
    return "polars" if type(data).__module__.startswith("polars") else "arrow"


def is_table(data: Any) -> bool:
    """Tell frames from single columns, of other libraries."""
    return hasattr(data, "columns") or hasattr(data, "column_names")


def as_pandas(data: Any, index: pd.Index | None = None, what: str = "data") -> Any:
    """Turn a frame or column of another library into one of pandas; leave all else as it is.

    Parameters
    ----------
    data : object
    index : pandas.Index or None
        Labels of the rows, which are taken in order; None numbers them.
    what : str
        What the user brought, for messages.

    Raises
    ------
    ValueError
        If there are more or fewer rows than labels.

    Examples
    --------
    >>> import pyarrow as pa
    >>> as_pandas(pa.table({"stars": [1, None]}), pd.Index(["r1", "r2"]))
        stars
    r1      1
    r2   <NA>
    """
    if kind_of(data) == "pandas":
        return data
    import pyarrow as pa

    alone = not is_table(data)
    if hasattr(data, "to_arrow"):  # polars: without views of text, which pandas reads only in part
        data, name = data.to_arrow(), getattr(data, "name", None)
    else:
        name = None
    table = pa.table({"": _column(data)}) if alone else pa.table(data)
    if index is not None and table.num_rows != len(index):
        msg = (
            f"The {what} have {table.num_rows} rows, but the evidence has {len(index)} items. A "
            "frame without an index must have one row an item, in order. Join it to the items "
            "first, or pass a pandas object with the items' index."
        )
        raise ValueError(msg)
    frame: pd.DataFrame = table.to_pandas(types_mapper=_types_for(table).get)
    if index is not None:
        frame.index = index
    return frame[""].rename(name or None) if alone else frame


def values_of(data: Any) -> Any:
    """Give the values of a column of another library as an array; leave all else as it is."""
    return data if kind_of(data) == "pandas" else as_pandas(data).to_numpy()


def _column(data: Any) -> Any:
    """Make an Arrow column."""
    import pyarrow as pa

    return pa.chunked_array(data) if hasattr(data, "__arrow_c_stream__") else pa.array(data)


def _types_for(table: Any) -> dict[Any, Any]:
    """Choose types of pandas that keep text as text, and whole numbers where some are missing."""
    import pyarrow as pa

    text = pd.StringDtype(na_value=np.nan)
    found: dict[Any, Any] = dict.fromkeys((pa.string(), pa.large_string(), pa.string_view()), text)
    for column in table.columns:
        if column.null_count and pa.types.is_integer(column.type):
            name = str(column.type).replace("int", "Int").replace("uI", "UI")
            found[column.type] = pd.api.types.pandas_dtype(name)
        if column.null_count and pa.types.is_boolean(column.type):
            found[column.type] = pd.BooleanDtype()
    return found


def probabilities_as_pandas(data: Any) -> Any:
    """Turn probabilities of another library into pandas; what leads and is no float are labels."""
    if kind_of(data) == "pandas" or not is_table(data):
        return data
    frame = as_pandas(data)
    leads = frame.columns[0]
    return frame if frame[leads].dtype.kind == "f" else frame.set_index(leads)


def votes_as_pandas(votes: Any, index: pd.Index | None = None, what: str = "votes") -> Any:
    """Turn votes of another library into pandas: lists are sets, structs are probabilities."""
    if kind_of(votes) == "pandas":
        return votes
    frame = as_pandas(votes, index, what)
    if isinstance(frame, pd.Series):
        return _said(frame)
    return pd.DataFrame({name: _said(column) for name, column in frame.items()}, index=frame.index)


def _said(column: pd.Series) -> pd.Series:
    """Read lists and structs of a column as votes."""
    if column.dtype != object:
        return column
    return column.map(_vote).astype(object)


def _vote(value: Any) -> Any:
    """Read one value."""
    if isinstance(value, dict):
        return {name: share for name, share in value.items() if share is not None}
    return frozenset(value) if isinstance(value, np.ndarray | list) else value


def in_kind(frame: pd.DataFrame, kind: Kind, *, label: str | None = None, classes: Any = ()) -> Any:
    """Turn a frame of pandas into one of another library.

    Sets become lists, dicts become structs, which `votes_as_pandas` reads again.

    Parameters
    ----------
    frame : pandas.DataFrame
    kind : {"pandas", "polars", "arrow"}
    label : str or None
        Name of a first column with the labels of the rows. None leaves them out where they are
        mere numbers, and else takes the name of the index, or "item".
    classes : iterable of hashable
        All classes, by which ``Not(...)`` becomes the set of the others.

    Raises
    ------
    TypeError
        If a column holds what has no form in Arrow.
    ValueError
        If two columns, the labels among them, would have one name.

    Examples
    --------
    >>> in_kind(pd.DataFrame({"bad": [0.5]}, index=["r1"]), "arrow").to_pydict()
    {'item': ['r1'], 'bad': [0.5]}
    """
    if kind == "pandas":
        return frame
    import pyarrow as pa

    names = [str(name) for name in frame.columns]
    columns = [frame.iloc[:, at] for at in range(len(names))]
    if label is not None or not isinstance(frame.index, pd.RangeIndex):
        names = [label or str(frame.index.name or "item"), *names]
        columns = [frame.index.to_series(), *columns]
    refuse_clashes(
        names, "Rename the class or source, or name the index differently; or pass a pandas frame."
    )
    pairs = zip(names, columns, strict=True)
    table = pa.table({name: _arrow(column, classes) for name, column in pairs})
    if kind == "arrow":
        return table
    import polars as pl

    return pl.DataFrame(table)


def refuse_clashes(names: Iterable[Any], remedy: str) -> None:
    """Refuse columns that have one name as soon as names are text, as Arrow has them.

    Raises
    ------
    ValueError
        If there are any.
    """
    texts = pd.Index([str(name) for name in names], dtype=object)
    twice = texts[texts.duplicated()].unique()
    if len(twice):
        msg = f"Two columns would be named {first_few(twice)}, and one be lost. {remedy}"
        raise ValueError(msg)


def _arrow(column: pd.Series, classes: Any) -> Any:
    """Make an Arrow array of a column."""
    import pyarrow as pa

    try:
        return pa.array(_plain(column, classes), from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        msg = (
            f"{column.name!r} holds what has no form in Arrow ({str(error).rstrip('.')}). Names of "
            "one type, such as strings, do; sets and probabilities do in columns of their own. "
            "Otherwise pass a pandas frame."
        )
        raise TypeError(msg) from error


def _plain(column: pd.Series, classes: Any) -> Any:
    """Write sets and dicts as what Arrow can hold; a class among them becomes one, too."""
    from weaklabel.functions.values import Not  # functions read frames by this module

    if column.dtype != object:
        return column
    kinds = {type(value) for value in column}
    if kinds & {set, frozenset, Not}:
        return [None if value is None else _members(value, classes) for value in column]
    if dict in kinds:
        return [None if value is None else _shares(value) for value in column]
    return column


def _members(value: Any, classes: Any) -> Any:
    """List the classes of a set in order; a dict stays, and Arrow refuses it beside lists."""
    if hasattr(value, "classes"):  # Not
        return [name for name in classes if name not in value.classes] or value
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    return value if isinstance(value, dict) else [value]


def _shares(value: Any) -> dict[str, Any]:
    """Give a dict by names; a class alone is certain."""
    pairs = value.items() if isinstance(value, dict) else [(value, 1.0)]
    return {str(name): share for name, share in pairs}
