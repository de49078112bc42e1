"""Dawid-Skene: every source has its own confusion matrix."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from array_api_compat import array_namespace

from weaklabel._device import on_host
from weaklabel.kernels import column_sums
from weaklabel.models._base import TermModel
from weaklabel.models._emission import EMISSIONS, Counts, better_than_chance, expected_log
from weaklabel.models._misfit import UnitSums, misfit_of, unit_sums
from weaklabel.models._votes import (
    VoteTerm,
    informative,
    log_set_rows,
    statement_name,
    sum_shares,
    voices_of,
    votes_of,
)

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.models._em import Parameters
    from weaklabel.solvers import Solver


class _Parameters(NamedTuple):
    """Log probabilities of what each source says, given the class."""

    log_emission: Any  # n_sources x n_codes x n_classes
    log_silence: Any  # n_sources x n_classes; 0 where silence says nothing


class DawidSkene(VoteTerm, TermModel):
    r"""Sources err independently, each by its own confusion matrix [1]_.

    The probability that source j says code k about an item of class y is an unknown
    :math:`\theta_{jky}`; maximizing the likelihood by EM gives it and the posterior of every item.
    Silence is one more code for sources that saw every item, since a labeling function that votes
    for one class only says all it knows by voting or not.

    Parameters
    ----------
    emission : {"full", "symmetric", "tied"}
        "full": every source its own confusion matrix. "symmetric": every source one accuracy,
        mistakes even (one coin). "tied": one confusion matrix for all sources.
    silence : {"informative", "missing"} or None
        Whether not voting depends on the class. None: as the votes say (`Evidence.with_votes`).
    smoothing : float
        Pseudo-items a class, at which every source is right with probability `accuracy`. They
        keep sources better than chance and EM from drifting; 0 is maximum likelihood.
    accuracy : float
        What `smoothing` smooths towards.
    voices : mapping or Series by source, or None
        How much what a source says counts, above 0 and at most 1; sources that are not named, and
        all if None, count 1. For sources that repeat each other (`dependencies`): a source of
        which others repeat the share s of what it does counts ``1 / (1 + s)``.
    class_prior : None, "uniform", mapping, Series or array, n_classes
        None: estimated. Otherwise given.
    prior_strength : float or None
        How many items `class_prior` is worth; None fixes it.
    solver : Solver or None
        How items are made to agree; None is `Independent`.
    n_init : int
        Number of starts. The first is the vote shares, further ones trust sources at random; the
        best objective wins.
    max_iter : int
        Most sweeps.
    tol : float
        Stop when neither the prior nor the emissions move more than this (L1, probabilities).
    max_misfit : float
        Keep the first sweep if pairs of sources whose silence is informative speak together in
        ways that the fit does not explain: mean squared deviation in standard errors, below 1
        for sources that err independently. ``inf`` never looks.
    max_drift : float
        Stop, and keep the first sweep, when the class shares are further than this from those of
        the votes (total variation, 0 to 1). 1 never does.
    random_state : int, Generator, RandomState or None
        For starts after the first.

    Attributes
    ----------
    confusion_ : DataFrame, (source, says) x class
        P(says | class); "says" holds classes, sets in braces, and NaN for silence (``None``
        finds it). NaN where silence says nothing.
    class_prior_ : Series, n_classes
    source_accuracy_ : Series, n_sources
        Expected share of a source's votes that are right; NaN if it never votes.
    converged_, n_iter_, objective_trace_, ending_
        How the fit went; objectives in nats.

    References
    ----------
    .. [1] Dawid and Skene, "Maximum likelihood estimation of observer error-rates using the EM
       algorithm", Applied Statistics 28, 1979.

    Examples
    --------
    >>> import weaklabel as wl
    >>> case = wl.datasets.independent(n_items=2000, random_state=0)
    >>> evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    >>> model = DawidSkene().fit(evidence)
    >>> model.predict_proba(evidence).shape
    (2000, 2)
    """

    _additive = True
    _by_source = True
    voices: Any = None  # of models that inherit, too

    def __init__(
        self,
        *,
        emission: Literal["full", "symmetric", "tied"] = "full",
        silence: Literal["informative", "missing"] | None = None,
        smoothing: float = 10.0,
        accuracy: float = 0.7,
        voices: Any = None,
        class_prior: Any = None,
        prior_strength: float | None = None,
        solver: Solver | None = None,
        n_init: int = 1,
        max_iter: int = 2000,
        tol: float = 1e-4,
        max_misfit: float = 1.0,
        max_drift: float = 0.25,
        random_state: Any = None,
    ) -> None:
        self.emission = emission
        self.silence = silence
        self.smoothing = smoothing
        self.accuracy = accuracy
        self.voices = voices
        self.class_prior = class_prior
        self.prior_strength = prior_strength
        self.solver = solver
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.max_misfit = max_misfit
        self.max_drift = max_drift
        self.random_state = random_state

    def _pseudo_items(self) -> float:
        return float(self.smoothing > 0)

    def _start(self, evidence: Evidence, rng: np.random.Generator | None) -> Any:
        return super()._start(self._voiced(evidence), rng)

    def _voiced(self, evidence: Evidence) -> Evidence:
        """Weigh votes by the voices of their sources."""
        votes = votes_of(evidence)
        voice = voices_of(self.voices, votes)
        return evidence if voice is None else replace(evidence, votes=votes.weighed(voice))

    def _believes(self, evidence: Evidence, parameters: Parameters) -> bool:
        return self._believes_sums(self._belief_sums(evidence), evidence, parameters)

    def _belief_sums(self, evidence: Evidence) -> tuple[Any, ...]:
        # with a prior that is given the fit is what the user says, not what pairs of votes say
        if self.class_prior is not None or not np.isfinite(self.max_misfit):
            return ()
        votes = votes_of(evidence)
        hears = votes.informative_silence if self.silence is None else self.silence == "informative"
        if not np.any(on_host(hears)):  # then pairs say nothing, and none need be counted
            return ()
        return unit_sums(evidence, informative(votes, self.silence))

    def _believes_sums(self, sums: tuple[Any, ...], evidence: Evidence, parameters: Any) -> bool:
        if not sums:
            return True
        # NaN, too little to tell, is believed
        found = misfit_of(UnitSums(*sums), votes_of(evidence), parameters)
        return not found.deviation > self.max_misfit

    def _survey(self, evidence: Evidence) -> Counts:
        """Pseudo-counts of sources that are better than chance."""
        return self._survey_from(self._survey_sums(evidence), evidence)

    def _survey_sums(self, evidence: Evidence) -> tuple[Any, ...]:
        votes = votes_of(evidence)
        xp = array_namespace(votes.weight)
        weights, said = evidence.weights, votes.said(evidence.weights)
        n_items = xp.sum(xp.ones_like(votes.counts) if weights is None else weights)
        return (
            said,
            n_items,
            *sum_shares(self._voiced(evidence)),
            xp.astype(votes.ever_voted, said.dtype),
        )

    def _survey_from(self, sums: tuple[Any, ...], evidence: Evidence) -> Counts:
        _refuse_settings(self.emission, self.smoothing, self.accuracy)
        totals, n_items, mass, n_voted, ever = sums
        votes = votes_of(evidence)
        xp = array_namespace(totals)
        shares = (mass + 1 / mass.shape[0]) / (n_voted + 1)
        said, silent = better_than_chance(
            totals, n_items, shares, votes.statements, accuracy=self.accuracy
        )
        speaks = informative(votes, self.silence, ever > 0)
        silent = xp.where(speaks[:, None], silent, xp.zeros_like(silent))
        if self.emission == "tied":  # one belief for all: who never votes adds nothing to it
            said = xp.where((ever > 0)[:, None, None], said, xp.zeros_like(said))
        return Counts(self.smoothing * said, self.smoothing * silent, votes.statements, speaks)

    def _statistics(self, evidence: Evidence, posterior: Any, parameters: Any) -> tuple[Any, Any]:
        """Count what each source said while items had each class, and the mass of each class."""
        return votes_of(evidence).sum_by_unit(posterior), column_sums(posterior)

    def _maximize(self, statistics: tuple[Any, Any], survey: Counts, log_prior: Any) -> Any:
        said, mass = statistics
        xp = array_namespace(said)
        silent = mass[None, :] - xp.sum(said, axis=1)
        # the difference of equal sums may be -1e-12; a source that never was silent has none
        silent = xp.where(silent > 1e-9 * mass[None, :], silent, xp.zeros_like(silent))
        silent = xp.where(survey.informative[:, None], silent, xp.zeros_like(silent))
        counts = survey._replace(said=said + survey.said, silent=silent + survey.silent)
        return _Parameters(*EMISSIONS[self.emission](counts))

    def _score(self, evidence: Evidence, parameters: Any) -> Any:
        votes = votes_of(evidence)
        xp = array_namespace(votes.weight)
        log_emission = log_set_rows(parameters.log_emission, votes.statements)
        ruled_out = xp.isinf(parameters.log_silence)
        log_silence = xp.where(ruled_out, 0.0, parameters.log_silence)
        voice = voices_of(self.voices, votes)
        if voice is not None:
            log_emission, log_silence = (
                log_emission * voice[:, None, None],
                log_silence * voice[:, None],
            )
        # as if all were silent, corrected where someone voted: votes are few, silences many
        scores = votes.sum_by_item(log_emission - log_silence[:, None, :])
        scores += xp.sum(log_silence, axis=0)[None, :]
        if xp.any(ruled_out):
            never = xp.astype(ruled_out, scores.dtype)
            table = xp.broadcast_to(never[:, None, :], log_emission.shape)
            silent_anyway = xp.sum(never, axis=0)[None, :] - votes.sum_by_item(table)
            scores = xp.where(silent_anyway > 0.5, xp.full_like(scores, -xp.inf), scores)
        return scores

    def _log_belief(self, parameters: Any, survey: Counts) -> float:
        return expected_log(survey.said, parameters.log_emission) + expected_log(
            survey.silent, parameters.log_silence
        )

    @property
    def confusion_(self) -> pd.DataFrame:
        """P(says | class) of every source; a missing "says" stands for silence."""
        learned = self._learned().terms[0]
        log_silence = on_host(learned.log_silence)[:, None, :]
        rows = np.exp(np.concatenate([on_host(learned.log_emission), log_silence], axis=1))
        # as the fit took it: a setting may overrule what the votes say
        rows[(log_silence == 0).all(axis=2)[:, 0], -1, :] = np.nan
        return self._confusion(rows)

    def _confusion(self, rows: np.ndarray) -> pd.DataFrame:
        """Name an array n_sources x (n_codes + 1) x n_classes; the last code is silence."""
        says = [statement_name(row, self.classes_) for row in self.statements_]
        index = pd.MultiIndex.from_product([self.sources_, [*says, None]], names=["source", "says"])
        return pd.DataFrame(rows.reshape(-1, rows.shape[-1]), index=index, columns=self.classes_)


def _refuse_settings(emission: str, smoothing: float, accuracy: float) -> None:
    """Refuse settings that mean nothing."""
    if emission not in EMISSIONS:
        msg = f"emission={emission!r} is unknown. Choose {', '.join(map(repr, EMISSIONS))}."
        raise ValueError(msg)
    if not smoothing >= 0:
        msg = f"smoothing is a number of pseudo-items a class, at least 0; not {smoothing!r}."
        raise ValueError(msg)
    refuse_accuracy(accuracy)


def refuse_accuracy(accuracy: float) -> None:
    """Refuse what is no probability of being right."""
    if not 0 < accuracy <= 1:
        msg = f"accuracy is a probability, above 0 and at most 1; not {accuracy!r}."
        raise ValueError(msg)
