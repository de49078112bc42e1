"""Emissions: what sources say given the class, estimated from counts in several shapes."""

from __future__ import annotations

from collections.abc import Callable
from math import comb
from typing import Any, NamedTuple

import numpy as np
from array_api_compat import array_namespace

from weaklabel._device import device_of, on_host


class Counts(NamedTuple):
    """How often each source says each code, or nothing, while an item has each class."""

    said: Any  # n_sources x n_codes x n_classes
    silent: Any  # n_sources x n_classes; 0 for sources whose silence says nothing
    statements: Any  # boolean, n_codes x n_classes
    informative: Any  # boolean, n_sources


Emission = tuple[Any, Any]  # log P(code | class), log P(silence | class)


def full(counts: Counts) -> Emission:
    """Every source has its own distribution over codes (and silence) for every class."""
    xp = array_namespace(counts.said)
    total = xp.sum(counts.said, axis=1) + counts.silent
    # where a source met no item of a class nothing is known: any symbol is as likely
    symbols = counts.statements.shape[0] + xp.astype(counts.informative, total.dtype)[:, None]
    log_said = _log_ratio(counts.said, total[:, None, :], 1 / symbols[:, None, :])
    return log_said, _only_informative(counts, _log_ratio(counts.silent, total, 1 / symbols))


def tied(counts: Counts) -> Emission:
    """All sources share one distribution over codes for every class, and one over silence."""
    xp = array_namespace(counts.said)
    by_code = xp.sum(counts.said, axis=0)
    share = _log_ratio(by_code, xp.sum(by_code, axis=0)[None, :], 1 / by_code.shape[0])
    informative = counts.informative[:, None]
    seen = xp.sum(xp.where(informative, xp.sum(counts.said, axis=1), 0.0), axis=0)
    quiet = xp.sum(counts.silent, axis=0)
    fires = xp.where(informative, _log_ratio(seen, seen + quiet, 0.5)[None, :], 0.0)
    silent = xp.broadcast_to(_log_ratio(quiet, seen + quiet, 0.5)[None, :], fires.shape)
    return share[None, :, :] + fires[:, None, :], _only_informative(counts, silent)


def symmetric(counts: Counts) -> Emission:
    """Every source has one accuracy; its mistakes are spread evenly (one coin).

    A vote for a set of s classes is right with the same accuracy, and then any of the sets of s
    classes that hold the true one is as likely as another; likewise if it is wrong. How often a
    source votes does not depend on the class, so that its silence says nothing.
    """
    xp = array_namespace(counts.said)
    allows = xp.astype(counts.statements, counts.said.dtype)[None, :, :]
    right = xp.sum(counts.said * allows, axis=(1, 2))
    votes = xp.sum(counts.said, axis=(1, 2))
    chance = 1 / counts.statements.shape[1]
    accuracy = xp.where(votes > 0, right / xp.where(votes > 0, votes, 1.0), chance)[:, None, None]
    n_right, n_wrong = right_and_wrong(counts.statements, counts.said)
    said = xp.where(counts.statements[None, :, :], accuracy / n_right, (1 - accuracy) / n_wrong)
    silent = xp.sum(counts.silent, axis=1)
    total = xp.where(votes + silent > 0, votes + silent, 1.0)
    fires = xp.where(counts.informative, log0(votes / total), 0.0)
    quiet = xp.broadcast_to(log0(silent / total)[:, None], counts.silent.shape)
    return log0(said) + fires[:, None, None], _only_informative(counts, quiet)


EMISSIONS: dict[str, Callable[[Counts], Emission]] = {
    "full": full,
    "tied": tied,
    "symmetric": symmetric,
}


def better_than_chance(
    totals: Any, n_items: Any, shares: Any, statements: Any, *, accuracy: float
) -> tuple[Any, Any]:
    """Make the rates of sources that say what they say, but are right with a given accuracy.

    Keeps how often each source says each code: P(code | class) is P(code) times accuracy over the
    share of the classes it allows, or times 1 - accuracy over the share of the others.

    Parameters
    ----------
    totals : floating array, n_sources x n_codes
        How often each source said each code.
    n_items : float
        Total weight of items.
    shares : floating array, n_classes
        Share of each class, from the votes alone.
    statements : boolean array, n_codes x n_classes
        Classes that each code allows.
    accuracy : float
        Probability that a vote is right; more for codes whose classes have a larger share.

    Returns
    -------
    said : floating array, n_sources x n_codes x n_classes
    silent : floating array, n_sources x n_classes
        With `said` summed over codes: 1.
    """
    xp = array_namespace(totals)
    # one vote in all, spread over the codes: what was never said may still be said one day
    rate = (totals + 1 / totals.shape[1]) / (n_items + 1)
    allows = xp.astype(statements, totals.dtype)
    inside = xp.sum(allows * shares[None, :], axis=1)
    # to name the class of nearly all items and be right less often is worse than chance
    right = xp.where(inside > accuracy, inside, accuracy)
    lift = xp.where(
        statements,
        (right / inside)[:, None],
        ((1 - right) / xp.where(inside < 1, 1 - inside, 1.0))[:, None],
    )
    said = rate[:, :, None] * lift[None, :, :]
    quiet = 1 - xp.sum(said, axis=1)
    silent = xp.where(quiet > 1 / (n_items + 1), quiet, 1 / (n_items + 1))
    total = xp.sum(said, axis=1) + silent
    return said / total[:, None, :], silent / total


def log0(values: Any) -> Any:
    """Log, with ``-inf`` for 0 and no warning."""
    xp = array_namespace(values)
    some = values > 0
    logs = xp.log(xp.where(some, values, xp.ones_like(values)))
    return xp.where(some, logs, xp.full_like(logs, -xp.inf))


def _log_ratio(part: Any, total: Any, otherwise: Any) -> Any:
    """Log of a part over its total, or of a constant where there is nothing to share."""
    xp = array_namespace(part)
    some = total > 0
    return log0(xp.where(some, part / xp.where(some, total, 1.0), otherwise))


def expected_log(weight: Any, logs: Any) -> float:
    """Sum of weights times logs, where nothing times ``-inf`` is nothing."""
    xp = array_namespace(weight)
    some = weight > 0
    return float(xp.sum(xp.where(some, weight, 0.0) * xp.where(some, logs, 0.0)))


def _only_informative(counts: Counts, log_silent: Any) -> Any:
    """Score silence 0 where it says nothing."""
    xp = array_namespace(log_silent)
    return xp.where(counts.informative[:, None], log_silent, xp.zeros_like(log_silent))


def right_and_wrong(statements: Any, like: Any) -> tuple[Any, Any]:
    """For each code, how many sets of its size hold a given class, and how many do not."""
    xp = array_namespace(statements)
    n_classes = statements.shape[1]
    sizes = on_host(statements).sum(axis=1).tolist()
    ways = np.array([[comb(n_classes - 1, s - 1), comb(n_classes - 1, s)] for s in sizes])
    ways = xp.asarray(ways, dtype=like.dtype, device=device_of(like))[None, :, :]
    wrong = ways[:, :, 1:]
    return ways[:, :, :1], xp.where(wrong > 0, wrong, 1.0)
