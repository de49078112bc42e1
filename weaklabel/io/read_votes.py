"""Read votes in whatever form the user has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from weaklabel._frames import kind_of, votes_as_pandas
from weaklabel.io.align import same_labels
from weaklabel.io.long import columns_of_long, votes_from_long
from weaklabel.io.matrix import Encoding, decode, frame_from_matrix, refuse_if_suspicious
from weaklabel.io.repeats import Repeats
from weaklabel.io.soft import ROUNDING, votes_from_soft
from weaklabel.io.wide import votes_from_frame
from weaklabel.votes import Votes

Silence = Literal["informative", "missing"]


def read_votes(
    votes: Any,
    index: pd.Index,
    classes: pd.Index,
    *,
    encoding: Encoding | None = None,
    silence: Silence | None = None,
    repeats: Repeats = "raise",
) -> Votes:
    """Turn a wide frame, a long frame, a matrix, a Series or soft votes into `Votes`.

    Parameters are those of `Evidence.with_votes`.
    """
    found = _read(votes, index, classes, encoding, repeats)
    if silence is None:
        return found
    if silence not in {"informative", "missing"}:
        msg = f"silence={silence!r} is unknown. Choose 'informative' or 'missing'."
        raise ValueError(msg)
    return replace(
        found, informative_silence=np.full(found.n_sources, silence == "informative", dtype=bool)
    )


def _read(
    votes: Any, index: pd.Index, classes: pd.Index, encoding: Encoding | None, repeats: Repeats
) -> Votes:
    """Find out which form the votes have."""
    if isinstance(votes, Votes):
        return _fitting(votes, index, classes)
    if isinstance(votes, Mapping):
        return votes_from_soft(votes, index, classes)
    if kind_of(votes) != "pandas":
        votes = _from_other(votes, index)
    columns = columns_of_long(votes) if isinstance(votes, pd.DataFrame) else None
    if columns:
        long = _decoded_long(votes, columns[2], classes, encoding)
        return votes_from_long(long, index, classes, repeats=repeats)
    if isinstance(votes, pd.Series):
        frame = votes.to_frame(votes.name if votes.name is not None else 0)
    elif isinstance(votes, pd.DataFrame):
        frame = votes
    else:
        frame = frame_from_matrix(votes, index, encoding)
    if encoding is None:
        _refuse_probabilities(votes, classes)
        refuse_if_suspicious(frame, classes)
    return votes_from_frame(frame, index, classes, encoding)


def _from_other(votes: Any, index: pd.Index) -> Any:
    """Read a frame or column of another library: the items in order, unless it is long."""
    found = votes_as_pandas(votes)
    if isinstance(found, pd.DataFrame) and columns_of_long(found):
        return found
    return votes_as_pandas(votes, index)


def _refuse_probabilities(votes: Any, classes: pd.Index) -> None:
    """Refuse a frame with one column a class, of numbers that sum to 1: it is one source."""
    if not isinstance(votes, pd.DataFrame) or not same_labels(votes.columns, classes):
        return
    if not all(is_numeric_dtype(kind) for kind in votes.dtypes):  # truth values count as numbers
        return
    shares = votes.to_numpy(dtype=np.float64, na_value=np.nan)
    silent = np.isnan(shares).all(axis=1)
    sound = (shares >= 0).all(axis=1) & (np.abs(shares.sum(axis=1) - 1) < ROUNDING)
    if silent.all() or not (silent | sound).all():
        return
    msg = (
        f"The columns of this frame are the classes {classes.tolist()}, so these look like "
        "probabilities of one source, of which every row sums to 1; as hard votes each column "
        "would be a source. Pass with_votes({'name': frame}). If the columns are sources that "
        "are named like classes, say which encoding= their numbers have."
    )
    raise ValueError(msg)


def _decoded_long(
    votes: pd.DataFrame, label: str, classes: pd.Index, encoding: Encoding | None
) -> pd.DataFrame:
    """Replace the numbers of a long frame by what they mean."""
    if encoding is None:
        refuse_if_suspicious(votes[[label]], classes, silence_shows=False)
        return votes
    return votes.assign(**{label: decode(votes[[label]], classes, encoding)[label]})


def _fitting(votes: Votes, index: pd.Index, classes: pd.Index) -> Votes:
    """Check that bare votes, which carry no labels, are of as many items and the same classes."""
    if votes.n_items != len(index) or not votes.classes.equals(classes):
        msg = (
            f"These Votes are about {votes.n_items} items and classes {votes.classes.tolist()}, "
            f"the evidence has {len(index)} items and classes {classes.tolist()}. Votes carry no "
            "index: pass a frame, or take them from evidence about the same items."
        )
        raise ValueError(msg)
    return votes
