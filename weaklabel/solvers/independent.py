"""Independent: every item for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from array_api_compat import array_namespace

from weaklabel.kernels import softmax
from weaklabel.posterior import Posterior
from weaklabel.solvers._base import Solver

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence


class Independent(Solver):
    """Normalize the scores of each item over its candidate classes.

    Where no candidate has a finite score, nothing known can be explained: the posterior is
    uniform over the candidates and `log_normalizer` is ``-inf``.

    Examples
    --------
    >>> import numpy as np, weaklabel as wl
    >>> evidence = wl.Evidence(["a", "b"], classes=["x", "y"]).with_candidates({"b": "y"})
    >>> Independent().solve(np.log([[0.9, 0.3], [0.9, 0.3]]), evidence).probabilities.round(2)
    array([[0.75, 0.25],
           [0.  , 1.  ]])
    """

    def solve(self, scores: Any, evidence: Evidence) -> Posterior:
        xp = array_namespace(scores)
        allowed = evidence.candidates
        if allowed is not None:
            scores = xp.where(allowed, scores, xp.full_like(scores, -xp.inf))
        probabilities, log_normalizer = softmax(scores)
        possible = xp.isfinite(log_normalizer)
        if not xp.all(possible):
            open_to = xp.ones_like(scores) if allowed is None else xp.astype(allowed, scores.dtype)
            uniform = open_to / xp.sum(open_to, axis=1, keepdims=True)
            probabilities = xp.where(possible[:, None], probabilities, uniform)
        return Posterior(
            probabilities=probabilities,
            index=evidence.index,
            classes=evidence.classes,
            covered=evidence.covered,
            log_normalizer=log_normalizer,
        )
