"""Misfit: how far sources speak together in ways that independent errors do not explain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import sparse

from weaklabel._device import on_host
from weaklabel._memo import remembered
from weaklabel._together import said_together
from weaklabel.models._units import item_weights
from weaklabel.models._votes import votes_of

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.models._em import Parameters
    from weaklabel.votes import Votes

BLOCK = 1 << 18  # pairs that are compared at a time
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

    observed: Any  # n_units x n_units, sparse or not: items on which both were said
    n_said: np.ndarray  # n_units: entries
    n_items: np.ndarray  # weight of the items
    speaks: np.ndarray  # number of parts in which a source's silence says something, n_sources


def unit_sums(evidence: Evidence, speaks: Any) -> tuple[Any, ...]:
    """Sum up how often pairs of sources say something together: `UnitSums`, as a tuple."""
    votes = votes_of(evidence)
    weights = None if evidence.weights is None else on_host(evidence.weights)
    observed = said_together(votes.map_arrays(on_host), weights)
    n_items = item_weights(evidence).sum()
    return observed, on_host(votes.n_said), n_items, on_host(speaks).astype(np.int64)


def misfit_of(sums: UnitSums, votes: Votes, parameters: Parameters) -> Misfit:
    """Compare sums over items with what a model expects; see `misfit`."""
    log_emission = parameters.terms[0].log_emission
    parts = (sums.observed, parameters.log_prior, log_emission, sums.speaks.tobytes())
    return remembered(votes, "_misfit", parts, lambda: _misfit_of(sums, votes, parameters))


def _misfit_of(sums: UnitSums, votes: Votes, parameters: Parameters) -> Misfit:
    """Go over the pairs of units that are expected often enough."""
    n_units = votes.n_units
    source = np.repeat(np.arange(votes.n_sources), votes.n_codes)
    use = (sums.speaks > 0)[source]
    prior = np.exp(on_host(parameters.log_prior))
    rates = np.exp(on_host(parameters.terms[0].log_emission)).reshape(n_units, -1)
    n_items = float(sums.n_items)
    # rates of each unit fit by themselves: what is left is K - 1 for each and for the prior
    n_free = int(np.count_nonzero(use & (sums.n_said > 0)) + 1) * (len(prior) - 1)
    total, n_pairs = 0.0, 0
    for one, other in _frequent(rates, prior, n_items, use):
        observed: Any = sums.observed[one][:, other]
        expected = n_items * (rates[one] * prior) @ rates[other].T
        pairs = (source[one][:, None] < source[other]) & (expected >= LEAST_EXPECTED)
        variance = expected * (1 - expected / n_items)
        pairs &= variance > 0
        apart = (observed.toarray() if sparse.issparse(observed) else observed) - expected
        apart *= apart
        apart /= np.where(pairs, variance, 1.0)
        total += float(apart.sum(where=pairs))
        n_pairs += int(np.count_nonzero(pairs))
    return Misfit(total / n_pairs if n_pairs else np.nan, n_pairs, n_free)


def _frequent(
    rates: np.ndarray, prior: np.ndarray, n_items: float, use: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give blocks of units, and the units that may be expected often enough beside them."""
    alone = (rates @ prior) * n_items  # a pair is no more frequent than either
    chosen = np.flatnonzero(use & (alone >= LEAST_EXPECTED))
    best = rates.max(axis=1)  # of what is expected alone, no more than that is expected together
    step = max(1, BLOCK // max(1, len(chosen)))
    for start in range(0, len(chosen), step):
        one = chosen[start : start + step]
        other = chosen[chosen > one[0]]
        often = alone[other] * best[one].max() >= LEAST_EXPECTED
        if often.any():
            yield one, other[often]
