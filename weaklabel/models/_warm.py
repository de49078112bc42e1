"""Warm starts: what was learned of the sources that are still there."""

# The loop is what the protected functions of a term are for.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from array_api_compat import is_numpy_array

from weaklabel.models._em import Parameters, Problem

if TYPE_CHECKING:
    from weaklabel.models._base import BaseLabelModel


def carried(last: BaseLabelModel, problem: Problem) -> Callable[[Parameters], Parameters] | None:
    """Give what puts learned parameters into those of a first M-step; None where none can be.

    Parameters
    ----------
    last : label model
        Fitted to other evidence.
    problem : Problem
        Of the fit that is to begin.
    """
    votes, terms, before = problem.evidence.votes, problem.terms, last._terms()
    alike = [type(term) for term in terms] == [type(term) for term in before]
    if votes is None or not alike or not all(_by_source(term) for term in terms):
        return None
    learned = last.parameters_
    said = np.array_equal(last.statements_, votes.statements)
    if not said or not is_numpy_array(votes.item) or not is_numpy_array(learned.log_prior):
        return None
    rows = last.sources_.get_indexer(votes.sources)

    def put_into(first: Parameters) -> Parameters:
        pairs = zip(learned.terms, first.terms, strict=True)
        return Parameters(learned.log_prior, tuple(_put(old, new, rows) for old, new in pairs))

    return put_into


def _by_source(term: Any) -> bool:
    """Tell whether parameters are arrays with a row a source; classes say so of themselves."""
    return bool(vars(type(term)).get("_by_source"))


def _put(old: Any, new: Any, rows: np.ndarray) -> Any:
    """Take the rows of known sources from old arrays, the others from new ones."""
    known = rows >= 0
    arrays = []
    for before, first in zip(old, new, strict=True):
        after = first.copy()
        after[known] = before[rows[known]]
        arrays.append(after)
    return type(new)(*arrays)
