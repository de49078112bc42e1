"""What a term of a label model supplies: scores, statistics, and how to learn from them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence


class Term(ABC):
    """One part of what is known, and how it depends on the class of an item.

    The loop in ``_em.py`` needs these few functions and nothing else. They are functions of their
    arguments: a term never remembers anything between calls.
    """

    def _survey(self, evidence: Evidence) -> Any:
        """Learn what does not depend on the posterior, once, before the loop."""
        return None

    @abstractmethod
    def _statistics(self, evidence: Evidence, posterior: Any) -> Any:
        """Sum up what a posterior says about the term: a tuple of arrays that add over chunks.

        `posterior` is an array n_items x n_classes, already multiplied by item weights.
        """

    @abstractmethod
    def _maximize(self, statistics: Any, survey: Any, log_prior: Any) -> Any:
        """Find the parameters, a NamedTuple of arrays, that suit the statistics best."""

    @abstractmethod
    def _score(self, evidence: Evidence, parameters: Any) -> Any:
        """Give log scores, n_items x n_classes, in nats, without the class prior."""

    def _log_belief(self, parameters: Any, survey: Any) -> float:
        """Log density of the prior belief about the parameters, in nats, up to a constant."""
        return 0.0
