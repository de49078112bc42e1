"""Misfit: how far sources speak together in ways that independent errors do not explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from weaklabel._device import on_host

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.models._em import Parameters

LEAST_EXPECTED = 5.0  # pairs expected on fewer items are too rare for a chi-square


def misfit(evidence: Evidence, parameters: Parameters, speaks: Any) -> float:
    r"""Compare how often pairs of sources say something together with what a model expects.

    If sources err independently given the class, source j says k while source l says m on
    :math:`E = n \sum_y \pi_y \theta_{jky} \theta_{lmy}` items. The mean over all pairs of
    :math:`(O - E)^2 / (E (1 - E / n))` is then at most about 1, whatever the parameters and the
    number of items. Votes whose dependence is not the class give far more: on real labeling
    functions 3 to 250. No gold is needed.

    Parameters
    ----------
    evidence : Evidence
        The votes that the model was fitted to.
    parameters : Parameters
        Of a `DawidSkene` model.
    speaks : boolean array, n_sources
        Sources whose silence says something. Others were given items, so that how often they
        meet says nothing; they are left out.

    Returns
    -------
    float
        NaN if no pair is expected often enough to tell.
    """
    votes = evidence.votes
    if votes is None:  # nothing to explain
        return np.nan
    n_units = votes.n_sources * votes.n_codes
    source = np.repeat(np.arange(votes.n_sources), votes.n_codes)
    use = on_host(speaks)[source]
    prior = np.exp(on_host(parameters.log_prior))
    rates = np.exp(on_host(parameters.terms[0].log_emission)).reshape(n_units, -1)
    weights = np.ones(len(evidence)) if evidence.weights is None else on_host(evidence.weights)
    n_items = weights.sum()
    use &= rates.max(axis=1) * n_items >= LEAST_EXPECTED
    said = sparse.csr_array(
        (on_host(votes.weight), on_host(votes.unit), on_host(votes.starts)),
        shape=(votes.n_items, n_units),
    )[:, np.flatnonzero(use)]
    observed = (said.T @ (sparse.diags_array(weights) @ said)).toarray()
    expected = n_items * (rates[use] * prior) @ rates[use].T
    pairs = (source[use][:, None] < source[use]) & (expected >= LEAST_EXPECTED)
    variance = expected * (1 - expected / n_items)
    pairs &= variance > 0
    if not pairs.any():
        return np.nan
    return float(np.mean((observed - expected)[pairs] ** 2 / variance[pairs]))
