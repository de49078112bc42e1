"""The way of one block of bags to its dual variables: class by class first, then all at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace

from weaklabel._device import beside
from weaklabel.kernels import log_sum_exp
from weaklabel.solvers._counts import EDGE, Block
from weaklabel.transport._joint import FIRST_DAMPING, MOST_DAMPING, Bounds, Joint, joint_step


class Climb:
    """Raises the dual of one block; remembers where it is.

    The first sweep sets one class after another to its optimum, which is never lost however sure
    scores are. Where several classes are stated their bounds compete, and further sweeps are
    Newton steps on all of them at once; if these lose their way in a bag, a sweep class by class
    follows.

    Parameters
    ----------
    block : Block
    allowed : boolean array, n_items x n_classes
        What members may still be.
    tol : float
        As a share of the bag.
    """

    def __init__(self, block: Block, allowed: Any, tol: float) -> None:
        xp = array_namespace(block.size)
        self.block, self.tol = block, tol
        columns = beside(np.array(block.stated), block.size)
        self.columns = columns
        self.dual = xp.zeros_like(xp.take(block.low, columns, axis=1))
        self.damping = xp.full_like(block.size, FIRST_DAMPING)
        self.lost = True
        number = xp.astype(allowed, xp.float64)
        alone = xp.sum(number, axis=1, keepdims=True) == 1
        most, least = (
            block.counts(number),
            block.counts(xp.where(alone, number, xp.zeros_like(number))),
        )
        room = EDGE * (most - least)
        low = xp.minimum(xp.maximum(block.low, least + room), most - room)
        high = xp.maximum(xp.minimum(block.high, most - room), least + room)
        low, high = (xp.take(each, columns, axis=1) for each in (low, high))
        self.bounds = Bounds(low, high, tol * block.size)

    @property
    def tilts(self) -> list[Any]:
        """Dual variables, one array of bags a stated class."""
        return [self.dual[:, number] for number in range(len(self.block.stated))]

    def sweep(self, log_q: Any) -> tuple[Any, float]:
        """Go once over the stated classes; give the log posterior, and the worst breach before."""
        if self.lost or len(self.block.stated) == 1:
            return self._in_turn(log_q)
        return self._at_once(log_q)

    def _in_turn(self, log_q: Any) -> tuple[Any, float]:
        xp = array_namespace(log_q)
        worst, duals = 0.0, []
        for number, y in enumerate(self.block.stated):
            log_q, dual, wrong = self.block.improve(log_q, self.dual[:, number], y, self.tol)
            worst = max(worst, wrong)
            duals.append(dual[:, None])
        self.dual = xp.concat(duals, axis=1)
        self.lost = False
        start = xp.full_like(self.damping, FIRST_DAMPING)
        self.damping = xp.where(self.damping > MOST_DAMPING, start, self.damping)
        return log_q - log_sum_exp(log_q)[:, None], worst

    def _at_once(self, log_q: Any) -> tuple[Any, float]:
        """Make one Newton step on all stated classes."""
        xp = array_namespace(log_q)
        at = Joint(log_q, self.dual, self.damping, self.damping)
        found = joint_step(at, self.block, self.columns, self.bounds)
        log_q, self.dual, self.damping, worst = found
        self.lost = bool(xp.any(self.damping > MOST_DAMPING))
        size = xp.where(self.block.size > 0, self.block.size, xp.ones_like(self.block.size))
        return log_q, float(xp.max(worst / size)) if size.shape[0] else 0.0
