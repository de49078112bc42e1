"""Apply labeling functions to the partitions of a Dask frame."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Literal

import pandas as pd

from weaklabel.distributed._frames import checked_frame
from weaklabel.functions import FrameVotes, LabelingFunction, ModelVotes
from weaklabel.functions import apply as apply_to_frame
from weaklabel.functions._forms import SETS, voting_with_sets
from weaklabel.functions._parcel import Parcel


def apply(
    functions: Iterable[LabelingFunction],
    frame: Any,
    *,
    classes: Sequence[Hashable],
    sets: Sequence[str] = (),
    on_error: Literal["raise", "abstain"] = "raise",
) -> Any:
    """Apply labeling functions to a Dask DataFrame, lazily, partition by partition.

    Parameters
    ----------
    functions : iterable of LabelingFunction
        Vectorized ones and models see one partition at a time. What they carry along is unpacked
        once a worker.
    frame : dask.dataframe.DataFrame
        The items; each partition has unique index labels.
    classes : sequence of hashable
        Class names in order.
    sets : sequence of str
        Names of functions that vote with sets of classes, or probabilities, on some rows; their
        columns hold objects. Those that are declared so need not be named.
    on_error : {"raise", "abstain"}
        As in `weaklabel.apply`.

    Returns
    -------
    dask.dataframe.DataFrame
        Votes on the index and in the partitions of the frame, not yet computed.

    Raises
    ------
    TypeError
        If it is no Dask DataFrame; ImportError where Dask is not installed.
    ValueError
        If `sets` names no function; when computed, if a function votes with sets or probabilities
        and is not named in `sets`.

    Examples
    --------
    >>> import dask.dataframe as dd, weaklabel as wl
    >>> from weaklabel import distributed
    >>> reviews = pd.DataFrame({"text": ["a refund", "fine", "nice"]}, index=["r1", "r2", "r3"])
    >>> refund = wl.Keywords("refund", vote="bad", name="refund")
    >>> votes = distributed.apply(
    ...     [refund], dd.from_pandas(reviews, npartitions=2), classes=["bad", "fine"]
    ... )
    >>> votes.compute()["refund"].notna().tolist()
    [True, False, False]
    """
    functions = list(functions)
    frame = checked_frame(frame)
    kinds = {f.name: _kind(f, list(classes)) for f in functions}
    kinds |= dict.fromkeys(voting_with_sets(functions, sets), "object")
    meta = pd.DataFrame(
        {name: pd.Series(dtype=kind) for name, kind in kinds.items()}, index=frame._meta.index
    )
    return frame.map_partitions(
        _votes, Parcel.of(functions), list(classes), on_error, kinds, meta=meta
    )


def _kind(function: LabelingFunction, classes: list[Hashable]) -> Any:
    """Tell the type of the votes of a function: objects for sets and probabilities."""
    vote = getattr(function, "vote", None)
    if isinstance(vote, dict):
        return "object"
    if isinstance(function, FrameVotes | ModelVotes):
        return "object"
    return pd.CategoricalDtype(classes)


def _votes(
    part: pd.DataFrame,
    parcel: Parcel,
    classes: list[Hashable],
    on_error: Literal["raise", "abstain"],
    kinds: dict[str, Any],
) -> pd.DataFrame:
    """Vote on a partition."""
    votes = apply_to_frame(
        parcel.open(), part, classes=classes, on_error=on_error, cache=False, progress=False
    )
    votes.attrs = {}
    for name, kind in kinds.items():
        if votes[name].dtype == object and not isinstance(kind, str):
            said = next(vote for vote in votes[name] if isinstance(vote, (*SETS, dict)))
            msg = (
                f"{name!r} says {said!r}, while its column was announced to hold single classes. "
                f"Give sets=[{name!r}]: it then holds objects in all partitions."
            )
            raise ValueError(msg)
    objects = {name: "object" for name, kind in kinds.items() if isinstance(kind, str)}
    return votes.astype(objects)
