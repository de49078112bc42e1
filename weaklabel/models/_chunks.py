"""EM over evidence in parts: only sums over items leave a part, kilobytes each.

What `_em.climb` does with all items at hand is done here with a way to sum over parts: on one
disk part after the other, on a cluster by a tree. The answer is the same but for rounding.
"""

# The loop is what the protected functions of a term are for.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from array_api_compat import array_namespace

from weaklabel._check import generator
from weaklabel._device import on_host
from weaklabel.kernels import column_sums
from weaklabel.models import _advice
from weaklabel.models._base import STOPPED, binds, first_posterior
from weaklabel.models._em import (
    Ending,
    Parameters,
    Problem,
    _movement,
    _weighted,
    expect,
    mass_within,
    total_variation,
)
from weaklabel.models._fused import fused_sums
from weaklabel.models._prior import class_prior
from weaklabel.models._term import Term

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.models._base import BaseLabelModel


class Sums(NamedTuple):
    """What one pass over items adds up to; a tuple of tuples of arrays."""

    likelihood: Any  # log, in nats
    mass: Any  # n_classes: weight of the items of each class
    covered: Any  # n_classes: the same over items of which something is known
    said: Any  # n_sources x n_codes x n_classes
    statistics: tuple[Any, ...]  # of each term


# Calls a function of a part on every part, and adds up what it gives.
SumOver = Callable[[Callable[["Evidence"], Any]], Any]


def add(one: Any, other: Any) -> Any:
    """Add nested tuples of arrays, element by element.

    >>> add((1, (2, 3)), (10, (20, 30)))
    (11, (22, 33))
    """
    if isinstance(one, tuple):
        parts = [add(a, b) for a, b in zip(one, other, strict=True)]
        return type(one)(*parts) if hasattr(one, "_fields") else tuple(parts)
    return one + other


def sum_over(parts: Iterable[Evidence], function: Callable[[Evidence], Any]) -> Any:
    """Add up what a function gives for each of the parts, of which there is at least one."""
    total: Any = None
    for part in parts:
        found = function(part)
        total = found if total is None else add(total, found)
    return total


def is_additive(model: Any) -> bool:
    """Tell whether a model learns from sums over items; what is inherited does not count.

    >>> import weaklabel as wl
    >>> is_additive(wl.DawidSkene()), is_additive(wl.Cautious())
    (True, False)
    """
    return isinstance(model, Term) and bool(vars(type(model)).get("_additive"))


def refuse_sequences(model: Any) -> None:
    """Refuse a model that hears the order of items, where rows of votes are merely counted."""
    terms = getattr(model, "terms", None)
    for term in [model] if terms is None else terms:
        if isinstance(term, Term) and not term._interchangeable():
            msg = (
                f"{type(term).__name__} hears the items around an item, but rows of votes are "
                "counted here whatever their place, so that it would learn without sequences. Fit "
                "it in memory, to a sample of the sequences if there are too many."
            )
            raise ValueError(msg)


def refuse_if_not_additive(model: Any, why: str) -> None:
    """Refuse a model that has to see all items at once."""
    if not is_additive(model):
        msg = (
            f"{type(model).__name__} learns from more than sums over items, so that it cannot be "
            f"fitted in parts; {why}. Fit DawidSkene, OneCoin or MajorityVote instead."
        )
        raise ValueError(msg)


class Pass:
    """One pass over a part: E-step by given parameters, or the start, and the sums of it.

    A small object of plain settings, so that it can travel to where the part is.
    """

    def __init__(
        self, model: BaseLabelModel, parameters: Parameters | None, rng: np.random.Generator | None
    ) -> None:
        self.model = model
        self.parameters = parameters
        self.rng = rng

    def __call__(self, part: Evidence) -> Sums:
        """Sum up one part."""
        problem = _problem(self.model, part)
        fused = None if self.parameters is None else fused_sums(problem, self.parameters)
        if fused is not None:
            likelihood, mass, covered, said = fused
            return Sums(likelihood, mass, covered, said, statistics=((said, mass),))
        last: Any = [None] * len(problem.terms)
        log_normalizer = None
        if self.parameters is None:
            # every part draws the same, as all of them together would
            posterior = first_posterior(problem, deepcopy(self.rng))
        else:
            found = expect(problem, self.parameters)
            posterior, log_normalizer = found.probabilities, found.log_normalizer
            last = self.parameters.terms
        weighted = _weighted(part, posterior, log_normalizer)
        return Sums(
            likelihood=_likelihood(part, log_normalizer),
            mass=column_sums(weighted),
            covered=mass_within(weighted, part.covered),
            said=_said(part, posterior),
            statistics=tuple(
                term._statistics(part, weighted, before)
                for term, before in zip(problem.terms, last, strict=True)
            ),
        )


def _problem(model: BaseLabelModel, part: Evidence) -> Problem:
    """Put a part in the place of the whole evidence."""
    return Problem(
        terms=model._terms(),
        prior=_prior(model, part),
        solver=model._solver(),
        evidence=part,
        surveys=(),
        believes=lambda *_: True,
    )


def _prior(model: BaseLabelModel, part: Evidence) -> Any:
    """Read the settings of the class prior."""
    return class_prior(
        model.class_prior,
        model.prior_strength,
        part.classes,
        pseudo_items=model._pseudo_items(),
    )


def _likelihood(part: Evidence, log_normalizer: Any) -> Any:
    """Log-likelihood of a part, in nats."""
    if log_normalizer is None:
        return 0.0
    xp = array_namespace(log_normalizer)
    terms = xp.where(xp.isfinite(log_normalizer), log_normalizer, 0.0)
    return xp.sum(terms if part.weights is None else terms * part.weights)


def _said(part: Evidence, posterior: Any) -> Any:
    """How often each source said each code while items had each class."""
    if part.votes is None:
        return np.zeros((0, 0, len(part.classes)))
    weights = part.weights
    return part.votes.sum_by_unit(posterior if weights is None else posterior * weights[:, None])


class _Climb(NamedTuple):
    """The result of one start."""

    parameters: Parameters
    sums: Sums
    trace: list[float]
    ending: Ending


class Loop:
    """The loop of EM over parts.

    Parameters
    ----------
    model : label model
        Its terms are additive.
    example : Evidence
        Any part; only names, kinds and settings are read of it.
    over : callable
        Calls a function on every part and adds up the results.
    """

    def __init__(self, model: BaseLabelModel, example: Evidence, over: SumOver) -> None:
        self.model, self.example, self.over = model, example, over
        self.terms = model._terms()
        self.prior = _prior(model, example)
        surveys = over(_Surveyed(model))
        self.surveys = [
            term._survey_from(sums, example) for term, sums in zip(self.terms, surveys, strict=True)
        ]

    def fit(self, *, advise: bool = True) -> Any:
        """Climb from several starts, set what is learned, and warn of the ending."""
        rng = generator(self.model.random_state)
        climbs = [self._climb(rng if number else None) for number in range(self.model.n_init)]
        best = max(climbs, key=lambda one: (one.ending not in STOPPED, one.trace[-1]))
        self._set_learned(best)
        if advise:
            _advice.warn_about_ending(self.model)
        return self.model

    def _climb(self, rng: np.random.Generator | None) -> _Climb:
        """Alternate passes over the parts and M-steps; see `_em.climb`."""
        model = self.model
        max_iter = 0 if model._closed_form else model.max_iter
        given = model.class_prior is not None or binds(model._solver(), self.example)
        max_drift = 1.0 if given else model.max_drift
        sums = self.over(Pass(model, None, rng))
        if rng is not None:  # the next start draws on
            rng.gamma(1.0, size=len(self.example.votes.sources) if self.example.votes else 0)
        start_shares = _share(sums.covered)
        first = parameters = self._maximize(sums)
        sums = self.over(Pass(model, parameters, None))
        trace: list[float] = []
        ending = Ending.MAX_ITER if max_iter else Ending.ENOUGH_SWEEPS
        for _ in range(max_iter):
            trace.append(self._objective(parameters, sums))
            if total_variation(_share(sums.covered), start_shares) > max_drift:
                return self._back_to(first, trace, Ending.DRIFTED)
            updated = self._maximize(sums)
            change = _movement(self.terms, updated, parameters)
            parameters = updated
            sums = self.over(Pass(model, parameters, None))
            if change <= model.tol:
                ending = Ending.CONVERGED
                break
        trace.append(self._objective(parameters, sums))
        if max_iter and not self._believes(parameters):
            return self._back_to(first, trace, Ending.MISFIT)
        return _Climb(parameters, sums, trace, ending)

    def _back_to(self, first: Parameters, trace: list[float], ending: Ending) -> _Climb:
        """Keep the first sweep."""
        return _Climb(first, self.over(Pass(self.model, first, None)), trace, ending)

    def _maximize(self, sums: Sums) -> Parameters:
        """M-step from sums."""
        log_prior = self.prior.log_estimate(sums.mass)
        learned = tuple(
            term._maximize(statistics, survey, log_prior)
            for term, statistics, survey in zip(
                self.terms, sums.statistics, self.surveys, strict=True
            )
        )
        return Parameters(log_prior, learned)

    def _objective(self, parameters: Parameters, sums: Sums) -> float:
        """Log-likelihood plus log prior belief, in nats."""
        belief = self.prior.log_belief(parameters.log_prior)
        for term, learned, survey in zip(self.terms, parameters.terms, self.surveys, strict=True):
            belief += term._log_belief(learned, survey)
        return float(sums.likelihood) + belief

    def _believes(self, parameters: Parameters) -> bool:
        """Ask the model by sums over pairs of votes."""
        for term in self.terms:
            sums = self.over(_Believed(term))
            if not term._believes_sums(sums, self.example, parameters):
                return False
        return True

    def _set_learned(self, best: _Climb) -> None:
        """Set everything learned, together, as a fit to all items does."""
        votes, classes = self.example.votes, self.example.classes
        if votes is None:
            msg = "Evidence in parts needs votes."
            raise ValueError(msg)
        learned: dict[str, Any] = {
            "classes_": classes,
            "sources_": votes.sources,
            "statements_": on_host(votes.statements),
            "informative_silence_": on_host(votes.informative_silence),
            "source_accuracy_": _accuracy(best.sums.said, votes),
            "parameters_": best.parameters,
            "class_prior_": pd.Series(
                np.exp(on_host(best.parameters.log_prior)), index=classes, name="class_prior"
            ),
            "objective_trace_": np.array(best.trace),
            "n_iter_": len(best.trace) - 1,
            "ending_": Ending.CLOSED_FORM if self.model._closed_form else best.ending,
        }
        learned["converged_"] = learned["ending_"] not in {Ending.MAX_ITER, *STOPPED}
        vars(self.model).update(learned)


class _Surveyed:
    """Sums that surveys need, of each term."""

    def __init__(self, model: BaseLabelModel) -> None:
        self.model = model

    def __call__(self, part: Evidence) -> Any:
        return tuple(term._survey_sums(part) for term in self.model._terms())


class _Believed:
    """Sums that decide whether a fit is believed."""

    def __init__(self, term: Any) -> None:
        self.term = term

    def __call__(self, part: Evidence) -> Any:
        return self.term._belief_sums(part)


def _share(mass: Any) -> Any:
    """Turn mass into shares."""
    total = array_namespace(mass).sum(mass)
    return mass / total if float(total) > 0 else mass


def _accuracy(said: Any, votes: Any) -> pd.Series:
    """Give the expected share of right votes of each source; NaN if it never votes."""
    said = on_host(said)
    right = (said * on_host(votes.statements)[None, :, :]).sum(axis=(1, 2))
    total = said.sum(axis=(1, 2))
    share = np.divide(right, total, out=np.full(len(total), np.nan), where=total > 0)
    return pd.Series(share, index=votes.sources, name="accuracy")
