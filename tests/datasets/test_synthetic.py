"""Synthetic votes: drawn as described, and `bayes` is the true posterior."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from weaklabel import datasets

CASES = ["independent", "imbalanced", "correlated_copies", "unipolar", "many_classes"]

# Accuracy, log-loss and calibration error of the true posterior: medians of the seeds 0 to 4,
# computed apart from this package.
BAYES = {
    "independent": (0.847, 0.341, 0.005),
    "imbalanced": (0.984, 0.041, 0.001),
    "correlated_copies": (0.843, 0.360, 0.002),
    "unipolar": (0.958, 0.138, 0.002),
    "many_classes": (0.965, 0.110, 0.002),
}


def draw(name, random_state=0, **settings):
    return getattr(datasets, name)(random_state=random_state, **settings)


def calibration_error(right, top):
    bins = np.minimum((top * 10).astype(int), 9)
    return np.abs(np.bincount(bins, right - top, minlength=10)).sum() / len(top)


def measure(case):
    """Accuracy (ties in expectation), log-loss and calibration error of `bayes`."""
    bayes, gold = case.bayes.to_numpy(), case.gold.cat.codes.to_numpy()
    top = bayes.max(axis=1)
    tied = np.isclose(bayes, top[:, None], rtol=1e-9)
    right = np.take_along_axis(tied, gold[:, None], 1)[:, 0] / tied.sum(axis=1)
    loss = -np.log(np.take_along_axis(bayes, gold[:, None], 1)[:, 0])
    return right, loss, calibration_error(right, top)


@pytest.mark.parametrize("name", CASES)
def test_bayes_reaches_the_known_figures(name):
    accuracy, log_loss, _ = BAYES[name]
    runs = [measure(draw(name, seed)) for seed in range(5)]
    n_items = len(runs[0][0])
    # A median of five has 1.2 times the deviation of their mean; the figures compared with are
    # such medians themselves (another sqrt(2)) and rounded to three digits.
    deviations = 4 * 1.2 * math.sqrt(2 / 5) / math.sqrt(n_items)
    right = np.median([run[0].mean() for run in runs])
    loss = np.median([run[1].mean() for run in runs])
    assert abs(right - accuracy) < deviations * runs[0][0].std() + 0.0005
    assert abs(loss - log_loss) < deviations * runs[0][1].std() + 0.0005


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("seed", range(5))
def test_calibration_error_of_bayes_is_what_sampling_alone_causes(name, seed):
    case = draw(name, seed)
    top = case.bayes.to_numpy().max(axis=1)
    rng = np.random.default_rng(0)
    # labels drawn from the posterior itself
    simulated = [calibration_error(rng.random(len(top)) < top, top) for _ in range(200)]
    assert measure(case)[2] < np.mean(simulated) + 4.5 * np.std(simulated)


@pytest.mark.parametrize("name", ["independent", "imbalanced", "correlated_copies"])
def test_the_draws_themselves_are_those_described(name):
    # The same draws give the same rounded figures, not only similar ones.
    runs = [measure(draw(name, seed)) for seed in range(5)]
    medians = np.median([[run[0].mean(), run[1].mean(), run[2]] for run in runs], axis=0)
    assert medians == pytest.approx(BAYES[name][:3], abs=0.00051)


@pytest.mark.parametrize("name", CASES)
def test_bayes_is_calibrated(name):
    case = draw(name, 11)
    bayes = case.bayes.to_numpy()
    truth = case.gold.cat.codes.to_numpy()[:, None] == np.arange(bayes.shape[1])
    deviation = np.sqrt((bayes * (1 - bayes)).sum(axis=0))
    assert (np.abs((truth - bayes).sum(axis=0)) < 4.5 * deviation).all()


@pytest.mark.parametrize("name", CASES)
def test_emission_and_prior_are_the_rates_of_the_sample(name):
    case = draw(name, 3)
    assert case.emission.sum(axis=1) == pytest.approx(1)
    assert case.prior.sum() == pytest.approx(1)
    gold = case.gold.cat.codes.to_numpy()
    n_classes = len(case.classes)
    seen = np.bincount(gold, minlength=n_classes)
    share = case.prior.to_numpy()
    assert (np.abs(seen - len(gold) * share) < 4.5 * np.sqrt(len(gold) * share)).all()
    codes = np.where(case.matrix < 0, n_classes, case.matrix)
    for j, emission in enumerate(case.emission):
        counts = pd.crosstab(codes[:, j], gold).reindex(range(n_classes + 1), fill_value=0)
        expected = emission * seen
        deviation = np.sqrt(expected * (1 - emission))
        assert (np.abs(counts.to_numpy() - expected) <= 5 * deviation + 1e-9).all()


@pytest.mark.parametrize("name", CASES)
def test_accuracy_and_coverage_are_those_of_the_sample(name):
    case = draw(name, 5)
    gold = case.gold.cat.codes.to_numpy()[:, None]
    fires = case.matrix >= 0
    n_fires = fires.sum(axis=0)
    right = (fires & (case.matrix == gold)).sum(axis=0)
    deviation = np.sqrt(n_fires * case.accuracy * (1 - case.accuracy))
    assert (np.abs(right - n_fires * case.accuracy) < 4.5 * deviation).all()
    deviation = np.sqrt(len(gold) * case.coverage * (1 - case.coverage))
    assert (np.abs(n_fires - len(gold) * case.coverage) <= 4.5 * deviation).all()


def test_given_accuracy_and_coverage_come_back():
    case = datasets.make_votes(5, [0.9, 0.4], [0.5, 1.0], [0.2, 0.3, 0.5], random_state=0)
    assert case.accuracy.to_numpy() == pytest.approx([0.9, 0.4])
    assert case.coverage.to_numpy() == pytest.approx([0.5, 1.0])


@pytest.mark.parametrize("name", CASES)
def test_names_and_shapes(name):
    case = draw(name, n_items=50)
    classes = case.classes.tolist()
    assert case.votes.index.equals(case.gold.index)
    assert case.votes.index.equals(case.bayes.index)
    assert case.votes.index.name == "item"
    assert case.bayes.columns.tolist() == classes
    assert case.gold.cat.categories.tolist() == classes
    assert case.matrix.dtype == np.int8
    for j, column in enumerate(case.votes):
        assert case.votes[column].cat.categories.tolist() == classes
        assert (case.votes[column].cat.codes == case.matrix[:, j]).all()
        assert (case.votes[column].isna() == (case.matrix[:, j] < 0)).all()


@pytest.mark.parametrize("name", CASES)
def test_the_same_random_state_draws_the_same(name):
    first, second, other = draw(name, 7), draw(name, 7), draw(name, 8)
    pd.testing.assert_frame_equal(first.votes, second.votes)
    pd.testing.assert_series_equal(first.gold, second.gold)
    pd.testing.assert_frame_equal(first.bayes, second.bayes)
    assert not first.gold.equals(other.gold)


@pytest.mark.parametrize("name", CASES)
def test_the_global_generator_is_not_touched(name):
    before = np.random.get_state()
    draw(name, None, n_items=10)
    after = np.random.get_state()
    assert before[0] == after[0]
    np.testing.assert_array_equal(before[1], after[1])
    assert before[2:] == after[2:]


def test_a_generator_advances():
    rng = np.random.default_rng(0)
    first = datasets.independent(200, random_state=rng)
    assert not first.gold.equals(datasets.independent(200, random_state=rng).gold)


def p_vote(vote, label, accuracy, coverage, n_classes):
    """P(vote | label) of one source, as the text describes it; -1 is silence."""
    if vote < 0:
        return 1 - coverage
    return coverage * (accuracy if vote == label else (1 - accuracy) / (n_classes - 1))


def normalized(joint):
    return np.array(joint) / sum(joint)


@pytest.mark.parametrize("prior", [[0.3, 0.7], [0.2, 0.5, 0.3]])
def test_bayes_equals_enumeration(prior):
    accuracy, coverage = [0.9, 0.6, 0.3], [0.5, 0.8, 1.0]
    case = datasets.make_votes(300, accuracy, coverage, prior, random_state=1)
    for votes, bayes in zip(case.matrix, case.bayes.to_numpy(), strict=True):
        joint = [
            share
            * math.prod(
                p_vote(vote, label, a, c, len(prior))
                for vote, a, c in zip(votes, accuracy, coverage, strict=True)
            )
            for label, share in enumerate(prior)
        ]
        assert bayes == pytest.approx(normalized(joint))


def test_bayes_of_one_sided_sources_reads_silence():
    case = datasets.unipolar(500, random_state=2)
    fires = {  # on a negative, on a positive item; the class that is voted for
        "source_0": (0.05, 0.4, "positive"),
        "source_1": (0.03, 0.3, "positive"),
        "source_2": (0.01, 0.2, "positive"),
        "source_3": (0.3, 0.2, "negative"),
        "source_4": (0.5, 0.3, "negative"),
        "source_5": (0.4, 0.25, "negative"),
    }
    for item, votes in case.votes.iterrows():
        joint = [0.95, 0.05]
        for source, (*rates, says) in fires.items():
            assert votes[source] == says or pd.isna(votes[source])
            for label, rate in enumerate(rates):
                joint[label] *= 1 - rate if pd.isna(votes[source]) else rate
        assert case.bayes.loc[item].to_numpy() == pytest.approx(normalized(joint))


def p_copies(copies, first, label, q, own_votes):
    """P(copies | source 0, label), by enumerating who copies."""
    total = 0.0
    for who in itertools.product([True, False], repeat=len(copies)):
        probability = 1.0
        for copied, vote in zip(who, copies, strict=True):
            alone = p_vote(vote, label, 0.65, 0.7, 2) if own_votes else float(vote == -1)
            probability *= q * (vote == first) if copied else (1 - q) * alone
        total += probability
    return total


@pytest.mark.parametrize("own_votes", [True, False])
@pytest.mark.parametrize("q", [0.0, 0.5, 0.95, 1.0])
def test_bayes_of_copies_equals_enumeration(q, own_votes):
    case = datasets.correlated_copies(200, n_copies=3, q=q, own_votes=own_votes, random_state=3)
    for votes, bayes in zip(case.matrix, case.bayes.to_numpy(), strict=True):
        joint = [
            0.5
            * math.prod(
                p_vote(vote, label, accuracy, 0.7, 2)
                for vote, accuracy in zip(votes[:4], [0.65, 0.8, 0.8, 0.8], strict=True)
            )
            * p_copies(votes[4:], votes[0], label, q, own_votes)
            for label in (0, 1)
        ]
        assert bayes == pytest.approx(normalized(joint))


def test_silent_copies_add_nothing():
    case = datasets.correlated_copies(500, random_state=4)
    alone = datasets.make_votes(500, [0.65, 0.8, 0.8, 0.8], 0.7, [0.5, 0.5], random_state=4)
    pd.testing.assert_frame_equal(case.votes.iloc[:, :4], alone.votes)
    np.testing.assert_allclose(case.bayes, alone.bayes)


def test_partial_copies_copy_silence_too():
    case = datasets.correlated_copies(q=0.5, own_votes=True, random_state=5)
    first, copy = case.matrix[:, 0], case.matrix[:, 4]
    silent = first < 0
    # silent with source 0: q + (1 - q) 0.3, else only by itself: (1 - q) 0.3
    for rows, expected in [(silent, 0.65), (~silent, 0.15)]:
        deviation = math.sqrt(expected * (1 - expected) / rows.sum())
        assert abs((copy[rows] < 0).mean() - expected) < 4.5 * deviation


def test_many_classes_draws_the_accuracies_first():
    case = datasets.many_classes(10, random_state=6)
    expected = np.random.default_rng(6).uniform(0.3, 0.9, 15)
    assert case.accuracy.to_numpy() == pytest.approx(expected)
    assert len(case.classes) == 10


def test_no_items():
    case = datasets.independent(0)
    assert case.votes.shape == (0, 8)
    assert case.matrix.shape == (0, 8)
    assert case.bayes.shape == (0, 2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"accuracy": [0.9, 85.0, -1.0, np.nan, 2.0]},
            r"'accuracy' is no probability at position 1, 2, 3 and 1 more: "
            r"85\.0, -1\.0, nan and 1 more\. Probably it is per cent or a count\. Pass numbers",
        ),
        ({"coverage": 40}, r"'coverage' is no probability at position 0, 1: 40\.0, 40\.0\."),
        ({"prior": [90, 10]}, r"'prior' is no probability at position 0, 1: 90\.0, 10\.0\."),
        (
            {"prior": [0.6, 0.6]},
            r"The prior \[0\.6, 0\.6\] is no distribution over two or more classes\..*summing to 1",
        ),
        ({"prior": [1.0]}, r"The prior \[1\.0\] is no distribution over two or more classes\."),
        (
            {"coverage": [0.5, 0.5, 0.5]},
            r"There are 2 accuracies and 3 coverages\..*a single number as coverage",
        ),
    ],
)
def test_what_is_no_probability_is_refused(settings, message):
    given = {"accuracy": [0.9, 0.8], "coverage": 0.5, "prior": [0.5, 0.5]} | settings
    with pytest.raises(ValueError, match=message):
        datasets.make_votes(10, **given)


def test_copying_needs_a_probability():
    with pytest.raises(ValueError, match=r"'q' is no probability at position 0: 1\.5\."):
        datasets.correlated_copies(10, q=1.5)
