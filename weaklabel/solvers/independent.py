"""Independent: every item for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from array_api_compat import array_namespace

from weaklabel.kernels import log_sum_exp
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
        allowed = xp.ones_like(scores, dtype=xp.bool)
        if evidence.candidates is not None:
            allowed = evidence.candidates
            scores = xp.where(allowed, scores, xp.full_like(scores, -xp.inf))
        log_normalizer = log_sum_exp(scores)
        possible = xp.isfinite(log_normalizer)
        top = xp.where(possible, xp.max(scores, axis=1), 0.0)
        # divided by their own sum: beside 1e16 the log normalizer cannot hold a log 2
        likely = xp.exp(scores - top[:, None])
        total = xp.sum(likely, axis=1, keepdims=True)
        uniform = xp.astype(allowed, scores.dtype) / xp.sum(
            xp.astype(allowed, scores.dtype), axis=1, keepdims=True
        )
        return Posterior(
            probabilities=xp.where(
                possible[:, None], likely / xp.where(total > 0, total, 1.0), uniform
            ),
            index=evidence.index,
            classes=evidence.classes,
            covered=evidence.covered,
            log_normalizer=log_normalizer,
        )
