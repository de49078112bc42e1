"""Statements about single items: candidates, certain or not, added to what was said before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from weaklabel._check import first_few
from weaklabel.io.candidates import candidates_from
from weaklabel.io.hints import certain, hints_from

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence


def add_statements(
    evidence: Evidence, candidates: Any, exclude: Any, *, noise_rate: Any, transition: Any
) -> dict[str, Any]:
    """Give the candidates and hints of an evidence after more was said about its items.

    Parameters
    ----------
    evidence : Evidence
        Gives items, classes, and what was said before.
    candidates, exclude, noise_rate, transition
        See `Evidence.with_candidates`.

    Returns
    -------
    dict
        The parts `candidates` and `hints`; None where nothing is said by them.

    Raises
    ------
    ValueError
        If nothing is given, or an item is left with no class.
    """
    if candidates is None and exclude is None:
        msg = "with_candidates needs candidates, or exclude=, or both; neither was given."
        raise ValueError(msg)
    shape = len(evidence), len(evidence.classes)
    allowed = np.ones(shape, dtype=bool) if evidence.candidates is None else evidence.candidates
    hints = np.zeros(shape) if evidence.hints is None else evidence.hints
    for data, negative in ((candidates, False), (exclude, True)):
        if data is None:
            continue
        said = candidates_from(data, evidence.index, evidence.classes, exclude=negative)
        if certain(noise_rate, transition):
            allowed = allowed & said
        else:
            hints = hints + hints_from(
                said, evidence, noise_rate=noise_rate, transition=transition, exclude=negative
            )
    # a rate or a probability of 0 is certain, even where votes leave no class
    allowed = allowed & (hints > -np.inf)
    _refuse_empty(evidence, allowed)
    # what says nothing is left out, so that nothing is added to scores
    restricts = evidence.candidates is not None or not allowed.all()
    return {
        "candidates": allowed if restricts or not hints.any() else None,
        "hints": hints if hints.any() else None,
    }


def _refuse_empty(evidence: Evidence, allowed: np.ndarray) -> None:
    """Refuse items that no class is left for."""
    empty = np.flatnonzero(~allowed.any(axis=1))
    if len(empty):
        msg = (
            f"No class is left for {len(empty)} items: {first_few(evidence.index[empty])}. Two "
            "statements that are taken as certain contradict each other. If one may be wrong, "
            "say how often by noise_rate=, or give it as a vote: with_votes takes sets and "
            "Not(...)."
        )
        raise ValueError(msg)
