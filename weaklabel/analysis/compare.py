"""Several label models beside each other: what they say, how they ended, what is doubtful."""

# A table of fits looks at what models learned.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from weaklabel._device import on_host
from weaklabel.analysis._scored import tie_weights
from weaklabel.analysis.expected_score import expected_score
from weaklabel.models._em import total_variation
from weaklabel.models._units import item_weights
from weaklabel.models._votes import mean_shares, n_votes_of, start_shares

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence

__all__ = ["compare"]


def compare(evidence: Evidence, models: Any) -> pd.DataFrame:
    r"""Fit label models and put what can be told without gold side by side.

    The table describes; it does not choose. Of all figures that votes alone give, `consensus` goes
    best with true accuracy: over ten real sets and some twenty models its rank correlation is .53
    on average and nowhere negative. Yet the model of most consensus is less accurate (.785) than
    `LabelModel` is everywhere (.809). How well a model foretells votes that it did not see, how
    sure it is, and small drift say next to nothing (-.04, .06, .11); agreement with the plain vote
    says the opposite where crowds err together (benchmarks/quality/choice.py). A few dozen gold
    labels, held out, do tell: `score`.

    Parameters
    ----------
    evidence : Evidence
        What all models are fitted to, with votes.
    models : dict of label models by name, or sequence of label models
        Copies are fitted; the models themselves stay as they are.

    Returns
    -------
    DataFrame, one row a model
        Index: names. Columns:

        agreement
            Share of items on which the model says what most votes say, leaving out ties and items
            without votes.
        consensus
            The same with the other models, on average. NaN if there is no other.
        expected_accuracy
            How often the model believes to be right (`expected_score`), over covered items.
        drift
            How far its class shares are from those of the votes: total variation, 0 to 1, over
            items with votes, by their weights. Above 0.25 it may have found another pattern than
            the classes.
        effective_sources
            How many sources the labels rest on: :math:`(\sum w_j)^2 / \sum w_j^2`, where
            :math:`w_j` is the number of votes of a source times its learned log odds of being
            right beyond chance.
        coverage
            Share of items labelled at all.
        ending, n_iter
            How the fit ended, and after how many sweeps.
        warnings
            List of what was warned of.

    Raises
    ------
    ValueError
        If there is no model, or the evidence has no votes.
    TypeError
        If one is no label model.

    Examples
    --------
    >>> import weaklabel as wl
    >>> case = wl.datasets.independent(n_items=2000, random_state=0)
    >>> evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    >>> table = compare(evidence, [wl.MajorityVote(), wl.DawidSkene()])
    >>> table[["agreement", "consensus", "drift", "ending"]].round(2)
                  agreement  consensus  drift       ending
    MajorityVote       1.00       0.97   0.00  CLOSED_FORM
    DawidSkene         0.97       0.97   0.05    CONVERGED
    """
    named = _named(models)
    if evidence.votes is None:
        msg = "Models are compared by what they make of votes; this evidence has none."
        raise ValueError(msg)
    rows, said = [], []
    shares = mean_shares(evidence)
    majority = tie_weights(on_host(start_shares(evidence)))
    voted = on_host(evidence.votes.voted)
    mass = item_weights(evidence)
    mass = mass[voted]
    for model in named.values():
        fitted, told = _fitted(model, evidence)
        posterior = fitted.posterior(evidence)
        weights = tie_weights(on_host(posterior.probabilities))
        weights[~on_host(posterior.covered)] = 1 / weights.shape[1]
        said.append(weights)
        own = on_host(posterior.probabilities)[voted].T @ mass / max(mass.sum(), 1e-300)
        expected = expected_score(posterior)
        rows.append(
            {
                "agreement": _agreement(weights[voted], majority[voted]),
                "consensus": np.nan,
                "expected_accuracy": expected["accuracy"],
                "drift": total_variation(own, on_host(shares)),
                "effective_sources": _effective(fitted, evidence),
                "coverage": expected["coverage"],
                "ending": fitted.ending_.name,
                "n_iter": fitted.n_iter_,
                "warnings": told,
            }
        )
    for number, one in enumerate(said):
        others = [
            _agreement(one[voted], other[voted]) for k, other in enumerate(said) if k != number
        ]
        rows[number]["consensus"] = float(np.mean(others)) if others else np.nan
    return pd.DataFrame(rows, index=pd.Index(named, dtype=object))


def _named(models: Any) -> dict[Any, Any]:
    """Name the models; those of one kind are numbered."""
    from weaklabel.models import BaseLabelModel

    if isinstance(models, Mapping):
        named = dict(models)
    else:
        listed = list(models) if isinstance(models, Iterable) else [models]
        kinds = [type(one).__name__ for one in listed]
        named = {}
        for number, (kind, one) in enumerate(zip(kinds, listed, strict=True)):
            many = kinds.count(kind) > 1
            named[f"{kind} {kinds[: number + 1].count(kind)}" if many else kind] = one
    strange = [one for one in named.values() if not isinstance(one, BaseLabelModel)]
    if strange:
        msg = f"{strange[0]!r} is no label model. Pass some, such as [DawidSkene(), LabelModel()]."
        raise TypeError(msg)
    if not named:
        msg = "There is no model to compare. Pass some, such as [DawidSkene(), LabelModel()]."
        raise ValueError(msg)
    return named


def _fitted(model: Any, evidence: Evidence) -> tuple[Any, list[str]]:
    """Fit a copy and note what it warns of."""
    fitted: Any = clone(model)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted.fit(evidence)
    return fitted, [f"{one.category.__name__}: {one.message}" for one in caught]


def _agreement(one: np.ndarray, other: np.ndarray) -> float:
    """Share of items on which two say the same, where neither has a tie."""
    clear = (one.max(axis=1) == 1) & (other.max(axis=1) == 1)
    return float((one * other)[clear].sum(axis=1).mean()) if clear.any() else np.nan


def _effective(model: Any, evidence: Evidence) -> float:
    """How many sources the labels rest on."""
    from weaklabel.models._advice import _chance

    votes = evidence.votes
    assert votes is not None
    accuracy = model.source_accuracy_.reindex(votes.sources).to_numpy(float)
    chance = np.clip(_chance(model, evidence), 0.01, 0.99)
    sure = np.clip(np.nan_to_num(accuracy, nan=0.5), 0.01, 0.99)
    beyond = np.log(sure / (1 - sure)) - np.log(chance / (1 - chance))
    weight = n_votes_of(evidence) * np.where(np.isnan(accuracy), 0.0, np.abs(beyond))
    return float(weight.sum() ** 2 / (weight**2).sum()) if weight.any() else 0.0
