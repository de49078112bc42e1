"""LabelModel: the model that looks at the evidence and chooses."""

# A label model of label models looks at what they learned.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from array_api_compat import array_namespace
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from weaklabel.models import _advice
from weaklabel.models._base import BaseLabelModel, about_sources, binds
from weaklabel.models._choose import Choice, choose, choose_solver
from weaklabel.models._choose_votes import NO_COPIES, one_voice
from weaklabel.models._fusion import Fusion
from weaklabel.models._merge import declared_copies, joined
from weaklabel.models._term import Term
from weaklabel.models._votes import votes_of, weighted_shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from weaklabel.evidence import Evidence
    from weaklabel.posterior import Posterior
    from weaklabel.solvers import Solver


ADVICE = (
    ConvergenceWarning,
    _advice.DriftWarning,
    _advice.SourceWarning,
    _advice.UnusedEvidence,
)

OF_SOURCES = ("sources_", "statements_", "informative_silence_", "source_accuracy_")


class LabelModel(BaseLabelModel):
    """The label model to use: it chooses by the evidence, and says what and why.

    * Where sources saw every item (labeling functions) and, near-copies merged into one voice,
      speak together as often as independent errors explain: `DawidSkene`, which is exact there.
    * Where they do but for some pairs that repeat each other (`dependencies`): `DawidSkene`, in
      which these count as many voices as they are.
    * Where they do not, as with most real labeling functions, or where the votes are too few to
      tell: `Cautious`; but `MajorityVote` if a source says the same about nearly every item, since
      its votes then hold nothing about single items, and only a tie with it is fair.
    * Where items were assigned to sources (crowds): `DawidSkene` or `OneCoin`, whichever keeps
      nearer to the class shares of the votes, averaged with vote shares (`WeightedVote`). Workers
      who repeat each other count for less, where a tenth of the votes does and the rest err
      independently.

    Where there are features, a `Classifier` learns together with the model of the votes; where
    there are bags or a graph of neighbors, a solver makes items agree with them:
    `BeliefPropagation`, which counts exactly; `Sinkhorn` where all bags are so large that
    expected counts are as good; `MeanField` where there are neighbors, since it estimates how much
    they say. Votes are not needed: features and bags, or features and a few gold labels, do.

    Sources that depend on each other (`Cautious`) keep what was learned from votes alone, and are
    averaged with the classifier, which reads what they read, rather than added to it.

    No gold is looked at, and nothing is random unless a term is.

    Parameters
    ----------
    terms : sequence of label models, or None
        Their scores are added and they learn together. None: choose.
    solver : Solver or None
        How items are made to agree; None: chosen by the evidence.
    class_prior : None, "uniform", mapping, Series or array, n_classes
        None: estimated. Otherwise given, for the chosen model.
    prior_strength : float or None
        How many items `class_prior` is worth; None fixes it.
    dependent : sequence of sequences of sources, or None
        Groups of sources that share code, prompts or a model, as you know, such as
        ``[["gpt, short", "gpt, long"]]``. A group speaks as one source: on an item where several
        of it vote, each has a part of one vote. Found ones are dealt with untold (`dependencies`).
    hedge : float or None
        Share of plain votes in the posterior, 0 to 1: insurance against the model. None: one
        half for crowds of which nothing but votes is known, where it halves overconfidence, and
        else 0. For crowds votes count as often as their source agrees with the majority
        (`WeightedVote`).
    random_state : int, Generator, RandomState or None
        For terms that draw starts. What is chosen by itself draws nothing.

    Attributes
    ----------
    model_ : label model
        What was chosen, fitted.
    terms_ : list of label models
        Its terms.
    why_ : str
        Why it was chosen.
    hedge_ : float
        Share of plain votes in the posterior.
    hedge_weights_ : Series, n_sources, or None
        How much the votes of each source count in these; None: alike.
    copies_ : DataFrame
        Pairs of sources that were merged into one voice: declared ones, and near-copies.
    solver_ : Solver
        How items are made to agree.
    class_prior_, source_accuracy_, converged_, n_iter_, objective_trace_, ending_
        As in the chosen model.

    Examples
    --------
    >>> import weaklabel as wl
    >>> case = wl.datasets.correlated_copies(n_items=5000, random_state=0)
    >>> evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    >>> model = LabelModel().fit(evidence)
    >>> model.model_
    DawidSkene()
    >>> len(model.copies_)
    15
    """

    n_init = 1
    max_iter = 0
    tol = 0.0
    max_drift = 1.0

    model_: BaseLabelModel
    terms_: list[BaseLabelModel]
    solver_: Solver
    why_: str
    hedge_: float
    hedge_weights_: pd.Series | None
    copies_: pd.DataFrame

    def __init__(
        self,
        terms: Sequence[BaseLabelModel] | None = None,
        *,
        solver: Solver | None = None,
        class_prior: Any = None,
        prior_strength: float | None = None,
        dependent: Any = None,
        hedge: float | None = None,
        random_state: Any = None,
    ) -> None:
        self.terms = terms
        self.solver = solver
        self.class_prior = class_prior
        self.prior_strength = prior_strength
        self.dependent = dependent
        self.hedge = hedge
        self.random_state = random_state

    def fit(self, evidence: Evidence, y: Any = None) -> Self:
        """Choose a model and fit it.

        Parameters
        ----------
        evidence : Evidence
            What is known of the items.
        y : None
            Not used: a label model learns without labels.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If nothing in the evidence tells classes apart, `hedge` is no share, or `dependent`
            names no sources.
        """
        _advice.refuse_labels(self, evidence, y)
        if self.hedge is not None and not 0 <= self.hedge <= 1:
            msg = f"hedge is a share, 0 to 1, or None to choose; not {self.hedge!r}."
            raise ValueError(msg)
        declared = declared_copies(self.dependent, evidence.votes)
        known = one_voice(evidence, declared)
        choice = (
            choose(known, self.solver, self._fitted) if self.terms is None else self._given(known)
        )
        model, copies = choice.model, joined(declared, choice.copies)
        hedge = choice.hedge if self.hedge is None else self.hedge
        same = ("classes_", "class_prior_", "converged_", "n_iter_", "objective_trace_", "ending_")
        learned: dict[str, Any] = {
            "model_": model,
            "terms_": list(model._terms()),
            "solver_": model._solver(),
            "why_": choice.why,
            "hedge_": hedge,
            "hedge_weights_": choice.weights,
            "copies_": copies,
            **_about_sources(model, evidence, hedge, copies, choice.weights),
        }
        vars(self).update(learned, **{name: getattr(model, name) for name in same})
        _advice.warn_about_fit(self, evidence)
        return self

    def _given(self, evidence: Evidence) -> Choice:
        """Fit the terms that the user gave."""
        given: Any = self.terms
        listed = given if isinstance(given, list | tuple) else []
        composite = [
            one for one in listed if isinstance(one, BaseLabelModel) and not isinstance(one, Term)
        ]
        if composite:
            msg = (
                f"{composite[0]} cannot be a term of another: its parts would have to learn twice. "
                "List all terms in one LabelModel([...])."
            )
            raise ValueError(msg)
        if listed is not given or not all(isinstance(one, Term) for one in listed):
            msg = f"terms is a list of label models, such as [DawidSkene()]; not {given!r}."
            raise TypeError(msg)
        if not given:
            msg = "terms is empty. Leave it out to let LabelModel choose."
            raise ValueError(msg)
        terms: list[Any] = [clone(term) for term in given]
        for term in terms:
            if self.random_state is not None and "random_state" in term.get_params(deep=False):
                term.set_params(random_state=self.random_state)
        model = terms[0] if len(terms) == 1 else Fusion(terms)
        solver, why = self.solver, "given"
        if solver is None and model.solver is None:
            solver, reason = choose_solver(evidence)
            why = f"given; {type(solver).__name__}: {reason}" if binds(solver, evidence) else why
        if solver is not None:
            model.set_params(solver=solver)
        return Choice(self._fitted(model, evidence), 0.0, NO_COPIES, why)

    def _fitted(self, model: Any, evidence: Evidence) -> Any:
        """Fit a model with this one's prior; its warnings come from here instead."""
        if self.class_prior is not None and "class_prior" in model.get_params(deep=False):
            model.set_params(class_prior=self.class_prior, prior_strength=self.prior_strength)
        last = None if self._last is None else vars(self._last)["model_"]
        with warnings.catch_warnings():
            for kind in ADVICE:
                warnings.simplefilter("ignore", kind)
            if type(last) is not type(model):
                return model.fit(evidence)
            model._last = last
            try:
                return model.fit(evidence)
            finally:
                del model._last

    # ---- predict ----------------------------------------------------------------------------

    def posterior(self, evidence: Evidence) -> Posterior:
        """Give class probabilities of every item; see `BaseLabelModel.posterior`.

        Parameters
        ----------
        evidence : Evidence
            The same classes and sources as in `fit`; items may be others.
        """
        check_is_fitted(self)
        merged = one_voice(self._matched(evidence), self.copies_)
        return _hedged_posterior(self.model_, merged, self.hedge_, self.hedge_weights_)

    def _terms(self) -> Sequence[Any]:
        return self.terms_

    def _solver(self) -> Solver:
        return self.solver_


def _about_sources(
    model: BaseLabelModel,
    evidence: Evidence,
    hedge: float,
    copies: pd.DataFrame,
    weights: pd.Series | None,
) -> dict[str, Any]:
    """Name the sources and how often each is right, by the posterior that users get."""
    if (
        isinstance(model, Term)
        and model._uses == frozenset({"votes"})
        and not hedge
        and copies.empty
    ):
        return {name: getattr(model, name) for name in OF_SOURCES}
    small, _ = model._patterns(model._used_part(evidence))
    spoken = one_voice(small, copies)
    return about_sources(small, _hedged_posterior(model, spoken, hedge, weights))


def _hedged_posterior(
    model: BaseLabelModel, evidence: Evidence, hedge: float, weights: pd.Series | None
) -> Posterior:
    """Mix the posterior of a model with the vote shares, where there are votes."""
    found = model.posterior(evidence)
    if not hedge or evidence.votes is None:
        return found
    shares = weighted_shares(evidence, weights)
    voted = votes_of(evidence).voted[:, None]
    xp = array_namespace(shares)
    mixed = (1 - hedge) * found.probabilities + hedge * shares
    return replace(found, probabilities=xp.where(voted, mixed, found.probabilities))
