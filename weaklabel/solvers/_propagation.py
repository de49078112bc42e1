"""Messages between items, bags and neighbors: one sweep, whatever the schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from weaklabel.solvers._count_factors import CountFactor, factors_of, folded
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
        scores: np.ndarray,
        evidence: Evidence,
        *,
        maximize: bool,
        schedule: str,
        coupling: float = 1.0,
    ) -> None:
        self.scores, self.maximize, self.schedule = scores, maximize, schedule
        self.add = np.maximum if maximize else np.logaddexp
        self.factors: list[CountFactor] = [
            factor
            for block in evidence.bags
            if block.n_bags
            for factor in factors_of(block, evidence.classes, maximize=maximize)
        ]
        self.edges: PottsEdges | None = None
        if evidence.neighbors is not None and evidence.neighbors.nnz and coupling:
            self.edges = PottsEdges(evidence.neighbors, scores.shape[1], coupling)
        met = np.zeros(len(scores), dtype=np.int64)
        for factor in self.factors:
            met[factor.item] += 1
        # with one factor an item no message depends on another
        self.one_pass = self.edges is None and bool((met <= 1).all())
        self.exact = self.one_pass and all(factor.exact for factor in self.factors)

    @property
    def size(self) -> int:
        """Number of messages that a sweep renews."""
        bags = sum(factor.message.size for factor in self.factors)
        return bags + (0 if self.edges is None else self.edges.message.size)

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

    def cavity(self, factor: CountFactor) -> np.ndarray:
        """Add up what members believe without this factor, n_members x n_classes."""
        return self._total(factor)[factor.item]

    def belief(self) -> np.ndarray:
        """Add up what items believe, n_items x n_classes."""
        belief = self._total(None)
        lost = np.asarray(np.isneginf(belief).all(axis=1))
        if lost.any():
            for factor in self.factors:
                if lost[factor.item].any():
                    factor.refuse(lost[factor.item])
        return belief

    def log_normalizer(self, belief: np.ndarray) -> np.ndarray:
        """Spread the log normalizer over items: that of Bethe, exact without loops."""
        total = folded(self.add, belief)
        for factor in self.factors:
            cavity = self.cavity(factor)
            weight = factor.outcomes(cavity, self.maximize)
            normalizer = factor.log_normalizer
            if not self.one_pass:  # what members believe has changed since
                _, normalizer = factor.send(cavity, self.maximize)
            sizes = np.diff(factor.starts)
            total[factor.item] += np.repeat(normalizer / np.maximum(sizes, 1), sizes)
            total[factor.item] -= folded(self.add, weight + factor.message)
        if self.edges is not None:
            total -= self.edges.shared(belief, self.add)
        return total

    def _total(self, without: CountFactor | None) -> np.ndarray:
        """Scores and messages, but those of one factor."""
        total = self.scores.copy()
        if self.edges is not None:
            self.edges.add_to(total)
        for factor in self.factors:
            if factor is not without:
                total[factor.item] += factor.spread()
        return total

    def _renewed(
        self, old: np.ndarray, new: np.ndarray, damping: float
    ) -> tuple[np.ndarray, float]:
        """Mix old and new messages; give the largest change, too."""
        with np.errstate(invalid="ignore"):
            moved = np.abs(new - old)
        moved[new == old] = 0.0  # infinite ones, too
        largest = float(moved.max(initial=0.0))
        if damping:
            new = (1 - damping) * new + damping * old
        if self.schedule == "residual" and len(moved):
            each = moved.max(axis=1)
            new = np.where((each >= np.median(each))[:, None], new, old)
        return new, largest
