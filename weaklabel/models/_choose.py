"""What LabelModel chooses: a model of the votes, a classifier on features, and a solver."""

# A choice looks at the settings of what it fits.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.base import clone

from weaklabel._device import on_host
from weaklabel.models._base import STOPPED, BaseLabelModel, binds
from weaklabel.models._choose_votes import NO_COPIES, choose_for_votes, one_voice
from weaklabel.models._fusion import Fusion
from weaklabel.models.cautious import Cautious
from weaklabel.models.classifier import Classifier
from weaklabel.models.majority_vote import MajorityVote
from weaklabel.solvers import BeliefPropagation, Independent, Sinkhorn, Solver

if TYPE_CHECKING:
    import pandas as pd

    from weaklabel.bags import Bags
    from weaklabel.evidence import Evidence
    from weaklabel.models._choose_votes import Fit, VoteChoice

LARGE_BAG = 2048  # members; in larger bags a count differs from its expectation by nothing

BOUND_SWEEPS = 50  # each makes all bags agree again; what moves later moves little


class Choice(NamedTuple):
    """A fitted model, how much of the posterior is plain votes, copies among sources, and why."""

    model: BaseLabelModel
    hedge: float
    copies: pd.DataFrame
    why: str


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
    why = "given"
    if solver is None:
        solver, why = choose_solver(evidence)
    voted = evidence.votes is not None
    if not voted:
        _refuse_unknown(evidence)
    votes = choose_for_votes(_votes_alone(evidence), fit) if voted else None
    bound = binds(solver, evidence)
    if votes is not None and not bound and evidence.features is None:
        votes.model.set_params(solver=solver)
        return Choice(*votes)
    copies = NO_COPIES if votes is None else votes.copies
    terms = [] if votes is None else [_as_term(votes)]
    reasons = [] if votes is None else [votes.why]
    if evidence.features is not None:
        terms.append(Classifier())
        reasons.append("features tell of the class, too")
    if bound:
        reasons.append(f"{type(solver).__name__}: {why}")
    # sources that depend on each other read what the classifier reads
    pooled = len(terms) == 2 and isinstance(terms[0], Cautious)
    model = terms[0] if len(terms) == 1 else Fusion(terms, pooled=pooled)
    model.set_params(solver=solver)
    if bound and "max_iter" in model.get_params(deep=False):
        model.set_params(max_iter=min(model.max_iter, BOUND_SWEEPS))
    return Choice(fit(model, one_voice(evidence, copies)), 0.0, copies, "; ".join(reasons))


def choose_solver(evidence: Evidence) -> tuple[Solver, str]:
    """Give the solver that suits bags and neighbors, and why."""
    if evidence.neighbors is not None:
        return BeliefPropagation(), "neighbors prefer the same class"
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


def _as_term(votes: VoteChoice) -> Any:
    """Give the chosen model of the votes afresh, to learn together with the rest.

    Plain votes would rule out what nobody votes for, whatever the rest says.
    """
    plain = isinstance(votes.model, MajorityVote) or votes.model.ending_ in STOPPED
    return Cautious() if plain else clone(votes.model)


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
