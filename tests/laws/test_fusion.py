"""A further true piece of evidence never makes what the default model says worse."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from laws._cases import no_advice

import weaklabel as wl

PARTS = ("votes", "candidates", "bags", "features", "neighbors")
ALONE = ("votes", "candidates", "bags")  # what tells classes apart by itself
PAIRS = [(one, other) for one in ALONE for other in PARTS if other != one]
NOISE = 2.0  # standard errors of the mean difference, item by item


@cache
def losses(*parts: str) -> np.ndarray:
    """Log-loss of every item, in nats, of the default model on some parts."""
    case = wl.datasets.everything(400, bag_size=8, random_state=3)
    evidence = case.evidence(*parts)
    with no_advice():
        model = wl.LabelModel().fit(evidence)
        found = model.predict_proba(evidence)
    right = found.to_numpy()[np.arange(len(found)), case.gold.cat.codes]
    return -np.log(np.maximum(right, 1e-15))


def worse_by(more: tuple[str, ...], less: tuple[str, ...]) -> tuple[float, float]:
    """Mean difference of log-loss, and its standard error."""
    difference = losses(*more) - losses(*less)
    return difference.mean(), difference.std() / np.sqrt(len(difference))


@pytest.mark.parametrize(("one", "other"), PAIRS, ids="+".join)
def test_a_second_kind_of_evidence_never_hurts(one, other):
    both = tuple(part for part in PARTS if part in {one, other})
    worse, error = worse_by(both, (one,))
    assert worse <= NOISE * error, (one, other, worse)


@pytest.mark.parametrize("left_out", PARTS)
def test_with_everything_known_nothing_is_missed_for_free(left_out):
    """Every part is worth something, however much else is known."""
    rest = tuple(part for part in PARTS if part != left_out)
    worse, error = worse_by(PARTS, rest)
    assert worse <= NOISE * error, (left_out, worse)


def test_the_law_is_about_something():
    """All parts together are far better than any alone."""
    everything = losses(*PARTS).mean()
    assert everything < 0.5 * min(losses(part).mean() for part in ALONE)


@pytest.mark.parametrize("part", ["features", "neighbors"])
def test_what_tells_no_classes_apart_is_refused(part):
    case = wl.datasets.everything(60, random_state=0)
    with pytest.raises(ValueError, match=r"Nothing is known that tells the classes of the 60"):
        wl.LabelModel().fit(case.evidence(part))
