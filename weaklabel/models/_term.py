"""What a term of a label model supplies: scores, statistics, and how to learn from them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from array_api_compat import array_namespace

if TYPE_CHECKING:
    import numpy as np

    from weaklabel.evidence import Evidence


class Term(ABC):
    """One part of what is known, and how it depends on the class of an item.

    The loop in ``_em.py`` needs these few functions and nothing else. They are functions of their
    arguments: a term never remembers anything between calls.
    """

    # parts of the evidence that the term reads: "votes", "features"
    _uses: ClassVar[frozenset[str]] = frozenset()
    # `max_iter` is how many sweeps the term wants, not a limit
    _fixed_sweeps: ClassVar[bool] = False
    # all that the term learns from evidence are sums over items: it can be read in parts. Each
    # class says so of itself, since one that learns otherwise may inherit from one that does not
    _additive: ClassVar[bool] = False
    # parameters are arrays with a row a source, so that a new fit may begin with them; likewise
    _by_source: ClassVar[bool] = False

    def _interchangeable(self) -> bool:
        """Tell whether items with the same evidence are the same, wherever they stand."""
        return True

    @abstractmethod
    def _refuse(self, evidence: Evidence) -> None:
        """Refuse evidence from which the term can learn nothing."""

    @abstractmethod
    def _informs(self, evidence: Evidence) -> Any:
        """Tell which items the term says something about, boolean array, n_items."""

    def _start(self, evidence: Evidence, rng: np.random.Generator | None) -> Any:
        """First posterior, n_items x n_classes; None if the term alone tells no class.

        Without `rng` always the same; with it another one, drawn.
        """
        return None

    def _survey(self, evidence: Evidence) -> Any:
        """Learn what does not depend on the posterior, once, before the loop."""
        return None

    def _survey_sums(self, evidence: Evidence) -> tuple[Any, ...]:
        """Sum up what the survey needs, where the term is additive: arrays that add over chunks."""
        return ()

    def _survey_from(self, sums: tuple[Any, ...], evidence: Evidence) -> Any:
        """Make the survey of sums; of the evidence, any part, only names and kinds are read."""
        return None

    def _belief_sums(self, evidence: Evidence) -> tuple[Any, ...]:
        """Sum up what decides whether a fit is believed, where the term is additive."""
        return ()

    def _believes_sums(self, sums: tuple[Any, ...], evidence: Evidence, parameters: Any) -> bool:
        """Decide it; of the evidence, any part, only names and kinds are read."""
        return True

    @abstractmethod
    def _statistics(self, evidence: Evidence, posterior: Any, parameters: Any) -> Any:
        """Sum up what a posterior says about the term: a tuple of arrays that add over chunks.

        `posterior` is an array n_items x n_classes, already multiplied by item weights;
        `parameters` are those of the last sweep, None in the first.
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

    def _moved(self, after: Any, before: Any) -> float:
        """How far parameters moved: sum of changes of what is given as logarithms."""
        return sum(moved(a, b) for a, b in zip(after, before, strict=True))

    def _placed(self, parameters: Any, move: Any) -> Any:
        """Move the arrays of learned parameters by a function."""
        return type(parameters)(*(move(array) for array in parameters))


def moved(after: Any, before: Any) -> float:
    """L1 change of probabilities that are given as logarithms."""
    xp = array_namespace(after)
    return float(xp.sum(xp.abs(xp.exp(after) - xp.exp(before))))
