"""What LabelModel chooses: a model of the votes, a classifier on features, and a solver."""

# A choice looks at the settings of what it fits.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.base import clone

from weaklabel._device import on_host
from weaklabel.models._base import BaseLabelModel, binds
from weaklabel.models._choose_votes import NO_COPIES, choose_for_votes, one_voice
from weaklabel.models._fusion import Fusion, Learned
from weaklabel.models.cautious import Cautious
from weaklabel.models.classifier import Classifier
from weaklabel.models.majority_vote import MajorityVote
from weaklabel.solvers import (
    BeliefPropagation,
    Independent,
    MeanField,
    RandomWalk,
    Sinkhorn,
    Solver,
)

if TYPE_CHECKING:
    import pandas as pd

    from weaklabel.bags import Bags
    from weaklabel.evidence import Evidence
    from weaklabel.models._choose_votes import Fit, VoteChoice

LARGE_BAG = 2048  # members; in larger bags a count differs from its expectation by nothing

VAGUE_SWEEPS = 8  # of a classifier that candidates teach: digits, one exclusion each, .75 to .9

BOUND_SWEEPS = 50  # each makes all bags agree again; what moves later moves little


class Choice(NamedTuple):
    """A fitted model, how much of the posterior is plain votes, copies among sources, and why."""

    model: BaseLabelModel
    hedge: float
    copies: pd.DataFrame
    why: str
    weights: pd.Series | None = None  # of sources in plain votes; None: alike


def choose(evidence: Evidence, solver: Solver | None, fit: Fit) -> Choice:
    """Fit what suits the evidence; see `LabelModel`.

    Parameters
    ----------
    evidence : Evidence
        All that is known.
    solver : Solver or None
        What the user wants; None chooses.
    fit : callable
        Takes a model and evidence, gives the fitted model.

    Raises
    ------
    ValueError
        If nothing in the evidence tells classes apart.
    """
    given, why = solver, "given"
    if solver is None:
        solver, why = choose_solver(evidence)
    votes = None
    if evidence.votes is None:
        _refuse_unknown(evidence)
    else:
        votes = choose_for_votes(_votes_alone(evidence), fit)
    bound = binds(solver, evidence)
    if votes is not None and not bound and evidence.features is None:
        model = votes.model if given is None else votes.model.set_params(solver=given)
        return Choice(model, *votes[1:])
    reasons = [] if votes is None else [votes.why]
    if evidence.features is not None:
        reasons.append("a classifier reads the features")
    if bound:
        reasons.append(f"{type(solver).__name__}: {why}")
    model, copies = _with_the_rest(evidence, votes, solver, fit)
    return Choice(model, 0.0, copies, "; ".join(reasons))


def _with_the_rest(
    evidence: Evidence, votes: VoteChoice | None, solver: Solver, fit: Fit
) -> tuple[Any, pd.DataFrame]:
    """Fit the model of the votes together with features, bags and neighbors; give copies, too."""
    cautious = None if votes is None else _cautious(votes, evidence, fit)
    if cautious is not None and evidence.features is None:
        return cautious.set_params(solver=solver), NO_COPIES
    terms: list[Any] = []
    copies = NO_COPIES
    if cautious is not None:
        afresh: Any = clone(cautious)
        known = cautious.parameters_
        terms = [Learned(afresh, known.terms[0], known.log_prior)]
    elif votes is not None:
        terms, copies = [clone(votes.model)], votes.copies
    bound = binds(solver, evidence)
    if evidence.features is not None:
        taught_by_votes = cautious is not None and not bound
        terms.append(_classifier(taught_by_votes=taught_by_votes, bound=bound))
    # sources that depend on each other read what the classifier reads
    model = terms[0] if len(terms) == 1 else Fusion(terms, pooled=cautious is not None)
    model.set_params(solver=solver)
    if bound and "max_iter" in model.get_params(deep=False):
        model.set_params(max_iter=min(model.max_iter, BOUND_SWEEPS))
    elif cautious is not None:
        # what votes say is relative to the class prior that they were learned with
        model.set_params(class_prior=cautious.class_prior_.to_numpy())
    return fit(model, one_voice(evidence, copies)), copies


def _classifier(*, taught_by_votes: bool, bound: bool) -> Classifier:
    """Give the classifier with as many sweeps as suit what teaches it.

    Votes teach once: what a pool of them and the classifier says would only echo. A statement of
    one item (candidates, exclusions) says little, so that it takes long until they add up.
    """
    if taught_by_votes:
        return Classifier(max_iter=0)
    return Classifier() if bound else Classifier(max_iter=VAGUE_SWEEPS)


def _cautious(votes: VoteChoice, evidence: Evidence, fit: Fit) -> Any:
    """Give the fit to dependent sources, None if they are not: more sweeps would rot it.

    Plain votes are replaced by it, since they would rule out what nobody votes for, whatever the
    rest says.
    """
    if isinstance(votes.model, MajorityVote):
        return fit(Cautious(), _votes_alone(evidence))
    return votes.model if isinstance(votes.model, Cautious) else None


def choose_solver(evidence: Evidence) -> tuple[Solver, str]:
    """Give the solver that suits bags and neighbors, and why."""
    if evidence.neighbors is not None and evidence.votes is not None and not evidence.bags:
        # rules that read the same words agree on neighbors, which looks as if these were alike
        return RandomWalk(), "votes stand, and items without any hear their neighbors"
    if evidence.neighbors is not None:
        return MeanField(), "neighbors are heard as far as they turn out to be alike"
    if not evidence.bags:
        return Independent(), "nothing binds items to each other"
    if all(_large(block) for block in evidence.bags):
        return Sinkhorn(), "bags are so large that counts are as good as their expectation"
    return BeliefPropagation(), "counts in bags are exact"


def _large(block: Bags) -> bool:
    """Tell whether only expected counts matter: all bags are large, and no count is noisy."""
    sharp = all(getattr(one, "scale", None) is None for one in block.constraints)
    return sharp and bool((on_host(block.sizes) > LARGE_BAG).all())


def _votes_alone(evidence: Evidence) -> Evidence:
    """Leave out what binds items to each other, and features."""
    return replace(evidence, bags=(), features=None, neighbors=None)


def _refuse_unknown(evidence: Evidence) -> None:
    """Refuse evidence in which no class differs from another."""
    if evidence.bags or bool(np.any(on_host(evidence.covered))):
        return
    msg = (
        f"Nothing is known that tells the classes of the {len(evidence)} items apart: there are no "
        "votes, no candidates and no bags. Add with_votes(...), a few gold labels by "
        "with_candidates(gold), or what is known of groups by with_bags(...)."
    )
    raise ValueError(msg)
