"""BWA: the class is a weighted mean of votes, and weights are what the votes vary about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from array_api_compat import array_namespace

from weaklabel._device import device_of
from weaklabel.models._base import TermModel
from weaklabel.models._dirichlet import refuse_weights
from weaklabel.models._emission import log0
from weaklabel.models._votes import VoteTerm, votes_of

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.solvers import Solver


class _Survey(NamedTuple):
    """What the votes say before any posterior."""

    variance: Any  # n_classes: how much votes are expected to vary about the class
    shares: Any  # n_codes x n_classes: what a vote says, as a point


class _Parameters(NamedTuple):
    """Precisions of votes, and where items are before any vote."""

    precision: Any  # n_sources x n_classes
    log_prior: Any  # n_classes


class BWA(VoteTerm, TermModel):
    r"""Bayesian weighted average: votes are points that scatter about the class of their item.

    With one-hot votes :math:`y_{ij}`, items at :math:`z_i \sim N(\pi, 1/\lambda)` and sources of
    precision :math:`v_j`, items and precisions are estimated in turn [1]_:

    .. math:: z_i = \frac{\lambda\pi + \sum_j v_j y_{ij}}{\lambda + \sum_j v_j}, \quad
              v_j = \frac{a + n_j}{b + \sum_i (z_i - y_{ij})^2}.

    The belief about precisions is worth `strength` votes, and expects votes to vary as much as
    they do about their mean. The z of an item is a shrunken vote share: seldom far too sure.

    Parameters
    ----------
    precision : {"source", "class"}
        "source": every source one precision. "class": one for each class, which is then told from
        the rest on its own, as the authors do.
    strength : float
        Pseudo-votes of the belief about the precision of a source.
    pull : float
        Precision of the class shares, as of a vote that every item has.
    class_prior, prior_strength, solver, max_drift : see `DawidSkene`
    max_iter : int
        Number of sweeps.

    Attributes
    ----------
    class_prior_ : Series, n_classes
    source_accuracy_ : Series, n_sources
        Expected share of a source's votes that are right; NaN if it never votes.
    objective_trace_, n_iter_, converged_, ending_
        How the fit went; the objective says nothing here.

    References
    ----------
    .. [1] Li, Rubinstein and Cohn, "Truth inference at scale: a Bayesian model for adjudicating
       highly redundant crowd annotations", WWW 2019.

    Examples
    --------
    >>> import weaklabel as wl
    >>> case = wl.datasets.independent(n_items=2000, random_state=0)
    >>> evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    >>> BWA().fit(evidence).predict_proba(evidence).shape
    (2000, 2)
    """

    _fixed_sweeps = True
    n_init = 1
    tol = 0.0
    random_state = None

    def __init__(
        self,
        *,
        precision: Literal["source", "class"] = "source",
        strength: float = 15.0,
        pull: float = 1.0,
        class_prior: Any = None,
        prior_strength: float | None = None,
        solver: Solver | None = None,
        max_iter: int = 30,
        max_drift: float = 0.25,
    ) -> None:
        self.precision = precision
        self.strength = strength
        self.pull = pull
        self.class_prior = class_prior
        self.prior_strength = prior_strength
        self.solver = solver
        self.max_iter = max_iter
        self.max_drift = max_drift

    def _survey(self, evidence: Evidence) -> _Survey:
        refuse_weights(strength=self.strength, pull=self.pull)
        if self.precision not in {"source", "class"}:
            msg = f"precision={self.precision!r} is unknown. Choose 'source' or 'class'."
            raise ValueError(msg)
        votes = votes_of(evidence)
        xp = array_namespace(votes.weight)
        counts = votes.counts if evidence.weights is None else votes.counts * evidence.weights
        scatter = xp.sum(counts[:, None] * votes.shares * (1 - votes.shares), axis=0)
        # relative to votes at random, so that a crowd at odds is expected to be worse still
        variance = scatter / xp.sum(counts) * 4 * (1 - 1 / len(votes.classes))
        return _Survey(variance, _points(votes))

    def _statistics(self, evidence: Evidence, posterior: Any, parameters: Any) -> tuple[Any]:
        """Where items are on which each source said each code: number, sums, squares."""
        xp = array_namespace(posterior)
        weight = xp.sum(posterior, axis=1, keepdims=True)
        place = posterior / xp.where(weight > 0, weight, 1.0)
        if parameters is not None:  # told from the rest one by one, classes need not sum to one
            place = place * xp.sum(self._places(evidence, parameters), axis=1, keepdims=True)
        columns = [weight, weight * place, weight * place**2]
        return (votes_of(evidence).sum_by_unit(xp.concat(columns, axis=1)),)

    def _maximize(self, statistics: tuple[Any], survey: _Survey, log_prior: Any) -> _Parameters:
        sums = statistics[0]
        xp = array_namespace(sums)
        n_classes = survey.shares.shape[1]
        number, first, second = sums[..., :1], sums[..., 1 : n_classes + 1], sums[..., -n_classes:]
        points = survey.shares[None, :, :]
        off = xp.sum(second - 2 * first * points + number * points**2, axis=1)
        count = xp.sum(number, axis=1)
        varies = self.strength * survey.variance[None, :] + xp.where(off > 0, off, 0.0)
        if self.precision == "source":
            varies = xp.broadcast_to(xp.mean(varies, axis=1, keepdims=True), varies.shape)
        # votes that never vary would be infinitely precise
        least = 1e-9 * (self.strength + count)
        return _Parameters(
            (self.strength + count) / xp.where(varies > least, varies, least), log_prior
        )

    def _places(self, evidence: Evidence, parameters: _Parameters) -> Any:
        """Weighted means of votes, n_items x n_classes."""
        votes = votes_of(evidence)
        points = _points(votes)
        xp = array_namespace(points)
        precision = parameters.precision[:, None, :]
        table = xp.concat(
            [precision * points[None, :, :], precision * xp.ones_like(points)], axis=2
        )
        sums = votes.sum_by_item(table)
        n_classes = points.shape[1]
        prior = xp.exp(parameters.log_prior)
        return (self.pull * prior + sums[:, :n_classes]) / (self.pull + sums[:, n_classes:])

    def _score(self, evidence: Evidence, parameters: _Parameters) -> Any:
        xp = array_namespace(parameters.log_prior)
        known = xp.isfinite(parameters.log_prior)  # a class that cannot be stays so
        return log0(self._places(evidence, parameters)) - xp.where(known, parameters.log_prior, 0.0)

    def _moved(self, after: _Parameters, before: _Parameters) -> float:
        xp = array_namespace(after.precision)
        return float(xp.max(xp.abs(xp.log(after.precision) - xp.log(before.precision))))


def _points(votes: Any) -> Any:
    """Give what each code says, n_codes x n_classes: the middle of the classes it allows."""
    xp = array_namespace(votes.weight)
    allows = xp.astype(votes.statements, votes.weight.dtype, device=device_of(votes.weight))
    return allows / xp.sum(allows, axis=1, keepdims=True)
