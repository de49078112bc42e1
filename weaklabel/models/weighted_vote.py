"""WeightedVote: votes count by how often their source agrees with the majority."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from array_api_compat import array_namespace

from weaklabel._device import on_host
from weaklabel.models._base import TermModel
from weaklabel.models._emission import log0
from weaklabel.models._votes import VoteTerm, log_set_rows, votes_of
from weaklabel.posterior import TIE

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.solvers import Solver


class _Parameters(NamedTuple):
    """What the votes of each source count."""

    log_worth: Any  # n_sources x n_codes x n_classes: log of the part that each class gets


class WeightedVote(VoteTerm, TermModel):
    """Probabilities are vote shares in which each source counts as often as it is in the majority.

    "Worker agreement with aggregate" (Wawa): one look at the plain vote, one weight a source. No
    assumption is made and nothing is iterated, so that little can go wrong; on crowds with many
    classes and few votes an item it is hard to beat.

    Parameters
    ----------
    solver : Solver or None
        How items are made to agree; None is `Independent`.

    Attributes
    ----------
    weights_ : Series, n_sources
        Share of a source's votes that agree with the majority, where tied classes share the item;
        0 if it never votes.
    source_accuracy_ : Series, n_sources
        Mean weighted share of what each source says.

    Examples
    --------
    >>> import pandas as pd, weaklabel as wl
    >>> votes = pd.DataFrame({"a": ["x", "y"], "b": ["x", "y"], "c": ["y", "y"]})
    >>> evidence = wl.Evidence(votes.index, classes=["x", "y"]).with_votes(votes)
    >>> WeightedVote().fit(evidence).weights_.tolist()
    [1.0, 1.0, 0.5]
    """

    _additive = True
    _closed_form = True
    class_prior = "uniform"
    prior_strength = None
    n_init = 1
    max_iter = 0
    tol = 0.0
    max_drift = 1.0
    random_state = None

    def __init__(self, *, solver: Solver | None = None) -> None:
        self.solver = solver

    def _survey(self, evidence: Evidence) -> Any:
        return self._survey_from((), evidence)

    def _survey_from(self, sums: tuple[Any, ...], evidence: Evidence) -> Any:
        return votes_of(evidence).statements

    def _statistics(self, evidence: Evidence, posterior: Any, parameters: Any) -> tuple[Any]:
        """How often each source said each code while each class was the best."""
        xp = array_namespace(posterior)
        top = xp.max(posterior, axis=1, keepdims=True)
        best = xp.astype(posterior >= top * (1 - TIE), posterior.dtype)
        weight = xp.sum(posterior, axis=1, keepdims=True)
        return (
            votes_of(evidence).sum_by_unit(best / xp.sum(best, axis=1, keepdims=True) * weight),
        )

    def _maximize(self, statistics: tuple[Any], survey: Any, log_prior: Any) -> _Parameters:
        said = statistics[0]
        xp = array_namespace(said)
        allows = xp.astype(survey, said.dtype)
        total = xp.sum(said, axis=(1, 2))
        agreed = xp.sum(said * allows[None, :, :], axis=(1, 2))
        weight = xp.where(total > 0, agreed / xp.where(total > 0, total, 1.0), 0.0)
        parts = allows / xp.sum(allows, axis=1, keepdims=True)
        return _Parameters(log0(weight[:, None, None] * parts[None, :, :]))

    def _score(self, evidence: Evidence, parameters: _Parameters) -> Any:
        votes = votes_of(evidence)
        xp = array_namespace(votes.weight)
        worth = xp.exp(log_set_rows(parameters.log_worth, votes.statements))
        found = votes.sum_by_item(worth)
        # where no vote counts at all, all count the same
        return log0(xp.where(xp.sum(found, axis=1, keepdims=True) > 0, found, votes.shares))

    @property
    def weights_(self) -> pd.Series:
        """Share of a source's votes that agree with the majority; 0 if it never votes."""
        log_worth = on_host(self._learned().terms[0].log_worth)
        return pd.Series(np.exp(log_worth[:, 0, 0]), self.sources_, name="weight")
