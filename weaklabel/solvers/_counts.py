"""A block of bags as a solver of expected counts sees it: flat arrays and bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from array_api_compat import array_namespace

from weaklabel._device import beside, device_of, on_host
from weaklabel.kernels import gather_sum, log_sum_exp
from weaklabel.solvers._tilt import Odds, find_tilt

if TYPE_CHECKING:
    from weaklabel.bags import Bags

ENOUGH = 1e-2  # share of a breach that one step may leave, since the next class stirs it again
EDGE = 1e-12  # share of a bag by which a target stays inside of what tilting can reach


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """Bags of a block, and bounds on the count of every class in them.

    Parameters
    ----------
    names, classes : pandas.Index
    stated : tuple of int
        Positions of the classes that constraints count.
    member : integer array, n_members
        Position of the item; bag by bag.
    starts : integer array, n_bags + 1
    bag : integer array, n_members
        Number of the bag of each member.
    bag_of : integer array, n_items
        Number of the bag of each item; n_bags for items in none.
    low, high : float64 array, n_bags x n_classes
    size : float64 array, n_bags
    ones : float64 array, n_members
        Every member counts once.
    """

    names: pd.Index
    classes: pd.Index
    stated: tuple[int, ...]
    member: Any
    starts: Any
    bag: Any
    bag_of: Any
    low: Any
    high: Any
    size: Any
    ones: Any

    def counts(self, table: Any) -> Any:
        """Add up rows of items over the members of each bag, n_bags x n_columns."""
        return gather_sum(table, self.member, self.ones, self.starts)

    def excess(self, probabilities: Any) -> Any:
        """How far each expected count is outside its bounds, n_bags x n_classes."""
        xp = array_namespace(probabilities)
        count = self.counts(probabilities)
        outside = xp.maximum(self.low - count, count - self.high)
        return xp.where(outside > 0, outside, xp.zeros_like(outside))

    def spread(self, values: Any) -> Any:
        """Give every item the value of its bag, 0 to items in none."""
        xp = array_namespace(values)
        zeros = xp.zeros((1, *values.shape[1:]), dtype=values.dtype, device=device_of(values))
        return xp.take(xp.concat([values, zeros]), self.bag_of, axis=0)

    def improve(self, log_q: Any, dual: Any, y: int, tol: float) -> tuple[Any, Any, float]:
        """Set the dual variables of one class to their optimum, all others fixed.

        Parameters
        ----------
        log_q : float64 array, n_items x n_classes
            Log posterior up to a constant in each row.
        dual : float64 array, n_bags
            What is in `log_q` for this class already.
        y : int
            Position of the class.
        tol : float
            As a share of the bag.

        Returns
        -------
        log_q, dual
            After the step.
        wrong : float
            Largest breach of the conditions of optimality before it, as a share of the bag.
        """
        xp = array_namespace(log_q)
        others = log_sum_exp(_without(xp, log_q, y))
        log_odds = xp.take(log_q[:, y] - others, self.member)
        free = xp.isfinite(log_odds)
        sure = xp.astype(log_odds == xp.inf, xp.float64)
        sums = self._add_up(
            xp.concat([sure[:, None], xp.astype(free[:, None], xp.float64)], axis=1)
        )
        n_sure, n_free = sums[:, 0], sums[:, 1]
        odds = Odds(
            xp.where(free, log_odds, xp.zeros_like(log_odds)),
            lambda values: xp.take(values, self.bag),
            lambda parts: self._add_up(xp.where(free[:, None], parts, xp.zeros_like(parts))),
        )
        low, high = self.low[:, y] - n_sure, self.high[:, y] - n_sure
        here = odds.counts(xp.zeros_like(dual))[0]
        wrong = _breach(xp, here, low, high, dual)
        wrong = xp.where(n_free > 0, wrong / xp.where(self.size > 0, self.size, 1.0), 0.0)
        worst = float(xp.max(wrong)) if wrong.shape[0] else 0.0
        if worst <= tol:
            return log_q, dual, worst
        there = odds.counts(-dual)[0]  # where the dual is zero
        target = xp.where(there < low, low, xp.where(there > high, high, there))
        room = EDGE * n_free
        target = xp.minimum(xp.maximum(target, room), n_free - room)
        close = xp.maximum(0.1 * tol * self.size, ENOUGH * wrong * self.size)
        change = find_tilt(odds, target, n_free, xp.zeros_like(dual), close)
        inside = (there >= low) & (there <= high)
        change = xp.where(inside, -dual, change)
        change = xp.where((n_free > 0) & (wrong > tol), change, xp.zeros_like(change))
        column = xp.arange(log_q.shape[1], device=device_of(log_q)) == y
        added = xp.where(column[None, :], self.spread(change)[:, None], xp.zeros_like(log_q))
        return log_q + added, dual + change, worst

    def _add_up(self, parts: Any) -> Any:
        """Add up rows of members over bags."""
        xp = array_namespace(parts)
        every = xp.arange(parts.shape[0], device=device_of(parts))
        return gather_sum(parts, every, self.ones, self.starts)

    def frame(self, dual: Any) -> pd.DataFrame:
        """Dual variables of the stated classes by the names of bags and classes."""
        stated = list(self.stated)
        return pd.DataFrame(on_host(dual)[:, stated], self.names, self.classes[stated])


def block_of(bags: Bags, classes: pd.Index, scores: Any) -> Block:
    """Lay out a block of bags beside the scores; several statements about a class intersect."""
    member, starts = on_host(bags.member), on_host(bags.starts)
    size = np.diff(starts)
    bag = np.repeat(np.arange(len(size)), size)
    bag_of = np.full(scores.shape[0], len(size))
    bag_of[member] = bag
    low = np.zeros((len(size), len(classes)))
    high = np.repeat(size.astype(np.float64)[:, None], len(classes), axis=1)
    class_positions = {name: y for y, name in enumerate(classes)}
    stated = [class_positions[each.of] for each in bags.constraints]
    for y, constraint in zip(stated, bags.constraints, strict=True):
        least, most = (on_host(bound) for bound in constraint.bounds(bags.sizes))
        low[:, y] = np.maximum(low[:, y], least)
        high[:, y] = np.minimum(high[:, y], most)
    xp = array_namespace(scores)
    return Block(
        names=bags.names,
        classes=classes,
        stated=tuple(dict.fromkeys(stated)),
        member=bags.member,
        starts=bags.starts,
        bag=beside(bag, scores),
        bag_of=beside(bag_of, scores),
        low=beside(low, scores),
        high=beside(high, scores),
        size=beside(size.astype(np.float64), scores),
        ones=xp.ones(len(member), dtype=xp.float64, device=device_of(scores)),
    )


def _without(xp: Any, table: Any, y: int) -> Any:
    """Rule one column out."""
    column = xp.arange(table.shape[1], device=device_of(table)) == y
    return xp.where(column[None, :], xp.full_like(table, -xp.inf), table)


def _breach(xp: Any, count: Any, low: Any, high: Any, dual: Any) -> Any:
    """How far counts are from where their dual variables say that they are."""
    outside = xp.maximum(xp.maximum(low - count, count - high), xp.zeros_like(count))
    held = xp.where(dual > 0, xp.abs(count - low), xp.abs(count - high))
    return xp.where(dual == 0, outside, held)
