"""Constraints as factors: what the counts of a block of bags say to their members."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import numpy as np

from weaklabel._check import first_few
from weaklabel._device import on_host
from weaklabel.bags import Bags
from weaklabel.kernels import count_messages
from weaklabel.kernels._count_recursion import recursion

# States of several counts at once, times members, up to which they are done exactly.
MOST_STATES = 1 << 18


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


def tables_of(constraint: Any, sizes: np.ndarray) -> Tables:
    """Write a constraint as log potentials of counts."""
    starts = np.concatenate([[0], np.cumsum(sizes + 1)]).astype(np.int64)
    bag = np.repeat(np.arange(len(sizes)), sizes + 1)
    count = (np.arange(len(bag)) - starts[bag]).astype(np.float64)
    constraint = constraint.map_arrays(on_host)
    found = constraint.take(bag).log_potential(count, sizes[bag])
    return Tables(np.asarray(found, dtype=np.float64), starts)


class CountFactor(ABC):
    """The counts of some classes in each bag of a block.

    Parameters
    ----------
    item : integer array, n_members
        Position of the item; no item stands twice.
    starts : integer array, n_bags + 1
    names : pandas.Index
        The user's names of the bags.
    outcome : integer array, n_classes
        Column of the messages that is about the class; the last is about classes not counted.
    """

    def __init__(self, item: Any, starts: Any, names: Any, outcome: np.ndarray) -> None:
        self.item, self.starts, self.names, self.outcome = item, starts, names, outcome
        self.n_outcomes = int(outcome.max()) + 1
        self.message = np.zeros((len(item), self.n_outcomes))
        self.log_normalizer = np.zeros(len(starts) - 1)

    @abstractmethod
    def send(self, cavity: np.ndarray, maximize: bool) -> tuple[np.ndarray, np.ndarray]:
        """Give new messages, and the normalizer of each bag, from what members believe."""

    def outcomes(self, cavity: np.ndarray, maximize: bool) -> np.ndarray:
        """Log weights of the outcomes of each member, the sum (or the best) being one."""
        add = np.maximum if maximize else np.logaddexp
        columns = [add.reduce(cavity[:, self.outcome == k], axis=1) for k in range(self.n_outcomes)]
        weight = np.stack(columns, axis=1)
        top = add.reduce(weight, axis=1, keepdims=True)
        if np.isneginf(top).any():
            self.refuse(np.isneginf(top[:, 0]))
        return weight - top

    def spread(self, message: np.ndarray | None = None) -> np.ndarray:
        """Messages about classes, n_members x n_classes."""
        return (self.message if message is None else message)[:, self.outcome]

    def checked(self, log_normalizer: np.ndarray) -> np.ndarray:
        """Refuse bags in which no allowed count is possible."""
        impossible = np.isneginf(log_normalizer)
        if impossible.any():
            self.refuse(np.repeat(impossible, np.diff(self.starts)))
        return log_normalizer

    def refuse(self, member: np.ndarray) -> None:
        """Name bags that cannot be satisfied."""
        bag = np.repeat(np.arange(len(self.names)), np.diff(self.starts))
        wrong = self.names[np.unique(bag[member])]
        msg = (
            f"The constraints of {len(wrong)} bags cannot hold: {first_few(wrong)}. Scores and "
            "candidates leave no count of classes that is allowed; probably a share of a small bag "
            "is no whole number of items, or what is known of single items contradicts the bag. "
            "Allow more, as in Proportion(..., within=0.1), or take away what is certain."
        )
        raise ValueError(msg)


class BinaryFactor(CountFactor):
    """The count of one class; messages by the kernel."""

    def __init__(self, bags: tuple[Any, Any, Any], outcome: np.ndarray, tables: Tables) -> None:
        super().__init__(*bags, outcome)
        self.potential = tables.trimmed()

    def send(self, cavity: np.ndarray, maximize: bool) -> tuple[np.ndarray, np.ndarray]:
        weight = self.outcomes(cavity, maximize)
        log_odds = weight[:, 0] - weight[:, 1]
        said, total = count_messages(log_odds, self.starts, *self.potential, maximize)
        message = np.stack([said, np.zeros_like(said)], axis=1)
        return normalized(message), self.checked(total)


class JointFactor(CountFactor):
    """The counts of several classes at once, exact; for bags with few states."""

    def __init__(
        self, bags: tuple[Any, Any, Any], outcome: np.ndarray, tables: list[np.ndarray]
    ) -> None:
        super().__init__(*bags, outcome)
        self.tables = tables

    def send(self, cavity: np.ndarray, maximize: bool) -> tuple[np.ndarray, np.ndarray]:
        weight = self.outcomes(cavity, maximize)
        message, total = np.zeros_like(weight), np.zeros(len(self.tables))
        add = np.maximum if maximize else np.logaddexp
        for shape in {table.shape for table in self.tables}:
            sizes = np.diff(self.starts)
            alike = [g for g, table in enumerate(self.tables) if table.shape == shape]
            for size in np.unique(sizes[alike]):
                bags = np.array([g for g in alike if sizes[g] == size])
                member = self.starts[:-1][bags][:, None] + np.arange(size)
                potential = np.stack([self.tables[g] for g in bags])
                message[member], total[bags] = recursion(weight[member], potential, add)
        return normalized(message), self.checked(total)


def normalized(message: np.ndarray) -> np.ndarray:
    """Shift the entries of each message so that the largest is 0; infinite ones rule out."""
    ruled = np.isposinf(message).any(axis=1, keepdims=True)
    if ruled.any():
        message = np.where(ruled, np.where(np.isposinf(message), 0.0, -np.inf), message)
    return message - folded(np.maximum, message)[:, None]


def folded(add: Any, table: np.ndarray) -> np.ndarray:
    """Add up the columns one by one: few and long, `reduce` is much slower."""
    total = table[:, 0].copy()
    for column in table.T[1:]:
        total = add(total, column)
    return total


def factors_of(block: Bags, classes: Any) -> list[CountFactor]:
    """Make the factors of a block: one where its counts can be done at once, else one a class."""
    member, starts = on_host(block.member), on_host(block.starts).astype(np.int64)
    sizes = np.diff(starts)
    by_class: dict[int, Tables] = {}
    for constraint in block.constraints:
        code = int(classes.get_loc(constraint.of))
        tables = tables_of(constraint, sizes)
        if code in by_class:  # two statements about one count
            tables = Tables(by_class[code].log_potential + tables.log_potential, tables.starts)
        by_class[code] = tables
    bags = member, starts, block.names
    n_classes = len(classes)
    codes = list(by_class)
    if len(codes) == n_classes == 2:
        # the second class has what the first leaves
        first, second = by_class[0], by_class[1]
        both = first.log_potential + _mirrored(second)
        return [BinaryFactor(bags, outcome_of([0], n_classes), Tables(both, first.starts))]
    if len(codes) == 1:
        return [BinaryFactor(bags, outcome_of(codes, n_classes), by_class[codes[0]])]
    return _several(bags, by_class, n_classes)


def outcome_of(codes: list[int], n_classes: int) -> np.ndarray:
    """Column of each class: its place in `codes`, or the last one."""
    outcome = np.full(n_classes, len(codes))
    outcome[codes] = np.arange(len(codes))
    return outcome


def _mirrored(tables: Tables) -> np.ndarray:
    """Log potentials by the number of members that are not of the class."""
    bag = np.repeat(np.arange(len(tables.starts) - 1), np.diff(tables.starts))
    place = tables.starts[bag] + tables.starts[bag + 1] - 1 - np.arange(len(bag))
    return tables.log_potential[place]


def _several(
    bags: tuple[Any, Any, Any], by_class: dict[int, Tables], n_classes: int
) -> list[CountFactor]:
    """Count several classes at once in the bags where that is cheap, one by one in the others."""
    member, starts, names = bags
    codes = list(by_class)
    counted = codes[:-1] if len(codes) == n_classes else codes
    high = np.stack([_highest(by_class[code]) for code in counted])
    sizes = np.diff(starts)
    few = np.prod(high + 1.0, axis=0) * sizes <= MOST_STATES
    found: list[CountFactor] = []
    if few.any():
        joint = [_joint(by_class, counted, codes, int(g)) for g in np.flatnonzero(few)]
        outcome = outcome_of(counted, n_classes)
        found.append(JointFactor(_some(member, starts, names, few), outcome, joint))
    if not few.all():
        some = _some(member, starts, names, ~few)
        for code, tables in by_class.items():
            kept = np.repeat(~few, np.diff(tables.starts))
            lengths = np.diff(tables.starts)[~few]
            part = Tables(
                tables.log_potential[kept], np.concatenate([[0], np.cumsum(lengths)]).astype(int)
            )
            found.append(BinaryFactor(some, outcome_of([code], n_classes), part))
    return found


def _highest(tables: Tables) -> np.ndarray:
    """Largest allowed count of each bag, 0 where none is."""
    _, starts, first = tables.trimmed()
    return first + np.diff(starts) - 1


def _joint(by_class: dict[int, Tables], counted: list[int], codes: list[int], g: int) -> np.ndarray:
    """Log potential of all counts of a bag at once; a class that is not counted has the rest."""
    stated = [t.log_potential[t.starts[g] : t.starts[g + 1]] for t in by_class.values()]
    size = len(stated[0]) - 1
    highest = [int(np.flatnonzero(~np.isneginf(s))[-1:].sum()) for s in stated[: len(counted)]]
    grid = np.meshgrid(*(np.arange(h + 1) for h in highest), indexing="ij")
    total = np.sum([s[axis] for s, axis in zip(stated, grid, strict=False)], axis=0)
    rest = size - np.sum(grid, axis=0)
    if len(counted) < len(codes):
        total = total + stated[-1][np.maximum(rest, 0)]
    return np.where(rest >= 0, total, -np.inf)


def _some(member: Any, starts: Any, names: Any, kept: np.ndarray) -> tuple[Any, Any, Any]:
    """Keep some bags."""
    sizes = np.diff(starts)
    return (
        member[np.repeat(kept, sizes)],
        np.concatenate([[0], np.cumsum(sizes[kept])]).astype(np.int64),
        names[kept],
    )
