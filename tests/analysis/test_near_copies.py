"""Near-copies are found where they were planted, and nowhere else."""

import numpy as np
import pandas as pd
import pytest

from weaklabel.analysis import near_copies
from weaklabel.evidence import Evidence


def sources(rng, n, accuracy, coverage, prior=(0.5, 0.5)):
    """Draw sources that err independently: right, else uniform over the wrong classes."""
    k, m = len(prior), len(accuracy)
    y = rng.choice(k, n, p=prior)
    wrong = (y[:, None] + rng.integers(1, k, (n, m))) % k
    fires = rng.random((n, m)) < np.asarray(coverage)
    right = rng.random((n, m)) < np.asarray(accuracy)
    return np.where(fires, np.where(right, y[:, None], wrong), -1)


def one_sided(rng, n):
    """Draw honest rules for one class each: those of one class always agree."""
    y = rng.choice(2, n, p=[0.95, 0.05])
    rules = [(1, 0.4, 0.05), (1, 0.3, 0.03), (1, 0.2, 0.01), (0, 0.3, 0.2), (0, 0.5, 0.3)]
    fires = [rng.random(n) < np.where(y == c, on, off) for c, on, off in rules]
    return np.stack([np.where(f, c, -1) for f, (c, _, _) in zip(fires, rules, strict=True)], 1)


def pairs(votes, **limits):
    table = near_copies(pd.DataFrame(votes), **limits)
    return {tuple(sorted(pair)) for pair in table[["source", "other"]].itertuples(index=False)}


PLANTED = {(i, j) for i in (0, 4, 5) for j in (4, 5) if i < j}


@pytest.mark.parametrize("n", [500, 2_000, 20_000])
@pytest.mark.parametrize("seed", [0, 1])
def test_copies_that_are_sometimes_silent_are_found(n, seed):
    rng = np.random.default_rng(seed)
    votes = sources(rng, n, [0.65, 0.8, 0.8, 0.8], 0.7)
    copies = np.where(rng.random((n, 2)) < 0.95, votes[:, :1], -1)
    assert pairs(np.hstack([votes, copies])) == PLANTED


@pytest.mark.parametrize("prior", [(0.5, 0.5), (0.4, 0.3, 0.2, 0.1)])
@pytest.mark.parametrize("seed", [0, 1])
def test_copies_among_sources_that_always_vote_are_found(prior, seed):
    rng = np.random.default_rng(seed)
    votes = sources(rng, 3_000, [0.65, 0.8, 0.8, 0.8], 1, prior)
    slips = rng.random((3_000, 2)) < 0.01
    copies = np.where(slips, rng.integers(0, len(prior), (3_000, 2)), votes[:, :1])
    assert pairs(np.hstack([votes, copies])) == PLANTED


@pytest.mark.parametrize("n", [300, 2_000, 20_000])
@pytest.mark.parametrize("seed", [0, 1])
def test_honest_sources_are_left_alone(n, seed):
    rng = np.random.default_rng(seed)
    assert not pairs(one_sided(rng, n))
    assert not pairs(sources(rng, n, [0.85, 0.75, 0.7, 0.65, 0.9, 0.6], 0.4))
    assert not pairs(sources(rng, n, [0.85, 0.92, 0.86, 0.96], [1, 1, 1, 0.64], (0.9, 0.1)))


@pytest.mark.parametrize("prior", [(0.5, 0.5), (0.95, 0.05), (0.4, 0.3, 0.2, 0.1)])
def test_sources_that_agree_because_they_are_right_are_left_alone(prior):
    rng = np.random.default_rng(0)
    votes = sources(rng, 5_000, [0.995, 0.995, 0.99, 0.8, 0.7, 0.9], 1, prior)
    assert (votes[:, 0] == votes[:, 1]).mean() > 0.98
    assert not pairs(votes)


def test_constant_sources_say_nothing_and_are_not_flagged():
    rng = np.random.default_rng(0)
    votes = sources(rng, 1_000, [0.7, 0.8, 0.8], 1)
    assert not pairs(np.hstack([votes, np.ones((1_000, 2), int)]))


def test_two_sources_that_always_vote_cannot_be_told_from_good_ones():
    votes = np.random.default_rng(0).integers(0, 2, (1_000, 1))
    assert not pairs(np.hstack([votes, votes]))


def test_assigned_items_are_no_silence_in_common():
    rng = np.random.default_rng(0)
    votes = sources(rng, 2_000, [0.99, 0.99, 0.8], np.ones(3))
    votes[1_000:, :2] = -1  # the first two workers got the same batch
    frame = pd.DataFrame(votes)
    known = Evidence(frame.index, classes=[0, 1])
    assert len(near_copies(known.with_votes(frame, silence="informative"))) == 1
    assert len(near_copies(known.with_votes(frame, silence="missing"))) == 0


def test_few_common_votes_are_not_enough():
    votes = np.full((1_000, 2), -1)
    votes[:19] = 1
    assert not pairs(votes)
    votes[19] = 1
    assert pairs(votes) == {(0, 1)}
    assert not pairs(votes, min_common=21)
    many = np.vstack([votes, np.full((30_000, 2), -1)])
    assert not pairs(many)  # 20 of 31,000 is chance; 200 are wanted
    many[:200] = 1
    assert pairs(many) == {(0, 1)}


def test_limits_can_be_lifted_to_see_all_pairs_most_alike_first():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(sources(rng, 500, [0.9, 0.9, 0.5], 0.5), columns=["x", "y", "z"])
    table = near_copies(frame, agreement=0, silence=-2, min_common=0)
    assert len(table) == 3
    assert table.loc[0, ["source", "other"]].tolist() == ["x", "y"]
    assert table["agreement"].is_monotonic_decreasing
    x, y = frame["x"], frame["y"]
    both = (x >= 0) & (y >= 0)
    assert table.loc[0, "n_common"] == both.sum()
    assert table.loc[0, "agreement"] == (x == y)[both].mean()
    assert table.loc[0, "silence_correlation"] == pytest.approx(np.corrcoef(x >= 0, y >= 0)[0, 1])


def test_equal_sets_are_the_same_but_a_set_and_its_member_are_not():
    rng = np.random.default_rng(0)
    hard = rng.choice(["a", "b", None], 300)
    sets = np.array([None if v is None else frozenset({v, "c"}) for v in hard], dtype=object)
    frame = pd.DataFrame({"hard": hard, "sets": sets, "again": sets})
    known = Evidence(frame.index, classes=["a", "b", "c"]).with_votes(frame)
    assert near_copies(known)[["source", "other"]].to_numpy().tolist() == [["sets", "again"]]


@pytest.mark.parametrize("seed", range(10))
def test_few_items_of_a_rare_class_are_no_evidence_against_good_sources(seed):
    rng = np.random.default_rng(seed)
    assert not pairs(sources(rng, 300, [0.995, 0.995, 0.99, 0.8, 0.7, 0.9], 1, (0.98, 0.02)))
