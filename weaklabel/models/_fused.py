"""An E-step and its sums in one pass over votes, where that is all that EM needs."""

# The loop is what the protected functions of a term are for.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from array_api_compat import array_namespace, is_cupy_array

from weaklabel.kernels import log_sum_exp
from weaklabel.models._votes import log_set_rows, votes_of
from weaklabel.models.dawid_skene import DawidSkene
from weaklabel.solvers import Independent

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.models._em import Parameters, Problem


def in_one_pass(terms: Sequence[Any], solver: Any, evidence: Evidence) -> bool:
    """Tell whether votes are on a GPU, where a pass over them is dear, and one pass will do."""
    votes = evidence.votes
    return (
        votes is not None and is_cupy_array(votes.weight) and _only_votes(terms, solver, evidence)
    )


def _only_votes(terms: Sequence[Any], solver: Any, evidence: Evidence) -> bool:
    """Tell whether votes, one by one, are all that tells of an item."""
    more = evidence.candidates is not None or evidence.hints is not None or len(terms) != 1
    return not more and type(solver) is Independent and _is_linear(terms[0])


def fused_sums(problem: Problem, parameters: Parameters) -> tuple[Any, Any, Any, Any] | None:
    """Sum up an E-step by the kernel `vote_sums`; None where there is more to it than votes.

    Returns
    -------
    likelihood : floating array, no dimension
        In nats.
    mass, covered : floating array, n_classes
        Weight of the items of each class, and of those with votes.
    said : floating array, n_sources x n_codes x n_classes
    """
    evidence, terms = problem.evidence, problem.terms
    if not _only_votes(terms, problem.solver, evidence):
        return None
    votes, learned = votes_of(evidence), parameters.terms[0]
    log_emission = log_set_rows(learned.log_emission, votes.statements)
    xp = array_namespace(log_emission)
    finite = xp.all(xp.isfinite(log_emission)) & xp.all(xp.isfinite(learned.log_silence))
    if not bool(finite & xp.all(xp.isfinite(parameters.log_prior))):
        return None
    # as if all were silent, corrected where someone voted: votes are few, silences many
    table = log_emission - learned.log_silence[:, None, :]
    base = parameters.log_prior + xp.sum(learned.log_silence, axis=0)
    likelihood, silent, covered, said = votes.step(table, base, evidence.weights)
    without = log_sum_exp(base[None, :])[0]
    mass = covered + silent * xp.exp(base - without)
    return likelihood + silent * without, mass, covered, said


def _is_linear(term: Any) -> bool:
    """Tell whether a term scores votes one by one and counts them, as `DawidSkene` does."""
    kind: Any = type(term)
    return (
        isinstance(term, DawidSkene)
        and kind._score is DawidSkene._score
        and kind._statistics is DawidSkene._statistics
    )
