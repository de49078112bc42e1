"""Transition matrix: which class is told of which, as a posterior sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from weaklabel._check import first_few
from weaklabel._device import on_host
from weaklabel.analysis._scored import refuse_no_posterior
from weaklabel.io.align import values_for
from weaklabel.io.codes import SILENT, Codes
from weaklabel.io.wide import column_codes

if TYPE_CHECKING:
    from weaklabel.posterior import Posterior


def transition(posterior: Posterior, told: Any, *, smoothing: float = 0.1) -> pd.DataFrame:
    """Estimate how statements of single classes come about, from a posterior.

    Counts how often each class was told while items are believed to have each class. As long as
    the posterior was found with another matrix, this is one step of EM: use the new matrix, fit
    again, and repeat two or three times.

    Parameters
    ----------
    posterior : Posterior
        Of the items.
    told : Series, mapping or sequence
        The class told of each item, such as one that it does not have; missing for no statement.
    smoothing : float
        Pseudo-items of each class of which each class was told.

    Returns
    -------
    DataFrame, n_classes x n_classes
        P(class told | true class), one row a true class, for
        ``Evidence.with_candidates(..., transition=...)``.

    Raises
    ------
    ValueError
        If a row is no item, a value no single class, or `smoothing` not positive.

    Notes
    -----
    Without any other evidence the classes may come out exchanged, if several are hardly ever told
    of a class: then nothing says which of them is the true one. A few gold labels settle it.

    Examples
    --------
    >>> import weaklabel as wl
    >>> told = {"r1": "x", "r2": "y", "r3": "x"}
    >>> gold = {"r1": "y", "r2": "x", "r3": "z"}
    >>> evidence = wl.Evidence(list(told), classes=["x", "y", "z"]).with_candidates(gold)
    >>> posterior = wl.Independent().solve(np.zeros((3, 3)), evidence)
    >>> transition(posterior, told).loc["x"].round(2).tolist()
    [0.08, 0.85, 0.08]
    """
    refuse_no_posterior(posterior)
    if not smoothing > 0:
        msg = f"smoothing is a positive number of pseudo-items, not {smoothing!r}."
        raise ValueError(msg)
    classes = posterior.classes
    where, values = values_for(told, posterior.index, "classes told")
    code = column_codes(values.rename("told"), Codes(classes))
    strange = (code != SILENT) & ((code < 0) | (code >= len(classes)))
    if strange.any():
        msg = (
            f"{strange.sum()} values are no single class: {first_few(values[strange].to_list())} "
            f"of {first_few(values.index[strange])}. The classes are {classes.tolist()}; sets have "
            "no transition matrix."
        )
        raise ValueError(msg)
    said = code != SILENT
    believed = on_host(posterior.probabilities)[where[said]]
    counts = np.full((len(classes), len(classes)), smoothing)
    for one in range(len(classes)):
        counts[:, one] += believed[code[said] == one].sum(axis=0)
    return pd.DataFrame(counts / counts.sum(axis=1, keepdims=True), classes, classes)
