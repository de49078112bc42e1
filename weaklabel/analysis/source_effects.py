"""Where a source helps and where it hurts: everything fitted again without it."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from weaklabel._check import first_few
from weaklabel._device import on_host
from weaklabel.analysis._scored import gold_codes
from weaklabel.analysis._votes import one_each, ratio, statement

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.posterior import Posterior

__all__ = ["changed_by", "source_effects"]


def source_effects(model: Any, evidence: Evidence, *, gold: Any = None) -> pd.DataFrame:
    """Leave every source out in turn, fit again, and see what changes.

    Parameters
    ----------
    model : label model
        Fitted to `evidence`; copies of it are fitted again.
    evidence : Evidence
        With at least two sources.
    gold : Series or array, n_items, or None
        Gold classes; serve for `helped` and `hurt` alone.

    Returns
    -------
    DataFrame, one row a source
        Columns:

        n_votes
            Items that it votes on.
        changed
            Items whose label is another without it, or none, or only then one.
        only_one
            Items that nothing else tells about.
        agreement
            Expected share of its votes that are right, by the posterior *without* it.
        helped, hurt
            With gold: items that are right only with it, and only without it.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the model is not fitted.
    ValueError
        If there are fewer than two sources, or gold cannot be aligned.

    See Also
    --------
    changed_by : the items, for one source.

    Examples
    --------
    >>> import weaklabel as wl
    >>> case = wl.datasets.independent(n_items=1000, random_state=0)
    >>> evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    >>> table = source_effects(wl.MajorityVote().fit(evidence), evidence, gold=case.gold)
    >>> bool((table["helped"] > table["hurt"]).loc["source_4"])
    True
    """
    whole = _whole(model, evidence)
    votes: Any = evidence.votes
    codes = None if gold is None else gold_codes(gold, evidence.index, evidence.classes)
    hard = one_each(votes.map_arrays(on_host))
    with_it = _codes(whole)
    rows = []
    for j, source in enumerate(votes.sources):
        without = _without(model, evidence, source)
        other, p = _codes(without), on_host(without.probabilities)
        mine = hard.source == j
        item, code = hard.item[mine], hard.code[mine]
        right = (p[item] * hard.statements[code]).sum(axis=1)
        lone = on_host(whole.covered) & ~on_host(without.covered)
        row = {
            "n_votes": int(mine.sum()),
            "changed": int((other != with_it).sum()),
            "only_one": int(lone.sum()),
            "agreement": float(ratio(right.sum(), mine.sum())),
        }
        if codes is not None:
            known = codes >= 0
            row["helped"] = int((known & (with_it == codes) & (other != codes)).sum())
            row["hurt"] = int((known & (with_it != codes) & (other == codes)).sum())
        rows.append(row)
    return pd.DataFrame(rows, index=votes.sources)


def changed_by(model: Any, evidence: Evidence, source: Any) -> pd.DataFrame:
    """Show the items whose label is another if a source is left out and all is fitted again.

    Parameters
    ----------
    model : label model
        Fitted to `evidence`; a copy of it is fitted again.
    evidence : Evidence
        With at least two sources.
    source : hashable
        Name of the source.

    Returns
    -------
    DataFrame, one row an item
        On the user's index, in the user's order. Columns `vote` of the source (None: silent),
        `label` and `label_without` (missing for none), `confidence` and `confidence_without`.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the model is not fitted.
    ValueError
        If there are fewer than two sources, or no such source.

    Examples
    --------
    >>> import weaklabel as wl
    >>> votes = pd.DataFrame({"a": ["x", "x"], "b": ["x", "y"], "c": ["x", "y"], "d": ["x", "x"]})
    >>> evidence = wl.Evidence(votes.index, classes=["x", "y"]).with_votes(votes)
    >>> changed_by(wl.MajorityVote().fit(evidence), evidence, "d")
       vote label label_without  confidence  confidence_without
    1     x   NaN             y         0.5            0.666667
    """
    whole = _whole(model, evidence)
    votes: Any = evidence.votes
    if source not in votes.sources:
        msg = (
            f"There is no source {source!r}; the sources are {first_few(votes.sources, most=10)}. "
            "Pass one of them."
        )
        raise ValueError(msg)
    without = _without(model, evidence, source)
    changes = whole.changes_since(without)
    hard = one_each(votes.map_arrays(on_host).select([source]))
    said: dict[int, Any] = {
        int(item): statement(hard, code) for item, code in zip(hard.item, hard.code, strict=True)
    }
    rows = evidence.index.get_indexer(changes.index)
    changes.insert(
        0, "vote", pd.Series([said.get(int(row)) for row in rows], changes.index, object)
    )
    names = {"label_before": "label_without", "confidence_before": "confidence_without"}
    return changes.rename(columns=names)


def _whole(model: Any, evidence: Evidence) -> Posterior:
    """Posterior with all sources."""
    check_is_fitted(model)
    if evidence.votes is None or evidence.votes.n_sources < 2:
        msg = "To leave a source out, there must be at least two. Add with_votes(...)."
        raise ValueError(msg)
    return model.posterior(evidence)


def _without(model: Any, evidence: Evidence, source: Any) -> Posterior:
    """Posterior of the model fitted to all but one source."""
    votes: Any = evidence.votes
    rest = replace(evidence, votes=votes.select(votes.sources[votes.sources != source]))
    other: Any = clone(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the first fit said it all
        return other.fit(rest).posterior(rest)


def _codes(posterior: Posterior) -> np.ndarray:
    """Position of each label, -1 for none."""
    return posterior.labels().cat.codes.to_numpy()
