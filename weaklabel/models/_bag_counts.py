"""How likely the counts of bags are, given what a classifier says of their members."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from weaklabel._device import on_host
from weaklabel.constraints._number import Number
from weaklabel.kernels import softmax

if TYPE_CHECKING:
    from weaklabel.bags import Bags
    from weaklabel.evidence import Evidence

# Variance added to that of a count: where it is all but certain no Gaussian follows it.
ROUNDING = 0.25


class BagCounts(NamedTuple):
    """What is stated of the counts of bags, and of their members one by one."""

    bag: np.ndarray  # n_items: number of the bag; n_bags where there is none
    code: np.ndarray  # n_counted: classes that are counted, at most all but one
    number: np.ndarray  # n_bags x n_counted
    variance: np.ndarray  # n_bags x n_counted: how far off the number may be
    weight: np.ndarray  # n_bags: how much each counts
    log_open: np.ndarray | None  # n_items x n_classes: how open items are to classes


def bag_counts(evidence: Evidence, rows: np.ndarray, weights: np.ndarray) -> BagCounts | None:
    """Find the bags whose members are all among some items, and whose counts are stated.

    Parameters
    ----------
    evidence : Evidence
        One block of bags is taken, the first that has such bags.
    rows : integer array, n_rows
        Positions of the items.
    weights : floating array, n_rows
        How much each item counts; a bag counts as much as its mean member.
    """
    place = np.full(len(evidence), -1)
    place[rows] = np.arange(len(rows))
    for block in evidence.bags:
        there = place[on_host(block.member)]
        whole = np.bincount(block.bag, there < 0, block.n_bags) == 0
        stated = {one.of: one for one in block.constraints if isinstance(one, Number)}
        if not stated or not whole.any():
            continue
        # bags in the order of their members, whatever the order in which they were told of
        first = np.full(block.n_bags, len(rows))
        np.minimum.at(first, block.bag, np.where(there < 0, len(rows), there))
        kept = np.flatnonzero(whole)[np.argsort(first[whole], kind="stable")]
        number = np.full(block.n_bags, len(kept))
        number[kept] = np.arange(len(kept))
        bag = np.full(len(rows), len(kept))
        bag[there[there >= 0]] = number[block.bag[there >= 0]]
        names = list(stated)[: len(evidence.classes) - 1]
        parts = [_stated(stated[name], block) for name in names]
        members = on_host(block.sizes)[kept]
        return BagCounts(
            bag=bag,
            code=np.array([evidence.classes.get_loc(name) for name in names]),
            number=np.stack([number for number, _ in parts], axis=1)[kept],
            variance=np.stack([variance for _, variance in parts], axis=1)[kept],
            weight=np.bincount(bag, weights, len(kept) + 1)[:-1] / np.maximum(members, 1),
            log_open=_log_open(evidence, rows),
        )
    return None


def _stated(constraint: Number, block: Bags) -> tuple[np.ndarray, np.ndarray]:
    """Give the number that a constraint states of each bag, and its variance."""
    low, high = (on_host(end) for end in constraint.bounds(block.sizes))
    noise = on_host(constraint.noise_scale(block.sizes))
    return (low + high) / 2, (high - low) ** 2 / 12 + np.nan_to_num(noise) ** 2


def _log_open(evidence: Evidence, rows: np.ndarray) -> np.ndarray | None:
    """Log of how open items are to classes by candidates and hints; None if nothing tells."""
    if evidence.candidates is None and evidence.hints is None:
        return None
    hints = 0.0 if evidence.hints is None else on_host(evidence.hints)[rows]
    open_to = True if evidence.candidates is None else on_host(evidence.candidates)[rows]
    return np.where(open_to, hints, -np.inf) + np.zeros((len(rows), len(evidence.classes)))


def log_likelihood(logits: np.ndarray, told: BagCounts) -> tuple[float, np.ndarray]:
    r"""Log-likelihood of counts and of members, and its slope along the logits.

    The count of independent members is nearly Gaussian,

    .. math:: \log N(n_g;\; \sum_i p_i,\; V_g + \sum_i \mathrm{diag}(p_i) - p_i p_i^\top),

    with p the class probabilities of an item among those that it is open to.

    Parameters
    ----------
    logits : floating array, n_items x n_classes
    told : BagCounts

    Returns
    -------
    value : float
    slope : floating array, n_items x n_classes
    """
    p, whole = softmax(logits)
    value, slope = 0.0, np.zeros_like(p)
    if told.log_open is not None:
        inside, part = softmax(logits + told.log_open)
        value, slope, p = float((part - whole).sum()), inside - p, inside
    by_counts, pull = _gaussian(p[:, told.code], told)
    pulled = np.zeros_like(p)
    pulled[:, told.code] = pull
    slope = slope + p * (pulled - (p * pulled).sum(axis=1, keepdims=True))
    return value + by_counts, slope


def _gaussian(p: np.ndarray, told: BagCounts) -> tuple[float, np.ndarray]:
    """Log density of the counts, and its slope along the probabilities of counted classes."""
    n_bags, n_counted = told.number.shape
    mean = _sum_bags(p, told.bag, n_bags)
    # a class at a time: items times classes squared may be much
    spread = -np.stack([_sum_bags(p * each[:, None], told.bag, n_bags) for each in p.T], axis=1)
    diagonal = np.arange(n_counted)
    spread[:, diagonal, diagonal] += mean + told.variance + ROUNDING
    precision = np.linalg.inv(spread)
    off = told.number - mean
    push = np.einsum("gjk,gk->gj", precision, off)
    value = -(told.weight @ ((push * off).sum(axis=1) + np.linalg.slogdet(spread)[1])) / 2
    bend = (push[:, :, None] * push[:, None, :] - precision) / 2
    turned = [(_by_item(bend[:, j], told) * p).sum(axis=1) for j in range(n_counted)]
    direct = _by_item(push + bend[:, diagonal, diagonal], told)
    return float(value), direct - 2 * np.stack(turned, axis=1)


def _by_item(part: np.ndarray, told: BagCounts) -> np.ndarray:
    """Give every item what is of its bag, times the weight of the bag; 0 to items in none."""
    weighted = part * told.weight[:, None]
    return np.concatenate([weighted, np.zeros_like(weighted[:1])])[told.bag]


def _sum_bags(values: np.ndarray, bag: np.ndarray, n_bags: int) -> np.ndarray:
    """Add up columns over the members of each bag."""
    return np.stack([np.bincount(bag, column, n_bags + 1)[:-1] for column in values.T], axis=1)
