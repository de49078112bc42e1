"""Online EM: a chunk of items at a time, in steps that get smaller."""

# The parts of one sweep are what the protected functions of a term are for.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from weaklabel._device import beside, on_host
from weaklabel.models._em import Parameters, _weighted, informed_score
from weaklabel.models._gaussian_blocks import class_sums
from weaklabel.models._gaussian_sums import Sums
from weaklabel.models._prior import class_prior

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.models.gaussian_mixture import GaussianMixture


class Online(NamedTuple):
    """What is kept between chunks.

    Parameters
    ----------
    sums : Sums
        Of the average item so far, the later ones counting more; on the host.
    items : float
        Weight of all items so far.
    survey : NamedTuple
        Of the first chunk: the belief stays the same.
    """

    sums: Sums
    items: float
    survey: Any


def begin(model: GaussianMixture, evidence: Evidence) -> Online:
    """Sum up the chunk that the model was just fitted to."""
    sums = _sums(model, evidence, model.means_.mean(axis=(0, 1)))
    items = float(sums.total)
    return Online(sums.times(1 / items), items, model._survey(evidence))


def advance(model: GaussianMixture, evidence: Evidence, state: Online) -> tuple[Online, Parameters]:
    """Move the sums a step towards those of a chunk, and learn from them."""
    sums = _sums(model, evidence, state.sums.shift)
    items = float(sums.total)
    if items == 0:
        return state, model._learned()
    total = state.items + items
    step = (items / total) ** model.step
    mixed = state.sums.times(1 - step) + sums.times(step / items)
    everything = mixed.times(total)
    prior = class_prior(
        model.class_prior,
        model.prior_strength,
        evidence.classes,
        pseudo_items=model._pseudo_items(),
    )
    mass = everything.mass.reshape(len(evidence.classes), -1).sum(axis=1)
    log_prior = prior.log_estimate(mass)
    learned = model._maximize(everything, state.survey, log_prior)
    return Online(mixed, total, state.survey), Parameters(log_prior, (learned,))


def _sums(model: GaussianMixture, evidence: Evidence, shift: Any) -> Sums:
    """Sum up a chunk by what is known so far, on the host."""
    features = evidence.features
    parameters = model._parameters_on(features)
    scores = informed_score((model,), evidence, parameters)
    found = model._solver().solve(scores, evidence)
    weighted = _weighted(evidence, found.probabilities, found.log_normalizer)
    sums = class_sums(features, weighted, parameters.terms[0], beside(shift, features))
    return Sums(*(on_host(part) for part in sums))
