"""MACE: a source either knows the class, or says what it always says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from array_api_compat import array_namespace

from weaklabel._device import on_host
from weaklabel.models._base import TermModel
from weaklabel.models._dirichlet import divergence, expected_logs, refuse_weights
from weaklabel.models._emission import log0, right_and_wrong
from weaklabel.models._term import moved
from weaklabel.models._votes import VoteTerm, log_set_rows, votes_of

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.solvers import Solver


class _Parameters(NamedTuple):
    """Expected log probabilities, and the beliefs that they are taken under."""

    log_emission: Any  # n_sources x n_codes x n_classes
    log_known: Any  # n_sources x n_codes x n_classes: the part of it said from knowledge
    knows: Any  # n_sources x 2: pseudo-votes from knowledge, and without
    habit: Any  # n_sources x n_codes: pseudo-votes without knowledge


class MACE(VoteTerm, TermModel):
    r"""Sources that now and then do not look: then they answer by habit [1]_.

    Source j knows the class of an item with probability :math:`\theta_j`; otherwise it says code k
    with probability :math:`\xi_{jk}`, whatever the class. A source that always says the same
    teaches nothing, and costs two parameters to find out; nobody is worse than chance. Found by
    variational Bayes, under beliefs :math:`\theta \sim Beta` and :math:`\xi \sim Dirichlet`.

    Silence says nothing here.

    Parameters
    ----------
    knowing : float
        Pseudo-votes from knowledge, and as many without. At 0.5 most sources are expected to know
        always or never.
    habits : float
        Pseudo-votes without knowledge, over all codes together.
    class_prior, prior_strength, solver, n_init, max_iter, tol, max_drift, random_state
        As in `DawidSkene`.

    Attributes
    ----------
    competence_ : Series, n_sources
        Expected probability that a source knows the class.
    habits_ : DataFrame, n_sources x n_classes
        What a source says without knowing, as shares of the classes.
    class_prior_, source_accuracy_, converged_, n_iter_, objective_trace_, ending_
        As in `DawidSkene`.

    References
    ----------
    .. [1] Hovy et al., "Learning whom to trust with MACE", NAACL 2013.

    Examples
    --------
    >>> import weaklabel as wl
    >>> case = wl.datasets.independent(n_items=2000, random_state=0)
    >>> evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    >>> MACE().fit(evidence).competence_.between(0, 1).all()
    np.True_
    """

    _additive = True

    def __init__(
        self,
        *,
        knowing: float = 0.5,
        habits: float = 10.0,
        class_prior: Any = None,
        prior_strength: float | None = None,
        solver: Solver | None = None,
        n_init: int = 1,
        max_iter: int = 500,
        tol: float = 1e-3,
        max_drift: float = 0.25,
        random_state: Any = None,
    ) -> None:
        self.knowing = knowing
        self.habits = habits
        self.class_prior = class_prior
        self.prior_strength = prior_strength
        self.solver = solver
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.max_drift = max_drift
        self.random_state = random_state

    def _survey(self, evidence: Evidence) -> Any:
        return self._survey_from((), evidence)

    def _survey_from(self, sums: tuple[Any, ...], evidence: Evidence) -> Any:
        refuse_weights(knowing=self.knowing, habits=self.habits)
        return votes_of(evidence).statements

    def _statistics(self, evidence: Evidence, posterior: Any, parameters: Any) -> tuple[Any, Any]:
        """How often each source said each code from knowledge, and how often without."""
        votes = votes_of(evidence)
        said = votes.sum_by_unit(posterior)
        xp = array_namespace(said)
        if parameters is None:
            allows = xp.astype(votes.statements, said.dtype)
            share = xp.broadcast_to(allows[None, :, :] / 2, said.shape)
        else:
            share = xp.exp(parameters.log_known - parameters.log_emission)
        known = xp.sum(said * share, axis=2)
        return xp.sum(known, axis=1), xp.sum(said, axis=2) - known

    def _maximize(self, statistics: tuple[Any, Any], survey: Any, log_prior: Any) -> _Parameters:
        known, habit = statistics
        xp = array_namespace(habit)
        guessed = xp.sum(habit, axis=1)
        knows = xp.concat([known[:, None], guessed[:, None]], axis=1) + self.knowing
        habit = habit + self.habits / habit.shape[1]
        log_knows, log_habit = expected_logs(knows, axis=1), expected_logs(habit, axis=1)
        n_right, _ = right_and_wrong(survey, habit)
        one_of = xp.where(survey[None, :, :], 1 / n_right, xp.zeros_like(1 / n_right))
        log_known = log_knows[:, :1, None] + log0(one_of)
        log_guessed = (log_knows[:, 1:] + log_habit)[:, :, None]
        log_emission = xp.log(xp.exp(log_known) + xp.exp(log_guessed))
        return _Parameters(log_emission, log_known, knows, habit)

    def _score(self, evidence: Evidence, parameters: _Parameters) -> Any:
        votes = votes_of(evidence)
        return votes.sum_by_item(log_set_rows(parameters.log_emission, votes.statements))

    def _log_belief(self, parameters: _Parameters, survey: Any) -> float:
        knows, habit = on_host(parameters.knows), on_host(parameters.habit)
        before = np.full_like(knows, self.knowing)
        usual = np.full_like(habit, self.habits / habit.shape[1])
        return -divergence(knows, before, axis=1) - divergence(habit, usual, axis=1)

    def _moved(self, after: _Parameters, before: _Parameters) -> float:
        return moved(after.log_emission, before.log_emission)

    @property
    def competence_(self) -> pd.Series:
        """Expected probability that a source knows the class."""
        knows = on_host(self._learned().terms[0].knows)
        return pd.Series(knows[:, 0] / knows.sum(axis=1), self.sources_, name="competence")

    @property
    def habits_(self) -> pd.DataFrame:
        """What a source says without knowing, as shares of the classes."""
        parts = self.statements_ / self.statements_.sum(axis=1, keepdims=True)
        habit = on_host(self._learned().terms[0].habit) @ parts
        return pd.DataFrame(habit / habit.sum(axis=1, keepdims=True), self.sources_, self.classes_)
