"""EBCC: sources err together on some items, because these are of a kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from array_api_compat import array_namespace

from weaklabel._device import device_of, on_host
from weaklabel.models._dirichlet import divergence, expected_logs, refuse_weights
from weaklabel.models._emission import Counts
from weaklabel.models._term import moved
from weaklabel.models._votes import over_parts
from weaklabel.models.ibcc import IBCC

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.solvers import Solver


class _Parameters(NamedTuple):
    """Expected log probabilities for every kind of item, and the beliefs they are taken under.

    Kinds of a class follow each other: column ``y * n_kinds + g`` is kind g of class y.
    """

    log_emission: Any  # n_sources x n_codes x (n_classes * n_kinds)
    log_silence: Any  # n_sources x (n_classes * n_kinds); 0 where silence says nothing
    pseudo: Any  # n_sources x (n_codes + 1) x (n_classes * n_kinds); the last code is silence
    log_share: Any  # n_classes x n_kinds, of the items of a class
    pseudo_share: Any  # n_classes x n_kinds


class EBCC(IBCC):
    r"""Items of a class are of several kinds, on which sources err together.

    Where a question is misleading, many give the same wrong answer, and sources that err
    independently given the class would be sure of it. Here each class has up to `n_kinds` kinds of
    items, and each source a confusion column, with a belief as in `IBCC`, for each kind: given the
    kind, not the class, sources err independently [1]_.

    The kinds start as the items of which the votes are more or less sure, so that the answer does
    not depend on a seed; the authors draw them, forty times.

    Parameters
    ----------
    n_kinds : int
        Most kinds of items in a class; 1 is `IBCC`.
    few_kinds : float
        Pseudo-items of each kind. Well below 1, kinds that the votes do not call for stay empty.
    right, wrong, silence
        As in `IBCC`.
    class_prior, prior_strength, solver, n_init, max_iter, tol, max_drift, random_state
        As in `DawidSkene`.

    Attributes
    ----------
    kind_shares_ : DataFrame, class x kind
        Expected share of each kind among the items of a class.
    confusion_ : DataFrame, (source, says) x class
        Expected P(says | class), over all kinds of items.
    class_prior_, source_accuracy_, converged_, n_iter_, objective_trace_, ending_
        As in `DawidSkene`.

    References
    ----------
    .. [1] Li, Rubinstein and Cohn, "Exploiting worker correlation for label aggregation in
       crowdsourcing", ICML 2019.

    Examples
    --------
    >>> import weaklabel as wl
    >>> case = wl.datasets.independent(n_items=2000, random_state=0)
    >>> evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    >>> EBCC(n_kinds=2).fit(evidence).kind_shares_.shape
    (2, 2)
    """

    _additive = True

    def __init__(
        self,
        *,
        n_kinds: int = 3,
        few_kinds: float = 0.01,
        right: float = 4.0,
        wrong: float = 1.0,
        silence: Literal["informative", "missing"] | None = None,
        class_prior: Any = None,
        prior_strength: float | None = None,
        solver: Solver | None = None,
        n_init: int = 1,
        max_iter: int = 500,
        tol: float = 1e-2,
        max_drift: float = 0.25,
        random_state: Any = None,
    ) -> None:
        self.n_kinds = n_kinds
        self.few_kinds = few_kinds
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

    def _survey_from(self, sums: tuple[Any, ...], evidence: Evidence) -> Counts:
        refuse_weights(few_kinds=self.few_kinds)
        if self.n_kinds < 1:
            msg = f"n_kinds is a number of kinds of items, at least 1; not {self.n_kinds!r}."
            raise ValueError(msg)
        found = super()._survey_from(sums, evidence)
        xp = array_namespace(found.said)
        return found._replace(
            said=xp.repeat(found.said, self.n_kinds, axis=2),
            silent=xp.repeat(found.silent, self.n_kinds, axis=1),
        )

    def _statistics(self, evidence: Evidence, posterior: Any, parameters: Any) -> tuple[Any, Any]:
        xp = array_namespace(posterior)
        if parameters is None:
            kinds = self._first_kinds(posterior)
        else:
            scores = self._kind_scores(evidence, parameters)
            kinds = xp.exp(scores - over_parts(scores)[:, :, None])
        return super()._statistics(
            evidence, xp.reshape(posterior[:, :, None] * kinds, (posterior.shape[0], -1)), None
        )

    def _first_kinds(self, posterior: Any) -> Any:
        """Split each class into kinds by how sure the start is of it."""
        xp = array_namespace(posterior)
        total = xp.sum(posterior, axis=1, keepdims=True)
        sure = posterior / xp.where(total > 0, total, 1.0)
        kind = xp.arange(self.n_kinds, dtype=posterior.dtype, device=device_of(posterior))
        place = kind / max(self.n_kinds - 1, 1)
        near = xp.exp(-(((sure[:, :, None] - place) * self.n_kinds) ** 2) / 2)
        return near / xp.sum(near, axis=2, keepdims=True)

    def _maximize(self, statistics: tuple[Any, Any], survey: Counts, log_prior: Any) -> Any:
        found = super()._maximize(statistics, survey, log_prior)
        mass = statistics[1]
        pseudo = array_namespace(mass).reshape(mass, (-1, self.n_kinds)) + self.few_kinds
        return _Parameters(
            log_emission=found.log_emission,
            log_silence=found.log_silence,
            pseudo=found.pseudo,
            log_share=expected_logs(pseudo, axis=1),
            pseudo_share=pseudo,
        )

    def _kind_scores(self, evidence: Evidence, parameters: Any) -> Any:
        xp = array_namespace(parameters.log_share)
        scores = super()._score(evidence, parameters)
        return (
            xp.reshape(scores, (len(evidence), len(evidence.classes), self.n_kinds))
            + parameters.log_share
        )

    def _score(self, evidence: Evidence, parameters: Any) -> Any:
        return over_parts(self._kind_scores(evidence, parameters))

    def _log_belief(self, parameters: Any, survey: Counts) -> float:
        shares = on_host(parameters.pseudo_share)
        moved_shares = divergence(shares, np.full_like(shares, self.few_kinds), axis=1)
        return super()._log_belief(parameters, survey) - moved_shares

    def _moved(self, after: Any, before: Any) -> float:
        return super()._moved(after, before) + moved(after.log_share, before.log_share)

    @property
    def kind_shares_(self) -> pd.DataFrame:
        """Expected share of each kind among the items of a class."""
        pseudo = on_host(self._learned().terms[0].pseudo_share)
        shares = pseudo / pseudo.sum(axis=1, keepdims=True)
        return pd.DataFrame(shares, index=self.classes_, columns=pd.RangeIndex(self.n_kinds))

    @property
    def confusion_(self) -> pd.DataFrame:
        """Expected P(says | class) of every source, over all kinds of items."""
        pseudo = on_host(self._learned().terms[0].pseudo)
        by_class = pseudo.reshape(*pseudo.shape[:2], -1, self.n_kinds).sum(axis=3)
        return self._shares(by_class)
