"""Which votes say the same fact twice: copies, and sources that speak and are silent together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from weaklabel._device import beside, on_host
from weaklabel._together import said_together, same_code
from weaklabel.models._units import item_weights

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.votes import Votes


BLOCK = 1 << 14  # pairs that are compared at a time


class Pairs(NamedTuple):
    """Pairs of units (source, code) that say the same code and sometimes speak together."""

    one: np.ndarray  # unit of the first source
    other: np.ndarray  # unit of the second
    joint: np.ndarray  # share of items on which both speak
    share: np.ndarray  # n_units: share of items on which a unit speaks


def same_code_pairs(evidence: Evidence, votes: Votes) -> Pairs:
    """Find all pairs of sources that say the same code about an item.

    Parameters
    ----------
    evidence : Evidence
        Items count by their weight.
    votes : Votes
        Its votes.
    """
    weights = item_weights(evidence)
    total = weights.sum()
    own = None if evidence.weights is None else weights
    one, other, joint = same_code(said_together(votes.map_arrays(on_host), own), votes.n_codes)
    share = on_host(votes.sum_by_unit(beside(weights, votes.weight)[:, None])).ravel() / total
    return Pairs(one, other, joint / total, share)


def copy_discount(pairs: Pairs, class_mass: np.ndarray) -> np.ndarray:
    """Count near-copies once.

    A pair counts as copied as far as (a) the two speak on nearly the same items (Jaccard index
    from .7, sure at .95) and (b) they speak together more often than even two perfect sources
    that are independent given the class could.

    Parameters
    ----------
    pairs : Pairs
    class_mass : floating array, n_units
        Share of items that have a class which the unit allows.

    Returns
    -------
    floating array, n_units
        1 over the number of copies, itself included.
    """
    one, other, joint, share = pairs
    jaccard = joint / (share[one] + share[other] - joint)
    alike = np.clip((jaccard - 0.70) / 0.25, 0, 1)
    possible = share[one] * share[other] / class_mass[one]
    sure = np.clip(np.maximum(0, joint - possible) / share[one] / 0.2, 0, 1)
    return 1 / (1 + np.bincount(one, weights=alike * sure, minlength=len(share)))


def silence_discount(
    pairs: Pairs, precision: np.ndarray, prior: np.ndarray, n_sources: int
) -> np.ndarray:
    """Count sources that are silent together once.

    Parameters
    ----------
    pairs : Pairs
    precision : floating array, n_units x n_classes
        P(class | the unit speaks), hardly shrunk.
    prior : floating array, n_classes
    n_sources : int

    Returns
    -------
    floating array, n_sources
        1 where a source speaks together with others as often as their precisions explain, less
        the more surplus there is.
    """
    one, other, joint, share = pairs
    half = one < other  # pairs stand there in both directions, and surplus is the same in both
    one, other, joint = one[half], other[half], joint[half]
    lift = precision / prior
    explained = np.empty(len(one))
    for start in range(0, len(one), BLOCK):
        part = slice(start, start + BLOCK)
        explained[part] = np.einsum("py,py->p", lift[one[part]], precision[other[part]])
    surplus = np.maximum(0, joint - explained * share[one] * share[other])
    safe = np.where(share > 0, share, 1.0)
    sums = [np.bincount(side, weights=surplus, minlength=len(share)) for side in (one, other)]
    expected = (sums[0] + sums[1]) / safe
    trust = np.reshape(share / (1 + 10 * expected), (n_sources, -1)).sum(axis=1)
    spoken = share.reshape(n_sources, -1).sum(axis=1)
    return np.divide(trust, spoken, out=np.ones(n_sources), where=spoken > 0)
