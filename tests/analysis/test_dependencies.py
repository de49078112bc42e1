"""Dependent sources are found where they were planted, as strong as planted, and nowhere else."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl
from weaklabel.analysis._outcomes import outcomes

GROUPS = ((0, 1, 2), (3, 4))
PLANTED = {pair for group in GROUPS for pair in combinations(group, 2)}


def drawn(n_classes, rate, *, coverage=0.6, n_items=20_000, seed=0):
    """Draw ten sources; the first of each group is copied by the rest of it on a share of items."""
    rng = np.random.default_rng(seed)
    gold = rng.integers(n_classes, size=n_items)
    right = rng.random((n_items, 10)) < rng.uniform(0.6, 0.85, 10)
    wrong = (gold[:, None] + rng.integers(1, n_classes, right.shape)) % n_classes
    votes = np.where(right, gold[:, None], wrong)
    votes = np.where(rng.random(votes.shape) < coverage, votes, -1)
    for first, *others in GROUPS:
        for other in others:
            copied = rng.random(n_items) < rate
            votes[copied, other] = votes[copied, first]
    return votes


def evidence_for(votes, **settings):
    blank = wl.Evidence(range(len(votes)), classes=range(votes.max() + 1))
    return blank.with_votes(votes, encoding="codes", **settings)


def pairs(table):
    return {tuple(sorted(pair)) for pair in table[["source", "other"]].itertuples(index=False)}


# ---- planted dependence ---------------------------------------------------------------------


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("coverage", [0.6, 1.0])
@pytest.mark.parametrize("rate", [0.3, 0.9])
def test_copied_votes_are_found_with_the_share_that_is_copied(n_classes, coverage, rate):
    found = wl.dependencies(evidence_for(drawn(n_classes, rate, coverage=coverage)))
    assert pairs(found) == PLANTED
    strength = found.set_index(["source", "other"])["strength"]
    assert strength[0, 1] == pytest.approx(rate, abs=0.04)
    assert strength[1, 2] == pytest.approx(rate**2, abs=0.04)  # both copied


@pytest.mark.parametrize("n_classes", [2, 4])
def test_copying_of_assigned_items_is_found(n_classes):
    found = wl.dependencies(evidence_for(drawn(n_classes, 0.5), silence="missing"))
    assert pairs(found) == PLANTED


@pytest.mark.parametrize("own_votes", [True, False])
@pytest.mark.parametrize("q", [0.3, 0.5, 0.7, 0.9])
def test_a_majority_that_copies_is_not_the_class(q, own_votes):
    """Six of nine sources are one; what they share is larger than what the class explains."""
    case = wl.datasets.correlated_copies(q=q, own_votes=own_votes, random_state=0)
    group = [f"source_{number}" for number in (0, 4, 5, 6, 7, 8)]
    assert pairs(wl.dependencies(case.votes)) == set(combinations(group, 2))


@pytest.mark.parametrize("n_classes", [2, 3, 6])
@pytest.mark.parametrize("rate", [0.2, 0.8])
def test_rules_for_one_class_each(n_classes, rate):
    rng = np.random.default_rng(n_classes)
    gold = rng.choice(n_classes, 20_000, p=rng.dirichlet(5 * np.ones(n_classes)))
    votes = np.full((len(gold), 4 * n_classes), -1)
    for number in range(votes.shape[1]):
        own = gold == number % n_classes
        fires = rng.random(len(gold)) < np.where(
            own, rng.uniform(0.1, 0.5), rng.uniform(0.005, 0.08)
        )
        votes[fires, number] = number % n_classes
    honest = evidence_for(votes)
    assert wl.dependencies(honest).empty
    copied = rng.random(len(gold)) < rate
    votes[copied, n_classes] = votes[copied, 0]
    assert pairs(wl.dependencies(evidence_for(votes))) == {(0, n_classes)}


@pytest.mark.parametrize(
    "draw",
    [
        wl.datasets.independent,
        wl.datasets.imbalanced,
        wl.datasets.many_classes,
        wl.datasets.unipolar,
    ],
)
def test_honest_sources_are_left_alone(draw):
    for seed in range(2):
        assert wl.dependencies(draw(random_state=seed).votes).empty


@pytest.mark.parametrize("n_sources", [5, 12])
def test_shared_confusions_are_no_dependence(n_sources):
    """Grades are confused with their neighbors by all who grade, each by himself."""
    rng = np.random.default_rng(n_sources)
    gold = rng.integers(5, size=20_000)
    noise = rng.normal(0, rng.uniform(0.5, 1.2, n_sources), (len(gold), n_sources))
    votes = np.clip(gold[:, None] + np.round(noise).astype(int), 0, 4)
    assert wl.dependencies(evidence_for(votes)).empty


def test_pairs_that_hardly_meet_and_three_sources_say_nothing():
    rng = np.random.default_rng(0)
    votes = rng.integers(2, size=(600, 40))
    votes[:, 1] = votes[:, 0]
    votes[rng.random(votes.shape) < 0.9] = -1  # six common items a pair
    assert wl.dependencies(evidence_for(votes, silence="missing")).empty
    assert wl.dependencies(evidence_for(drawn(2, 0.9)[:, :3])).empty


def test_votes_that_never_vary_and_no_votes_say_nothing():
    same, silent = np.zeros((50, 5), dtype=int), np.full((50, 5), -1)
    varied = np.hstack([same, drawn(2, 0.5, n_items=50)])
    blank = wl.Evidence(range(50), classes=[0, 1])
    for votes in (same, silent, varied):
        for silence in (None, "missing"):
            evidence = blank.with_votes(votes, encoding="codes", silence=silence)
            found = wl.dependencies(evidence)
            assert not (found[["source", "other"]] < 5).to_numpy().any()


# ---- laws -----------------------------------------------------------------------------------


def test_orders_of_items_sources_and_classes_do_not_matter():
    votes = pd.DataFrame(drawn(3, 0.4, n_items=3000)).add_prefix("s")
    classes = ["x", "y", "z"]
    frame = votes.apply(lambda column: pd.Categorical.from_codes(column, classes))
    rng = np.random.default_rng(1)
    rows, columns = rng.permutation(len(frame)), rng.permutation(frame.shape[1])
    found, other = (
        wl.dependencies(wl.Evidence(data.index, classes=names).with_votes(data), strength=0)
        for data, names in ((frame, classes), (frame.iloc[rows, columns], ["z", "x", "y"]))
    )
    tables = []
    for table in (found, other):
        ends = np.sort(table[["source", "other"]].to_numpy(str), axis=1)
        tables.append(table.iloc[:, 2:].set_index([ends[:, 0], ends[:, 1]]).sort_index())
    pd.testing.assert_frame_equal(*tables, rtol=1e-8)


def test_an_item_of_weight_two_counts_like_two_items():
    votes = drawn(2, 0.5, n_items=2000)
    weights = np.where(np.arange(len(votes)) % 3 == 0, 2.0, 1.0)
    weighted = wl.dependencies(evidence_for(votes).with_weights(weights))
    repeated = wl.dependencies(evidence_for(np.repeat(votes, weights.astype(int), axis=0)))
    pd.testing.assert_frame_equal(weighted, repeated)


@pytest.mark.parametrize("silence", [None, "missing"])
def test_outcomes_are_those_counted_one_by_one(silence):
    rng = np.random.default_rng(0)
    votes, weights = rng.integers(-1, 3, (200, 4)), rng.random(200)
    found = outcomes(evidence_for(votes, silence=silence).votes, weights)
    for a, b in combinations(range(4), 2):
        seen = np.ones(200, bool) if silence is None else (votes[:, a] >= 0) & (votes[:, b] >= 0)
        one, other, heavy = votes[seen, a] % 4, votes[seen, b] % 4, weights[seen]  # -1 is the last
        share = np.zeros((4, 4))
        np.add.at(share, (one, other), heavy / heavy.sum())
        p, q = share.sum(axis=1), share.sum(axis=0)
        np.testing.assert_allclose(found.covariance[a, :, b], share - np.outer(p, q), atol=1e-12)
        np.testing.assert_allclose(found.n_common[a, b], heavy.sum())
        np.testing.assert_allclose(found.same[a, b], np.trace(share))
        np.testing.assert_allclose(found.chance[a, b], p @ q)
        np.testing.assert_allclose(found.most[a, b], np.minimum(p, q).sum())
        beyond = (one == other) - q[one] - p[other]
        spread = np.average(beyond**2, weights=heavy) - np.average(beyond, weights=heavy) ** 2
        terms = (np.eye(4) - q[:, None] - p[None, :] + p @ q) ** 2
        spread, total = max(spread, (np.outer(p, q) * terms).sum()), heavy.sum()
        np.testing.assert_allclose(found.same_error[a, b], np.sqrt(spread / total + 1 / total**2))


# ---- errors ---------------------------------------------------------------------------------


def test_limits_that_are_none_are_refused():
    votes = evidence_for(drawn(2, 0.5, n_items=50))
    with pytest.raises(ValueError, match="strength is a share, 0 to 1, not 2"):
        wl.dependencies(votes, strength=2)
    with pytest.raises(ValueError, match="errors is a number of standard errors"):
        wl.dependencies(votes, errors=float("nan"))
