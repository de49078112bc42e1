"""Misfit: how far sources speak together in ways that independent errors do not explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from weaklabel._device import on_host
from weaklabel.models._units import item_weights, said_together, said_units
from weaklabel.models._votes import votes_of

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.models._em import Parameters
    from weaklabel.votes import Votes

LEAST_EXPECTED = 5.0  # pairs expected on fewer items are too rare for a chi-square


class Misfit(NamedTuple):
    """How far a fit is from what pairs of sources do, and whether that means anything."""

    deviation: float  # mean squared, in standard errors; NaN without pairs
    n_pairs: int  # pairs of (source, code) that are expected often enough
    n_free: int  # parameters that can be bent to make them fit

    @property
    def testable(self) -> bool:
        """Say whether independent errors could have been contradicted at all."""
        return self.n_pairs > self.n_free


def misfit(evidence: Evidence, parameters: Parameters, speaks: Any) -> Misfit:
    r"""Compare how often pairs of sources say something together with what a model expects.

    If sources err independently given the class, source j says k while source l says m on
    :math:`E = n \sum_y \pi_y \theta_{jky} \theta_{lmy}` items. The mean over all pairs of
    :math:`(O - E)^2 / (E (1 - E / n))` is then at most about 1, whatever the parameters and the
    number of items. Votes whose dependence is not the class give far more: on real labeling
    functions 3 to 250. No gold is needed.

    A few sources that vote for one class each have more parameters than pairs. Then any votes can
    be fitted, by classes that are none: the deviation is small and means nothing.

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
    Misfit
    """
    if evidence.votes is None:  # nothing to explain
        return Misfit(np.nan, 0, 0)
    return misfit_of(UnitSums(*unit_sums(evidence, speaks)), evidence.votes, parameters)


class UnitSums(NamedTuple):
    """What pairs of sources do, as sums over items."""

    observed: Any  # sparse, n_units x n_units: items on which both were said, of sources that speak
    n_said: np.ndarray  # n_units: entries
    n_items: np.ndarray  # weight of the items
    speaks: np.ndarray  # number of parts in which a source's silence says something, n_sources


def unit_sums(evidence: Evidence, speaks: Any) -> tuple[Any, ...]:
    """Sum up how often pairs of sources say something together: `UnitSums`, as a tuple."""
    votes = votes_of(evidence)
    n_units = votes.n_sources * votes.n_codes
    weights = item_weights(evidence)
    observed = said_together(said_units(votes), weights)
    n_said = np.bincount(on_host(votes.unit), minlength=n_units)
    return observed, n_said, weights.sum(), on_host(speaks).astype(np.int64)


def misfit_of(sums: UnitSums, votes: Votes, parameters: Parameters) -> Misfit:
    """Compare sums over items with what a model expects; see `misfit`."""
    n_units = votes.n_sources * votes.n_codes
    source = np.repeat(np.arange(votes.n_sources), votes.n_codes)
    use = (sums.speaks > 0)[source]
    prior = np.exp(on_host(parameters.log_prior))
    rates = np.exp(on_host(parameters.terms[0].log_emission)).reshape(n_units, -1)
    n_items = float(sums.n_items)
    # rates of each unit fit by themselves: what is left is K - 1 for each and for the prior
    n_free = int(np.count_nonzero(use & (sums.n_said > 0)) + 1) * (len(prior) - 1)
    use &= (rates @ prior) * n_items >= LEAST_EXPECTED  # a pair is no more frequent than either
    chosen = np.flatnonzero(use)
    sparse_pairs: Any = sums.observed[chosen][:, chosen]
    observed = sparse_pairs.toarray()
    expected = n_items * (rates[use] * prior) @ rates[use].T
    pairs = (source[use][:, None] < source[use]) & (expected >= LEAST_EXPECTED)
    variance = expected * (1 - expected / n_items)
    pairs &= variance > 0
    squares = (observed - expected)[pairs] ** 2 / variance[pairs]
    return Misfit(float(squares.mean()) if pairs.any() else np.nan, len(squares), n_free)
