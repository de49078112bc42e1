"""Fusion: several terms, learned together from one posterior."""

# A fusion calls the protected functions of its terms, as the loop does.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weaklabel.models._base import BaseLabelModel, TermModel

if TYPE_CHECKING:
    from collections.abc import Sequence

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
