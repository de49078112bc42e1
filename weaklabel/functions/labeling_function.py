"""Turn a Python function into a labeling function."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from functools import update_wrapper
from typing import Any, ClassVar, overload
from uuid import uuid4

import numpy as np
import pandas as pd

from weaklabel._check import first_few
from weaklabel._frames import votes_as_pandas
from weaklabel.functions._base import Computed, LabelingFunction, View
from weaklabel.functions._column import Column, from_array

# Loaded resources by function. It lives in the process, not in the function, so that a worker
# process, which gets the function anew with every task, still loads only once.
_loaded: dict[str, dict[str, Any]] = {}


class PythonFunction(LabelingFunction):
    """A labeling function with a Python body."""

    kind: ClassVar[str]

    def __init__(
        self, body: Callable[..., Any], name: str | None, resources: Mapping[str, Any] | None
    ) -> None:
        self.body = body
        self.file: str | None = getattr(getattr(body, "__code__", None), "co_filename", None)
        self.name = name or getattr(body, "__name__", type(body).__name__)
        self.resources = dict(resources or {})
        self.token = uuid4().hex
        weakref.finalize(self, _loaded.pop, self.token, None)
        update_wrapper(self, body, assigned=("__module__", "__qualname__", "__doc__"), updated=())

    def __call__(self, items: Any) -> Any:
        """Call the Python function, with its resources."""
        return self.body(items, **self.load())

    def __repr__(self) -> str:
        return f"<labeling function {self.name!r}, {self.kind}>"

    def load(self) -> dict[str, Any]:
        """Load the resources on first use in this process."""
        if not self.resources:
            return self.resources
        if self.token not in _loaded:
            _loaded[self.token] = {
                key: resource() if callable(resource) else resource
                for key, resource in self.resources.items()
            }
        return _loaded[self.token]

    def content(self) -> tuple[Any, ...]:
        """List the body and how to get the resources."""
        return self.kind, self.body, self.resources


class RowFunction(PythonFunction):
    """A labeling function that is called once an item."""

    kind = "row by row"


class FrameFunction(PythonFunction, Computed):
    """A labeling function that is called once with the whole frame."""

    kind = "vectorized"
    whole_frame = True

    def compute(self, view: View) -> Column:
        """Vote on every item of the frame."""
        votes = votes_as_pandas(self(view.native), view.frame.index)
        return from_array(_aligned(votes, view.frame.index))


def _aligned(votes: Any, index: pd.Index) -> Any:
    """Bring the result of a vectorized function to the order of the frame."""
    if isinstance(votes, pd.Series):
        return votes if votes.index.equals(index) else _reindexed(votes, index)
    if isinstance(votes, (list, tuple)):
        # numpy would turn [1, "a"] into text and sets into errors
        array = np.empty(len(votes), object)
        array[:] = votes
        votes = array
    if not isinstance(votes, (np.ndarray, pd.api.extensions.ExtensionArray)) or votes.ndim != 1:
        msg = (
            f"it returned {_kind(votes)}; a vectorized function returns a Series on the index of "
            "the frame, or an array with one vote an item"
        )
        raise TypeError(msg)
    if len(votes) != len(index):
        msg = f"it returned {len(votes)} votes for {len(index)} items; return one vote an item"
        raise ValueError(msg)
    return votes


def _kind(votes: Any) -> str:
    """Name a result by its type and shape."""
    shape = getattr(votes, "shape", None)
    return type(votes).__name__ + (f" of shape {shape}" if shape else "")


def _reindexed(votes: pd.Series, index: pd.Index) -> pd.Series:
    """Align a Series with the frame by label; missing items abstain."""
    if not votes.index.is_unique:
        twice = first_few(votes.index[votes.index.duplicated()].unique())
        msg = f"it returned more than one vote for {twice}; return a Series on the frame's index"
        raise ValueError(msg)
    strange = votes.index.difference(index, sort=False)
    if len(strange):
        msg = (
            f"it returned votes for {first_few(strange)}, not in the frame; keep the frame's index"
        )
        raise ValueError(msg)
    return votes.reindex(index)


@overload
def labeling_function(body: Callable[..., Any], /) -> PythonFunction: ...
@overload
def labeling_function(
    body: None = None,
    /,
    *,
    name: str | None = None,
    vectorized: bool = False,
    resources: Mapping[str, Any] | None = None,
) -> Callable[[Callable[..., Any]], PythonFunction]: ...
def labeling_function(
    body: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    vectorized: bool = False,
    resources: Mapping[str, Any] | None = None,
) -> PythonFunction | Callable[[Callable[..., Any]], PythonFunction]:
    """Make a labeling function of a Python function; use it as a decorator.

    The function gets an item and returns a vote: a class (its name, or its position among the
    classes given to `apply`), a set of classes ("one of them"), `Not` ("none of them"), a dict
    of probabilities, or None or `ABSTAIN`. NaN, ``pd.NA`` and -1 abstain, too.

    Parameters
    ----------
    body : callable
        The function, where the decorator is used without parentheses.
    name : str or None
        Name of the column of votes. None takes the name of the function.
    vectorized : bool
        False: called once an item with a light row, ``row.text`` or ``row["some text"]``.
        Missing values are None where the frame is of polars or Arrow.
        True: called once with the whole frame, as it was given to `apply`; returns a Series of
        votes on its index, or an array with one vote an item. Series of pandas are aligned by
        label, and missing items abstain; those of polars or Arrow are in the order of the frame.
    resources : mapping from str to object, or None
        Passed as keyword arguments. Callables are called without arguments once in a process,
        at first use, and their result is passed: large lexicons and models are loaded where they
        are needed, and never travel between processes. Other values are passed as they are.

    Returns
    -------
    LabelingFunction
        Callable like the function, without its resources.

    Raises
    ------
    TypeError
        If the decorated object is not callable.

    Examples
    --------
    >>> import pandas as pd
    >>> import weaklabel.functions as wf
    >>> @wf.labeling_function
    ... def asks_to_subscribe(row):
    ...     return "spam" if "subscribe" in row.text.lower() else None
    >>> @wf.labeling_function(vectorized=True)
    ... def is_short(frame):
    ...     return frame.text.str.len().lt(12).map({True: "ham", False: None})
    >>> comments = pd.DataFrame({"text": ["Subscribe to me!", "nice"]}, index=["a", "b"])
    >>> wf.apply([asks_to_subscribe, is_short], comments)
      asks_to_subscribe is_short
    a              spam      NaN
    b               NaN      ham
    """
    if body is None:
        return lambda body: _make(body, name, resources, vectorized=vectorized)
    return _make(body, name, resources, vectorized=vectorized)


def _make(
    body: Callable[..., Any],
    name: str | None,
    resources: Mapping[str, Any] | None,
    *,
    vectorized: bool,
) -> PythonFunction:
    """Choose the kind of function."""
    if not callable(body):
        msg = (
            f"labeling_function got {body!r}, which cannot be called. Decorate a function; its "
            "name goes into labeling_function(name=...)."
        )
        raise TypeError(msg)
    return (FrameFunction if vectorized else RowFunction)(body, name, resources)
