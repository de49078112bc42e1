"""Counts of several classes at once by a small automaton: exact, where its states are few.

Each class is an axis of states. A count needs no more states than it has meanings: from where all
counts are alike (``AtLeast``) one state is enough, and all or none (``SameLabel``) takes three.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

DEAD = -1


class Axis(NamedTuple):
    """How the state of one class moves, and what its final states are worth."""

    hit: tuple[int, ...]  # following state when a member has the class; DEAD rules it out
    miss: tuple[int, ...]
    log_potential: np.ndarray  # n_states

    @property
    def moves(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What axes have in common that one automaton can do together."""
        return self.hit, self.miss


class Automaton(NamedTuple):
    """An automaton over the outcomes of members, and the log potentials of its final states."""

    following: np.ndarray  # n_outcomes x n_states
    log_potential: np.ndarray  # n_states


def axis_of(table: np.ndarray, *, whole: bool = False) -> Axis:
    """Make the axis of a class from the log potentials of the counts 0 to the size.

    With `whole` the state is the count, up to the largest that is allowed.
    """
    size = len(table) - 1
    allowed = np.flatnonzero(~np.isneginf(table))
    if not whole and size > 2 and allowed.tolist() == [0, size]:
        # nobody read, none so far, all so far
        ends = np.array([-np.inf, table[0], table[size]])
        return Axis((2, DEAD, 2), (1, 1, DEAD), ends)
    highest = int(allowed[-1]) if len(allowed) else 0
    if whole or highest < size:
        kept = table[: highest + 1]
        return Axis(_next(len(kept), DEAD), tuple(range(len(kept))), kept)
    others = np.flatnonzero(table != table[size])
    top = int(others[-1]) + 1 if len(others) else 0
    kept = table[: top + 1]
    return Axis(_next(len(kept), top), tuple(range(len(kept))), kept)


def _next(n_states: int, last: int) -> tuple[int, ...]:
    """Count one more; `last` follows the last state."""
    return (*range(1, n_states), last)


class Plan(NamedTuple):
    """Axes of the classes that are counted; the class left out has the rest."""

    axes: list[Axis]
    rest: np.ndarray | None  # log potential of the class left out, by count

    @property
    def n_states(self) -> int:
        """Number of states of all axes together."""
        return int(np.prod([len(axis.hit) for axis in self.axes], dtype=float))


def plan_for(tables: list[np.ndarray], *, complete: bool) -> Plan:
    """Choose what to count for one bag.

    Parameters
    ----------
    tables : list of floating array, size + 1
        Log potentials of the counts of each stated class.
    complete : bool
        Whether these are all classes. Then the last may be counted by the others, if they are
        counted fully.
    """
    every = Plan([axis_of(table) for table in tables], None)
    if not complete:
        return every
    others = Plan([axis_of(table, whole=True) for table in tables[:-1]], tables[-1])
    return min(others, every, key=lambda plan: plan.n_states)


def automaton_of(plan: Plan, n_outcomes: int) -> Automaton:
    """Multiply the axes; outcomes beyond the axes are counted nowhere."""
    shape = tuple(len(axis.hit) for axis in plan.axes)
    state = np.indices(shape).reshape(len(shape), -1)
    following = np.empty((n_outcomes, state.shape[1]), dtype=np.int64)
    for outcome in range(n_outcomes):
        moved = np.stack(
            [
                np.array(axis.hit if k == outcome else axis.miss)[state[k]]
                for k, axis in enumerate(plan.axes)
            ]
        )
        alive = (moved >= 0).all(axis=0)
        place = np.ravel_multi_index(tuple(np.maximum(moved, 0)), shape)
        following[outcome] = np.where(alive, place, DEAD)
    return Automaton(following, _worth(plan, state))


def _worth(plan: Plan, state: np.ndarray) -> np.ndarray:
    """Log potentials of the final states."""
    total = np.sum(
        [axis.log_potential[at] for axis, at in zip(plan.axes, state, strict=True)], axis=0
    )
    if plan.rest is None:
        return total
    rest = len(plan.rest) - 1 - state.sum(axis=0)
    return np.where(rest >= 0, total + plan.rest[np.maximum(rest, 0)], -np.inf)
