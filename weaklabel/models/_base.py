"""What every label model does: fit by the shared loop, predict on the user's index, be saved."""

# The loop is what the protected functions of a term are for.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from array_api_compat import array_namespace
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from weaklabel._check import generator
from weaklabel._device import beside, device_of, on_host
from weaklabel._frames import in_kind
from weaklabel.models import _advice
from weaklabel.models._em import (
    Climb,
    Ending,
    Parameters,
    Problem,
    Settings,
    climb,
    expect,
    informed_score,
    pooled_score,
)
from weaklabel.models._emission import log0
from weaklabel.models._prior import ClassPrior, class_prior
from weaklabel.models._term import Term
from weaklabel.models._votes import votes_of
from weaklabel.models._warm import carried
from weaklabel.patterns import collapse
from weaklabel.posterior import Posterior, Ties
from weaklabel.solvers import Independent, Solver

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from weaklabel.evidence import Evidence


STOPPED = {Ending.DRIFTED, Ending.MISFIT}  # the parameters of the first sweep are kept
GRAPH_SWEEPS = 2  # once all else is learned, neighbors change parameters little
BELIEF_IN_START = 0.9  # the rest of a start is even, so that votes cannot rule out what bags say


class BaseLabelModel(BaseEstimator, ABC):
    """Base of all label models: a label model is a term, or a sum of terms, and a solver.

    Restarts, convergence, the drift guard, warnings and predictions are here, once.
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

    _closed_form = False
    _last: BaseLabelModel | None = None  # the fit before, during `update`
    pooled = False  # whether terms that know the same are averaged rather than added

    # ---- what a member may change -----------------------------------------------------------

    @abstractmethod
    def _terms(self) -> Sequence[Term]:
        """Terms whose scores add up, in the order of their parameters."""

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
            About sources that never vote, vote against the rest, are too few, or never meet.
        UnusedEvidence
            If the evidence holds parts that neither terms nor solver use.
        """
        _advice.refuse_labels(self, evidence, y)
        for term in self._terms():
            term._refuse(evidence)
        used = self._used_part(evidence)
        if in_one_pass(self, used):
            fit_in_one_pass(self, used)
        else:
            climbed = self._climb_with_neighbors if used.neighbors is not None else self._climb
            problem, best = climbed(used)
            self._set_learned(best, problem)
        _advice.warn_about_fit(self, evidence)
        return self

    def update(self, evidence: Evidence) -> Self:
        """Fit again after functions, statements or rows changed, from where the last fit ended.

        The result is that of `fit`, as near as `tol` leaves it, in fewer sweeps: what was learned
        of sources that are still there is carried over by name. Models that are fitted in a fixed
        number of sweeps, or on a GPU, begin anew. `Posterior.changes_since` shows what flipped.

        Parameters
        ----------
        evidence : Evidence
            What is known now; items and sources may be others.

        Returns
        -------
        self

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If there was no fit before.
        ValueError
            If classes are others.

        Examples
        --------
        >>> import weaklabel as wl
        >>> case = wl.datasets.independent(n_items=2000, random_state=0)
        >>> evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
        >>> model = wl.DawidSkene().fit(evidence)
        >>> before = model.posterior(evidence)
        >>> without = evidence.votes.select(evidence.votes.sources[1:])
        >>> changed = wl.Evidence(case.votes.index, case.classes, votes=without)
        >>> list(model.update(changed).posterior(changed).changes_since(before))
        ['label', 'label_before', 'confidence', 'confidence_before']
        """
        check_is_fitted(self)
        _advice.refuse_other_things(self, evidence)
        _advice.refuse_other_classes(self, evidence)
        self._last = copy(self)
        try:
            return self.fit(evidence)
        finally:
            del self._last

    def _problem(self, evidence: Evidence) -> Problem:
        """Put together what the loop needs, on patterns where items repeat."""
        small, _ = self._patterns(evidence)
        small = self._training_part(small)
        terms = self._terms()
        return Problem(
            terms=terms,
            pooled=self.pooled,
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

    def _climb(self, evidence: Evidence) -> tuple[Problem, Climb]:
        """Learn from all items at once."""
        problem = self._problem(evidence)
        return problem, self._best_climb(problem)

    def _climb_with_neighbors(self, evidence: Evidence) -> tuple[Problem, Climb]:
        """Learn without neighbors, then let them speak in a few sweeps with a fixed class prior.

        Neighbors that agree make large classes larger. If the prior were estimated from that, and
        they from the prior, one class would take all.
        """
        alone = self._best_climb(self._problem(replace(evidence, neighbors=None)))
        belief = np.exp(on_host(alone.parameters.log_prior))
        problem = self._problem(evidence)._replace(prior=ClassPrior(belief, np.inf))
        start = expect(problem, alone.parameters).probabilities
        sweeps = Settings(max_iter=GRAPH_SWEEPS, tol=0.0, max_drift=1.0, fixed_sweeps=True)
        best = climb(problem._replace(believes=lambda *_: True), start, sweeps)
        return problem, best._replace(ending=alone.ending)

    def _best_climb(self, problem: Problem) -> Climb:
        """Climb from several starts; the highest objective wins, drifted ones last."""
        fixed = [term for term in problem.terms if term._fixed_sweeps]
        wanted = max((getattr(term, "max_iter", 0) for term in fixed), default=self.max_iter)
        # what is given may well be far from the votes' shares: that is why it is given
        given = self.class_prior is not None or binds(problem.solver, problem.evidence)
        settings = Settings(
            max_iter=0 if self._closed_form else wanted,
            tol=self.tol,
            max_drift=1.0 if given else self.max_drift,
            fixed_sweeps=bool(fixed),
        )
        if self._last is not None and not fixed:
            warm = carried(self._last, problem)
            if warm is not None:
                return climb(problem, first_posterior(problem, None), settings, warm)
        rng = generator(self.random_state)
        climbs = [
            climb(problem, first_posterior(problem, rng if number else None), settings)
            for number in range(self.n_init)
        ]
        return max(climbs, key=lambda one: (one.ending not in STOPPED, one.trace[-1]))

    def _set_learned(self, best: Climb, problem: Problem) -> None:
        """Set everything learned, together."""
        classes = problem.evidence.classes
        learned: dict[str, Any] = {
            "classes_": classes,
            **about_sources(problem.evidence, best.posterior),
            "parameters_": best.parameters,
            "class_prior_": pd.Series(
                np.exp(on_host(best.parameters.log_prior)), index=classes, name="class_prior"
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

    def _used_part(self, evidence: Evidence) -> Evidence:
        """Leave out what neither terms nor solver read, so that patterns can be found."""
        used = self._solver().respects.union(*(term._uses for term in self._terms()))
        return replace(
            evidence,
            votes=evidence.votes if "votes" in used else None,
            bags=evidence.bags if "bags" in used else (),
            features=evidence.features if "features" in used else None,
            neighbors=evidence.neighbors if "neighbors" in used else None,
        )

    def _patterns(self, evidence: Evidence) -> tuple[Evidence, np.ndarray | None]:
        """Collapse items that are alike, where all terms take them for the same."""
        alike = all(term._interchangeable() for term in self._terms())
        return (collapse(evidence) if alike else None) or (evidence, None)

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
            Items that no term tells anything about keep the class prior, within their candidates,
            weighed by their hints, and as far as bags and neighbors leave them alone.

        Raises
        ------
        ValueError
            If classes differ, sources are missing or unknown, or features are missing.
        """
        check_is_fitted(self)
        whole = self._used_part(self._matched(evidence))
        small, pattern = self._patterns(whole)
        terms = self._terms()
        combine = pooled_score if self.pooled else informed_score
        scores = combine(terms, small, self._parameters_on(_any_array(small)))
        found = self._solver().solve(scores, small)
        found = replace(found, covered=_covered(terms, self._solver(), small))
        if pattern is None:
            return found
        xp = array_namespace(scores)
        return Posterior(
            probabilities=xp.take(found.probabilities, pattern, axis=0),
            index=evidence.index,
            classes=evidence.classes,
            covered=xp.take(found.covered, pattern, axis=0),
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
        DataFrame, n_items x n_classes
            On the evidence's index; rows sum to one. Of polars or Arrow if the evidence came in
            such frames, with a column of labels unless items are numbered.
        """
        return self.posterior(evidence).frame(evidence.kind)

    def predict(self, evidence: Evidence, *, ties: Ties = "abstain") -> Any:
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
            NaN where the item is tied, or nothing is known of it. If the evidence came in frames
            of polars or Arrow, a frame of them with the column ``label``, beside that of the items'
            labels unless items are numbered.
        """
        whole = isinstance(self.random_state, numbers.Integral)
        seed = int(self.random_state) if whole else 0
        labels = self.posterior(evidence).labels(ties, seed=seed)
        if evidence.kind == "pandas":
            return labels
        return in_kind(labels.astype(object).to_frame(), evidence.kind)

    def fit_predict(self, evidence: Evidence, y: Any = None) -> Any:
        """Fit, then give the most probable class of every item."""
        return self.fit(evidence, y).predict(evidence)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the fitted model to a file: JSON, arrays and classifiers, no pickle.

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
        if not any("votes" in term._uses for term in self._terms()):
            return evidence
        votes = votes_of(evidence)
        _advice.refuse_other_sources(self, votes)
        if not votes.sources.equals(self.sources_):
            votes = votes.select(self.sources_, add_silent=True)
        return replace(evidence, votes=votes.with_codes(self.statements_))

    def _learned(self) -> Parameters:
        """Parameters, or an error if there are none yet."""
        check_is_fitted(self)
        return self.parameters_

    def _parameters_on(self, like: Any) -> Parameters:
        """Put the learned arrays on the device and library of another array."""

        def move(array: Any) -> Any:
            return beside(array, like)

        learned = self._learned()
        placed = zip(self._terms(), learned.terms, strict=True)
        return Parameters(
            move(learned.log_prior), tuple(term._placed(part, move) for term, part in placed)
        )


def in_one_pass(model: BaseLabelModel, evidence: Evidence) -> bool:
    """Tell whether the votes are on a GPU, and EM can pass over them once a sweep."""
    from weaklabel.models import _fused

    return _fused.in_one_pass(model._terms(), model._solver(), evidence)


def fit_in_one_pass(model: BaseLabelModel, evidence: Evidence) -> None:
    """Fit by sums over items, as parts are, from a single part."""
    from weaklabel.models._chunks import Loop

    Loop(model, evidence, lambda function: function(evidence)).fit(advise=False)


class TermModel(Term, BaseLabelModel):
    """A label model that is one term."""

    def _terms(self) -> Sequence[Term]:
        return (self,)


def first_posterior(problem: Problem, rng: np.random.Generator | None) -> Any:
    """First posterior, n_items x n_classes: what the first term that can tell classes says.

    Made to agree with bags and neighbors; where no term can tell, they and what is known of single
    items alone decide.
    """
    evidence, solver = problem.evidence, problem.solver
    starts = (term._start(evidence, rng) for term in problem.terms)
    shares = next((start for start in starts if start is not None), None)
    if shares is not None and not binds(solver, evidence):
        return shares
    n_classes = len(evidence.classes)
    if shares is None:
        xp = array_namespace(_any_array(evidence))
        device = device_of(_any_array(evidence))
        scores = xp.zeros((len(evidence), n_classes), dtype=xp.float64, device=device)
    else:
        scores = log0(BELIEF_IN_START * shares + (1 - BELIEF_IN_START) / n_classes)
    scores = scores if evidence.hints is None else scores + evidence.hints
    return solver.solve(scores, evidence).probabilities


def binds(solver: Solver, evidence: Evidence) -> bool:
    """Tell whether there are bags or neighbors that the solver keeps to."""
    bags = bool(evidence.bags) and "bags" in solver.respects
    return bags or (evidence.neighbors is not None and "neighbors" in solver.respects)


def _covered(terms: Sequence[Term], solver: Solver, evidence: Evidence) -> Any:
    """Tell of which items something is known: of themselves, or of their bag or neighbors."""
    covered = evidence.covered
    for term in terms:
        covered = covered | term._informs(evidence)
    if not binds(solver, evidence):
        return covered
    told = np.zeros(len(evidence), dtype=bool)
    if "bags" in solver.respects:
        for block in evidence.bags:
            told[on_host(block.member)] = True
    if "neighbors" in solver.respects and evidence.neighbors is not None:
        told[np.concatenate(evidence.neighbors.nonzero())] = True
    return covered | beside(told, covered)


def _any_array(evidence: Evidence) -> Any:
    """Give an array of the evidence, to make others beside it."""
    votes = None if evidence.votes is None else evidence.votes.weight
    parts = (votes, evidence.features, evidence.candidates, evidence.hints)
    return next((part for part in parts if part is not None), np.zeros(0))


def about_sources(evidence: Evidence, posterior: Posterior) -> dict[str, Any]:
    """Name the sources and how often each is right; none where no votes are used."""
    accuracy = source_accuracy(evidence, posterior)
    if evidence.votes is None:
        single = np.eye(len(evidence.classes), dtype=bool)
        return {
            "sources_": accuracy.index,
            "statements_": single,
            "informative_silence_": np.zeros(0, dtype=bool),
            "source_accuracy_": accuracy,
        }
    return {
        "sources_": evidence.votes.sources,
        "statements_": on_host(evidence.votes.statements),
        "informative_silence_": on_host(evidence.votes.informative_silence),
        "source_accuracy_": accuracy,
    }


def source_accuracy(evidence: Evidence, posterior: Posterior) -> pd.Series:
    """Give the expected share of right votes of each source, n_sources; NaN if it never votes."""
    votes = evidence.votes
    if votes is None:
        return pd.Series(np.zeros(0), index=pd.Index([]), name="accuracy")
    xp = array_namespace(votes.weight)
    weighted = posterior.probabilities
    if evidence.weights is not None:
        weighted = weighted * evidence.weights[:, None]
    said = votes.sum_by_unit(weighted)
    right = on_host(xp.sum(said * xp.astype(votes.statements, said.dtype)[None, :, :], axis=(1, 2)))
    total = on_host(xp.sum(said, axis=(1, 2)))
    share = np.divide(right, total, out=np.full(len(total), np.nan), where=total > 0)
    return pd.Series(share, index=votes.sources, name="accuracy")
