"""Class probabilities of the items of a Dask frame."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd
from sklearn.utils.validation import check_is_fitted

from weaklabel.distributed._frames import (
    MakeEvidence,
    OfVotes,
    checked_frame,
    kept_together,
)
from weaklabel.functions._parcel import Parcel


def predict_proba(
    model: Any,
    frame: Any,
    *,
    evidence: MakeEvidence | None = None,
    together: Hashable | None = None,
) -> Any:
    """Give class probabilities of the items of a Dask DataFrame, lazily.

    Parameters
    ----------
    model : label model
        Fitted.
    frame : dask.dataframe.DataFrame
        Votes, as `apply` gives them, or what `evidence` takes.
    evidence : callable or None
        Takes a partition, a pandas DataFrame, and gives its Evidence. None: all columns are votes.
    together : hashable or None
        Column whose equal values have to be in one partition; the rows of the result are then in
        the order of the shuffle.

    Returns
    -------
    dask.dataframe.DataFrame
        On the index of the frame, one column a class, not yet computed.

    Raises
    ------
    TypeError, KeyError
        If it is no Dask DataFrame, or has no column `together`.

    Examples
    --------
    >>> import dask.dataframe as dd, weaklabel as wl
    >>> from weaklabel import distributed
    >>> case = wl.datasets.independent(n_items=2000, random_state=0)
    >>> votes = dd.from_pandas(case.votes, npartitions=4)
    >>> model = distributed.fit(wl.DawidSkene(), votes, classes=case.classes)
    >>> distributed.predict_proba(model, votes).compute().shape
    (2000, 2)
    """
    check_is_fitted(model)
    frame = kept_together(checked_frame(frame), together)
    make = OfVotes(model.classes_.tolist()) if evidence is None else evidence
    meta = pd.DataFrame(
        {name: pd.Series(dtype="float64") for name in model.classes_}, index=frame._meta.index
    )
    return frame.map_partitions(_shares, Parcel.of((model, make)), meta=meta)


def _shares(part: pd.DataFrame, parcel: Parcel) -> pd.DataFrame:
    """Predict a partition."""
    model, make = parcel.open()
    if not len(part):  # a shuffle may leave partitions empty
        columns = {name: pd.Series(dtype="float64") for name in model.classes_}
        return pd.DataFrame(columns, index=part.index)
    return model.predict_proba(make(part))
