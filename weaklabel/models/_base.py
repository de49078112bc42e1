"""What every label model does: fit by the shared loop, predict on the user's index, be saved."""

from __future__ import annotations

import numbers
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import pandas as pd
from array_api_compat import array_namespace
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from weaklabel._check import generator
from weaklabel._device import device_of, on_host
from weaklabel.models import _advice
from weaklabel.models._em import (
    Climb,
    Ending,
    Parameters,
    Problem,
    Settings,
    climb,
    total_score,
    with_hints,
)
from weaklabel.models._prior import class_prior
from weaklabel.models._term import Term
from weaklabel.models._votes import start_shares, votes_of
from weaklabel.patterns import collapse
from weaklabel.posterior import Posterior, Ties
from weaklabel.solvers import Independent, Solver

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from weaklabel.evidence import Evidence


STOPPED = {Ending.DRIFTED, Ending.MISFIT}  # the parameters of the first sweep are kept


class BaseLabelModel(Term, BaseEstimator):
    """Base of all label models: a label model is a term, or a sum of terms, and a solver.

    A member supplies the functions of `Term`; restarts, convergence, the drift guard, warnings
    and predictions are here, once.
    """

    class_prior: Any
    prior_strength: float | None
    solver: Solver | None
    n_init: int
    max_iter: int
    tol: float
    max_drift: float
    random_state: Any

    # learned, set together at the end of `fit`
    classes_: pd.Index
    sources_: pd.Index
    statements_: np.ndarray
    informative_silence_: np.ndarray
    parameters_: Parameters
    class_prior_: pd.Series
    source_accuracy_: pd.Series
    objective_trace_: np.ndarray
    n_iter_: int
    ending_: Ending
    converged_: bool

    _uses: ClassVar[frozenset[str]] = frozenset({"votes", "candidates", "hints", "weights"})
    _fixed_sweeps: ClassVar[bool] = False
    _closed_form: ClassVar[bool] = False

    # ---- what a member may change -----------------------------------------------------------

    def _terms(self, evidence: Evidence) -> Sequence[Term]:
        """Terms whose scores add up."""
        return (self,)

    def _start(self, evidence: Evidence) -> Any:
        """First posterior, n_items x n_classes."""
        return start_shares(evidence)

    def _pseudo_items(self) -> float:
        """Uniform pseudo-items that keep an estimated class prior off 0."""
        return 1.0

    def _believes(self, evidence: Evidence, parameters: Parameters) -> bool:
        """Tell whether the fit explains the votes well enough to be used."""
        return True

    def _training_part(self, evidence: Evidence) -> Evidence:
        """Items to learn from."""
        return evidence

    # ---- fit --------------------------------------------------------------------------------

    def fit(self, evidence: Evidence, y: Any = None) -> Self:
        """Learn how sources err.

        Parameters
        ----------
        evidence : Evidence
            What is known of the items.
        y : None
            Not used: a label model learns without labels. Gold goes into the evidence, by
            `Evidence.with_candidates`.

        Returns
        -------
        self

        Warns
        -----
        sklearn.exceptions.ConvergenceWarning
            If the parameters were still moving after `max_iter` sweeps.
        DriftWarning
            If the class shares left those of the votes.
        SourceWarning
            About sources that never vote, vote against the rest, or are too few.
        UnusedEvidence
            If the evidence holds parts that neither terms nor solver use.
        """
        _advice.refuse_labels(self, evidence, y)
        _advice.refuse_empty(evidence)
        small, _ = collapse(evidence) or (evidence, None)
        small = self._training_part(small)
        terms = self._terms(small)
        problem = Problem(
            terms=terms,
            prior=class_prior(
                self.class_prior,
                self.prior_strength,
                evidence.classes,
                pseudo_items=self._pseudo_items(),
            ),
            solver=self._solver(),
            evidence=small,
            surveys=tuple(term._survey(small) for term in terms),
            believes=self._believes,
        )
        best = self._best_climb(problem)
        self._set_learned(best, problem, evidence)
        _advice.warn_about_fit(self, evidence)
        return self

    def _best_climb(self, problem: Problem) -> Climb:
        """Climb from several starts; the highest objective wins, drifted ones last."""
        settings = Settings(
            max_iter=0 if self._closed_form else self.max_iter,
            tol=self.tol,
            # a given prior may well be far from the votes' shares: that is why it is given
            max_drift=self.max_drift if self.class_prior is None else 1.0,
            fixed_sweeps=self._fixed_sweeps,
        )
        rng = generator(self.random_state)
        starts = [self._start(problem.evidence)]
        starts += [_random_start(problem.evidence, rng) for _ in range(self.n_init - 1)]
        climbs = [climb(problem, start, settings) for start in starts]
        return max(climbs, key=lambda one: (one.ending not in STOPPED, one.trace[-1]))

    def _set_learned(self, best: Climb, problem: Problem, evidence: Evidence) -> None:
        """Set everything learned, together."""
        votes = votes_of(evidence)
        learned: dict[str, Any] = {
            "classes_": evidence.classes,
            "sources_": votes.sources,
            "statements_": on_host(votes.statements),
            "informative_silence_": on_host(votes.informative_silence),
            "parameters_": best.parameters,
            "class_prior_": _by_name(
                np.exp(on_host(best.parameters.log_prior)), evidence.classes, "class_prior"
            ),
            "source_accuracy_": _by_name(
                source_accuracy(problem.evidence, best.posterior), votes.sources, "accuracy"
            ),
            "objective_trace_": np.array(best.trace),
            "n_iter_": len(best.trace) - 1,
            "ending_": Ending.CLOSED_FORM if self._closed_form else best.ending,
        }
        learned["converged_"] = learned["ending_"] not in {Ending.MAX_ITER, *STOPPED}
        vars(self).update(learned)

    def _solver(self) -> Solver:
        """Give the solver, or the default."""
        return Independent() if self.solver is None else self.solver

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "classes_")

    # ---- predict ----------------------------------------------------------------------------

    def posterior(self, evidence: Evidence) -> Posterior:
        """Give class probabilities of every item, with what was known of it.

        Parameters
        ----------
        evidence : Evidence
            The same classes and sources as in `fit`; items may be others.

        Returns
        -------
        Posterior
            Items that no source voted on keep the class prior, within their candidates and
            weighed by their hints.

        Raises
        ------
        ValueError
            If classes differ, or sources are missing or unknown.
        """
        check_is_fitted(self)
        evidence = self._matched(evidence)
        small, pattern = collapse(evidence) or (evidence, None)
        terms = self._learned_terms()
        scores = total_score(terms, small, self._parameters_on(votes_of(small).weight))
        voted = votes_of(small).voted[:, None]
        xp = array_namespace(scores)
        log_prior = self._parameters_on(scores).log_prior[None, :]
        unvoted = with_hints(log_prior, small)
        found = self._solver().solve(xp.where(voted, scores, unvoted), small)
        if pattern is None:
            return found
        return Posterior(
            probabilities=xp.take(found.probabilities, pattern, axis=0),
            index=evidence.index,
            classes=evidence.classes,
            covered=evidence.covered,
            log_normalizer=xp.take(found.log_normalizer, pattern, axis=0),
        )

    def predict_proba(self, evidence: Evidence) -> pd.DataFrame:
        """Give class probabilities of every item.

        Parameters
        ----------
        evidence : Evidence
            The same classes and sources as in `fit`.

        Returns
        -------
        pandas.DataFrame, n_items x n_classes
            On the evidence's index; rows sum to one.
        """
        return self.posterior(evidence).frame()

    def predict(self, evidence: Evidence, *, ties: Ties = "abstain") -> pd.Series:
        """Give the most probable class of every item.

        Parameters
        ----------
        evidence : Evidence
            The same classes and sources as in `fit`.
        ties : {"abstain", "first", "random"}
            What to do where several classes are best; see `Posterior.labels`.

        Returns
        -------
        pandas.Series of categories
            NaN where the item is tied, or nothing is known of it.
        """
        whole = isinstance(self.random_state, numbers.Integral)
        seed = int(self.random_state) if whole else 0
        return self.posterior(evidence).labels(ties, seed=seed)

    def fit_predict(self, evidence: Evidence, y: Any = None) -> pd.Series:
        """Fit, then give the most probable class of every item."""
        return self.fit(evidence, y).predict(evidence)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the fitted model to a file: JSON and arrays, no pickle.

        Parameters
        ----------
        path : path-like
            Replaced in one step if it exists. Read it by `weaklabel.load`.
        """
        from weaklabel.io.saved import save

        check_is_fitted(self)
        save(self, path)

    def _matched(self, evidence: Evidence) -> Evidence:
        """Bring sources and codes into the order of the fit, by name."""
        _advice.refuse_other_things(self, evidence)
        _advice.refuse_other_classes(self, evidence)
        votes = votes_of(evidence)
        _advice.refuse_other_sources(self, votes)
        if not votes.sources.equals(self.sources_):
            votes = votes.select(self.sources_, add_silent=True)
        return replace(evidence, votes=votes.with_codes(self.statements_))

    def _learned_terms(self) -> Sequence[Term]:
        """Terms in the order of their parameters."""
        return (self,)

    def _learned(self) -> Parameters:
        """Parameters, or an error if there are none yet."""
        check_is_fitted(self)
        return self.parameters_

    def _parameters_on(self, like: Any) -> Parameters:
        """Put the learned arrays on the device and library of another array."""
        xp = array_namespace(like)

        def move(array: Any) -> Any:
            return xp.asarray(array, device=device_of(like))

        learned = self._learned()
        return Parameters(
            move(learned.log_prior),
            tuple(type(term)(*(move(array) for array in term)) for term in learned.terms),
        )


def _by_name(values: Any, names: pd.Index, title: str) -> pd.Series:
    """Name values."""
    return pd.Series(np.asarray(values), index=names, name=title)


def source_accuracy(evidence: Evidence, posterior: Posterior) -> np.ndarray:
    """Give the expected share of right votes of each source, n_sources; NaN if it never votes."""
    votes = votes_of(evidence)
    xp = array_namespace(votes.weight)
    weighted = posterior.probabilities
    if evidence.weights is not None:
        weighted = weighted * evidence.weights[:, None]
    said = votes.sum_by_unit(weighted)
    right = xp.sum(said * xp.astype(votes.statements, said.dtype)[None, :, :], axis=(1, 2))
    total = on_host(xp.sum(said, axis=(1, 2)))
    return np.divide(on_host(right), total, out=np.full(len(total), np.nan), where=total > 0)


def _random_start(evidence: Evidence, rng: np.random.Generator) -> Any:
    """Vote shares where each source has a random weight: depends on sources, not on rows."""
    votes = votes_of(evidence)
    xp = array_namespace(votes.weight)
    trust = xp.asarray(rng.gamma(1.0, size=votes.n_sources), device=device_of(votes.weight))
    trusting = replace(votes, weight=votes.weight * xp.take(trust, votes.source))
    return start_shares(replace(evidence, votes=trusting))
