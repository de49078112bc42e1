"""Random walks that end where something is known: classes compete for items."""

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


class RandomWalk(Solver):
    r"""Ask at which item of which something is known a walk over the graph ends first.

    From an item a walk goes to a neighbor with a probability in proportion to their similarity,
    and on, until it comes to an item about which something is known. The probability of a class is
    that of the walk's end:

    .. math:: P_i = \sum_j \frac{w_{ij}}{\sum_l w_{il}} P_j , \qquad
              P_j = \text{what is known, where something is} .

    Parameters
    ----------
    tol : float
        Largest residual of the system, as a share of its right side.
    max_iter : int
        Most steps of conjugate gradients; each multiplies the graph once.

    Notes
    -----
    Items about which something is known keep exactly what their scores and candidates say; see
    `Spreading` for what counts as known. Where no walk ends, an item keeps what its scores say
    (`reached` is False). Walks pass items of which only several candidates are known; these then
    have the probabilities of their candidates among where walks from them end. Bags are not kept
    to.

    Where a class has few known items and another many, walks from far end mostly at the many:
    that is competition, not a class prior.

    Sources: Zhu et al., Semi-supervised learning using Gaussian fields and harmonic functions,
    2003; Grady, Random walks for image segmentation, 2006.

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
    A chain: the nearer end is reached first more often.

    >>> import numpy as np, weaklabel as wl
    >>> evidence = wl.Evidence(list("abcde"), classes=["low", "high"])
    >>> evidence = evidence.with_candidates({"a": "low", "e": "high"})
    >>> evidence = evidence.with_neighbors(np.eye(5, k=1))
    >>> wl.RandomWalk().solve(np.zeros((5, 2)), evidence).probabilities[:, 0].round(2).tolist()
    [1.0, 0.75, 0.5, 0.25, 0.0]
    """

    respects: ClassVar[frozenset[str]] = frozenset({"neighbors"})

    def __init__(self, *, tol: float = 1e-8, max_iter: int = 10_000) -> None:
        self.tol = tol
        self.max_iter = max_iter

    def solve(self, scores: Any, evidence: Evidence) -> Spread:
        check_steps(self.tol, self.max_iter)
        seeds = seeds_of(scores, evidence)
        ends = seeds.told
        free = np.flatnonzero(seeds.reached_from(ends) & ~ends)
        flow, root = normalized_graph(seeds.graph)
        values = np.where(ends[:, None], seeds.known, 0.0)
        from_free = sparse.csr_array(flow[free])
        right = from_free[:, ends] @ (values * root[:, None])[ends]
        solved = solve_diffusion(from_free[:, free], right, self.tol, self.max_iter, scores)
        values[free] = solved.values / root[free, None]
        return spread(seeds, values, solved, scores, self.tol)
