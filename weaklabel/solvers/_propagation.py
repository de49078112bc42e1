"""Messages between items, bags and neighbors: one sweep, whatever the schedule."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from array_api_compat import array_namespace

from weaklabel._device import on_host
from weaklabel.solvers._arrays import add_rows, adder, folded, largest, upper_half
from weaklabel.solvers._count_factors import CountFactor, factors_of
from weaklabel.solvers._potts_edges import PottsEdges

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence


class Propagation:
    """The messages of a model, and how they are renewed.

    Parameters
    ----------
    scores : floating array, n_items x n_classes
        Each row has a finite entry.
    evidence : Evidence
    maximize : bool
        Best labels in place of sums.
    schedule : {"flooding", "sequential", "residual"}
    coupling : float
        Nats of a weight of one in the graph.
    """

    def __init__(
        self,
        scores: Any,
        evidence: Evidence,
        *,
        maximize: bool,
        schedule: str,
        coupling: float = 1.0,
    ) -> None:
        self.scores, self.maximize, self.schedule = scores, maximize, schedule
        self.add = adder(scores, maximize=maximize)
        self.factors: list[CountFactor] = [
            factor
            for block in evidence.bags
            if block.n_bags
            for factor in factors_of(block, evidence.classes, maximize=maximize)
        ]
        self.edges: PottsEdges | None = None
        if evidence.neighbors is not None and evidence.neighbors.nnz and coupling:
            self.edges = PottsEdges(evidence.neighbors, scores, coupling)
        met = np.zeros(scores.shape[0], dtype=np.int64)
        for factor in self.factors:
            met[factor.item] += 1
            factor.place(scores)
        # with one factor an item no message depends on another
        self.one_pass = self.edges is None and bool((met <= 1).all())
        self.exact = self.one_pass and all(factor.exact for factor in self.factors)

    @property
    def size(self) -> int:
        """Number of messages that a sweep renews."""
        bags = sum(math.prod(factor.message.shape) for factor in self.factors)
        return bags + (0 if self.edges is None else math.prod(self.edges.message.shape))

    def sweep(self, damping: float) -> float:
        """Renew all messages; give the largest change that was called for."""
        flooding = self.schedule == "flooding"
        told = [(f, *f.send(self.cavity(f), self.maximize)) for f in self.factors * flooding]
        belief = self.belief() if flooding and self.edges is not None else None
        change = 0.0
        for number, factor in enumerate(self.factors):
            if flooding:
                _, message, factor.log_normalizer = told[number]
            else:
                message, factor.log_normalizer = factor.send(self.cavity(factor), self.maximize)
            factor.message, moved = self._renewed(factor.message, message, damping)
            change = max(change, moved)
        if self.edges is not None:
            belief = self.belief() if belief is None else belief
            part = self.schedule == "residual"
            change = max(change, self.edges.renew(belief, damping, self.maximize, part))
        return change

    def cavity(self, factor: CountFactor) -> Any:
        """Add up what members believe without this factor, n_members x n_classes."""
        xp = array_namespace(self.scores)
        return xp.take(self._total(factor), factor.there.item, axis=0)

    def belief(self) -> Any:
        """Add up what items believe, n_items x n_classes."""
        belief = self._total(None)
        xp = array_namespace(belief)
        possible = xp.max(belief, axis=1) > -xp.inf
        if not bool(xp.all(possible)):
            lost = ~on_host(possible)
            for factor in self.factors:
                if lost[factor.item].any():
                    factor.refuse(lost[factor.item])
        return belief

    def log_normalizer(self, belief: Any) -> Any:
        """Spread the log normalizer over items: that of Bethe, exact without loops."""
        total = folded(self.add, belief)
        for factor in self.factors:
            cavity = self.cavity(factor)
            weight = factor.outcomes(cavity, self.maximize)
            normalizer = factor.log_normalizer
            if not self.one_pass:  # what members believe has changed since
                _, normalizer = factor.send(cavity, self.maximize)
            told = factor.share(normalizer) - folded(self.add, weight + factor.message)
            total = add_rows(total, factor.there.item, told)
        return total if self.edges is None else total - self.edges.shared(belief, self.add)

    def _total(self, without: CountFactor | None) -> Any:
        """Scores and messages, but those of one factor."""
        total = array_namespace(self.scores).asarray(self.scores, copy=True)
        if self.edges is not None:
            total = self.edges.add_to(total)
        for factor in self.factors:
            if factor is not without:
                total = add_rows(total, factor.there.item, factor.spread())
        return total

    def _renewed(self, old: Any, new: Any, damping: float) -> tuple[Any, float]:
        """Mix old and new messages; give the largest change, too."""
        xp = array_namespace(new)
        with np.errstate(invalid="ignore"):
            moved = xp.abs(new - old)
        moved = xp.where(new == old, xp.zeros_like(moved), moved)  # infinite ones, too
        if damping:
            new = (1 - damping) * new + damping * old
        if self.schedule == "residual" and moved.shape[0]:
            new = xp.where(upper_half(xp.max(moved, axis=1))[:, None], new, old)
        return new, largest(moved)
