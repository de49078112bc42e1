"""The loop that all label models share: expectation and maximization over a sum of terms."""

# The loop is what the protected functions of a term are for.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from array_api_compat import array_namespace

from weaklabel.kernels import column_sums
from weaklabel.models._term import moved

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.models._prior import ClassPrior
    from weaklabel.models._term import Term
    from weaklabel.posterior import Posterior
    from weaklabel.solvers import Solver


class Ending(StrEnum):
    """Why a fit ended; the values are the messages."""

    CONVERGED = "The parameters stopped moving."
    CLOSED_FORM = "The model has a closed form; nothing was iterated."
    ENOUGH_SWEEPS = "The model takes a fixed number of sweeps, before likelihood and labels part."
    MAX_ITER = (
        "The parameters were still moving after max_iter sweeps. Raise max_iter, or tol; if the "
        "objective hardly rises any more, the estimate is likely good enough."
    )
    MISFIT = (
        "Sources speak together far more or less often than independent errors explain, so that "
        "more likelihood would mean worse labels; the first sweep is kept. Usual causes are copies "
        "and rules that read the same words; summary(votes) names near-copies. LabelModel() "
        "allows for dependence; max_misfit=inf iterates all the same."
    )
    DRIFTED = (
        "The fitted class shares left those of the votes, which usually means that the model "
        "found another pattern in the votes than the classes; the parameters of the start are "
        "kept. Look at summary(votes) for copies and for sources that vote against the rest, give "
        "the class shares by class_prior=, or add a few gold labels by with_candidates."
    )


class Settings(NamedTuple):
    """When the loop stops."""

    max_iter: int
    tol: float  # largest L1 change of the class prior and of the parameters of any term
    max_drift: float  # largest total variation between class shares and those of the start
    fixed_sweeps: bool  # max_iter is how many sweeps the model wants, not a limit


class Parameters(NamedTuple):
    """All that is learned: the class prior and what each term learned."""

    log_prior: Any  # n_classes
    terms: tuple[Any, ...]


class Climb(NamedTuple):
    """The result of one start."""

    parameters: Parameters
    posterior: Posterior
    trace: list[float]  # objective after each sweep, in nats
    ending: Ending


class Problem(NamedTuple):
    """What is fitted to what, and which fits are believed."""

    terms: Sequence[Term]
    prior: ClassPrior
    solver: Solver
    evidence: Evidence
    surveys: tuple[Any, ...]
    believes: Callable[[Evidence, Parameters], bool]
    pooled: bool = False


def climb(
    problem: Problem,
    start: Any,
    settings: Settings,
    warm: Callable[[Parameters], Parameters] | None = None,
) -> Climb:
    """Alternate M-steps and E-steps from a posterior until nothing moves.

    Parameters
    ----------
    problem : Problem
        Terms, prior, solver and evidence.
    start : floating array, n_items x n_classes
        First posterior.
    settings : Settings
        When to stop.
    warm : callable or None
        Makes the parameters to begin with from those of the first M-step; None takes these.
    """
    first = parameters = maximize(problem, start, None, None)
    if warm is not None:
        parameters = warm(first)
    shares = start_shares = class_shares(problem.evidence, start, None)
    trace: list[float] = []
    ending = Ending.ENOUGH_SWEEPS if settings.fixed_sweeps else Ending.MAX_ITER
    posterior = expect(problem, parameters)
    for _ in range(settings.max_iter):
        trace.append(objective(problem, parameters, posterior))
        shares = class_shares(problem.evidence, posterior.probabilities, posterior.log_normalizer)
        if total_variation(shares, start_shares) > settings.max_drift:
            return Climb(first, expect(problem, first), trace, Ending.DRIFTED)
        updated = maximize(
            problem, posterior.probabilities, posterior.log_normalizer, parameters.terms
        )
        change = _movement(problem.terms, updated, parameters)
        parameters = updated
        posterior = expect(problem, parameters)
        if change <= settings.tol and not settings.fixed_sweeps:
            ending = Ending.CONVERGED
            break
    trace.append(objective(problem, parameters, posterior))
    if settings.max_iter and not problem.believes(problem.evidence, parameters):
        return Climb(first, expect(problem, first), trace, Ending.MISFIT)
    return Climb(parameters, posterior, trace, ending)


def maximize(
    problem: Problem, posterior: Any, log_normalizer: Any, before: Sequence[Any] | None
) -> Parameters:
    """M-step: the prior from the mass of each class, each term from its own statistics.

    `before` are the parameters of the terms in the last sweep, None in the first.
    """
    weighted = _weighted(problem.evidence, posterior, log_normalizer)
    log_prior = problem.prior.log_estimate(column_sums(weighted))
    learned = tuple(
        term._maximize(term._statistics(problem.evidence, weighted, last), survey, log_prior)
        for term, survey, last in zip(
            problem.terms, problem.surveys, before or [None] * len(problem.terms), strict=True
        )
    )
    return Parameters(log_prior, learned)


def expect(problem: Problem, parameters: Parameters) -> Posterior:
    """E-step: add up the scores of the terms and solve."""
    combine = pooled_score if problem.pooled else total_score
    scores = combine(problem.terms, problem.evidence, parameters)
    return problem.solver.solve(scores, problem.evidence)


def total_score(terms: Sequence[Term], evidence: Evidence, parameters: Parameters) -> Any:
    """Class prior, hints, and the score of every term, n_items x n_classes, in nats."""
    scores = _prior_score(evidence, parameters)
    for term, learned in zip(terms, parameters.terms, strict=True):
        scores = scores + term._score(evidence, learned)
    # what uncertain candidates say was given once: it is never learned
    return scores if evidence.hints is None else scores + evidence.hints


def informed_score(terms: Sequence[Term], evidence: Evidence, parameters: Parameters) -> Any:
    """Total score where a term speaks only of the items that it informs, for predictions.

    Where all sources are silent, votes say nothing, however much silence teaches the fit.
    """
    return _summed(terms, evidence, parameters, pooled=False)


def pooled_score(terms: Sequence[Term], evidence: Evidence, parameters: Parameters) -> Any:
    """Mean over the terms that inform an item, in place of their sum: a logarithmic opinion pool.

    Terms that know the same in other words count once. Rules that read a text and a classifier
    that reads it too are not independent given the class, so that their sum is far too sure.
    """
    return _summed(terms, evidence, parameters, pooled=True)


def _summed(
    terms: Sequence[Term], evidence: Evidence, parameters: Parameters, *, pooled: bool
) -> Any:
    """Class prior, hints, and what terms say of the items that they inform."""
    log_prior = _prior_score(evidence, parameters)
    xp = array_namespace(log_prior)
    scores = xp.zeros_like(log_prior)
    voices = scores[:, :1]
    for term, learned in zip(terms, parameters.terms, strict=True):
        informs = term._informs(evidence)[:, None]
        scores = xp.where(informs, scores + term._score(evidence, learned), scores)
        voices = voices + xp.astype(informs, scores.dtype)
    if pooled:
        scores = scores / xp.where(voices > 0, voices, 1.0)
    scores = log_prior + scores
    return scores if evidence.hints is None else scores + evidence.hints


def _prior_score(evidence: Evidence, parameters: Parameters) -> Any:
    """Class prior of every item, n_items x n_classes."""
    log_prior = parameters.log_prior
    xp = array_namespace(log_prior)
    return xp.broadcast_to(log_prior[None, :], (len(evidence), log_prior.shape[0]))


def objective(problem: Problem, parameters: Parameters, posterior: Posterior) -> float:
    """Log-likelihood of the evidence plus log prior belief, in nats."""
    xp = array_namespace(posterior.log_normalizer)
    terms = posterior.log_normalizer
    terms = xp.where(xp.isfinite(terms), terms, xp.zeros_like(terms))
    weights = problem.evidence.weights
    likelihood = float(xp.sum(terms if weights is None else terms * weights))
    belief = problem.prior.log_belief(parameters.log_prior)
    for term, learned, survey in zip(problem.terms, parameters.terms, problem.surveys, strict=True):
        belief += term._log_belief(learned, survey)
    return likelihood + belief


def class_shares(evidence: Evidence, posterior: Any, log_normalizer: Any) -> Any:
    """Share of each class in a posterior, n_classes, over items with votes or candidates."""
    xp = array_namespace(posterior)
    weighted = _weighted(evidence, posterior, log_normalizer)
    mass = mass_within(weighted, evidence.covered)
    total = xp.sum(mass)
    return mass / total if float(total) > 0 else mass


def mass_within(weighted: Any, which: Any) -> Any:
    """Sum the rows of some items, n_classes."""
    xp = array_namespace(weighted)
    rows = xp.nonzero(which)[0]
    if 2 * rows.shape[0] < which.shape[0]:
        return column_sums(xp.take(weighted, rows, axis=0))
    others = xp.nonzero(~which)[0]
    whole = column_sums(weighted)
    return whole - column_sums(xp.take(weighted, others, axis=0)) if others.shape[0] else whole


def _weighted(evidence: Evidence, posterior: Any, log_normalizer: Any) -> Any:
    """Posterior times item weights; items that no class can explain teach nothing."""
    xp = array_namespace(posterior)
    if log_normalizer is not None:
        possible = xp.isfinite(log_normalizer)
        if not xp.all(possible):
            posterior = xp.where(possible[:, None], posterior, xp.zeros_like(posterior))
    return posterior if evidence.weights is None else posterior * evidence.weights[:, None]


def _movement(terms: Sequence[Term], new: Parameters, old: Parameters) -> float:
    """Largest change, in probabilities, of the prior and of the parameters of any term."""
    moves = [moved(new.log_prior, old.log_prior)]
    for term, after, before in zip(terms, new.terms, old.terms, strict=True):
        moves.append(term._moved(after, before))
    return max(moves)


def total_variation(shares: Any, others: Any) -> float:
    """Half the sum of absolute differences of two distributions."""
    xp = array_namespace(shares)
    return float(xp.sum(xp.abs(shares - others))) / 2
