"""Tables of pairs against counting by hand, and against the summary."""

import numpy as np
import pandas as pd
import pytest
from analysis_brute import evidence, frames, sayings, share
from hypothesis import given, settings

from weaklabel.analysis import agreement, conflict, overlap, summary


def by_hand(frame, i, j):
    """Items on which both vote, and on which they contradict."""
    both = [(row[i], row[j]) for row in sayings(frame) if row[i] and row[j]]
    return len(both), sum(not (v & w) for v, w in both)


@settings(deadline=None, max_examples=60)
@given(frames())
def test_every_cell_is_what_counting_by_hand_gives(case):
    frame, _ = case
    known = evidence(frame)
    tables = overlap(known), conflict(known), agreement(known)
    for table in tables:
        assert table.index.tolist() == table.columns.tolist() == frame.columns.tolist()
    for i, j in np.ndindex(tables[0].shape):
        both, clash = by_hand(frame, i, j)
        expected = both / len(frame), clash / len(frame), share(both - clash, both)
        found = [table.iloc[i, j] for table in tables]
        assert found == pytest.approx(expected, nan_ok=True)


def test_the_diagonal_of_overlap_is_coverage():
    frame = pd.DataFrame({"one": [1, -1, 0], "two": [1, -1, -1], "silent": [-1, -1, -1]})
    assert np.diag(overlap(frame)).tolist() == summary(frame)["coverage"].tolist()[:3]
    assert np.isnan(agreement(frame).loc["silent", "one"])


@pytest.mark.parametrize("density", [0.02, 0.9])
def test_dense_and_sparse_products_count_the_same(density):
    rng = np.random.default_rng(0)
    votes = np.where(rng.random((3000, 12)) < density, rng.integers(0, 2, (3000, 12)), -1)
    frame = pd.DataFrame(votes)
    for i, j in [(0, 0), (0, 1), (5, 11)]:
        both = (votes[:, i] >= 0) & (votes[:, j] >= 0)
        assert overlap(frame).iloc[i, j] == both.mean()
        assert conflict(frame).iloc[i, j] == (both & (votes[:, i] != votes[:, j])).mean()
