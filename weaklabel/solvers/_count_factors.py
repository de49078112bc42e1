"""Constraints as factors: what the counts of a block of bags say to their members."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial, reduce
from typing import Any, NamedTuple

import numpy as np
from array_api_compat import array_namespace

from weaklabel._check import first_few
from weaklabel._device import beside, device_of, on_host
from weaklabel.bags import Bags
from weaklabel.kernels import count_messages, state_messages
from weaklabel.solvers._arrays import adder, folded
from weaklabel.solvers._count_moments import count_of, solve, start_of
from weaklabel.solvers._count_states import Plan, automaton_of, plan_for
from weaklabel.solvers._count_tables import Tables, implied, tables_of, tightened

# States of several counts at once, times members, up to which they are done exactly.
# At the limit a bag takes some 20 ms; those above are done by moments, within 2e-3 of enumeration
# at five classes (1e-4 at 256 members), at less than a millisecond for 64 members among many bags.
MOST_STATES = 1 << 18
AT_ONCE = 1 << 22  # states of several bags whose potentials are held at once


class There(NamedTuple):
    """What a sweep needs, where messages are."""

    item: Any  # n_members
    starts: Any  # n_bags + 1
    outcome: Any  # n_classes
    bag: Any  # n_members
    size: Any  # n_bags, floating; at least 1


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

    exact = True  # whether messages are those of enumeration, given what members believe

    def __init__(self, item: Any, starts: Any, names: Any, outcome: np.ndarray) -> None:
        self.item, self.starts, self.names, self.outcome = item, starts, names, outcome
        self.n_outcomes = int(outcome.max()) + 1
        self.place(np.zeros(0))

    def place(self, like: Any) -> None:
        """Start messages beside an array, and put there what is needed in every sweep."""
        xp, n_members = array_namespace(like), len(self.item)
        zeros = partial(xp.zeros, dtype=xp.float64, device=device_of(like))
        self.message: Any = zeros((n_members, self.n_outcomes))
        self.log_normalizer: Any = zeros(len(self.starts) - 1)
        size = np.diff(self.starts)
        self.bag = np.repeat(np.arange(len(size)), size)
        self.there = There(
            *(
                beside(each, like)
                for each in (self.item, self.starts, self.outcome, self.bag, np.maximum(size, 1.0))
            )
        )

    @abstractmethod
    def send(self, cavity: Any, maximize: bool) -> tuple[Any, Any]:
        """Give new messages, and the normalizer of each bag, from what members believe."""

    def outcomes(self, cavity: Any, maximize: bool) -> Any:
        """Log weights of the outcomes of each member, the sum (or the best) being one."""
        xp, add = array_namespace(cavity), adder(cavity, maximize=maximize)
        weight = xp.stack(
            [
                reduce(add, [cavity[:, int(y)] for y in np.flatnonzero(self.outcome == k)])
                for k in range(self.n_outcomes)
            ],
            axis=1,
        )
        top = folded(add, weight)
        lost = top == -xp.inf
        if bool(xp.any(lost)):
            self.refuse(on_host(lost))
        return weight - top[:, None]

    def spread(self) -> Any:
        """Messages about classes, n_members x n_classes."""
        return array_namespace(self.message).take(self.message, self.there.outcome, axis=1)

    def share(self, normalizer: Any) -> Any:
        """Spread values of bags evenly over members."""
        return array_namespace(normalizer).take(normalizer / self.there.size, self.there.bag)

    def checked(self, log_normalizer: Any) -> Any:
        """Refuse bags in which no allowed count is possible."""
        xp = array_namespace(log_normalizer)
        impossible = log_normalizer == -xp.inf
        if bool(xp.any(impossible)):
            self.refuse(on_host(impossible)[self.bag])
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
        self.tables = tables
        super().__init__(*bags, outcome)

    def place(self, like: Any) -> None:
        super().place(like)
        stated, starts, first = (beside(each, like) for each in self.tables.trimmed())
        self.potential = stated, starts, first

    def send(self, cavity: Any, maximize: bool) -> tuple[Any, Any]:
        weight, xp = self.outcomes(cavity, maximize), array_namespace(cavity)
        log_odds = weight[:, 0] - weight[:, 1]
        said, total = count_messages(log_odds, self.there.starts, *self.potential, maximize)
        message = xp.stack([said, xp.zeros_like(said)], axis=1)
        return normalized(message), self.checked(total)


class StateFactor(CountFactor):
    """The counts of several classes at once, exact; for bags with few states."""

    def __init__(self, bags: tuple[Any, Any, Any], outcome: np.ndarray, plans: list[Plan]) -> None:
        sizes, self.plans = np.diff(bags[1]), plans
        alike: dict[Any, list[int]] = {}
        for g, plan in enumerate(plans):
            key = int(sizes[g]), plan.rest is None, *(axis.moves for axis in plan.axes)
            alike.setdefault(key, []).append(g)
        self.batches = [
            np.array(bags_[first : first + step])
            for bags_ in alike.values()
            for step in [max(1, AT_ONCE // plans[bags_[0]].n_states)]
            for first in range(0, len(bags_), step)
        ]
        super().__init__(*bags, outcome)

    def place(self, like: Any) -> None:
        super().place(like)
        sizes = np.diff(self.starts)
        members = [
            self.starts[:-1][bags][:, None] + np.arange(sizes[bags[0]]) for bags in self.batches
        ]
        self.members = [beside(each, like) for each in members]
        # where each member, and bag, is in the batches one after the other
        flat = np.concatenate([each.reshape(-1) for each in members])
        orders = np.argsort(flat), np.argsort(np.concatenate(self.batches))
        self.member_order, self.bag_order = (beside(each, like) for each in orders)

    def send(self, cavity: Any, maximize: bool) -> tuple[Any, Any]:
        weight, xp = self.outcomes(cavity, maximize), array_namespace(cavity)
        messages: list[Any] = []
        totals: list[Any] = []
        for bags, member in zip(self.batches, self.members, strict=True):
            made = {id(plan): automaton_of(plan, self.n_outcomes) for plan in self._plans(bags)}
            here = [made[id(plan)] for plan in self._plans(bags)]
            potential = beside(np.stack([each.log_potential for each in here]), cavity)
            each = xp.reshape(
                xp.take(weight, xp.reshape(member, (-1,)), axis=0), (*member.shape, self.n_outcomes)
            )
            following = beside(here[0].following, cavity)
            message, total = state_messages(each, potential, following, maximize)
            messages.append(xp.reshape(message, (-1, self.n_outcomes)))
            totals.append(total)
        message = xp.take(xp.concat(messages), self.member_order, axis=0)
        return normalized(message), self.checked(xp.take(xp.concat(totals), self.bag_order))

    def _plans(self, bags: np.ndarray) -> list[Plan]:
        """Plans of some bags; equal ones are one object."""
        return [self.plans[g] for g in bags]


class MomentFactor(CountFactor):
    """The counts of several classes at once in large bags, by means and covariances.

    Worked out on the host, wherever messages are: such bags are few and rare.
    """

    exact = False

    def __init__(
        self, bags: tuple[Any, Any, Any], outcome: np.ndarray, tables: list[Tables]
    ) -> None:
        super().__init__(*bags, outcome)
        sizes = np.diff(self.starts)
        complete = len(tables) == self.n_outcomes
        self.tables = tightened(tables, sizes) if complete else tables
        stated = np.ones((len(tables), len(sizes)), dtype=bool)
        if complete:
            stated[-1] = ~implied(self.tables)
        self.counts = [
            count_of(k, here, *each.of(here).trimmed())
            for k, (each, here) in enumerate(zip(self.tables, stated, strict=True))
            if here.any()
        ]
        self.near = start_of(self.starts, self.n_outcomes)

    def send(self, cavity: Any, maximize: bool) -> tuple[Any, Any]:
        weight = on_host(self.outcomes(cavity, maximize))
        closed = self._closed(weight)
        weight = np.where(closed, -np.inf, weight)
        lost = np.asarray(np.isneginf(weight).all(axis=1))
        if lost.any():
            self.refuse(lost)
        message, total, self.near = solve(weight, self.starts, self.counts, self.near)
        found = normalized(np.where(closed, -np.inf, message)), total
        return beside(found[0], cavity), beside(found[1], cavity)

    def _closed(self, weight: np.ndarray) -> np.ndarray:
        """Find outcomes that members cannot have; refuse counts that cannot be."""
        possible = ~np.isneginf(weight)
        certain = possible & (possible.sum(axis=1, keepdims=True) == 1)
        most, least = (
            np.add.reduceat(each, self.starts[:-1], axis=0, dtype=np.int64)
            for each in (possible, certain)
        )
        bag = np.repeat(np.arange(len(self.names)), np.diff(self.starts))
        closed = np.zeros_like(possible)
        for k, tables in enumerate(self.tables):
            within = tables.within(least[:, k], most[:, k])
            if not within.all():
                self.refuse(~within[bag])
            low, high = tables.ends()
            closed[:, k] = (high <= least[:, k])[bag] & ~certain[:, k]
            most[:, k] = np.minimum(most[:, k], high)
            least[:, k] = np.maximum(least[:, k], low)
        size = np.diff(self.starts)
        wrong = (most.sum(axis=1) < size) | (least.sum(axis=1) > size)
        if wrong.any():
            self.refuse(wrong[bag])
        return closed


def normalized(message: Any) -> Any:
    """Shift the entries of each message so that the largest is 0; infinite ones rule out."""
    xp = array_namespace(message)
    surely = message == xp.inf
    ruled = xp.any(surely, axis=1, keepdims=True)
    if bool(xp.any(ruled)):
        zeros = xp.zeros_like(message)
        message = xp.where(ruled, xp.where(surely, zeros, zeros - xp.inf), message)
    return message - folded(xp.maximum, message)[:, None]


def factors_of(block: Bags, classes: Any, *, maximize: bool = False) -> list[CountFactor]:
    """Make the factors of a block: one, but for the best labels of large bags one a class."""
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
    if not codes:  # tags that leave all classes open
        return []
    if len(codes) == n_classes == 2:
        # the second class has what the first leaves
        first, second = by_class[0], by_class[1]
        both = first.log_potential + second.mirrored()
        return [BinaryFactor(bags, outcome_of([0], n_classes), Tables(both, first.starts))]
    if len(codes) == 1:
        return [BinaryFactor(bags, outcome_of(codes, n_classes), by_class[codes[0]])]
    return _several(bags, by_class, n_classes, maximize)


def outcome_of(codes: list[int], n_classes: int) -> np.ndarray:
    """Column of each class: its place in `codes`, or the last one."""
    outcome = np.full(n_classes, len(codes))
    outcome[codes] = np.arange(len(codes))
    return outcome


def _several(
    bags: tuple[Any, Any, Any], by_class: dict[int, Tables], n_classes: int, maximize: bool
) -> list[CountFactor]:
    """Count several classes at once: exactly in bags with few states, by moments in the others."""
    complete = len(by_class) == n_classes
    # the class with the largest counts may be left out
    codes = (
        sorted(by_class, key=lambda code: by_class[code].ends()[1].sum())
        if complete
        else [*by_class]
    )
    plans = _plans([by_class[code] for code in codes], complete=complete)
    sizes = np.diff(bags[1])
    few = np.array([plan.n_states for plan in plans]) * sizes <= MOST_STATES
    outcome = outcome_of(codes, n_classes)
    found: list[CountFactor] = []
    if few.any():
        some = [plan for plan, kept in zip(plans, few, strict=True) if kept]
        found.append(StateFactor(_some(*bags, few), outcome, some))
    if few.all():
        return found
    rest, tables = _some(*bags, ~few), [by_class[code].of(~few) for code in codes]
    if not maximize:
        return [*found, MomentFactor(rest, outcome, tables)]
    if complete and implied(tables).all():
        codes, tables = codes[:-1], tables[:-1]  # messages that say the same twice go on growing
    for code, each in zip(codes, tables, strict=True):
        found.append(BinaryFactor(rest, outcome_of([code], n_classes), each))
    return found


def _plans(tables: list[Tables], *, complete: bool) -> list[Plan]:
    """Plan each bag; bags of which the same is said share a plan."""
    made: dict[Any, Plan] = {}
    found: list[Plan] = []
    for g in range(len(tables[0].starts) - 1):
        here = [t.log_potential[t.starts[g] : t.starts[g + 1]] for t in tables]
        key = tuple(each.tobytes() for each in here)
        if key not in made:
            made[key] = plan_for(here, complete=complete)
        found.append(made[key])
    return found


def _some(member: Any, starts: Any, names: Any, kept: np.ndarray) -> tuple[Any, Any, Any]:
    """Keep some bags."""
    sizes = np.diff(starts)
    return (
        member[np.repeat(kept, sizes)],
        np.concatenate([[0], np.cumsum(sizes[kept])]).astype(np.int64),
        names[kept],
    )
