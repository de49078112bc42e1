"""Large bags by a product tree: counts of halves are convolved, and what is allowed comes down.

Probabilities are first tilted so that the allowed counts are the likely ones. All terms are
positive and are added directly, never by Fourier transforms, so that small ones keep all their
digits. Of each node only the counts that are not out of reach (by Bernstein's bound) are kept,
some 20 standard deviations, which makes a bag of n members cost O(n log n).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import expit

BLOCK = 64  # members of a leaf
REACH = 50.0  # nats below which a count of a node is out of reach
FLOOR = 1e-30  # of what is possible, beside the most likely: less is lost in what was cut
BINS = 512  # groups of similar members, where a rough sum over members is enough


class Blocks(NamedTuple):
    """A large bag as many small ones."""

    log_potential: np.ndarray  # n_blocks x (BLOCK + 1): what the rest of the bag says of the counts
    tilt: float  # nats added to all log-odds
    log_normalizer: float  # of the bag, without the tilt


class _Node(NamedTuple):
    """Distribution of the count of a run of members."""

    first: int
    chance: np.ndarray
    mean: float
    variance: float


def split(log_odds: np.ndarray, table: np.ndarray) -> list[Blocks]:
    """Turn a large bag into small ones, once for every region of counts that matters.

    Parameters
    ----------
    log_odds : floating array, size
    table : floating array, size + 1
        Log potential of every count; one that can occur is finite.
    """
    likely = table + _rough_log_chance(log_odds)
    matters = likely > likely.max() - REACH
    found: list[Blocks] = []
    while matters.any():
        best = int(np.argmax(np.where(matters, likely, -np.inf)))
        tilt = _tilt(log_odds, best)
        chance = expit(log_odds + tilt)
        reach = _reach(float((chance * (1 - chance)).sum()))
        inside = np.zeros(len(table), dtype=bool)
        inside[max(int(best - reach), 0) : int(best + reach) + 2] = True
        # counts that an earlier region held are not counted twice
        here = np.where(inside & (matters | (likely <= likely.max() - REACH)), table, -np.inf)
        found.append(_blocks(log_odds, here, table, tilt))
        matters &= ~inside
    return found


def _reach(variance: float) -> float:
    """Distance from the mean beyond which the chance is below exp(-REACH)."""
    return REACH / 3 + float(np.sqrt(REACH**2 / 9 + 2 * REACH * variance))


def _free(log_odds: np.ndarray) -> tuple[int, int]:
    """Smallest and largest count that can occur."""
    return int(np.isposinf(log_odds).sum()), int((~np.isneginf(log_odds)).sum())


def _rough_log_chance(log_odds: np.ndarray) -> np.ndarray:
    """Roughly log P(count), without its slowly changing factor: the saddle-point exponent."""
    least, most = _free(log_odds)
    exponent = np.full(len(log_odds) + 1, -np.inf)
    finite = np.sort(log_odds[np.isfinite(log_odds)])
    if len(finite) == 0:
        exponent[least] = 0.0
        return exponent
    parts = np.array_split(finite, min(BINS, len(finite)))
    center, weight = np.array([part.mean() for part in parts]), np.array([len(p) for p in parts])
    span = np.abs(center).max() + np.log(len(finite)) + 5
    tilt = np.sinh(np.linspace(-1, 1, 401) * np.arcsinh(span))
    moved = center + tilt[:, None]
    mean = expit(moved) @ weight
    cumulant = (np.logaddexp(0, moved) - np.logaddexp(0, center)) @ weight
    counts = np.arange(most - least + 1)
    exponent[least : most + 1] = np.interp(counts, mean, cumulant - tilt * mean)
    # the grid ends short of nobody and everybody
    exponent[least] = -np.logaddexp(0, finite).sum()
    exponent[most] = -np.logaddexp(0, -finite).sum()
    return exponent


def _tilt(log_odds: np.ndarray, target: int) -> float:
    """Give what to add to all log-odds so that the expected count is `target`."""
    least, most = _free(log_odds)
    if least == most:
        return 0.0
    aim = min(max(target, least + 0.5), most - 0.5)
    finite = log_odds[np.isfinite(log_odds)]
    edge = np.log(len(finite)) + 2
    low, high = -finite.max() - edge, -finite.min() + edge
    tilt = min(max(0.0, low), high)
    for _ in range(100):
        chance = expit(finite + tilt)
        missing = aim - least - chance.sum()
        slope = (chance * (1 - chance)).sum()
        if abs(missing) <= 1e-3 * max(slope, 0.25) ** 0.5:
            break
        low, high = (tilt, high) if missing > 0 else (low, tilt)
        step = tilt + missing / slope if slope > 0 else np.inf
        tilt = step if low < step < high else (low + high) / 2
    return float(tilt)


def _blocks(log_odds: np.ndarray, here: np.ndarray, table: np.ndarray, tilt: float) -> Blocks:
    """Carry the allowed counts down to blocks of members."""
    levels = _levels(log_odds + tilt)
    root = levels[-1][0]
    counts = root.first + np.arange(len(root.chance))
    # members that fill up the last block reach counts that there are not
    log_allowed = np.where(counts < len(here), here[np.minimum(counts, len(here) - 1)], -np.inf)
    log_allowed = log_allowed - tilt * counts
    top = log_allowed.max()
    allowed = np.exp(log_allowed - top)
    total = np.log(root.chance @ allowed) + top + _cumulant(log_odds, tilt)
    down = [allowed]
    for level, above in zip(levels[-2::-1], levels[:0:-1], strict=True):
        down = _descend(level, above, down)
    shape = len(levels[0]), BLOCK + 1
    value = np.zeros(shape)
    for row, (node, allowed_here) in enumerate(zip(levels[0], down, strict=True)):
        value[row, node.first : node.first + len(allowed_here)] = allowed_here
    value = np.maximum(value, FLOOR) / value.max(axis=1, keepdims=True)
    possible = _possible(log_odds, table, shape)
    with np.errstate(divide="ignore"):
        return Blocks(np.log(np.where(possible, value, 0.0)), tilt, float(total))


def _cumulant(log_odds: np.ndarray, tilt: float) -> float:
    """Log of the expected exp(tilt * count)."""
    finite = log_odds[np.isfinite(log_odds)]
    least, _ = _free(log_odds)
    return tilt * least + float((np.logaddexp(0, finite + tilt) - np.logaddexp(0, finite)).sum())


def _levels(log_odds: np.ndarray) -> list[list[_Node]]:
    """Distributions of the counts of blocks, of pairs of blocks, and so on up to the whole bag."""
    chance = _padded(expit(log_odds), 0.0)
    other = _padded(expit(-log_odds), 1.0)
    counts = np.zeros((len(chance), BLOCK + 1))
    counts[:, 0] = 1.0
    for p, q in zip(chance.T, other.T, strict=True):
        counts[:, 1:] = counts[:, 1:] * q[:, None] + counts[:, :-1] * p[:, None]
        counts[:, 0] *= q
    mean, variance = chance.sum(axis=1), (chance * other).sum(axis=1)
    level = [_Node(0, c, m, v) for c, m, v in zip(counts, mean, variance, strict=True)]
    levels = [level]
    while len(level) > 1:
        pairs = [_joined(*level[i : i + 2]) for i in range(0, len(level) - 1, 2)]
        level = [*pairs, level[-1]] if len(level) % 2 else pairs
        levels.append(level)
    return levels


def _padded(values: np.ndarray, fill: float) -> np.ndarray:
    """Cut into blocks; the last is filled with members that nobody counts."""
    n_blocks = -(-len(values) // BLOCK)
    out = np.full(n_blocks * BLOCK, fill)
    out[: len(values)] = values
    return out.reshape(n_blocks, BLOCK)


def _joined(one: _Node, other: _Node) -> _Node:
    """Count both, and leave out what is out of reach."""
    mean, variance = one.mean + other.mean, one.variance + other.variance
    first, chance = one.first + other.first, np.convolve(one.chance, other.chance)
    reach = _reach(variance)
    start = max(int(np.floor(mean - reach)) - first, 0)
    stop = max(int(np.ceil(mean + reach)) + 1 - first, start + 1)
    return _Node(first + start, chance[start:stop], mean, variance)


def _descend(level: list[_Node], above: list[_Node], down: list[np.ndarray]) -> list[np.ndarray]:
    """Tell the halves of each node what is allowed, now that the other half is counted."""
    told: list[np.ndarray] = []
    for number, (node, allowed) in enumerate(zip(above, down, strict=True)):
        halves = level[2 * number : 2 * number + 2]
        if len(halves) == 1:
            told.append(allowed)
            continue
        one, other = halves
        told.append(_rest(node, allowed, one, other))
        told.append(_rest(node, allowed, other, one))
    return told


def _rest(node: _Node, allowed: np.ndarray, half: _Node, other: _Node) -> np.ndarray:
    """Sum out the other half, for every count of this one."""
    values = np.correlate(allowed, other.chance, mode="full")
    start = half.first + other.first - node.first + len(other.chance) - 1
    places = start + np.arange(len(half.chance))
    inside = (places >= 0) & (places < len(values))
    out = np.where(inside, values[np.clip(places, 0, len(values) - 1)], 0.0)
    top = out.max()
    return out / top if top > 0 else out


def _possible(log_odds: np.ndarray, table: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Say which counts of a block leave an allowed count to the whole bag."""
    least = _padded(np.isposinf(log_odds), 0.0).sum(axis=1)
    most = _padded(~np.isneginf(log_odds), 0.0).sum(axis=1)
    counts = np.arange(shape[1])
    low = counts + (least.sum() - least)[:, None]
    high = np.minimum(counts + (most.sum() - most)[:, None], len(table) - 1)
    so_far = np.concatenate([[0], np.cumsum(np.isfinite(table))])
    low = np.minimum(low, len(table)).astype(np.int64)
    return (high >= low) & (so_far[high.astype(np.int64) + 1] > so_far[low])
