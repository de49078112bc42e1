"""Read votes in whatever form the user has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from weaklabel.io.long import Repeats, columns_of_long, votes_from_long
from weaklabel.io.matrix import Encoding, decode, frame_from_matrix
from weaklabel.io.soft import votes_from_soft
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
        return votes
    if isinstance(votes, Mapping):
        return votes_from_soft(votes, index, classes)
    if isinstance(votes, pd.DataFrame) and encoding is None and columns_of_long(votes):
        return votes_from_long(votes, index, classes, repeats=repeats)
    if isinstance(votes, pd.Series):
        frame = votes.to_frame(votes.name if votes.name is not None else 0)
    elif isinstance(votes, pd.DataFrame):
        frame = votes
    else:
        frame = frame_from_matrix(votes, index, encoding)
    return votes_from_frame(decode(frame, classes, encoding), index, classes)
