"""MomentMatching: confusion matrices that explain how often pairs of sources say what together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from scipy import sparse

from weaklabel._device import beside, on_host
from weaklabel._together import said_together
from weaklabel.models._dirichlet import refuse_weights
from weaklabel.models._emission import better_than_chance, log0
from weaklabel.models._units import item_weights
from weaklabel.models._votes import informative, mean_shares, votes_of
from weaklabel.models.dawid_skene import DawidSkene, refuse_accuracy

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.solvers import Solver

LEAST = 1e-6  # a rate is no smaller


class Moments(NamedTuple):
    """Shares of items; a unit is what a source says, source times n_codes plus code."""

    single: np.ndarray  # n_units: the unit is said
    pair: Any  # sparse, n_units x n_units: both are said, by different sources
    usual: np.ndarray  # n_units x n_classes: rates of sources that are somewhat better than chance
    n_codes: int
    speaks: np.ndarray  # boolean, n_sources: silence says something


class _Parameters(NamedTuple):
    """Log probabilities of what each source says, given the class."""

    log_emission: Any  # n_sources x n_codes x n_classes
    log_silence: Any  # n_sources x n_classes; 0 where silence says nothing


class MomentMatching(DawidSkene):
    r"""Rates that match how often sources say what, alone and in pairs [1]_.

    With O the shares of items on which pairs of sources say two codes, :math:`\mu` the unknown
    rates P(code | class) and P the class shares, minimize

    .. math:: \sum_{j \ne l} \|O_{jl} - \mu_j P \mu_l^T\|^2 + \|\mu P 1 - o\|^2
              + \lambda \|\mu - \mu_0\|^2,

    where :math:`o` is how often each code is said and :math:`\mu_0` are rates that are somewhat
    better than chance. Given the others, each source has a closed form; all are solved for at
    once, half way, again and again: deterministic, and in memory for the pairs that do occur.

    Pairs are counted as if every source saw every item. Where items were assigned, as in crowds,
    who meets whom is no accident, and `Triplets` looks only at items that both saw.

    The class shares are not learned: they are those of the votes unless given. They sum to one, as
    those of the programs that made this method known do not.

    Parameters
    ----------
    pull : float
        The weight of :math:`\mu_0`.
    accuracy : float
        Of the votes in :math:`\mu_0`.
    silence : {"informative", "missing"} or None
        Whether not voting depends on the class. It is not heard unless said otherwise, as by the
        authors; None: as the votes say (`Evidence.with_votes`).
    class_prior : None, "uniform", mapping, Series or array, n_classes
        None: the mean vote shares.
    prior_strength : see `DawidSkene`
    solver : Solver or None
        How items are made to agree; None is `Independent`.
    n_rounds : int
        How often sources are solved for.

    Attributes
    ----------
    confusion_, class_prior_, source_accuracy_
        As in `DawidSkene`.

    References
    ----------
    .. [1] Ratner et al., "Training complex models with multi-task weak supervision", AAAI 2019.

    Examples
    --------
    >>> import weaklabel as wl
    >>> case = wl.datasets.independent(n_items=2000, random_state=0)
    >>> evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    >>> MomentMatching().fit(evidence).source_accuracy_.round(1).max()
    np.float64(0.9)
    """

    _additive = False
    _closed_form = True
    max_misfit = float("inf")
    n_init = 1
    max_iter = 0
    tol = 0.0
    max_drift = 1.0
    random_state = None

    def __init__(
        self,
        *,
        pull: float = 0.01,
        accuracy: float = 0.7,
        silence: Literal["informative", "missing"] | None = "missing",
        class_prior: Any = None,
        prior_strength: float | None = None,
        solver: Solver | None = None,
        n_rounds: int = 200,
    ) -> None:
        self.pull = pull
        self.accuracy = accuracy
        self.silence = silence
        self.class_prior = class_prior
        self.prior_strength = prior_strength
        self.solver = solver
        self.n_rounds = n_rounds

    def _pseudo_items(self) -> float:
        return 1.0

    def _survey(self, evidence: Evidence) -> Any:
        """Count what is said, alone and in pairs: all that the rates are learned from."""
        refuse_weights(pull=self.pull)
        refuse_accuracy(self.accuracy)
        votes = votes_of(evidence)
        n_units, weights = votes.n_units, evidence.weights
        total = item_weights(evidence).sum()
        single = on_host(votes.said(weights)).ravel() / total
        own = None if weights is None else on_host(weights)
        together = sparse.coo_array(said_together(votes.map_arrays(on_host), own))
        one, other = together.coords
        apart = one // votes.n_codes != other // votes.n_codes
        values = together.data[apart] / total
        pair = sparse.csr_array((values, (one[apart], other[apart])), shape=(n_units, n_units))
        statements = on_host(votes.statements)
        usual, _ = better_than_chance(
            (single * total).reshape(-1, votes.n_codes),
            total,
            on_host(mean_shares(evidence)),
            statements,
            accuracy=self.accuracy,
        )
        # who never votes is explained by no rates at all, and explains nothing
        usual = np.where(on_host(votes.ever_voted)[:, None, None], usual, 0.0)
        speaks = on_host(informative(votes, self.silence))
        return Moments(single, pair, usual.reshape(n_units, -1), votes.n_codes, speaks)

    def _maximize(self, statistics: Any, survey: Any, log_prior: Any) -> Any:
        prior = np.exp(on_host(log_prior))
        rates = matched(survey, prior, self.pull, self.n_rounds)
        said = np.maximum(rates.reshape(-1, survey.n_codes, len(prior)), LEAST)
        quiet = np.maximum(1 - said.sum(axis=1), LEAST)
        quiet = np.where(survey.speaks[:, None], quiet, 0.0)
        log_quiet = np.where(survey.speaks[:, None], log0(quiet), 0.0)
        return _Parameters(beside(np.log(said), log_prior), beside(log_quiet, log_prior))

    def _log_belief(self, parameters: Any, survey: Any) -> float:
        return 0.0


def matched(moments: Moments, prior: np.ndarray, pull: float, n_rounds: int) -> np.ndarray:
    """Find the rates that match moments, n_units x n_classes."""
    n_units, n_classes = moments.usual.shape
    rates = moments.usual
    margin = np.outer(prior, prior) + pull * np.eye(n_classes)
    fixed = np.outer(moments.single, prior) + pull * moments.usual
    for _ in range(n_rounds):
        weighted = rates * prior
        by_source = weighted.reshape(-1, moments.n_codes, n_classes)
        own = np.swapaxes(by_source, 1, 2) @ by_source
        # the squares of all other sources
        system = own.sum(axis=0) - own + margin
        target = (moments.pair @ weighted + fixed).reshape(by_source.shape)
        solved = np.linalg.solve(system, np.swapaxes(target, 1, 2))
        solved = np.swapaxes(solved, 1, 2).reshape(n_units, n_classes)
        rates = np.clip((rates + solved) / 2, 0, 1)
    return rates
