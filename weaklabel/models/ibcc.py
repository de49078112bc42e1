"""IBCC: Dawid-Skene with beliefs about confusion matrices in place of estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from array_api_compat import array_namespace

from weaklabel._device import device_of, on_host
from weaklabel.models._dirichlet import divergence, expected_logs, refuse_weights
from weaklabel.models._emission import Counts
from weaklabel.models._term import moved
from weaklabel.models._votes import informative, votes_of
from weaklabel.models.dawid_skene import DawidSkene

if TYPE_CHECKING:
    import pandas as pd

    from weaklabel.evidence import Evidence
    from weaklabel.solvers import Solver


class _Parameters(NamedTuple):
    """Expected log probabilities of what each source says, and the beliefs they are taken under."""

    log_emission: Any  # n_sources x n_codes x n_classes
    log_silence: Any  # n_sources x n_classes; 0 where silence says nothing
    pseudo: Any  # n_sources x (n_codes + 1) x n_classes; the last code is silence


class IBCC(DawidSkene):
    r"""Sources err independently; what is not known of their confusion matrices makes it less sure.

    `DawidSkene` takes the best confusion matrices for the truth. Here each column, what a source
    says about items of one class, has a Dirichlet belief: a vote is expected to be right with
    weight `right` and to say another class with weight `wrong` each, and votes move that belief
    [1]_. Sources with few votes count less. The beliefs and the classes are found together by
    variational Bayes [2]_; `objective_trace_` is the bound on the log evidence that it climbs.
    Class shares are estimated as in `DawidSkene`.

    For crowds, where every vote is an opinion on all classes. Rules that vote for one class only
    teach this model little unless their silence counts.

    Parameters
    ----------
    right, wrong : float
        Pseudo-votes of the belief, for codes that allow the class and for those that do not.
    silence : {"informative", "missing"} or None
        Whether not voting depends on the class. None: as the votes say (`Evidence.with_votes`).
    class_prior, prior_strength, solver, n_init, max_iter, tol, max_drift, random_state
        As in `DawidSkene`.

    Attributes
    ----------
    confusion_ : DataFrame, (source, says) x class
        Expected P(says | class).
    class_prior_, source_accuracy_, converged_, n_iter_, objective_trace_, ending_
        As in `DawidSkene`.

    References
    ----------
    .. [1] Kim and Ghahramani, "Bayesian classifier combination", AISTATS 2012.
    .. [2] Simpson et al., "Dynamic Bayesian combination of multiple imperfect classifiers", 2013.

    Examples
    --------
    >>> import weaklabel as wl
    >>> case = wl.datasets.independent(n_items=2000, random_state=0)
    >>> evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    >>> IBCC().fit(evidence).source_accuracy_.round(1).max()
    np.float64(0.9)
    """

    _additive = True
    max_misfit = float("inf")

    def __init__(
        self,
        *,
        right: float = 4.0,
        wrong: float = 1.0,
        silence: Literal["informative", "missing"] | None = None,
        class_prior: Any = None,
        prior_strength: float | None = None,
        solver: Solver | None = None,
        n_init: int = 1,
        max_iter: int = 500,
        tol: float = 1e-3,
        max_drift: float = 0.25,
        random_state: Any = None,
    ) -> None:
        self.right = right
        self.wrong = wrong
        self.silence = silence
        self.class_prior = class_prior
        self.prior_strength = prior_strength
        self.solver = solver
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.max_drift = max_drift
        self.random_state = random_state

    def _pseudo_items(self) -> float:
        return 1.0

    def _survey_from(self, sums: tuple[Any, ...], evidence: Evidence) -> Counts:
        """Beliefs before any vote."""
        refuse_weights(right=self.right, wrong=self.wrong)
        totals, n_items, *_, ever = sums
        votes = votes_of(evidence)
        xp = array_namespace(totals)
        like = totals
        believed = xp.where(
            votes.statements,
            xp.asarray(self.right, dtype=like.dtype, device=device_of(like)),
            xp.asarray(self.wrong, dtype=like.dtype, device=device_of(like)),
        )
        shape = (votes.n_sources, *believed.shape)
        said = xp.broadcast_to(believed[None, :, :], shape)
        speaks = informative(votes, self.silence, ever > 0)
        quiet = xp.sum(said, axis=1) * _silence_odds(xp.sum(totals, axis=1), n_items)[:, None]
        silent = xp.where(speaks[:, None], quiet, xp.zeros_like(quiet))
        return Counts(said, silent, votes.statements, speaks)

    def _maximize(self, statistics: tuple[Any, Any], survey: Counts, log_prior: Any) -> Any:
        said, mass = statistics
        xp = array_namespace(said)
        silent = mass[None, :] - xp.sum(said, axis=1)
        # the difference of equal sums may be -1e-12, or 1e-12 where there is no silence
        there = (silent > 0) & (survey.silent > 0)
        silent = xp.where(there, silent, xp.zeros_like(silent))
        pseudo = _joined(survey.said + said, survey.silent + silent)
        logs = expected_logs(pseudo, axis=1)
        quiet = xp.where(survey.silent > 0, logs[:, -1, :], xp.zeros_like(silent))
        return _Parameters(logs[:, :-1, :], quiet, pseudo)

    def _log_belief(self, parameters: Any, survey: Counts) -> float:
        return -divergence(parameters.pseudo, _joined(survey.said, survey.silent), axis=1)

    def _moved(self, after: Any, before: Any) -> float:
        return moved(after.log_emission, before.log_emission) + moved(
            after.log_silence, before.log_silence
        )

    @property
    def confusion_(self) -> pd.DataFrame:
        """Expected P(says | class) of every source; a missing "says" stands for silence."""
        return self._shares(on_host(self._learned().terms[0].pseudo))

    def _shares(self, pseudo: np.ndarray) -> pd.DataFrame:
        """Name expected probabilities; silence that says nothing has none."""
        there = np.where(pseudo > 0, pseudo, np.nan)
        return self._confusion(there / pseudo.sum(axis=1, keepdims=True))


def _silence_odds(voted: Any, total: Any) -> Any:
    """How often each source is silent over how often it votes, n_sources.

    As a belief about all classes alike: silence tells them apart only as far as votes show it.
    """
    xp = array_namespace(voted)
    silent = xp.where(total - voted > 1e-9 * total, total - voted, xp.zeros_like(voted))
    return silent / xp.where(voted > 0, voted, 1.0)


def _joined(said: Any, silent: Any) -> Any:
    """Put silence after the codes, n_sources x (n_codes + 1) x n_classes."""
    return array_namespace(said).concat([said, silent[:, None, :]], axis=1)
