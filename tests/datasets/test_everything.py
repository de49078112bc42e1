"""Everything at once: drawn as described, and each part helps whoever knows the truth."""

import itertools

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl
from weaklabel.datasets import everything

PARTS = ["votes", "candidates", "features", "bags", "neighbors"]
ALONE = {"votes", "candidates", "features"}  # about one item at a time


@pytest.fixture(scope="module")
def case():
    return everything(20_000, random_state=0)


def codes_of(case):
    return case.gold.cat.codes.to_numpy()


def near(found, expected, n):
    """Within what sampling causes, for shares of n items."""
    assert found == pytest.approx(expected, abs=4.5 * np.sqrt(expected * (1 - expected) / n))


def test_votes_are_right_as_often_as_described(case):
    for name, accuracy in zip(case.votes, [0.8, 0.7, 0.65, 0.6], strict=True):
        said = case.votes[name].dropna()
        near(len(said) / len(case.gold), 0.5, len(case.gold))
        right = said.astype(str) == case.gold[said.index].astype(str)
        near(right.mean(), accuracy, len(said))
    assert case.emission.sum(axis=1) == pytest.approx(1)


def test_candidates_hold_the_truth_and_each_wrong_class_by_chance(case):
    table = case.candidates.to_numpy()
    assert table[np.arange(len(table)), codes_of(case)].all()
    wrong = np.arange(3) != codes_of(case)[:, None]
    near(table[wrong].mean(), 0.5 + 0.5 * 0.6, wrong.sum())
    near((table.sum(axis=1) == 1).mean(), 0.5 * 0.4**2, len(table))


def test_features_are_round_around_means_that_are_as_far_apart_as_asked(case):
    apart = np.linalg.norm(case.means.iloc[0] - case.means.iloc[1])
    assert apart == pytest.approx(2)
    residual = case.features.to_numpy() - case.means.to_numpy()[codes_of(case)]
    assert np.cov(residual.T) == pytest.approx(np.eye(3), abs=0.05)
    assert np.abs(residual.mean(axis=0)).max() < 4.5 / np.sqrt(len(residual))


def test_counts_are_those_of_the_bags_and_shares_spread(case):
    assert (case.bags.value_counts() == 20).all()
    for name in case.classes:
        counted = (case.gold == name).groupby(case.bags).sum()
        pd.testing.assert_series_equal(case.counts[name], counted, check_names=False)
    # a uniform share has variance 1/18 for three classes; counting 20 draws adds to it
    expected = 1 / 18 + (1 / 3 - 1 / 9 - 1 / 18) / 20
    assert (case.counts["class_0"] / 20).var() == pytest.approx(expected, rel=0.15)


def test_neighbors_are_symmetric_pairs_and_four_times_as_likely_in_a_class(case):
    graph = case.neighbors
    assert (graph != graph.T).nnz == 0
    assert graph.diagonal().max() == 0
    assert np.unique(graph.data) == pytest.approx(np.log(4))
    assert graph.nnz / len(case.gold) == pytest.approx(1.5, abs=0.05)
    one, other = graph.nonzero()
    same = (codes_of(case)[one] == codes_of(case)[other]).mean()
    share = (np.bincount(codes_of(case)) ** 2).sum() / len(case.gold) ** 2
    near(same, 4 * share / (4 * share + 1 - share), len(one) / 2)


def test_parts_are_independent_given_the_class(case):
    right = case.votes["source_0"] == case.gold
    told = ~case.candidates.all(axis=1)
    joined = np.diff(case.neighbors.indptr) > 0
    shifted = (
        case.features.to_numpy()[np.arange(len(right)), codes_of(case)] > case.means.max().max()
    )
    facts = np.column_stack([right, told, joined, shifted, case.bags % 2])
    correlation = np.corrcoef(facts.T) - np.eye(5)
    assert np.abs(correlation).max() < 4.5 / np.sqrt(len(right))


def test_scores_are_the_posterior_of_the_truth(case):
    """Calibrated by each part: what is 80 % sure is right in 80 %."""
    truth = codes_of(case)[:, None] == np.arange(3)
    for parts in (["votes"], ["candidates"], ["features"], ["votes", "candidates", "features"]):
        scores = case.scores(*parts).to_numpy()
        posterior = np.exp(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))
        deviation = np.sqrt((posterior * (1 - posterior)).sum(axis=0))
        assert (np.abs((truth - posterior).sum(axis=0)) < 4.5 * deviation).all()
        sure = posterior > 0.7
        spread = np.sqrt((posterior * (1 - posterior))[sure].sum())
        assert abs((truth - posterior)[sure].sum()) < 4.5 * spread + 1e-9


def test_scores_add_up(case):
    prior = np.log(case.prior.to_numpy())
    parts = [case.scores(name).to_numpy() - prior for name in sorted(ALONE)]
    np.testing.assert_allclose(case.scores().to_numpy(), sum(parts) + prior)
    np.testing.assert_allclose(case.scores("bags", "neighbors").to_numpy() - prior, 0)


def test_every_further_part_lowers_the_log_loss_of_who_knows_the_parameters():
    """The law that label models are held to is one that the truth obeys."""
    cases = [everything(200, bag_size=5, random_state=seed) for seed in range(4)]
    subsets = [set(some) for n in range(1, 6) for some in itertools.combinations(PARTS, n)]
    loss = {}
    for parts in subsets:
        loss[frozenset(parts)] = np.mean([log_loss(case, parts) for case in cases])
    for parts, further in itertools.product(subsets, PARTS):
        if further not in parts:
            assert loss[frozenset(parts | {further})] < loss[frozenset(parts)] + 0.01


def log_loss(case, parts):
    """Of the posterior under the true parameters."""
    scores = case.scores(*(ALONE & parts or ["bags"])).to_numpy()
    posterior = wl.BeliefPropagation(tol=1e-3).solve(scores, case.evidence(*parts))
    return wl.metrics.log_loss(case.gold, posterior)


def test_evidence_has_the_parts_asked_for(case):
    made = case.evidence("votes", "features")
    assert made.summary().index.tolist() == ["votes", "features"]
    assert case.evidence().summary().index.tolist() == [
        *["votes", "candidates", "bags", "features", "neighbors"]
    ]
    with pytest.raises(ValueError, match=r"There is no part 'graph'\. The parts are votes, cand"):
        case.evidence("votes", "graph")


def test_two_classes_and_an_uneven_prior():
    case = everything(20_000, 2, prior=[0.9, 0.1], random_state=1)
    assert case.classes.tolist() == ["negative", "positive"]
    assert (case.gold == "positive").mean() == pytest.approx(0.1, abs=0.03)
    assert case.counts.columns.tolist() == ["negative", "positive"]


def test_a_class_that_never_occurs():
    case = everything(200, 3, prior=[0.5, 0.5, 0], random_state=1)
    assert case.counts["class_2"].eq(0).all()
    assert case.gold.cat.categories.tolist() == ["class_0", "class_1", "class_2"]


def test_no_items():
    case = everything(0, random_state=0)
    assert case.votes.shape == (0, 4)
    assert case.neighbors.shape == (0, 0)
    assert case.counts.shape == (0, 3)
    assert len(case.evidence("votes", "features")) == 0


def test_what_is_left_over_makes_a_smaller_bag():
    assert sorted(everything(25, bag_size=10, random_state=0).bags.value_counts()) == [5, 10, 10]


def test_the_same_random_state_draws_the_same_and_no_global_one_is_touched():
    before = np.random.get_state()[1].copy()
    first, second, other = (everything(100, random_state=seed) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first.votes, second.votes)
    pd.testing.assert_frame_equal(first.features, second.features)
    assert (first.neighbors != second.neighbors).nnz == 0
    assert not first.gold.equals(other.gold)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"prior": [0.5, 0.5]}, r"The prior has 2 shares for 3 classes\. Pass one share a class"),
        ({"prior": [50, 25, 25]}, r"'prior' is no probability at position 0, 1, 2"),
        ({"bag_size": 0}, r"A bag holds at least one item, not 0\. Try bag_size=20"),
    ],
)
def test_what_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        everything(10, **settings)
