"""How far a fit might have come out otherwise: refitted on items that count at random."""

# Refitting from where a fit ended needs the loop itself.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from sklearn.base import clone

from weaklabel._device import on_host
from weaklabel._together import said_together
from weaklabel.models._em import Settings, climb
from weaklabel.models._misfit import LEAST_EXPECTED, misfit
from weaklabel.models._units import item_weights
from weaklabel.models._votes import informative, weighted_shares

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence

LEAST = 1e-9  # weight of an item that nearly does not count
SWEEPS = 300  # from the end of another fit to the end of this one


def patterns_of(model: Any, evidence: Evidence) -> tuple[Evidence, np.ndarray]:
    """Collapse items that are alike to a model, and give how many each pattern stands for."""
    small, pattern = model._patterns(model._used_part(evidence))
    one = np.ones(len(evidence))
    return small, one if pattern is None else np.bincount(pattern, minlength=len(small)) * 1.0


def refits(
    model: Any,
    evidence: Evidence,
    n_items: np.ndarray,
    hedge: tuple[float, Any],
    rng: np.random.Generator,
) -> Iterator[np.ndarray]:
    """Refit again and again, as if the items had been others: the Bayesian bootstrap [1]_.

    Parameters
    ----------
    model : label model
        Fitted to `evidence`.
    evidence : Evidence
        Patterns.
    n_items : floating array, n_patterns
        How many items each stands for.
    hedge : float, and Series or None
        Share of plain votes in posteriors, and how much those of each source count.
    rng : Generator
        Where weights come from, one for each item.

    Yields
    ------
    floating array, n_patterns x n_classes
        Posterior by the refitted model.

    References
    ----------
    .. [1] Rubin, "The Bayesian bootstrap", Annals of Statistics 9, 1981.
    """
    weights = n_items if evidence.weights is None else on_host(evidence.weights)
    start = model.posterior(evidence).probabilities
    share, weights_of_sources = hedge
    plain = on_host(weighted_shares(evidence, weights_of_sources)) if share else 0.0
    voted = on_host(evidence.votes.voted)[:, None] if evidence.votes is not None else False
    model = clone(model)
    if "max_misfit" in model.get_params(deep=False):  # one doubt about the fit is enough
        model.set_params(max_misfit=np.inf)
    while True:
        drawn = rng.gamma(n_items) * (weights / n_items)
        drawn = np.maximum(drawn * weights.sum() / drawn.sum(), LEAST)
        p = _refitted(model, replace(evidence, weights=drawn), start)
        yield np.where(voted, (1 - share) * p + share * plain, p)


def _refitted(model: Any, evidence: Evidence, start: Any) -> np.ndarray:
    """Posterior after learning again, from where the first fit ended if that is possible."""
    fixed = model._closed_form or any(term._fixed_sweeps for term in model._terms())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the first fit said it all
        if fixed or evidence.neighbors is not None:
            return on_host(model.fit(evidence).posterior(evidence).probabilities)
        problem = model._problem(model._used_part(evidence))
        problem = problem._replace(evidence=model._used_part(evidence), believes=_always)
        sweeps = Settings(min(model.max_iter, SWEEPS), model.tol, max_drift=1.0, fixed_sweeps=False)
        return on_host(climb(problem, start, sweeps).posterior.probabilities)


def _always(*_: Any) -> bool:
    """Believe every fit."""
    return True


def overdispersion(evidence: Evidence, parameters: Any) -> float:
    r"""How much farther than independent errors explain pairs of sources are from a fit.

    The mean of :math:`(O - E)^2 / V` over pairs of votes, at least 1. Estimates from votes whose
    errors depend on each other are off by about its root more than they seem (quasi-likelihood).

    Parameters
    ----------
    evidence : Evidence
    parameters : Parameters
        Of a `DawidSkene` fitted to it.
    """
    speaks = on_host(informative(_votes(evidence), None))
    among = misfit(evidence, parameters, speaks)
    crowd = _crowd_misfit(evidence, parameters, ~speaks)
    found = np.array([[among.deviation, among.n_pairs], crowd])
    found = found[np.isfinite(found[:, 0])]
    return max(1.0, float(np.average(found[:, 0], weights=found[:, 1]))) if len(found) else 1.0


def _votes(evidence: Evidence) -> Any:
    """Give the votes."""
    return evidence.votes


def _crowd_misfit(evidence: Evidence, parameters: Any, use: np.ndarray) -> tuple[float, int]:
    """Compare what pairs of sources say on items of both, where items were assigned."""
    votes = _votes(evidence).map_arrays(on_host)
    source = np.repeat(np.arange(votes.n_sources), votes.n_codes)
    units = np.flatnonzero(use[source])
    together = said_together(votes.map_arrays(on_host), item_weights(evidence))
    observed = together[units][:, units]
    observed = observed.toarray() if sparse.issparse(observed) else observed
    owner = sparse.csr_array(np.eye(votes.n_sources)[source[units]])
    common = owner @ (owner.T @ observed @ owner) @ owner.T
    rates = np.exp(on_host(parameters.terms[0].log_emission)).reshape(len(source), -1)[units]
    expected = common * ((rates * np.exp(on_host(parameters.log_prior))) @ rates.T)
    pairs = (source[units][:, None] < source[units]) & (expected >= LEAST_EXPECTED)
    variance = expected * (1 - expected / np.where(common > 0, common, 1.0))
    pairs &= variance > 0
    if not pairs.any():
        return np.nan, 0
    squares = (observed - expected)[pairs] ** 2 / variance[pairs]
    return float(squares.mean()), len(squares)
