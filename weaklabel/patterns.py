"""Vote patterns: items about which exactly the same is known, counted once with a weight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from weaklabel._memo import remembered
from weaklabel.evidence import Evidence
from weaklabel.kernels import same_segments
from weaklabel.votes import Votes

WORTH_IT = 0.7  # collapse if no more than this share of rows is distinct


def collapse(evidence: Evidence) -> tuple[Evidence, np.ndarray] | None:
    """Keep one item of every pattern, weighted by how many there are.

    Every model that depends on votes, candidates, hints and weights alone gives the same answer on
    patterns as on items, often with 20 to 3000 times less work.

    Parameters
    ----------
    evidence : Evidence
        On the host.

    Returns
    -------
    tuple of Evidence and integer array, or None
        Patterns, and the pattern of each item. None where items differ in more than votes,
        candidates and hints (bags, features, neighbors), or where there is little to gain.

    Examples
    --------
    >>> votes = pd.DataFrame({"a": ["x", "x", "x", "y"], "b": ["y", "y", "y", None]})
    >>> evidence = Evidence(votes.index, classes=["x", "y"]).with_votes(votes)
    >>> patterns, pattern = collapse(evidence)
    >>> len(patterns), sorted(patterns.weights.tolist())
    (2, [1.0, 3.0])
    """
    votes = evidence.votes
    told_apart = evidence.bags or evidence.features is not None or evidence.neighbors is not None
    if votes is None or told_apart or not isinstance(votes.item, np.ndarray):
        return None
    parts = (evidence.candidates, evidence.hints, evidence.weights)
    return remembered(votes, "_patterns", parts, lambda: _patterns(evidence, votes))


def _patterns(evidence: Evidence, votes: Votes) -> tuple[Evidence, np.ndarray] | None:
    """Find the patterns."""
    first, pattern = same_segments(
        votes.unit, votes.brief_weight, votes.starts, _beside_votes(evidence)
    )
    if len(first) > WORTH_IT * len(evidence):
        return None
    weights = np.bincount(pattern, weights=evidence.weights, minlength=len(first))
    patterns = replace(
        evidence,
        index=pd.RangeIndex(len(first)),
        votes=votes.take(first),
        candidates=None if evidence.candidates is None else evidence.candidates[first],
        hints=None if evidence.hints is None else evidence.hints[first],
        weights=weights.astype(np.float64),
    )
    return patterns, pattern


def _beside_votes(evidence: Evidence) -> np.ndarray:
    """Give what candidates and hints say of each item as a number, int64, n_items or 1."""
    number = np.zeros(1, dtype=np.int64)
    if evidence.candidates is not None:
        for bits in np.packbits(evidence.candidates, axis=1).T:
            number = _split(number, bits)
    if evidence.hints is not None:
        for hint in evidence.hints.T:
            number = _split(number, hint + 0.0)  # since -0.0 is the same hint
    return number


def _split(number: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Split numbered groups by further values."""
    found, distinct = pd.factorize(values)
    return pd.factorize(number * len(distinct) + found)[0]
