"""Label spreading: similar items have similar labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy import sparse

from weaklabel.solvers._base import Solver
from weaklabel.solvers._diffusion import (
    Spread,
    check_steps,
    normalized_graph,
    seeds_of,
    solve_diffusion,
    spread,
)

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence


class Spreading(Solver):
    r"""Spread what is known of some items to their neighbors, and on.

    With :math:`S = D^{-1/2} W D^{-1/2}` of the graph W and its degrees D, and :math:`Y` the
    probabilities of items about which something is known (0 elsewhere), it solves

    .. math:: F = \alpha S F + (1 - \alpha) Y

    and gives the shares of the classes in each row of F.

    Parameters
    ----------
    alpha : float
        Share of what neighbors say, above 0 and below 1; the rest is what is known of the item
        itself. Near 1 labels go far.
    clamp : bool
        Whether neighbors hear items that have one class left (gold, or one candidate) as they are.
        Otherwise they hear them mixed with what those hear themselves, as they do all others. The
        items keep their class in both cases; labels that may be outvoted are votes.
    tol : float
        Largest residual of the system, as a share of its right side.
    max_iter : int
        Most steps of conjugate gradients; each multiplies the graph once.

    Notes
    -----
    Something is known of an item if it has a vote, a candidate set or a hint (`Evidence.covered`),
    or if scores of uncovered items differ; a row of scores that all uncovered items share is the
    class prior, and is not spread. Items that no path leads to from one that is known keep what
    their scores say (`reached` is False). Bags are not kept to.

    Source: Zhou et al., Learning with local and global consistency, 2004.

    Raises
    ------
    ValueError
        If a setting is none.

    Warns
    -----
    ConvergenceWarning
        If the system is not solved after `max_iter` steps.

    Examples
    --------
    >>> import numpy as np, weaklabel as wl
    >>> items = np.array([[0.0], [1.0], [2.0], [7.0], [8.0], [9.0]])
    >>> evidence = wl.Evidence(list("abcdef"), classes=["low", "high"])
    >>> evidence = evidence.with_candidates({"a": "low", "f": "high"})
    >>> evidence = evidence.with_neighbors(wl.neighbors(items, 3))
    >>> wl.Spreading().solve(np.zeros((6, 2)), evidence).labels().tolist()
    ['low', 'low', 'low', 'high', 'high', 'high']
    """

    respects: ClassVar[frozenset[str]] = frozenset({"neighbors"})

    def __init__(
        self,
        *,
        alpha: float = 0.99,
        clamp: bool = True,
        tol: float = 1e-10,
        max_iter: int = 10_000,
    ) -> None:
        self.alpha = alpha
        self.clamp = clamp
        self.tol = tol
        self.max_iter = max_iter

    def solve(self, scores: Any, evidence: Evidence) -> Spread:
        check_steps(self.tol, self.max_iter)
        if not 0 < self.alpha < 1:
            msg = (
                f"alpha is above 0 and below 1, not {self.alpha!r}: it is the share of what "
                "neighbors say. Try 0.99, or RandomWalk(), which has none."
            )
            raise ValueError(msg)
        seeds = seeds_of(scores, evidence)
        held = seeds.certain if self.clamp else np.zeros_like(seeds.certain)
        free = np.flatnonzero(seeds.reached_from(seeds.informed) & ~held)
        flow = normalized_graph(seeds.graph)[0]
        values = np.where(seeds.informed[:, None], seeds.known, 0.0)
        from_free = sparse.csr_array(flow[free] * self.alpha)
        right = (1 - self.alpha) * values[free] + from_free[:, held] @ values[held]
        solved = solve_diffusion(from_free[:, free], right, self.tol, self.max_iter, scores)
        values[free] = solved.values
        return spread(seeds, values, solved, scores, self.tol)
