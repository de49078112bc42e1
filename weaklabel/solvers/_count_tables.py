"""What constraints say of the counts of a class, as flat tables of log potentials."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from weaklabel._device import on_host


class Tables(NamedTuple):
    """Log potential of every count of a class in every bag."""

    log_potential: np.ndarray  # sum of size + 1, bag by bag
    starts: np.ndarray  # n_bags + 1

    def trimmed(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Leave out the ruled out counts at both ends; one entry a bag stays."""
        allowed = ~np.isneginf(self.log_potential)
        place = np.arange(len(allowed))
        low = np.minimum.reduceat(np.where(allowed, place, len(place)), self.starts[:-1])
        high = np.maximum.reduceat(np.where(allowed, place, -1), self.starts[:-1])
        none = high < 0
        low, high = np.where(none, self.starts[:-1], low), np.where(none, self.starts[:-1], high)
        kept = np.repeat(low, np.diff(self.starts)) <= place
        kept &= place <= np.repeat(high, np.diff(self.starts))
        starts = np.concatenate([[0], np.cumsum(high - low + 1)]).astype(np.int64)
        return self.log_potential[kept], starts, low - self.starts[:-1]

    def within(self, least: np.ndarray, most: np.ndarray) -> np.ndarray:
        """Tell the bags in which a count from `least` to `most` is allowed."""
        so_far = np.concatenate([[0], np.cumsum(~np.isneginf(self.log_potential))])
        return so_far[self.starts[:-1] + most + 1] > so_far[self.starts[:-1] + least]

    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """Give the smallest and largest allowed count of each bag; 0 where none is."""
        _, starts, first = self.trimmed()
        return first, first + np.diff(starts) - 1

    def mirrored(self) -> np.ndarray:
        """Log potentials by the number of members that are not of the class."""
        bag = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        place = self.starts[bag] + self.starts[bag + 1] - 1 - np.arange(len(bag))
        return self.log_potential[place]

    def of(self, kept: np.ndarray) -> Tables:
        """Keep some bags."""
        lengths = np.diff(self.starts)
        starts = np.concatenate([[0], np.cumsum(lengths[kept])]).astype(np.int64)
        return Tables(self.log_potential[np.repeat(kept, lengths)], starts)


def tables_of(constraint: Any, sizes: np.ndarray) -> Tables:
    """Write a constraint as log potentials of counts."""
    starts = np.concatenate([[0], np.cumsum(sizes + 1)]).astype(np.int64)
    bag = np.repeat(np.arange(len(sizes)), sizes + 1)
    count = (np.arange(len(bag)) - starts[bag]).astype(np.float64)
    constraint = constraint.map_arrays(on_host)
    found = constraint.take(bag).log_potential(count, sizes[bag])
    return Tables(np.asarray(found, dtype=np.float64), starts)


def tightened(tables: list[Tables], sizes: np.ndarray) -> list[Tables]:
    """Rule out counts for which the counts of all other classes leave no room.

    Parameters
    ----------
    tables : list of Tables
        One for every class.
    sizes : integer array, n_bags
    """
    low, high = (np.stack(ends) for ends in zip(*(each.ends() for each in tables), strict=True))
    least, most = sizes - (high.sum(axis=0) - high), sizes - (low.sum(axis=0) - low)
    found: list[Tables] = []
    for k, each in enumerate(tables):
        bag = np.repeat(np.arange(len(sizes)), np.diff(each.starts))
        count = np.arange(len(bag)) - each.starts[bag]
        inside = (least[k][bag] <= count) & (count <= most[k][bag])
        found.append(each._replace(log_potential=np.where(inside, each.log_potential, -np.inf)))
    return found


def implied(tables: list[Tables]) -> np.ndarray:
    """Tell the bags in which the count of the last class follows from exact counts of all others.

    Parameters
    ----------
    tables : list of Tables
        One for every class.

    Returns
    -------
    boolean array, n_bags
    """
    ends = [each.ends() for each in tables[:-1]]
    return np.all([low == high for low, high in ends], axis=0)
