"""LabelModel: the model that looks at the evidence and chooses."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import pandas as pd
from array_api_compat import array_namespace
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from weaklabel._device import on_host
from weaklabel.analysis.near_copies import near_copies
from weaklabel.models import _advice
from weaklabel.models._base import STOPPED, BaseLabelModel, source_accuracy
from weaklabel.models._em import class_shares, total_variation
from weaklabel.models._fusion import Fusion
from weaklabel.models._merge import groups_of_copies, merge_sources
from weaklabel.models._misfit import misfit
from weaklabel.models._term import Term
from weaklabel.models._votes import start_shares, votes_of
from weaklabel.models.cautious import Cautious
from weaklabel.models.dawid_skene import DawidSkene
from weaklabel.models.majority_vote import MajorityVote
from weaklabel.models.one_coin import OneCoin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from weaklabel.evidence import Evidence
    from weaklabel.posterior import Posterior
    from weaklabel.solvers import Solver


NEARLY_EVERY = 0.95  # share of the items with votes
NO_COPIES = pd.DataFrame({"source": [], "other": []}, dtype=object)


ADVICE = (
    ConvergenceWarning,
    _advice.DriftWarning,
    _advice.SourceWarning,
    _advice.UnusedEvidence,
)


class _Choice(NamedTuple):
    """A fitted model, how much of the posterior is plain votes, and why."""

    model: BaseLabelModel
    hedge: float
    copies: pd.DataFrame
    why: str


class LabelModel(BaseLabelModel):
    """The label model to use: it chooses by the evidence, and says what and why.

    * Where sources saw every item (labeling functions) and, near-copies merged into one voice,
      speak together as often as independent errors explain: `DawidSkene`, which is exact there.
    * Where they do not, as with most real labeling functions, or where the votes are too few to
      tell: `Cautious`; but `MajorityVote` if a source says the same about nearly every item, since
      its votes then hold nothing about single items, and only a tie with it is fair.
    * Where items were assigned to sources (crowds): `DawidSkene` or `OneCoin`, whichever keeps
      nearer to the class shares of the votes, averaged with the plain vote shares.

    No gold is looked at, and nothing is random unless a term is.

    Parameters
    ----------
    terms : sequence of label models, or None
        Their scores are added and they learn together. None: choose.
    solver : Solver or None
        How items are made to agree; None is `Independent`.
    class_prior : None, "uniform", mapping, Series or array, n_classes
        None: estimated. Otherwise given, for the chosen model.
    prior_strength : float or None
        How many items `class_prior` is worth; None fixes it.
    hedge : float or None
        Share of plain votes in the posterior, 0 to 1: insurance against the model. None: one
        half for crowds, where it halves overconfidence, and else 0.
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
    copies_ : DataFrame
        Pairs of sources that were merged into one voice.
    solver_, class_prior_, source_accuracy_, converged_, n_iter_, objective_trace_, ending_
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
    copies_: pd.DataFrame

    def __init__(
        self,
        terms: Sequence[BaseLabelModel] | None = None,
        *,
        solver: Solver | None = None,
        class_prior: Any = None,
        prior_strength: float | None = None,
        hedge: float | None = None,
        random_state: Any = None,
    ) -> None:
        self.terms = terms
        self.solver = solver
        self.class_prior = class_prior
        self.prior_strength = prior_strength
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
        """
        _advice.refuse_labels(self, evidence, y)
        _advice.refuse_empty(evidence)
        if self.hedge is not None and not 0 <= self.hedge <= 1:
            msg = f"hedge is a share, 0 to 1, or None to choose; not {self.hedge!r}."
            raise ValueError(msg)
        choice = self._choose(evidence) if self.terms is None else self._given(evidence)
        hedge = choice.hedge if self.hedge is None else self.hedge
        model = choice.model
        posterior = _hedged_posterior(model, _one_voice(evidence, choice.copies), hedge)
        accuracy = source_accuracy(evidence, posterior)
        learned = {
            "source_accuracy_": pd.Series(accuracy, votes_of(evidence).sources, name="accuracy"),
            "model_": model,
            "terms_": list(model._learned_terms()),
            "solver_": self._solver(),
            "why_": choice.why,
            "hedge_": hedge,
            "copies_": choice.copies,
            "classes_": evidence.classes,
            "sources_": votes_of(evidence).sources,
            "statements_": on_host(votes_of(evidence).statements),
            "informative_silence_": on_host(votes_of(evidence).informative_silence),
        }
        same = ("class_prior_", "converged_", "n_iter_", "objective_trace_", "ending_")
        vars(self).update(learned, **{name: getattr(model, name) for name in same})
        _advice.warn_about_fit(self, evidence)
        return self

    # ---- choice -----------------------------------------------------------------------------

    def _choose(self, evidence: Evidence) -> _Choice:
        """Fit what suits the evidence."""
        if not _speaks(evidence).any():
            return self._choose_for_crowd(evidence)
        copies = _copies(evidence)
        one_voice = _one_voice(evidence, copies)
        independent = self._fitted(DawidSkene(), one_voice)
        test = misfit(one_voice, independent.parameters_, _speaks(one_voice))
        if independent.ending_ not in STOPPED and test.testable:
            why = "sources speak together as often as independent errors explain"
            return _Choice(independent, 0.0, copies, why)
        if _says_one_thing(evidence).any():
            why = "a source says the same about nearly every item, so that agreement tells little"
            return _Choice(self._fitted(MajorityVote(), evidence), 0.0, NO_COPIES, why)
        # takes copies as they are: it counts them once itself, by degrees
        cautious = self._fitted(Cautious(), evidence)
        why = "sources depend on each other beyond the class"
        if not test.testable:
            why = "the votes are too few to tell whether sources err independently"
        return _Choice(cautious, 0.0, NO_COPIES, why)

    def _choose_for_crowd(self, evidence: Evidence) -> _Choice:
        """Take the one whose class shares are nearer those of the votes."""
        fits = [self._fitted(model, evidence) for model in (DawidSkene(), OneCoin())]
        shares = class_shares(evidence, start_shares(evidence), None)
        nearest = min(
            fits,
            key=lambda fit: total_variation(
                shares, class_shares(evidence, fit.posterior(evidence).probabilities, None)
            ),
        )
        why = "items were assigned to sources; its class shares are nearest those of the votes"
        return _Choice(nearest, 0.5, NO_COPIES, why)

    def _given(self, evidence: Evidence) -> _Choice:
        """Fit the terms that the user gave."""
        given: Any = self.terms
        if not isinstance(given, list | tuple) or not all(isinstance(t, Term) for t in given):
            msg = f"terms is a list of label models, such as [DawidSkene()]; not {given!r}."
            raise TypeError(msg)
        if not given:
            msg = "terms is empty. Leave it out to let LabelModel choose."
            raise ValueError(msg)
        terms: list[Any] = [clone(term) for term in given]
        composite = [term for term in terms if isinstance(term, LabelModel | Fusion)]
        if composite:
            msg = (
                f"{composite[0]} cannot be a term of another: its parts would have to learn twice. "
                "List all terms in one LabelModel([...])."
            )
            raise ValueError(msg)
        for term in terms:
            if self.random_state is not None and "random_state" in term.get_params(deep=False):
                term.set_params(random_state=self.random_state)
        model = terms[0] if len(terms) == 1 else Fusion(terms)
        return _Choice(self._fitted(model, evidence), 0.0, NO_COPIES, "given")

    def _fitted(self, model: BaseLabelModel, evidence: Evidence) -> BaseLabelModel:
        """Fit a model with this one's solver and prior; its warnings come from here instead."""
        model.solver = self.solver if self.solver is not None else model.solver
        if self.class_prior is not None and "class_prior" in model.get_params(deep=False):
            model.set_params(class_prior=self.class_prior, prior_strength=self.prior_strength)
        with warnings.catch_warnings():
            for kind in ADVICE:
                warnings.simplefilter("ignore", kind)
            return model.fit(evidence)

    # ---- predict ----------------------------------------------------------------------------

    def posterior(self, evidence: Evidence) -> Posterior:
        """Give class probabilities of every item; see `BaseLabelModel.posterior`.

        Parameters
        ----------
        evidence : Evidence
            The same classes and sources as in `fit`; items may be others.
        """
        check_is_fitted(self)
        one_voice = _one_voice(self._matched(evidence), self.copies_)
        return _hedged_posterior(self.model_, one_voice, self.hedge_)

    def _learned_terms(self) -> Sequence[Any]:
        return self.terms_

    # a chosen model does the learning; these complete the interface of a term

    def _statistics(self, evidence: Evidence, posterior: Any) -> Any:
        return self.model_._statistics(evidence, posterior)

    def _maximize(self, statistics: Any, survey: Any, log_prior: Any) -> Any:
        return self.model_._maximize(statistics, survey, log_prior)

    def _score(self, evidence: Evidence, parameters: Any) -> Any:
        return self.model_._score(evidence, parameters)


def _hedged_posterior(model: BaseLabelModel, evidence: Evidence, hedge: float) -> Posterior:
    """Mix the posterior of a model with the plain vote shares, where there are votes."""
    found = model.posterior(evidence)
    if not hedge:
        return found
    shares = start_shares(evidence)
    voted = votes_of(evidence).voted[:, None]
    xp = array_namespace(shares)
    mixed = (1 - hedge) * found.probabilities + hedge * shares
    return replace(found, probabilities=xp.where(voted, mixed, found.probabilities))


def _says_one_thing(evidence: Evidence) -> np.ndarray:
    """Tell which sources say one thing about nearly all items that have votes, n_sources."""
    votes = votes_of(evidence)
    xp = array_namespace(votes.weight)
    weights = xp.astype(votes.voted, votes.weight.dtype)
    if evidence.weights is not None:
        weights = weights * evidence.weights
    said = on_host(votes.sum_by_unit(weights[:, None]))[:, :, 0]
    return said.max(axis=1) >= NEARLY_EVERY * float(xp.sum(weights))


def _speaks(evidence: Evidence) -> np.ndarray:
    """Tell which sources' silence says something, boolean array, n_sources, on the host."""
    return on_host(votes_of(evidence).informative_silence)


def _one_voice(evidence: Evidence, copies: pd.DataFrame) -> Evidence:
    """Let copies speak as one source."""
    votes = votes_of(evidence)
    return replace(evidence, votes=merge_sources(votes, groups_of_copies(copies, votes.sources)))


def _copies(evidence: Evidence) -> pd.DataFrame:
    """Find near-copies among the sources that saw every item."""
    votes = votes_of(evidence).map_arrays(on_host)
    saw_all = votes.sources[votes.informative_silence]
    return near_copies(votes.select(saw_all))
