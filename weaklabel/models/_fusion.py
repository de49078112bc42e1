"""Fusion: several terms, learned together from one posterior, or some of them before."""

# A fusion calls the protected functions of its terms, as the loop does.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from array_api_compat import array_namespace

from weaklabel.models._base import BaseLabelModel, TermModel
from weaklabel.solvers import Independent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from weaklabel.evidence import Evidence
    from weaklabel.models._term import Term
    from weaklabel.solvers import Solver


class Fusion(BaseLabelModel):
    """The scores of all terms are added; each learns from the posterior of their sum.

    Terms that are not independent given the class are `pooled`: their scores are averaged, over
    those that say something about the item.
    """

    n_init = 1
    random_state = None

    def __init__(
        self,
        terms: Sequence[TermModel],
        *,
        pooled: bool = False,
        solver: Solver | None = None,
        class_prior: Any = None,
        prior_strength: float | None = None,
        max_iter: int = 200,
        tol: float = 1e-4,
        max_drift: float = 0.25,
    ) -> None:
        self.terms = terms
        self.pooled = pooled
        self.solver = solver
        self.class_prior = class_prior
        self.prior_strength = prior_strength
        self.max_iter = max_iter
        self.tol = tol
        self.max_drift = max_drift

    def _terms(self) -> Sequence[Term]:
        return self.terms


class Learned(TermModel):
    """A term with parameters that it learned elsewhere: it speaks, and learns no more.

    Parameters
    ----------
    term : TermModel
    parameters : NamedTuple of arrays
        Of the term.
    log_prior : floating array, n_classes
        Class prior that they were learned with.
    """

    class_prior = None
    prior_strength = None
    solver = None
    n_init = 1
    max_iter = 0
    tol = 0.0
    max_drift = 1.0
    random_state = None

    def __init__(self, term: TermModel, parameters: Any, log_prior: Any) -> None:
        self.term = term
        self.parameters = parameters
        self.log_prior = log_prior

    @property
    def _uses(self) -> frozenset[str]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.term._uses

    def _interchangeable(self) -> bool:
        return self.term._interchangeable()

    def _refuse(self, evidence: Evidence) -> None:
        self.term._refuse(evidence)

    def _informs(self, evidence: Evidence) -> Any:
        return self.term._informs(evidence)

    def _start(self, evidence: Evidence, rng: np.random.Generator | None) -> Any:
        score = self._score(evidence, self.parameters)
        xp = array_namespace(score)
        score = xp.where(self._informs(evidence)[:, None], score, xp.zeros_like(score))
        return Independent().solve(self.log_prior + score, evidence).probabilities

    def _statistics(self, evidence: Evidence, posterior: Any, parameters: Any) -> tuple[()]:
        return ()

    def _maximize(self, statistics: tuple[()], survey: Any, log_prior: Any) -> Any:
        return self.parameters

    def _score(self, evidence: Evidence, parameters: Any) -> Any:
        return self.term._score(evidence, parameters)
