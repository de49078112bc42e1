"""NPLM: sources that vote for sets of classes, each class with an accuracy of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from array_api_compat import array_namespace

from weaklabel._device import on_host
from weaklabel.models._dirichlet import refuse_weights
from weaklabel.models._emission import log0
from weaklabel.models._votes import votes_of
from weaklabel.models.dawid_skene import DawidSkene, refuse_accuracy

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.solvers import Solver


class _Survey(NamedTuple):
    """Which sets of classes each source votes for."""

    statements: Any  # boolean, n_codes x n_classes
    n_with: Any  # n_sources x n_classes: how many of the source's sets hold the class
    n_without: Any  # n_sources x n_classes


class _Parameters(NamedTuple):
    """Accuracies, and what they make of votes."""

    log_emission: Any  # n_sources x n_codes x n_classes
    log_silence: Any  # n_sources x n_classes: 0, it says nothing
    log_right: Any  # n_sources x n_classes
    log_wrong: Any  # n_sources x n_classes


class NPLM(DawidSkene):
    r"""Votes for sets of classes: "spam or promotion", "no kind of bird" [1]_.

    Given an item of class y, a source that votes names a set that holds y with probability
    :math:`a_{jy}`, any of those it ever names alike, and otherwise any of its sets without y. A
    source with three sets has one number a class, where `DawidSkene` has two: sources that tell
    parts of the classes apart, none of them all, are enough.

    Silence says nothing here. A class that lies in all sets of a source, or in none, learns nothing
    from it. Found by EM, not by descent as by the authors.

    Parameters
    ----------
    smoothing : float
        Pseudo-votes of each source on items of each class.
    accuracy : float
        How often these are right.
    class_prior, prior_strength, solver, n_init, max_iter, tol, max_drift, random_state
        As in `DawidSkene`.

    Attributes
    ----------
    class_accuracy_ : DataFrame, n_sources x n_classes
        How often a source that votes names a set that holds the class; NaN where its sets all do,
        or none does.
    confusion_, class_prior_, source_accuracy_, converged_, n_iter_, objective_trace_, ending_
        As in `DawidSkene`.

    References
    ----------
    .. [1] Yu, Ding and Bach, "Learning from multiple noisy partial labelers", AISTATS 2022.

    Examples
    --------
    >>> import pandas as pd, weaklabel as wl
    >>> ab, bc = frozenset("ab"), frozenset("bc")
    >>> votes = pd.DataFrame({"one": [ab, ab, "c"], "two": ["a", bc, bc], "three": ["a", "b", "c"]})
    >>> evidence = wl.Evidence(range(90), classes=list("abc"))
    >>> votes = pd.concat([votes] * 30, ignore_index=True)
    >>> NPLM().fit(evidence.with_votes(votes)).class_accuracy_.shape
    (3, 3)
    """

    _additive = True
    max_misfit = float("inf")
    silence = "missing"

    def __init__(
        self,
        *,
        smoothing: float = 10.0,
        accuracy: float = 0.7,
        class_prior: Any = None,
        prior_strength: float | None = None,
        solver: Solver | None = None,
        n_init: int = 1,
        max_iter: int = 2000,
        tol: float = 1e-4,
        max_drift: float = 0.25,
        random_state: Any = None,
    ) -> None:
        self.smoothing = smoothing
        self.accuracy = accuracy
        self.class_prior = class_prior
        self.prior_strength = prior_strength
        self.solver = solver
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.max_drift = max_drift
        self.random_state = random_state

    def _survey_sums(self, evidence: Evidence) -> tuple[Any, ...]:
        """How often each source names each set."""
        votes = votes_of(evidence)
        everywhere = array_namespace(votes.weight).ones_like(votes.counts)
        return (votes.sum_by_unit(everywhere[:, None])[:, :, 0],)

    def _survey_from(self, sums: tuple[Any, ...], evidence: Evidence) -> Any:
        refuse_weights(smoothing=self.smoothing)
        refuse_accuracy(self.accuracy)
        statements = votes_of(evidence).statements
        xp = array_namespace(sums[0])
        named = xp.astype(sums[0] > 0, sums[0].dtype)
        holds = xp.astype(statements, named.dtype)
        return _Survey(statements, named @ holds, named @ (1 - holds))

    def _maximize(self, statistics: Any, survey: Any, log_prior: Any) -> Any:
        said = statistics[0]
        xp = array_namespace(said)
        holds = xp.astype(survey.statements, said.dtype)[None, :, :]
        right = xp.sum(said * holds, axis=1) + self.smoothing * self.accuracy
        total = xp.sum(said, axis=1) + self.smoothing
        log_right, log_wrong = log0(right / total), log0((total - right) / total)
        # sets that all hold the class, or none, are named whatever the accuracy
        told = (survey.n_with > 0) & (survey.n_without > 0)
        log_right = xp.where(told, log_right, xp.zeros_like(log_right))
        log_wrong = xp.where(told, log_wrong, xp.zeros_like(log_wrong))
        n_with, n_without = (
            xp.where(number > 0, number, xp.ones_like(number))[:, None, :]
            for number in (survey.n_with, survey.n_without)
        )
        log_emission = xp.where(
            survey.statements[None, :, :],
            log_right[:, None, :] - xp.log(n_with),
            log_wrong[:, None, :] - xp.log(n_without),
        )
        return _Parameters(log_emission, xp.zeros_like(log_right), log_right, log_wrong)

    def _log_belief(self, parameters: Any, survey: Any) -> float:
        xp = array_namespace(parameters.log_right)
        believed = self.accuracy * parameters.log_right
        if self.accuracy < 1:
            believed = believed + (1 - self.accuracy) * parameters.log_wrong
        return float(self.smoothing * xp.sum(believed))

    @property
    def class_accuracy_(self) -> pd.DataFrame:
        """How often a source that votes names a set that holds the class."""
        learned = self._learned().terms[0]
        log_right, log_wrong = on_host(learned.log_right), on_host(learned.log_wrong)
        told = (log_right != 0) | (log_wrong != 0)
        accuracy = np.where(told, np.exp(log_right), np.nan)
        return pd.DataFrame(accuracy, self.sources_, self.classes_)
