"""What terms on votes share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from array_api_compat import array_namespace

from weaklabel._check import first_few
from weaklabel._device import device_of, on_host
from weaklabel._memo import remembered
from weaklabel.kernels import log_sum_exp
from weaklabel.models._em import mass_within
from weaklabel.models._term import Term

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.votes import Votes


LEAST_WEIGHT = 1e-9  # of a source in vote shares


class VoteTerm(Term):
    """A term that learns how sources err: it informs the items that have votes."""

    _uses: ClassVar[frozenset[str]] = frozenset({"votes"})

    def _refuse(self, evidence: Evidence) -> None:
        votes = votes_of(evidence)
        if votes.n_votes == 0:
            msg = (
                f"None of the {votes.n_sources} sources votes on any of the {len(evidence)} items, "
                "so that there is nothing to learn from. Look at summary(votes): do the functions "
                "read the right columns?"
            )
            raise ValueError(msg)

    def _informs(self, evidence: Evidence) -> Any:
        return votes_of(evidence).voted

    def _start(self, evidence: Evidence, rng: np.random.Generator | None) -> Any:
        """Vote shares; with `rng` each source has a random weight, whatever the order of rows."""
        if rng is None:
            return start_shares(evidence)
        votes = votes_of(evidence)
        xp = array_namespace(votes.weight)
        trust = xp.asarray(rng.gamma(1.0, size=votes.n_sources), device=device_of(votes.weight))
        return start_shares(replace(evidence, votes=votes.weighed(trust)))


def votes_of(evidence: Evidence) -> Votes:
    """Give the votes, which the term cannot do without.

    Raises
    ------
    ValueError
        If there are no sources.
    """
    if evidence.votes is None or evidence.votes.n_sources == 0:
        msg = "This label model learns from votes, and the evidence has none. Add with_votes(...)."
        raise ValueError(msg)
    return evidence.votes


def n_votes_of(evidence: Evidence) -> np.ndarray:
    """Count the entries of each source, each as often as its item counts, on the host."""
    votes = votes_of(evidence)
    if votes.hard:
        return on_host(votes.said(evidence.weights)).sum(axis=1)
    if evidence.weights is None:
        return on_host(votes.n_said).reshape(votes.n_sources, -1).sum(axis=1)
    weights = on_host(evidence.weights)[on_host(votes.item)]
    return np.bincount(on_host(votes.source), weights=weights, minlength=votes.n_sources)


def informative(votes: Votes, silence: str | None, ever_voted: Any = None) -> Any:
    """Tell which sources' silence says something: as the votes say, unless a setting overrides.

    A source that never votes says nothing by it; `ever_voted` tells of more votes than these.
    """
    ever = votes.ever_voted if ever_voted is None else ever_voted
    if silence not in {None, "informative", "missing"}:
        msg = f"silence={silence!r} is unknown. Choose None, 'informative' or 'missing'."
        raise ValueError(msg)
    if silence is None:
        return votes.informative_silence & ever
    return ever & (silence == "informative")


def voices_of(voices: Any, votes: Votes) -> Any:
    """Give how much each source counts, n_sources, beside the votes; None if all count 1.

    Raises
    ------
    ValueError
        If a name is none of a source, or a number is not above 0 and at most 1.
    """
    if voices is None:
        return None
    return remembered(votes, "_voices", (voices,), lambda: _voices(voices, votes))


def _voices(voices: Any, votes: Votes) -> Any:
    """Read how much each source counts."""
    given = pd.Series(voices, dtype=np.float64)
    unknown = given.index.difference(votes.sources, sort=False)
    if len(unknown):
        msg = (
            f"voices names {first_few(unknown)}, and the sources are {first_few(votes.sources)}. "
            "Check the spelling."
        )
        raise ValueError(msg)
    wrong = ~((given > 0) & (given <= 1))
    if wrong.any():
        msg = (
            f"voices are above 0 and at most 1; those of {first_few(given.index[wrong])} are not. "
            "To leave a source out, leave its column out."
        )
        raise ValueError(msg)
    xp = array_namespace(votes.weight)
    table = np.array(given.reindex(votes.sources, fill_value=1.0))
    return xp.asarray(table, device=device_of(votes.weight))


def start_shares(evidence: Evidence) -> Any:
    """Vote shares of each item within its candidates and hints, n_items x n_classes; the start."""
    shares = votes_of(evidence).shares
    open_to = _open_to(evidence, shares)
    if open_to is None:
        return shares
    xp = array_namespace(shares)
    inside = shares * open_to
    total = xp.sum(inside, axis=1, keepdims=True)
    evenly = open_to / xp.sum(open_to, axis=1, keepdims=True)
    return xp.where(total > 0, inside / xp.where(total > 0, total, 1.0), evenly)


def weighted_shares(evidence: Evidence, weights: pd.Series | None) -> Any:
    """Vote shares, in which the votes of each source count as much as given; None: alike."""
    if weights is None:
        return start_shares(evidence)
    votes = votes_of(evidence)
    # where nobody counts, all count the same
    table = np.maximum(weights.reindex(votes.sources).to_numpy(), LEAST_WEIGHT)
    xp = array_namespace(votes.weight)
    weighed = votes.weighed(xp.asarray(table, device=device_of(votes.weight)))
    return start_shares(replace(evidence, votes=weighed))


def _open_to(evidence: Evidence, shares: Any) -> Any:
    """How open each item is to each class, n_items x n_classes; None if nothing tells."""
    if evidence.candidates is None and evidence.hints is None:
        return None
    xp = array_namespace(shares)
    open_to = xp.ones_like(shares)
    if evidence.candidates is not None:
        open_to = xp.astype(evidence.candidates, shares.dtype)
    if evidence.hints is None:
        return open_to
    inside = xp.where(open_to > 0, evidence.hints, xp.full_like(evidence.hints, -xp.inf))
    return xp.exp(inside - xp.max(inside, axis=1, keepdims=True))


def mean_shares(evidence: Evidence, *, pseudo_items: float = 1.0) -> Any:
    """Mean vote share of each class over voted items and uniform pseudo-items, n_classes."""
    mass, n_voted = sum_shares(evidence)
    return (mass + pseudo_items / mass.shape[0]) / (n_voted + pseudo_items)


def sum_shares(evidence: Evidence) -> tuple[Any, Any]:
    """Sum the vote shares of each class, n_classes, and the weights, over voted items."""
    votes = votes_of(evidence)
    xp = array_namespace(votes.weight)
    shares, weights = start_shares(evidence), xp.astype(votes.voted, votes.weight.dtype)
    if evidence.weights is not None:
        weights = weights * evidence.weights
        shares = shares * evidence.weights[:, None]
    return mass_within(shares, votes.voted), xp.sum(weights)


def log_set_rows(log_emission: Any, statements: Any) -> Any:
    """Extend emissions to sets of classes that turned up after fitting.

    Saying "one of these" is taken as saying any of them.

    Parameters
    ----------
    log_emission : floating array, n_sources x n_learned_codes x n_classes
    statements : boolean array, n_codes x n_classes
        The first rows are the learned codes.
    """
    learned = log_emission.shape[1]
    if learned == statements.shape[0]:
        return log_emission
    xp = array_namespace(log_emission)
    n_classes = statements.shape[1]
    said = log_emission[:, :n_classes, :]
    new = [
        xp.where(statements[code, :][None, :, None], said, xp.full_like(said, -xp.inf))
        for code in range(learned, statements.shape[0])
    ]
    rows = [
        xp.reshape(
            log_sum_exp(xp.reshape(xp.permute_dims(union, (0, 2, 1)), (-1, n_classes))),
            (said.shape[0], 1, said.shape[2]),
        )
        for union in new
    ]
    return xp.concat([log_emission, *rows], axis=1)


def over_parts(scores: Any) -> Any:
    """Sum the probabilities of the parts of each class, n_items x n_classes.

    Parameters
    ----------
    scores : floating array, n_items x n_classes x n_parts
        In nats.
    """
    xp = array_namespace(scores)
    return xp.reshape(log_sum_exp(xp.reshape(scores, (-1, scores.shape[2]))), scores.shape[:2])


def statement_name(allowed: Any, classes: pd.Index) -> Any:
    """Name what a code says: a class, or a set of classes in braces."""
    names = classes[allowed].tolist()
    return names[0] if len(names) == 1 else "{" + ", ".join(map(str, names)) + "}"
