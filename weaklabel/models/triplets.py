"""Triplets: how sources err, in closed form, from how often three of them agree two by two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from weaklabel._device import beside, on_host
from weaklabel.models._emission import log0
from weaklabel.models._pairs import PairSums, pair_sums
from weaklabel.models._votes import informative, log_set_rows, votes_of
from weaklabel.models.dawid_skene import DawidSkene

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.solvers import Solver

TINY = 1e-12
USUAL_ACCURACY = 0.7  # of a source that too few others meet


class _Survey(NamedTuple):
    """What does not add up over items."""

    statements: np.ndarray  # boolean, n_codes x n_classes
    speaks: np.ndarray  # boolean, n_sources: silence says something
    signed: bool  # moments are those of signed votes


class _Parameters(NamedTuple):
    """Log probabilities of what each source says, given the class."""

    log_emission: Any  # n_sources x n_codes x n_classes
    log_silence: Any  # n_sources x n_classes; 0 where silence says nothing


class Triplets(DawidSkene):
    r"""Accuracies from agreement, in one pass over the votes: nothing is iterated [1]_.

    Let x be 1 where a source says class c. If sources err independently given the class, the
    covariance of two is the product of a number of each, :math:`C_{jl} = d_j d_l`, so that
    three sources give each away: :math:`d_j^2 = C_{jl} C_{jk} / C_{lk}`. From d and how often
    the source says c follow its rates of hits and of false alarms, for each class against the
    rest. All triplets of a source are used at once, by least squares: covariances that are mostly
    noise, as among rare rules, hardly count.

    The shares of classes are not learned: uniform unless given, or None for those of the votes.

    Parameters
    ----------
    moments : {"covariance", "signed"} or None
        "covariance": as above; silence is one more answer where it says something, and pairs are
        looked at where both could vote otherwise. "signed": as published for two classes, by
        products of votes that are +1, -1, and 0 for silence, and the mean over all triplets; this
        takes silence as independent of the class. None: "signed" if the silence of some source
        says something, since rules that do not err independently fit covariances worse.
    silence : {"informative", "missing"} or None
        Whether not voting depends on the class. None: as the votes say. Not used by "signed".
    class_prior : "uniform", None, mapping, Series or array, n_classes
        None: the mean vote shares.
    prior_strength : see `DawidSkene`
    solver : Solver or None
        How items are made to agree; None is `Independent`.

    Attributes
    ----------
    confusion_, class_prior_, source_accuracy_
        As in `DawidSkene`.

    References
    ----------
    .. [1] Fu et al., "Fast and three-rious: speeding up weak supervision with triplet methods",
       ICML 2020.

    Examples
    --------
    >>> import weaklabel as wl
    >>> case = wl.datasets.independent(n_items=2000, random_state=0)
    >>> evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    >>> Triplets().fit(evidence).source_accuracy_.round(1).max()
    np.float64(0.9)
    """

    _additive = True
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
        moments: Literal["covariance", "signed"] | None = None,
        silence: Literal["informative", "missing"] | None = None,
        class_prior: Any = "uniform",
        prior_strength: float | None = None,
        solver: Solver | None = None,
    ) -> None:
        self.moments = moments
        self.silence = silence
        self.class_prior = class_prior
        self.prior_strength = prior_strength
        self.solver = solver

    def _pseudo_items(self) -> float:
        return 1.0

    def _saw_all(self, evidence: Evidence) -> tuple[bool, np.ndarray]:
        """Tell whether moments are those of signed votes, and which sources saw every item."""
        if self.moments not in {None, "covariance", "signed"}:
            msg = f"moments={self.moments!r} is unknown. Choose None, 'covariance' or 'signed'."
            raise ValueError(msg)
        votes = votes_of(evidence)
        # of a part of the items too, on which a source may happen to be silent
        always = np.ones(votes.n_sources, dtype=bool)
        saw_all = on_host(informative(votes, self.silence, beside(always, votes.weight)))
        signed = self.moments == "signed" or (self.moments is None and bool(saw_all.any()))
        return signed, saw_all & (not signed)

    def _survey_sums(self, evidence: Evidence) -> tuple[Any, ...]:
        return (on_host(votes_of(evidence).ever_voted).astype(np.float64),)

    def _survey_from(self, sums: tuple[Any, ...], evidence: Evidence) -> Any:
        signed, saw_all = self._saw_all(evidence)
        speaks = saw_all & (sums[0] > 0)
        return _Survey(on_host(votes_of(evidence).statements), speaks, signed)

    def _statistics(self, evidence: Evidence, posterior: Any, parameters: Any) -> Any:
        weights = on_host(posterior).sum(axis=1)
        return pair_sums(votes_of(evidence), weights, saw_all=self._saw_all(evidence)[1])

    def _maximize(self, statistics: Any, survey: Any, log_prior: Any) -> Any:
        sums = PairSums(*statistics)
        prior = np.exp(on_host(log_prior))
        hit, alarm = (_signed if survey.signed else _covariance)(sums, prior)
        n_classes = len(prior)
        same = np.eye(n_classes, dtype=bool)
        said = np.where(same, hit[:, :, None], alarm[:, :, None])
        said = np.maximum(said, 0.5 / (float(sums.total) + 1))
        quiet = np.maximum(1 - said.sum(axis=1), 0.5 / (float(sums.total) + 1))
        quiet = np.where(survey.speaks[:, None], quiet, 0.0)
        if not survey.signed:
            total = said.sum(axis=1) + quiet
            said, quiet = said / total[:, None, :], quiet / total
        log_said = log_set_rows(np.log(said), survey.statements)
        log_quiet = np.where(survey.speaks[:, None], log0(quiet), 0.0)
        return _Parameters(beside(log_said, log_prior), beside(log_quiet, log_prior))

    def _log_belief(self, parameters: Any, survey: Any) -> float:
        return 0.0


def _covariance(sums: PairSums, prior: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rates of hits and of false alarms, each n_sources x n_classes, from covariances."""
    both = sums.both > 0
    count = np.where(both, sums.both, 1.0)
    covariance = sums.same / count - (sums.one / count) * (np.swapaxes(sums.one, 1, 2) / count)
    apart = both & ~np.eye(len(both), dtype=bool)
    covariance = np.where(apart, covariance, 0.0)
    open_to = apart.astype(np.float64)
    # over all triplets of j: C_jl C_jk is d_j^2 times C_lk
    product = np.einsum("cjl,clj->cj", covariance @ covariance, covariance)
    square = np.einsum("jl,clj->cj", open_to, covariance**2 @ open_to)
    met = square > 0
    power = np.sqrt(np.maximum(product, 0) / np.where(met, square, 1.0))
    # most are better than chance: a source that disagrees with most is the one that is not
    power = (power * np.where(covariance.sum(axis=2) < 0, -1.0, 1.0)).T
    spread = np.sqrt(prior * (1 - prior))
    rate = sums.rate
    usual = rate * (USUAL_ACCURACY / np.maximum(prior, TINY) - 1) / np.maximum(1 - prior, TINY)
    gap = np.where(met.T, power / np.maximum(spread, TINY), np.maximum(usual, 0.0))
    most = np.minimum(rate / np.maximum(prior, TINY), (1 - rate) / np.maximum(1 - prior, TINY))
    least = np.minimum(rate / np.maximum(1 - prior, TINY), (1 - rate) / np.maximum(prior, TINY))
    gap = np.clip(gap, -least, most)
    return rate + (1 - prior) * gap, rate - prior * gap


def _signed(sums: PairSums, prior: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rates of hits and of false alarms, each n_sources x n_classes, as published."""
    total = float(sums.total)
    share = sums.rate * (sums.seen / total)[:, None]  # of all items: says c
    silent = 1 - sums.seen / total
    n_voting = int((sums.seen > 0).sum())
    hits, alarms = [], []
    for c, pi in enumerate(prior):
        product = (4 * sums.same[c] - 2 * (sums.one[c] + sums.one[c].T) + sums.both) / total
        power = (2 * USUAL_ACCURACY - 1) * (1 - silent)
        if n_voting >= 3:
            # what is 0 but for rounding tells nothing, and would be divided by
            meets = np.abs(product)
            power = _sum_roots(np.where(meets > TINY, meets, 0.0)) / (
                (n_voting - 1) * (n_voting - 2)
            )
        rho = (1 + power - silent) / 2
        # a: says c, is c; b: says other, is c; c: says c, is other; d: says other, is other
        # a + b = pi (1 - P0), a + c = P(says c), a + d = rho, all four 1 - P0
        a = (share[:, c] + pi * (1 - silent) + rho - (1 - silent)) / 2
        cells = np.abs(np.stack([a, share[:, c] - a, pi * (1 - silent) - a, rho - a]))
        spoke = np.where(cells.sum(axis=0) > 0, cells.sum(axis=0), 1.0)
        cells = cells / spoke * (1 - silent)
        # where cells were turned around they fit the class shares no longer; so it is published
        hits.append(cells[0] / max(pi, TINY))
        alarms.append(cells[1] / max(1 - pi, TINY))
    return np.array(hits).T, np.array(alarms).T


def _sum_roots(product: np.ndarray) -> np.ndarray:
    """Sum over l and k of the root of M_jl M_jk / M_lk, 0 where M_lk is 0."""
    apart = product * ~np.eye(len(product), dtype=bool)
    inverse = np.divide(1.0, apart, out=np.zeros_like(apart), where=apart > 0)
    # the root of a product is the product of roots
    root = np.sqrt(apart)
    return np.einsum("jl,lk,jk->j", root, np.sqrt(inverse), root, optimize=True)
