"""A fitted model opened up: what its terms say about one item, with votes left out or changed."""

# Taking a model apart is looking at its parts.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import log_softmax, logsumexp, softmax
from sklearn.utils.validation import check_is_fitted

from weaklabel._check import first_few
from weaklabel._device import on_host
from weaklabel.evidence import Evidence
from weaklabel.models._em import informed_score, pooled_score
from weaklabel.models._merge import groups_of_copies, merge_sources
from weaklabel.models._votes import weighted_shares
from weaklabel.posterior import TIE
from weaklabel.votes import Votes

TINY = 1e-12  # nats: smaller corrections of a solver are rounding


@dataclass(frozen=True, eq=False)
class Speech:
    """A fitted model and one item: how the score of the item comes about.

    Attributes
    ----------
    model : label model
        The fitted one; of a `LabelModel` the one that it chose.
    evidence : Evidence
        One row: the item, on the host, sources in the order of the fit, copies as one voice.
    original : Evidence
        One row: the item as the user gave it, on the host.
    copies : DataFrame or None
        Pairs of sources that speak as one.
    hedge : float
        Share of plain votes that is mixed into the posterior.
    hedge_weights : Series or None
        How much the votes of each source count in these.
    log_posterior : floating array, n_classes
        What the model says in the end.
    covered : bool
        Whether the model labels the item at all.
    """

    model: Any
    evidence: Evidence
    original: Evidence
    copies: pd.DataFrame | None
    hedge: float
    hedge_weights: pd.Series | None
    log_posterior: np.ndarray
    covered: bool

    @property
    def terms(self) -> list[tuple[Any, Any]]:
        """Terms with their parameters, on the host."""
        learned = self.model._parameters_on(np.zeros(0))
        return list(zip(self.model._terms(), learned.terms, strict=True))

    @property
    def log_prior(self) -> np.ndarray:
        """Log class prior, n_classes."""
        return np.asarray(self.model._parameters_on(np.zeros(0)).log_prior)

    def heard(self, original: Evidence) -> Evidence:
        """Bring evidence about the item into the form that the terms read."""
        return _matched(self.model, self.copies, original)

    def scores(self, evidence: Evidence) -> np.ndarray:
        """Log scores before the solver, n_rows x n_classes, of evidence that is `heard`."""
        combine = pooled_score if self.model.pooled else informed_score
        used = self.model._used_part(evidence)
        learned = self.model._parameters_on(np.zeros(0))
        return on_host(combine(self.model._terms(), used, learned))

    def before_solver(self, evidence: Evidence) -> np.ndarray:
        """Log scores with plain votes mixed in, where the model does so, n_rows x n_classes."""
        scores = self.scores(evidence)
        if not self.hedge or evidence.votes is None:
            return scores
        allowed = _allowed(evidence)
        inside = np.where(allowed, scores, -np.inf)
        total = logsumexp(inside, axis=1, keepdims=True)
        total = np.where(np.isfinite(total), total, 0.0)  # no class can explain what is known
        sure = np.exp(inside - total)
        shares = on_host(weighted_shares(evidence, self.hedge_weights))
        mixed = (1 - self.hedge) * sure + self.hedge * shares
        with np.errstate(divide="ignore"):
            mixed = np.log(mixed) + total
        return np.where(on_host(evidence.votes.voted)[:, None], mixed, scores)

    def correction(self) -> np.ndarray:
        """Give what bags, neighbors and certain candidates add to `before_solver`, n_classes."""
        scores = self.before_solver(self.evidence)[0]
        allowed = _allowed(self.evidence)[0]
        at = np.isfinite(self.log_posterior) & np.isfinite(scores) & allowed
        told = np.where(allowed, 0.0, -np.inf)
        told[at] = self.log_posterior[at] - log_softmax(scores[at]) if at.any() else 0.0
        told[allowed & np.isneginf(self.log_posterior) & np.isfinite(scores)] = -np.inf
        told[at & (np.abs(told) < TINY)] = 0.0
        return told

    def labels(self, evidence: Evidence) -> np.ndarray:
        """Position of the label of every row of evidence that is `heard`; -1 for none.

        What bags and neighbors say stays as it is.
        """
        correction = self.correction()
        scores = self.before_solver(evidence) + correction
        impossible = ~np.isfinite(scores.max(axis=1, keepdims=True))  # then votes are not heard
        p = softmax(np.where(impossible, correction, scores), axis=1)
        tied = p >= p.max(axis=1, keepdims=True) - TIE
        known = self.covered & self._informed(evidence)
        return np.where(known & (tied.sum(axis=1) == 1), p.argmax(axis=1), -1)

    def _informed(self, evidence: Evidence) -> np.ndarray:
        """Tell of which rows anything is known, bags and neighbors included."""
        used = self.model._used_part(evidence)
        known = on_host(used.covered) | bool(np.any(self.correction()))
        for term, _ in self.terms:
            known = known | on_host(term._informs(used))
        return known


def opened(model: Any, evidence: Evidence, item: Any) -> Speech:
    """Open a fitted model at one item.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the model is not fitted.
    KeyError
        If there is no such item.
    ValueError
        If classes or sources are not those of the fit, or the model reads items in sequences.
    """
    check_is_fitted(model)
    inner, copies = getattr(model, "model_", model), getattr(model, "copies_", None)
    _refuse_sequences(inner)
    row = _row(evidence, item)
    alone = not evidence.bags and evidence.neighbors is None
    small = evidence.take([row], bags="drop") if alone else evidence
    posterior = model.posterior(small)
    at = 0 if alone else row
    one = _alone(small.take([at], bags="drop")).map_arrays(on_host)
    with np.errstate(divide="ignore"):
        log_posterior = np.log(on_host(posterior.probabilities)[at])
    matched = model._matched(one)
    return Speech(
        model=inner,
        evidence=_matched(inner, copies, matched),
        original=matched,
        copies=copies,
        hedge=float(getattr(model, "hedge_", 0.0)),
        hedge_weights=getattr(model, "hedge_weights_", None),
        log_posterior=log_posterior,
        covered=bool(on_host(posterior.covered)[at]),
    )


def repeated(evidence: Evidence, votes: Votes) -> Evidence:
    """Give evidence about one item as many rows as there are in `votes`, which replace its own."""
    n = votes.n_items

    def rows(array: Any) -> Any:
        return None if array is None else np.repeat(array, n, axis=0)

    return replace(
        evidence,
        index=pd.RangeIndex(n),
        votes=votes,
        candidates=rows(evidence.candidates),
        hints=rows(evidence.hints),
        features=rows(evidence.features),
    )


def subsets(evidence: Evidence, keep: np.ndarray) -> Evidence:
    """Evidence about one item in which some votes are left out of every row.

    Parameters
    ----------
    evidence : Evidence
        One item.
    keep : boolean array, n_rows x n_votes
        Which entries of the votes are kept.
    """
    votes: Any = evidence.votes
    row, vote = np.nonzero(keep)
    kept = replace(
        votes,
        item=row.astype(votes.item.dtype),
        source=votes.source[vote],
        code=votes.code[vote],
        weight=votes.weight[vote],
        n_items=len(keep),
    )
    return repeated(evidence, kept)


def _refuse_sequences(model: Any) -> None:
    """Refuse terms to which an item that is cut out is another item."""
    for term in model._terms():
        if not term._interchangeable():
            msg = (
                f"{term} labels an item by the items around it too, so that its own votes do not "
                "explain its label. Explain it by a model that looks at items one by one, such as "
                "DawidSkene with the same settings."
            )
            raise ValueError(msg)


def _matched(model: Any, copies: pd.DataFrame | None, evidence: Evidence) -> Evidence:
    """Let copies speak as one, then bring sources into the order of the fit."""
    if copies is not None and len(copies) and evidence.votes is not None:
        groups = groups_of_copies(copies, evidence.votes.sources)
        evidence = replace(evidence, votes=merge_sources(evidence.votes, groups))
    return model._matched(evidence)


def _alone(evidence: Evidence) -> Evidence:
    """Leave out what binds an item to others; it was heard already."""
    return replace(evidence, bags=(), neighbors=None, weights=None)


def _allowed(evidence: Evidence) -> np.ndarray:
    """Classes that certain candidates leave, n_rows x n_classes."""
    if evidence.candidates is not None:
        return on_host(evidence.candidates).astype(bool)
    return np.ones((len(evidence), len(evidence.classes)), dtype=bool)


def _row(evidence: Evidence, item: Any) -> int:
    """Find the position of an item."""
    try:
        row: Any = evidence.index.get_loc(item)
    except (KeyError, TypeError, pd.errors.InvalidIndexError):
        msg = (
            f"There is no item {item!r}; the items are {first_few(evidence.index)}. Pass a label "
            "of the evidence's index, not a position."
        )
        raise KeyError(msg) from None
    return int(row)
