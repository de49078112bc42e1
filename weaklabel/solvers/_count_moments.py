r"""Counts of several classes at once in large bags: by their means and covariances.

Where a bag has too many states, the sum over labelings is taken around its largest terms. Log
weights are tilted by one number a class, :math:`\lambda`, until the expected counts are those that
the potentials ask for; tilted counts are nearly normal, on whole numbers, with mean and covariance
of independent members. What a potential asks for is the mean of that normal times the potential,
others held (expectation propagation); an exact count asks for itself. A member of outcome k then
hears :math:`\lambda_k + \frac12 d^\top H d`, with d how far its outcome is from its own mean and
H the curvature of the log normalizer. Beliefs sum to what was asked for, which takes in the
skewness of counts to the order of one over the size.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

MOST_STEPS = 60
CLOSE = 1e-9  # of a count, as a share of the bag, and of messages, in nats
LONGEST = 2.0  # nats that a step changes a tilt at most
LEAST = 1e-7  # variance of a count that is told exactly
TINY = 1e-12


class Count(NamedTuple):
    """Allowed counts of one outcome, in those bags that state it."""

    outcome: int
    bags: np.ndarray  # n_stated, positions
    log_potential: np.ndarray  # n_entries, bag by bag
    starts: np.ndarray  # n_stated, first entry of each
    value: np.ndarray  # n_entries
    place: np.ndarray  # n_entries, position in `bags`


class Moments(NamedTuple):
    """Where the last solution was, to start from; arrays by bag."""

    tilt: np.ndarray  # n_bags x n_outcomes
    precision: np.ndarray  # n_bags x n_outcomes, of what potentials say of counts
    correction: np.ndarray  # n_members x n_outcomes


class _Expected(NamedTuple):
    """What independent members do at a tilt."""

    chance: np.ndarray  # n_members x n_outcomes
    log_sum: np.ndarray  # n_bags
    mean: np.ndarray  # n_bags x n_outcomes
    covariance: np.ndarray  # n_bags x n_outcomes x n_outcomes


class _Asked(NamedTuple):
    """What potentials make of the counts, each n_bags x n_outcomes."""

    mean: np.ndarray
    variance: np.ndarray
    cavity: np.ndarray  # variance without the potential itself
    log_sum: np.ndarray


def count_of(
    outcome: int,
    stated: np.ndarray,
    log_potential: np.ndarray,
    starts: np.ndarray,
    first: np.ndarray,
) -> Count:
    """Lay out log potentials of the counts from `first` on of each bag that states them."""
    place = np.repeat(np.arange(len(first)), np.diff(starts))
    value = (np.arange(len(place)) - starts[place] + first[place]).astype(np.float64)
    return Count(outcome, np.flatnonzero(stated), log_potential, starts[:-1], value, place)


def start_of(starts: np.ndarray, n_outcomes: int) -> Moments:
    """Start where potentials say nothing."""
    nothing = np.zeros((len(starts) - 1, n_outcomes))
    return Moments(nothing, nothing.copy(), np.zeros((int(starts[-1]), n_outcomes)))


def solve(
    log_weight: np.ndarray, starts: np.ndarray, counts: list[Count], near: Moments
) -> tuple[np.ndarray, np.ndarray, Moments]:
    """Give the messages to members and the normalizers of bags.

    Parameters
    ----------
    log_weight : floating array, n_members x n_outcomes
        Weights of a member add up to 1.
    starts : integer array, n_bags + 1
        No bag is empty.
    counts : list of Count
        Statements that can be met.
    near : Moments
        Where to start.

    Returns
    -------
    message : floating array, n_members x n_outcomes
    log_normalizer : floating array, n_bags
    solution : Moments
    """
    bare = near._replace(correction=np.zeros_like(near.correction))
    bare, found, asked = _settle(log_weight, starts, counts, bare, corrected=False)
    log_normalizer = found.log_sum + _log_expected(found, asked, bare.precision)
    moments = bare._replace(correction=near.correction)
    moments, _, _ = _settle(log_weight, starts, counts, moments, corrected=True)
    bag = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    return moments.tilt[bag] + moments.correction, log_normalizer, moments


def _settle(
    log_weight: np.ndarray,
    starts: np.ndarray,
    counts: list[Count],
    moments: Moments,
    *,
    corrected: bool,
) -> tuple[Moments, _Expected, _Asked]:
    """Tilt until expected counts are what is asked for."""
    size = np.diff(starts).astype(np.float64)[:, None]
    bag = np.repeat(np.arange(len(size)), np.diff(starts))
    tilt, precision, correction = moments
    found = _expected(log_weight + correction, starts, bag, tilt)
    asked = _asked(found, tilt, precision, counts)
    for step in range(MOST_STEPS):
        missing = asked.mean - found.mean
        told = _precision(asked, counts)
        # late steps are halved, should they go around
        told = told if step < MOST_STEPS // 2 else np.sqrt(told * precision)
        change = np.abs(np.log1p(told * LEAST) - np.log1p(precision * LEAST)).max(initial=0.0)
        moved = 0.0
        if corrected:
            new = _correction(found, told, bag)
            moved = np.abs(new - correction).max(initial=0.0)
            correction = new
        tilt, precision = tilt + _newton(found, asked, missing, size), told
        found = _expected(log_weight + correction, starts, bag, tilt)
        asked = _asked(found, tilt, precision, counts)
        if max(np.abs(missing / size).max(), moved, change) < CLOSE:
            break
    return Moments(tilt, precision, correction), found, asked


def _expected(
    log_weight: np.ndarray, starts: np.ndarray, bag: np.ndarray, tilt: np.ndarray
) -> _Expected:
    """Add up means and covariances of members."""
    belief = log_weight + tilt[bag]
    top = belief.max(axis=1, keepdims=True)
    chance = np.exp(belief - top)
    total = chance.sum(axis=1, keepdims=True)
    chance /= total
    log_sum = np.add.reduceat(np.log(total[:, 0]) + top[:, 0], starts[:-1])
    mean = np.add.reduceat(chance, starts[:-1], axis=0)
    n_bags, n_outcomes = mean.shape
    covariance = np.zeros((n_bags, n_outcomes, n_outcomes))
    for k in range(n_outcomes):
        both = np.add.reduceat(chance[:, k : k + 1] * chance[:, k:], starts[:-1], axis=0)
        covariance[:, k, k:] = covariance[:, k:, k] = -both
    covariance[:, range(n_outcomes), range(n_outcomes)] += mean
    return _Expected(chance, log_sum, mean, covariance)


def _asked(
    found: _Expected, tilt: np.ndarray, precision: np.ndarray, counts: list[Count]
) -> _Asked:
    """Moments of each count under its potential, the other potentials held."""
    spread = np.linalg.solve(_mixed(found.covariance, precision), found.covariance)
    narrow = np.maximum(np.einsum("gkk->gk", spread), TINY)
    most = np.maximum(np.einsum("gkk->gk", found.covariance), TINY)
    cavity = np.minimum(1 / np.maximum(1 / narrow - precision, TINY), most)
    # where nothing is stated, the normal alone against the tilt
    mean, variance = found.mean - cavity * tilt, cavity.copy()
    log_sum = np.zeros_like(mean)
    for count in counts:
        at, place, first = (count.bags, count.outcome), count.place, count.starts
        center, width = found.mean[at], cavity[at]
        value = count.log_potential - tilt[at][place] * count.value
        value = value - (count.value - center[place]) ** 2 / (2 * width[place])
        top = np.maximum.reduceat(value, first)
        chance = np.exp(value - top[place])
        total = np.add.reduceat(chance, first)
        mean[at] = np.add.reduceat(chance * count.value, first) / total
        off = (count.value - mean[at][place]) ** 2
        variance[at] = np.add.reduceat(chance * off, first) / total
        log_sum[at] = top + np.log(total) - _log_total(center, width)
    return _Asked(mean, np.minimum(variance, cavity), cavity, log_sum)


def _log_total(center: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Log of the sum of a normal curve of height 1 over the whole numbers."""
    near = np.round(center)[:, None] + np.arange(-4, 5)
    off = (near - center[:, None]) ** 2 / (2 * variance[:, None])
    least = off.min(axis=1)
    few = np.log(np.exp(least[:, None] - off).sum(axis=1)) - least
    return np.where(variance < 1, few, 0.5 * np.log(2 * np.pi * variance))


def _mixed(covariance: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """Identity plus covariance times precision, which is well posed whatever is known."""
    return np.eye(covariance.shape[1]) + covariance * precision[:, None, :]


def _precision(asked: _Asked, counts: list[Count]) -> np.ndarray:
    """How sharply each potential tells its count."""
    sharp = 1 / np.maximum(asked.variance, LEAST) - 1 / np.maximum(asked.cavity, LEAST)
    told = np.zeros_like(sharp)
    for count in counts:
        at = count.bags, count.outcome
        told[at] = np.maximum(sharp[at], 0.0)
    return told


def _newton(found: _Expected, asked: _Asked, missing: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Step towards the tilt at which nothing is missing."""
    n_outcomes = missing.shape[1]
    kept = asked.variance / asked.cavity
    slope = found.covariance * (1 - kept)[:, :, None]
    # a tilt of all outcomes together may mean nothing
    slope[:, range(n_outcomes), range(n_outcomes)] += asked.variance + TINY * size
    step = np.linalg.solve(slope, missing[:, :, None])[:, :, 0]
    longest = np.abs(step).max(axis=1, keepdims=True)
    return step * np.minimum(1.0, LONGEST / np.maximum(longest, TINY))


def _correction(found: _Expected, precision: np.ndarray, bag: np.ndarray) -> np.ndarray:
    """Say how the curvature of the log normalizer tells the outcomes of a member apart."""
    mixed = _mixed(found.covariance, precision)
    curvature = -precision[:, :, None] * np.linalg.inv(mixed)
    curvature = (curvature + np.swapaxes(curvature, 1, 2)) / 2
    told = np.einsum("gkk->gk", curvature)[bag] / 2
    for k in range(curvature.shape[1]):
        told = told - curvature[bag, :, k] * found.chance[:, k : k + 1]
    return told


def _log_expected(found: _Expected, asked: _Asked, precision: np.ndarray) -> np.ndarray:
    """Log of the expected potential of tilted counts, the tilt taken off again."""
    _, log_det = np.linalg.slogdet(_mixed(found.covariance, precision))
    own = np.log1p(asked.cavity * precision) / 2 + asked.log_sum
    return own.sum(axis=1) - log_det / 2
