"""Sinkhorn: the closest posterior whose expected counts keep to the bounds of all bags."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from array_api_compat import array_namespace
from sklearn.exceptions import ConvergenceWarning

from weaklabel._check import first_few
from weaklabel._device import on_host
from weaklabel.kernels import log_sum_exp
from weaklabel.posterior import Posterior
from weaklabel.solvers._base import Solver
from weaklabel.solvers._climb import Climb
from weaklabel.solvers._closed import close_classes
from weaklabel.solvers._counts import Block, block_of
from weaklabel.solvers.independent import Independent

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence

ROUNDING = 1e-12  # items; in bags of one, no sum is closer


@dataclass(frozen=True, kw_only=True, eq=False)
class BoundedPosterior(Posterior):
    """A posterior whose expected counts keep to bounds, and what keeping to them cost.

    Parameters
    ----------
    duals : tuple of DataFrame
        One frame a block of bags: bags x classes that the block states something about. What
        was added to the scores of the class in the bag, in nats: positive where a lower bound
        binds, negative where an upper one does, 0 where neither; ``inf`` and ``-inf`` where a
        bound leaves no choice.
    violation : float
        Largest distance of an expected count from its bounds, in items.
    converged : bool
        Whether `violation` is at most the solver's tolerance in every bag.
    n_iter : int
        Number of sweeps over all constraints.
    """

    duals: tuple[pd.DataFrame, ...] = ()
    violation: float = 0.0
    converged: bool = True
    n_iter: int = 0


class Sinkhorn(Solver):
    r"""Find the closest posterior whose expected counts keep to the bounds of all bags.

    .. math:: \min_q \mathrm{KL}(q \,\|\, \mathrm{softmax}(\mathrm{scores})) \quad\text{with}\quad
              \mathrm{low}_{gy} \le \sum_{i \in g} q_{iy} \le \mathrm{high}_{gy}

    for every bag g and class y about which something is stated [1]_. Use it where constraints are
    about averages and bags are large; in small bags with sharp constraints, where members compete
    for the counts, belief propagation is exact and this is not.

    The answer is ``softmax(scores + duals)``, with one dual variable a bag and stated class.
    Each is set in turn to its exact optimum, in all bags of a block at once; where several classes
    are stated, Newton steps on all variables of each bag follow, until every bound holds.
    Overlapping blocks take turns. Bounds count members, whatever their weights.

    `log_normalizer` of an item is :math:`\sum_y q_y (\mathrm{score}_y - \log q_y)`: the log of
    the sum of its scores minus how far the bounds moved it, in nats. Its sum is the largest lower
    bound on the log-likelihood that a posterior within the bounds can give, so that the objective
    of EM still rises in each sweep. Where no bound binds it is what `Independent` gives.

    Parameters
    ----------
    max_iter : int
        Most sweeps over all constraints.
    tol : float
        How far an expected count may stay outside its bounds, as a share of the bag.

    Warns
    -----
    sklearn.exceptions.ConvergenceWarning
        If some bounds are still broken after `max_iter` sweeps; names the worst bags.

    References
    ----------
    .. [1] Ganchev et al., "Posterior regularization for structured latent variable models",
       JMLR 11, 2010.

    Examples
    --------
    >>> import numpy as np, weaklabel as wl
    >>> evidence = wl.Evidence(["a", "b"], classes=["x", "y"])
    >>> evidence = evidence.with_bags(["shop", "shop"], wl.Count("x", number=1))
    >>> found = Sinkhorn().solve(np.log([[0.9, 0.1], [0.6, 0.4]]), evidence)
    >>> found.probabilities.round(3)
    array([[0.71, 0.29],
           [0.29, 0.71]])
    >>> found.duals[0].round(3)
              x
    shop -1.301
    """

    respects: ClassVar[frozenset[str]] = frozenset({"bags"})

    def __init__(self, *, max_iter: int = 500, tol: float = 1e-9) -> None:
        self.max_iter = max_iter
        self.tol = tol

    def solve(self, scores: Any, evidence: Evidence) -> BoundedPosterior:
        free = Independent().solve(scores, evidence)
        if not evidence.bags or not scores.shape[0]:
            return BoundedPosterior(**vars(free))
        blocks = [block_of(bags, evidence.classes, scores) for bags in evidence.bags]
        scores, possible = _usable(scores, evidence, free)
        log_q, duals, n_iter = self._ascend(scores, blocks)
        xp = array_namespace(log_q)
        q = xp.exp(log_q)
        zero = xp.zeros_like(q)
        gain = q * (xp.where(q > 0, scores, zero) - xp.where(q > 0, log_q, zero))
        bound = xp.where(possible, xp.sum(gain, axis=1), xp.full_like(q[:, 0], -xp.inf))
        excess = [on_host(block.excess(q)) for block in blocks]
        broken = [
            each > self.tol * on_host(block.size)[:, None] + ROUNDING
            for each, block in zip(excess, blocks, strict=True)
        ]
        converged = not any(each.any() for each in broken)
        if not converged:
            _warn_about(blocks, excess, broken, n_iter)
        return BoundedPosterior(
            probabilities=q,
            index=evidence.index,
            classes=evidence.classes,
            covered=evidence.covered,
            log_normalizer=bound,
            duals=tuple(block.frame(dual) for block, dual in zip(blocks, duals, strict=True)),
            violation=max(float(each.max(initial=0.0)) for each in excess),
            converged=converged,
            n_iter=n_iter,
        )

    def _ascend(self, scores: Any, blocks: list[Block]) -> tuple[Any, list[Any], int]:
        """Set dual variables in turn to their optimum until none is wrong."""
        xp = array_namespace(scores)
        allowed, duals = close_classes(scores > -xp.inf, blocks)
        log_q = xp.where(allowed, scores, xp.full_like(scores, -xp.inf))
        log_q = log_q - log_sum_exp(log_q)[:, None]
        climbs = [Climb(block, allowed, self.tol) for block in blocks]
        n_iter, worst = 0, math.inf
        while worst > self.tol and n_iter < self.max_iter:
            worst = 0.0
            for climb in climbs:
                log_q, wrong = climb.sweep(log_q)
                worst = max(worst, wrong)
            n_iter += 1
        tilts = [climb.tilts for climb in climbs]
        return log_q, [_together(*each) for each in zip(blocks, duals, tilts, strict=True)], n_iter


def _usable(scores: Any, evidence: Evidence, free: Posterior) -> tuple[Any, Any]:
    """Scores within candidates, in double precision; equal ones where nothing can be explained."""
    xp = array_namespace(scores)
    possible = xp.isfinite(free.log_normalizer)
    nowhere = free.probabilities <= 0
    if evidence.candidates is None:
        within = scores
    else:
        within = xp.where(evidence.candidates, scores, xp.full_like(scores, -xp.inf))
    even = xp.where(nowhere, xp.full_like(scores, -xp.inf), xp.zeros_like(scores))
    return xp.astype(xp.where(possible[:, None], within, even), xp.float64), possible


def _together(block: Block, dual: Any, tilts: list[Any]) -> Any:
    """Join the dual variables found by counting with those found by ascent, bags x classes."""
    xp = array_namespace(dual)
    found = dict(zip(block.stated, tilts, strict=True))
    none = xp.zeros_like(block.size)
    columns = [found.get(y, none)[:, None] for y in range(dual.shape[1])]
    return xp.where(dual == 0, xp.concat(columns, axis=1), dual)


def _warn_about(
    blocks: list[Block], excess: list[np.ndarray], broken: list[np.ndarray], n_iter: int
) -> None:
    """Name the bags whose bounds are broken most."""
    most = np.concatenate(
        [(each * wrong).max(axis=1) for each, wrong in zip(excess, broken, strict=True)]
    )
    names = [name for block in blocks for name in block.names]
    worst = np.argsort(-most, kind="stable")[: np.count_nonzero(most)]
    warnings.warn(
        f"Bounds of {len(worst)} bags are still broken after {n_iter} sweeps, by up to "
        f"{most.max():.2g} items: {first_few([names[g] for g in worst])}. Either two statements "
        "about overlapping bags, or bounds and candidates, contradict each other, and then no "
        "posterior obeys both: give one of them room (within=). Or scores are so sure that "
        "progress is slow: raise max_iter or tol.",
        ConvergenceWarning,
        stacklevel=3,
    )
