"""What every solver is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from sklearn.base import BaseEstimator

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.posterior import Posterior


class Solver(BaseEstimator, ABC):
    """Turns scores of items into a posterior."""

    # parts of the evidence, besides candidates, that the solver keeps to
    respects: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def solve(self, scores: Any, evidence: Evidence) -> Posterior:
        """Make the posterior.

        Parameters
        ----------
        scores : floating array, n_items x n_classes
            Unnormalized log probabilities, in nats. Adding a constant to a row changes nothing
            but `log_normalizer`. ``-inf`` rules a class out.
        evidence : Evidence
            What binds the items: candidates, bags, neighbors.

        Returns
        -------
        Posterior
        """
