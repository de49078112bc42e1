"""Belief propagation: exact counts in bags, and neighbors that prefer the same class."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from array_api_compat import array_namespace
from sklearn.exceptions import ConvergenceWarning

from weaklabel._progress import progress_bar
from weaklabel.kernels import softmax
from weaklabel.posterior import TIE, Posterior
from weaklabel.solvers._base import Solver
from weaklabel.solvers._propagation import Propagation

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence

MODES = ("sum", "max")
SCHEDULES = ("flooding", "sequential", "residual")
LONG = 1 << 28  # messages to send above which progress is shown; some ten seconds


@dataclass(frozen=True, kw_only=True, eq=False)
class Propagated(Posterior):
    """A posterior, and how messages came to it.

    Parameters
    ----------
    converged : bool
        Whether the last change was within `tol`, or one pass was exact.
    n_iter : int
        Sweeps over all messages.
    last_change : float
        Largest change of a message that the last sweep called for, in nats, before damping.
    exact : bool
        True where no item was in two factors, and no bag was done by moments: the answer is that
        of enumeration.
    """

    converged: bool
    n_iter: int
    last_change: float
    exact: bool

    __repr__ = Posterior.__repr__


class BeliefPropagation(Solver):
    r"""Marginals, or the best labels, of scores bound by counts and neighbors.

    The model is

    .. math:: P(y) \propto \prod_i e^{s_i(y_i)} \prod_g e^{\theta_g(\mathrm{counts}_g(y))}
              \prod_{i \sim j} e^{w_{ij} [y_i = y_j]} .

    A bag is one factor over the counts of its classes, whose messages are exact, never a clique
    of pairs. Where every item is in one bag at most and there is no graph, the answer is exact,
    in one pass. Otherwise messages go around; on trees they end in the exact answer as well, and
    on graphs with loops in an approximation, if they end.

    Parameters
    ----------
    max_iter : int
        Most sweeps over all messages.
    damping : float
        Share of the old message that is kept, at least 0, below 1. More of it settles messages
        that oscillate. Not used where one pass is exact.
    tol : float
        Messages have converged when none would change by more, in nats.
    mode : {"sum", "max"}
        Marginals; or the labels that are best together, whose probability is one (ties share it).
    schedule : {"flooding", "sequential", "residual"}
        All messages are renewed from the old ones; or one group of bags after the other, then the
        graph, each from the newest; or, in turn as well, only that half of the messages that
        would change most.
    coupling : float
        What the weights of the graph are multiplied with to be nats, at least 0 (no graph).

    Notes
    -----
    Several constraints on one bag are done at once. That is exact where its counts have few states
    (their product times the size at most 2^18): the counts up to the largest allowed of all but
    one class, but two states a class for `Tags` and ``AtLeast(1)``, and three for `SameLabel`,
    whatever the size. Larger bags are done by means and covariances of counts under a tilt (saddle
    point, with potentials as in expectation propagation). Against enumeration marginals then err
    by up to 1e-3 for exact counts of five classes among 64 members, 3e-3 for intervals of three,
    1e-3 among 256, and by some 1e-2 where a class of which one or two are expected has an
    ``AtLeast``; they sum to exact counts. Two classes are one count, exact for any size. For the
    best labels each class of a larger bag is a factor of its own, and messages between them loop.

    A graph states each pair once; see `Evidence.with_neighbors`. Long runs show their progress on
    a terminal.

    `log_normalizer` adds up to the log of the normalizer of the model where the answer is exact (in
    mode "max" to the log weight of the best labels), and to Bethe's approximation elsewhere. What
    a bag contributes is spread evenly over its members.

    Raises
    ------
    ValueError
        If no count that is allowed in a bag can occur; names the bags. If a setting is none.

    Warns
    -----
    ConvergenceWarning
        If messages still change after `max_iter` sweeps.

    Examples
    --------
    >>> import weaklabel as wl
    >>> evidence = wl.Evidence(["a", "b", "c"], classes=["x", "y"])
    >>> evidence = evidence.with_bags(["A", "A", "A"], wl.Count("x", number=1))
    >>> scores = np.log([[0.5, 0.5], [0.5, 0.5], [0.8, 0.2]])
    >>> found = BeliefPropagation().solve(scores, evidence)
    >>> found.probabilities.round(3)
    array([[0.167, 0.833],
           [0.167, 0.833],
           [0.667, 0.333]])
    >>> found.converged, found.n_iter
    (True, 1)
    """

    respects: ClassVar[frozenset[str]] = frozenset({"bags", "neighbors"})

    def __init__(
        self,
        *,
        max_iter: int = 100,
        damping: float = 0.3,
        tol: float = 1e-6,
        mode: Literal["sum", "max"] = "sum",
        schedule: Literal["flooding", "sequential", "residual"] = "sequential",
        coupling: float = 1.0,
    ) -> None:
        self.max_iter = max_iter
        self.damping = damping
        self.tol = tol
        self.mode = mode
        self.schedule = schedule
        self.coupling = coupling

    def solve(self, scores: Any, evidence: Evidence) -> Propagated:
        self._check()
        table, top, possible = prepared(scores, evidence.candidates)
        maximize = self.mode == "max"
        flow = Propagation(
            table,
            evidence,
            maximize=maximize,
            schedule=self.schedule,
            coupling=float(self.coupling),
        )
        n_iter, change = self._converge(flow)
        converged = flow.one_pass or change <= self.tol
        if not converged:
            self._warn(n_iter, change)
        belief = flow.belief()
        xp = array_namespace(table)
        log_normalizer = top + flow.log_normalizer(belief)
        log_normalizer = xp.where(possible, log_normalizer, xp.full_like(top, -xp.inf))
        probabilities = best(belief) if maximize else softmax(belief)[0]
        return Propagated(
            probabilities=xp.astype(probabilities, scores.dtype),
            index=evidence.index,
            classes=evidence.classes,
            covered=evidence.covered,
            log_normalizer=xp.astype(log_normalizer, scores.dtype),
            converged=bool(converged),
            n_iter=n_iter,
            last_change=float(change),
            exact=flow.exact,
        )

    def _converge(self, flow: Propagation) -> tuple[int, float]:
        """Renew messages until they settle; one pass where that is exact."""
        if flow.one_pass:
            flow.sweep(0.0)
            return 1, 0.0
        n_iter, change = 0, np.inf
        show = None if flow.size * self.max_iter > LONG else False
        with progress_bar(show, self.max_iter, "propagating", unit=" sweeps", leave=False) as bar:
            while change > self.tol and n_iter < self.max_iter:
                change = flow.sweep(self.damping)
                n_iter += 1
                bar.update()
        return n_iter, change

    def _check(self) -> None:
        """Refuse settings that are none."""
        if self.mode not in MODES:
            msg = f"mode={self.mode!r} is unknown. Choose 'sum' for marginals or 'max'."
            raise ValueError(msg)
        if self.schedule not in SCHEDULES:
            msg = f"schedule={self.schedule!r} is unknown. Choose one of {', '.join(SCHEDULES)}."
            raise ValueError(msg)
        if not 0 <= self.damping < 1:
            msg = (
                f"damping is at least 0 and below 1, not {self.damping!r}: it is the share of the "
                "old message that is kept. Try 0.5."
            )
            raise ValueError(msg)
        if not 0 <= self.coupling < np.inf:
            msg = (
                f"coupling is at least 0 and finite, not {self.coupling!r}: weights of the graph "
                "times coupling are nats. Try 1.0."
            )
            raise ValueError(msg)
        if self.max_iter < 1:
            msg = f"max_iter is at least 1, not {self.max_iter!r}; no message would be sent."
            raise ValueError(msg)

    def _warn(self, n_iter: int, change: float) -> None:
        """Say that messages still change."""
        msg = (
            f"Messages still change by {change:.2g} nats after {n_iter} sweeps (tol {self.tol:g}). "
            "Bags that overlap, or strong neighbors, make them go around. Raise damping or "
            "max_iter, or weaken the graph; probabilities are those of the last sweep."
        )
        warnings.warn(msg, ConvergenceWarning, stacklevel=3)


def prepared(scores: Any, allowed: Any) -> tuple[Any, Any, Any]:
    """Mask what is no candidate, and shift each row so that its best score is 0.

    Returns the scores, what was taken off, and whether the item can be explained at all; an item
    that cannot is open among its candidates.
    """
    xp = array_namespace(scores)
    table = xp.astype(scores, xp.float64)
    nothing = xp.full_like(table, -xp.inf)
    if allowed is None:
        allowed = xp.ones_like(table, dtype=xp.bool)
    table = xp.where(allowed, table, nothing)
    top = xp.max(table, axis=1)
    possible = top > -xp.inf
    open_among = xp.where(allowed, xp.zeros_like(table), nothing)
    top = xp.where(possible, top, xp.zeros_like(top))
    return xp.where(possible[:, None], table - top[:, None], open_among), top, possible


def best(belief: Any) -> Any:
    """All probability on the best class; tied ones share it."""
    xp = array_namespace(belief)
    tied = belief >= xp.max(belief, axis=1, keepdims=True) - TIE
    tied = xp.astype(tied, xp.float64)
    return tied / xp.sum(tied, axis=1, keepdims=True)
