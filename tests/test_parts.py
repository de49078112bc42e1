"""Parts that are handed to the constructor as they are: their kinds and shapes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import weaklabel as wl


@pytest.fixture
def known():
    """Four items, three classes, nothing known."""
    return wl.Evidence(["a", "b", "c", "d"], classes=["ham", "spam", "promo"])


OF_ANOTHER_KIND = {
    "candidates": [[[True] * 3] * 4, np.ones((4, 3)), pd.DataFrame(True, range(4), range(3))],
    "hints": [np.zeros((4, 3), int), 0.1],
    "features": [[[1.0]] * 4, np.array([["a"]] * 4), sparse.csr_array((4, 2))],
    "weights": [[1.0] * 4, np.ones(4, int), "many"],
    "neighbors": [np.eye(4), sparse.eye_array(4, format="coo")],
    "bags": [None, [], ("A",), {"a": "A"}],
    "votes": [np.zeros((4, 2))],
}

OF_ANOTHER_SHAPE = {
    "candidates": [np.ones((3, 3), bool), np.ones((4, 2), bool), np.ones(4, bool)],
    "hints": [np.zeros((4, 1)), np.zeros((4, 3, 1))],
    "features": [np.ones(4), np.ones((5, 2), bool), np.ones((4, 1, 1))],
    "weights": [np.ones(3), np.ones((4, 1))],
    "neighbors": [sparse.csr_array((3, 3)), sparse.csr_array((4, 3))],
}


@pytest.mark.parametrize("part", OF_ANOTHER_KIND)
def test_parts_of_another_kind_are_refused(known, part):
    for wrong in OF_ANOTHER_KIND[part]:
        with pytest.raises(TypeError, match=rf"^{part}= takes .*, not a .*Call Evidence.*\)\.$"):
            wl.Evidence(known.index, known.classes, **{part: wrong})


@pytest.mark.parametrize("part", OF_ANOTHER_SHAPE)
def test_parts_of_another_shape_are_refused(known, part):
    for wrong in OF_ANOTHER_SHAPE[part]:
        with pytest.raises(ValueError, match=rf"^{part}= is .*: 4.* here; this is .*by label\.$"):
            wl.Evidence(known.index, known.classes, **{part: wrong})
    votes = known.take([0, 1]).with_votes(pd.DataFrame({"s": ["ham", "spam"]}, ["a", "b"])).votes
    with pytest.raises(ValueError, match=r"votes= is about 4 items: 4 here; this is 2\."):
        wl.Evidence(known.index, known.classes, votes=votes)


def test_parts_of_the_right_shape_are_taken_as_they_are(known, xp):
    parts = {
        "candidates": xp.asarray(np.ones((4, 3), dtype=bool)),
        "hints": xp.asarray(np.zeros((4, 3), dtype=np.float32)),
        "features": xp.asarray(np.ones((4, 5), dtype=np.uint8)),
        "weights": xp.asarray(np.ones(4)),
    }
    found = wl.Evidence(known.index, known.classes, **parts)
    assert all(getattr(found, name) is part for name, part in parts.items())
    assert len(found.summary()) == 4
