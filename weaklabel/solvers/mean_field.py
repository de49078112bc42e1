"""Mean field: a cheap bound on what counts and neighbors say together."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from array_api_compat import array_namespace
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from weaklabel._device import beside, on_host
from weaklabel.posterior import Posterior
from weaklabel.solvers._base import Solver
from weaklabel.solvers._coupling import estimated_coupling
from weaklabel.solvers._mean_parts import Part, parts_of, shared_units, symmetric, units_of
from weaklabel.solvers.belief_propagation import prepared

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence

SCHEDULES = ("sequential", "parallel")


@dataclass(frozen=True, kw_only=True, eq=False)
class Averaged(Posterior):
    """A posterior of mean field, and how it was come to.

    Parameters
    ----------
    converged : bool
        Whether the last change was within `tol`, or one pass was exact.
    n_iter : int
        Sweeps over all items.
    last_change : float
        Largest change of what neighbors say that the last sweep called for, in nats.
    exact : bool
        True where no graph was and no item is in two counts: the answer is that of enumeration.
    coupling : float
        What a weight of one in the graph was worth, in nats.
    bound : bool
        True where `log_normalizer` adds up to a lower bound of that of the model.
    """

    converged: bool
    n_iter: int
    last_change: float
    exact: bool
    bound: bool
    coupling: float

    __repr__ = Posterior.__repr__


class MeanField(Solver):
    r"""Probabilities of scores bound by counts and neighbors, neighbors on average only.

    The model is that of `BeliefPropagation`. The posterior is sought among those in which groups
    of items are independent: a group is an item, or the items that bags bind together, and within
    it counts are exact. An item hears from a neighbor in place of a message the expectation

    .. math:: h_i(y) = \sum_j w_{ij} \, q_j(y), \qquad
              q_g(y) \propto e^{\theta_g(\mathrm{counts}(y))} \prod_{i \in g}
              e^{s_i(y_i) + h_i(y_i)} .

    One product of the graph with the probabilities a sweep: cheaper than messages, and always
    settling in turn. The price is confidence: neighbors that echo each other count as told anew.

    Parameters
    ----------
    max_iter : int
        Most sweeps over all items.
    damping : float
        Share of what neighbors said before that is kept, at least 0, below 1.
    tol : float
        Converged when nothing that neighbors say would change by more, in nats.
    schedule : {"sequential", "parallel"}
        Groups that are no neighbors of each other at once, in turn (colors of the graph), so that
        the bound never falls; or all at once, which may oscillate without damping.
    coupling : float or "estimated"
        What the weights of the graph are multiplied with to be nats, at least 0 (no graph); or it
        is estimated from what is known of neighbors without the graph, so that a graph of which
        the classes know nothing says nothing. Then what a neighbor says is held against the shares
        of the classes: of whom nothing is known, it says nothing.

    Notes
    -----
    Bags and the graph are kept to, and both are exact where the other is missing: on disjoint bags
    without a graph the answer is that of enumeration, in one pass. Counts of bags that overlap, or
    of several classes in bags with many states, are messages between factors, as in
    `BeliefPropagation`, renewed once a sweep.

    An estimated coupling was checked on six sets, with votes, counts and both, and with features of
    noise: the log-loss got better or stayed within 0.001; a coupling of 1 made it three times worse
    where neighbors are often of different classes.

    `log_normalizer` adds up to a lower bound of that of the model where no bags overlap and no two
    neighbors are in the same bag (`bound` of the posterior says so); of neighbors in the same bag
    what counts say about both at once is ignored. From one start a local optimum of the bound is
    found, that which scores and counts alone lead to.

    Raises
    ------
    ValueError
        If no count that is allowed in a bag can occur; names the bags. If a setting is none.

    Warns
    -----
    ConvergenceWarning
        If probabilities still change after `max_iter` sweeps.

    Examples
    --------
    >>> import weaklabel as wl
    >>> evidence = wl.Evidence(["a", "b", "c"], classes=["x", "y"])
    >>> evidence = evidence.with_neighbors([[0, 2, 0], [2, 0, 2], [0, 2, 0]])
    >>> scores = np.log([[0.9, 0.1], [0.5, 0.5], [0.5, 0.5]])
    >>> found = MeanField(coupling=1.0).solve(scores, evidence)
    >>> found.probabilities.round(2)
    array([[0.98, 0.02],
           [0.97, 0.03],
           [0.87, 0.13]])
    >>> found.converged, found.bound
    (True, True)
    """

    respects: ClassVar[frozenset[str]] = frozenset({"bags", "neighbors"})

    def __init__(
        self,
        *,
        max_iter: int = 200,
        damping: float = 0.0,
        tol: float = 1e-4,
        schedule: Literal["sequential", "parallel"] = "sequential",
        coupling: float | Literal["estimated"] = "estimated",
    ) -> None:
        self.max_iter = max_iter
        self.damping = damping
        self.tol = tol
        self.schedule = schedule
        self.coupling = coupling

    def solve(self, scores: Any, evidence: Evidence) -> Averaged:
        self._check()
        table, top, possible = prepared(scores, evidence.candidates)
        xp, unit = array_namespace(table), units_of(evidence)
        table, graph, nats = self._bound_by(table, evidence, unit)
        parts = parts_of(table, evidence, graph, unit if self.schedule == "sequential" else None)
        probabilities, change = xp.zeros_like(table), 0.0
        for part in parts:
            probabilities, told = part.conclude(probabilities)
            change = max(change, told)
        alone = all(part.flow.exact for part in parts)
        exact = alone and not graph.nnz
        n_iter = 1
        if not exact:
            probabilities, n_iter, change = self._converge(parts, probabilities)
        log_normalizer = xp.zeros_like(top)
        for part in parts:
            log_normalizer = part.put(log_normalizer, part.log_normalizer(probabilities))
        log_normalizer = xp.where(possible, top + log_normalizer, xp.full_like(top, -xp.inf))
        return Averaged(
            probabilities=xp.astype(probabilities, scores.dtype),
            index=evidence.index,
            classes=evidence.classes,
            covered=evidence.covered,
            log_normalizer=xp.astype(log_normalizer, scores.dtype),
            converged=bool(exact or change <= self.tol),
            n_iter=n_iter,
            last_change=float(change),
            exact=exact,
            bound=alone and not shared_units(graph, unit),
            coupling=nats,
        )

    def _bound_by(
        self, table: Any, evidence: Evidence, unit: np.ndarray
    ) -> tuple[Any, sparse.csr_array, float]:
        """Give scores, the graph in nats, and what a weight of one is worth."""
        graph = symmetric(evidence.neighbors, table.shape[0])
        if self.coupling != "estimated":
            return table, graph * float(self.coupling), float(self.coupling)
        if not graph.nnz:
            return table, graph, 0.0
        (whole,) = parts_of(table, evidence, graph, None)
        without, _ = whole.conclude(array_namespace(table).zeros_like(table))
        nats, share = estimated_coupling(on_host(without), graph, unit)
        graph = graph * nats
        return table - beside(graph.sum(axis=1)[:, None] * share, table), graph, nats

    def _converge(self, parts: list[Part], probabilities: Any) -> tuple[Any, int, float]:
        """Renew part after part until they settle."""
        n_iter, change = 0, np.inf
        while change > self.tol and n_iter < self.max_iter:
            change = 0.0
            for part in parts:
                probabilities, moved = part.renew(probabilities, self.damping)
                change = max(change, moved)
            n_iter += 1
        if change > self.tol:
            msg = (
                f"What neighbors say still changes by {change:.2g} nats after {n_iter} sweeps (tol "
                f"{self.tol:g}). Strong neighbors settle slowly, and in the same bag they may "
                "oscillate. Raise max_iter, or damping (try 0.5), or lower coupling; probabilities "
                "are those of the last sweep."
            )
            warnings.warn(msg, ConvergenceWarning, stacklevel=3)
        return probabilities, n_iter, change

    def _check(self) -> None:
        """Refuse settings that are none."""
        if self.schedule not in SCHEDULES:
            msg = f"schedule={self.schedule!r} is unknown. Choose one of {', '.join(SCHEDULES)}."
            raise ValueError(msg)
        if not 0 <= self.damping < 1:
            msg = (
                f"damping is at least 0 and below 1, not {self.damping!r}: it is the share of what "
                "neighbors said before that is kept. Try 0.5."
            )
            raise ValueError(msg)
        number = isinstance(self.coupling, Real) and 0 <= float(self.coupling) < np.inf
        if not number and self.coupling != "estimated":
            msg = (
                f"coupling is at least 0 and finite, not {self.coupling!r}: weights of the graph "
                "times coupling are nats. Leave it out to have it estimated."
            )
            raise ValueError(msg)
        if self.max_iter < 1:
            msg = f"max_iter is at least 1, not {self.max_iter!r}; neighbors would not be heard."
            raise ValueError(msg)
