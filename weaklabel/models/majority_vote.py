"""MajorityVote: every vote counts the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from weaklabel.models._base import TermModel
from weaklabel.models._emission import log0
from weaklabel.models._votes import VoteTerm, votes_of

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.solvers import Solver


class _Parameters(NamedTuple):
    """Nothing is learned."""


class MajorityVote(VoteTerm, TermModel):
    """Probabilities are vote shares; items without votes are uniform.

    The baseline that every other model has to beat. A vote for a set of classes gives each of
    them the same part, a soft vote what it says.

    Parameters
    ----------
    solver : Solver or None
        How items are made to agree; None is `Independent`.

    Attributes
    ----------
    source_accuracy_ : Series, n_sources
        Mean vote share of what each source says.

    Examples
    --------
    >>> import pandas as pd, weaklabel as wl
    >>> votes = pd.DataFrame({"a": ["x", "y"], "b": ["x", None], "c": ["y", None]})
    >>> evidence = wl.Evidence(votes.index, classes=["x", "y"]).with_votes(votes)
    >>> MajorityVote().fit(evidence).predict(evidence).tolist()
    ['x', 'y']
    """

    _closed_form = True
    _additive = True
    class_prior = "uniform"
    prior_strength = None
    n_init = 1
    max_iter = 0
    tol = 0.0
    max_drift = 1.0
    random_state = None

    def __init__(self, *, solver: Solver | None = None) -> None:
        self.solver = solver

    def _patterns(self, evidence: Evidence) -> tuple[Evidence, None]:
        # each vote is looked at once: to find patterns takes longer
        return evidence, None

    def _statistics(self, evidence: Evidence, posterior: Any, parameters: Any) -> tuple[()]:
        return ()

    def _maximize(self, statistics: tuple[()], survey: Any, log_prior: Any) -> _Parameters:
        return _Parameters()

    def _score(self, evidence: Evidence, parameters: Any) -> Any:
        return log0(votes_of(evidence).shares)
