"""Metrics against brute-force enumeration of every way to break the ties, and every error."""

import itertools

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from weaklabel.analysis import metrics
from weaklabel.posterior import Posterior

EVERY = [
    metrics.accuracy,
    metrics.brier,
    metrics.coverage,
    metrics.ece,
    metrics.f1,
    metrics.log_loss,
]


@st.composite
def cases(draw, max_items=6, max_classes=4):
    """Gold and probabilities with many ties: small integers, normalized."""
    n, k = draw(st.integers(1, max_items)), draw(st.integers(2, max_classes))
    counts = st.lists(st.integers(0, 3), min_size=k, max_size=k).filter(any)
    p = np.array(draw(st.lists(counts, min_size=n, max_size=n)), float)
    gold = np.array(draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n)))
    return gold, p / p.sum(axis=1, keepdims=True)


def every_prediction(p):
    """All equally likely rows of labels a fair draw among tied best classes can give."""
    best = [np.flatnonzero(np.isclose(row, row.max(), atol=1e-9, rtol=0)) for row in p]
    return np.array(list(itertools.product(*best)))


@settings(deadline=None, max_examples=60)
@given(cases())
def test_accuracy_is_the_mean_over_all_ways_to_break_ties(case):
    gold, p = case
    expected = np.mean([np.mean(labels == gold) for labels in every_prediction(p)])
    assert metrics.accuracy(gold, p) == pytest.approx(expected)


@settings(deadline=None, max_examples=60)
@given(cases())
def test_f1_uses_mean_counts_over_all_ways_to_break_ties(case):
    gold, p = case
    predictions = every_prediction(p)
    f1 = []
    for c in range(p.shape[1]):
        true_positive = np.mean([np.sum((row == c) & (gold == c)) for row in predictions])
        false_positive = np.mean([np.sum((row == c) & (gold != c)) for row in predictions])
        false_negative = np.mean([np.sum((row != c) & (gold == c)) for row in predictions])
        mentioned = 2 * true_positive + false_positive + false_negative
        f1.append(2 * true_positive / mentioned if mentioned else np.nan)
        assert metrics.f1(gold, p, positive=c) == pytest.approx(f1[c], nan_ok=True)
    whole = f1[1] if len(f1) == 2 else np.nanmean(f1)
    assert metrics.f1(gold, p) == pytest.approx(whole, nan_ok=True)


@settings(deadline=None, max_examples=60)
@given(cases())
def test_calibration_is_the_mean_over_all_ways_to_break_ties(case):
    gold, p = case
    top = p.max(axis=1)
    edges = np.linspace(0, 1, 11)
    bins = [
        np.flatnonzero((top > low + 1e-9) & (top <= high + 1e-9))
        for low, high in itertools.pairwise(edges)
    ]
    right = np.mean([labels == gold for labels in every_prediction(p)], axis=0)
    gaps = [len(b) * abs(right[b].mean() - top[b].mean()) for b in bins if len(b)]
    assert metrics.ece(gold, p) == pytest.approx(sum(gaps) / len(gold))
    table = metrics.reliability(gold, p)
    assert table["n"].tolist() == [len(b) for b in bins]
    for b, accuracy, confidence in zip(bins, table["accuracy"], table["confidence"], strict=True):
        assert accuracy == pytest.approx(right[b].mean() if len(b) else np.nan, nan_ok=True)
        assert confidence == pytest.approx(top[b].mean() if len(b) else np.nan, nan_ok=True)


def test_without_ties_the_figures_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(3), 400)
    gold = rng.integers(0, 3, 400)
    labels = p.argmax(axis=1)
    assert metrics.accuracy(gold, p) == pytest.approx(sklearn.metrics.accuracy_score(gold, labels))
    macro = sklearn.metrics.f1_score(gold, labels, average="macro")
    assert metrics.f1(gold, p) == pytest.approx(macro)
    assert metrics.log_loss(gold, p) == pytest.approx(sklearn.metrics.log_loss(gold, p))
    binary = np.column_stack([1 - p[:, 0], p[:, 0]])
    half = sklearn.metrics.brier_score_loss(gold == 0, p[:, 0])
    assert metrics.brier((gold == 0).astype(int), binary) == pytest.approx(2 * half)


def test_order_of_classes_and_rows_changes_nothing():
    rng = np.random.default_rng(1)
    p = rng.integers(0, 3, (50, 3)) + np.eye(3)[rng.integers(0, 3, 50)]
    frame = pd.DataFrame(p / p.sum(axis=1, keepdims=True), columns=["a", "b", "c"])
    gold = pd.Series(rng.choice(["a", "b", "c"], 50))
    shuffled = frame.sample(frac=1, random_state=0)[["c", "a", "b"]]
    assert metrics.score(gold, shuffled) == pytest.approx(metrics.score(gold, frame))


def test_log_loss_is_clipped():
    assert metrics.log_loss([0], [[0.0, 1.0]]) == pytest.approx(-np.log(1e-15))
    assert metrics.log_loss([1], [[0.0, 1.0]]) == pytest.approx(1e-15)


def test_brier_runs_from_zero_to_two():
    assert metrics.brier([0], [[1.0, 0.0]]) == 0
    assert metrics.brier([1], [[1.0, 0.0]]) == 2


def test_a_tie_is_one_part_in_a_billion():
    assert metrics.accuracy([0], [[0.5 - 4e-10, 0.5 + 4e-10]]) == 0.5
    assert metrics.accuracy([0], [[0.5 - 6e-10, 0.5 + 6e-10]]) == 0


def test_silence_is_a_tie_of_all_classes_under_a_uniform_prior_only():
    assert metrics.accuracy([2], np.full((1, 3), 1 / 3)) == pytest.approx(1 / 3)
    assert metrics.accuracy([2], [[0.3, 0.3, 0.4]]) == 1


def test_an_edge_belongs_to_the_bin_below_whatever_the_rounding():
    top = np.array([0.1 * 7, 0.7, 1 - 0.3])  # 0.7000000000000001 is still 0.7
    table = metrics.reliability([0, 0, 0], np.column_stack([top, 1 - top]))
    assert table["n"].tolist() == [0, 0, 0, 0, 0, 0, 3, 0, 0, 0]


def test_coverage_and_labels_come_from_the_posterior_or_from_ties():
    p = np.array([[0.9, 0.1], [0.5, 0.5], [0.8, 0.2]])
    posterior = Posterior(
        probabilities=p,
        index=pd.Index(["x", "y", "z"]),
        classes=pd.Index(["ham", "spam"]),
        covered=np.array([True, True, False]),
        log_normalizer=np.zeros(3),
    )
    gold = pd.Series({"x": "ham", "y": "spam", "z": "ham"})
    assert metrics.coverage(gold, posterior) == pytest.approx(2 / 3)
    assert metrics.coverage(gold, pd.DataFrame(p, ["x", "y", "z"], ["ham", "spam"])) == (
        pytest.approx(2 / 3)
    )
    # nothing is known of z, so that no label is given, whatever the prior says
    assert metrics.accuracy(gold, posterior) == pytest.approx((1 + 0.5 + 0.5) / 3)
    assert metrics.accuracy(gold, posterior.frame()) == pytest.approx((1 + 0.5 + 1) / 3)
    assert metrics.coverage(gold.drop("z"), posterior) == 1  # of the scored items
    assert metrics.score(gold.drop("x"), posterior)["n"] == 2


def test_gold_is_aligned_by_label_and_may_be_missing():
    frame = pd.DataFrame({"ham": [1.0, 0.0, 1.0], "spam": [0.0, 1.0, 0.0]}, index=["x", "y", "z"])
    assert metrics.accuracy(pd.Series({"z": "ham", "y": "spam"}), frame) == 1
    gold = pd.Series({"z": "ham", "x": None, "y": "ham"})
    assert metrics.accuracy(gold, frame) == 0.5
    assert metrics.score(gold, frame)["n"] == 2


@pytest.mark.parametrize(
    "gold",
    [
        ["ham", "spam", None],
        [0, 1, -1],
        [0, 1, np.nan],
        np.array([0, 1, -1], np.int8),
        pd.Series([0, 1, None], dtype="Int64"),
        pd.Series([0, 1, None], dtype=object),
        pd.Series(["ham", "spam", None], dtype="category"),
        pd.Series(["ham", "spam", pd.NA], dtype="string"),
    ],
)
def test_gold_is_read_as_names_or_as_codes(gold):
    frame = pd.DataFrame({"ham": [1.0, 0.0, 0.5], "spam": [0.0, 1.0, 0.5]})
    assert metrics.accuracy(gold, frame) == 1


def test_numbers_that_are_classes_are_names_and_not_codes():
    frame = pd.DataFrame({1: [0.9, 0.2], 0: [0.1, 0.8]})
    assert metrics.accuracy([1, 0], frame) == 1
    signed = pd.DataFrame({-1: [0.9, 0.2], 1: [0.1, 0.8]})
    assert metrics.score([-1, 1], signed)["n"] == 2


def test_repeated_labels_are_fine_in_the_same_order():
    frame = pd.DataFrame({"ham": [1.0, 0.0], "spam": [0.0, 1.0]}, index=["x", "x"])
    assert metrics.accuracy(pd.Series(["ham", "spam"], index=["x", "x"]), frame) == 1


def test_macro_f1_leaves_out_classes_that_nobody_mentions():
    p = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    assert metrics.f1([0, 1], p) == 1
    assert np.isnan(metrics.f1([0, 1], p, positive=2))


def test_score_is_all_of_them():
    gold, p = [0, 1, 1], [[0.8, 0.2], [0.5, 0.5], [0.3, 0.7]]
    table = metrics.score(gold, p)
    assert list(table) == ["accuracy", "f1", "brier", "log_loss", "ece", "coverage", "n"]
    for metric in EVERY:
        assert table[metric.__name__] == metric(gold, p)
    assert metrics.score(gold, p, positive=0)["f1"] == metrics.f1(gold, p, positive=0)


@pytest.mark.parametrize("metric", [*EVERY, metrics.reliability, metrics.score])
def test_unknown_gold_is_named(metric):
    frame = pd.DataFrame({"ham": [1.0], "spam": [0.0]}, index=["r-17"])
    with pytest.raises(ValueError, match=r"Gold holds 'Ham' at 1 items \('r-17'\).*'ham', 'spam'"):
        metric(pd.Series({"r-17": "Ham"}), frame)


@pytest.mark.parametrize(
    ("gold", "p", "message"),
    [
        ([7], [[0.5, 0.5]], r"Gold holds 7 at 1 items \(0\).*gold\.map"),
        ([None], [[0.5, 0.5]], "None of the 1 items has gold.*Pass gold"),
        ([0, 1], [[0.5, 0.5]], "2 labels for 1 items.*Pass a Series"),
        ([[0, 1]], [[0.5, 0.5]], "2 dimensions, not one.*flat array"),
        ([0, 1], [0.5, 0.5], r"1 dimension\(s\), not two.*column_stack"),
        ([0], [[2.0, 1.0]], "1 rows are no probabilities.*items 0.*Normalize"),
        ([0], [[1.5, -0.5]], "1 rows are no probabilities"),
        ([0], [[np.nan, 1.0]], "1 rows are no probabilities"),
        (pd.Series([0, 1], index=[0, 9]), [[0.5, 0.5]], "1 index labels that no item has: 9.*isin"),
        (pd.Series([0, 1], index=[0, 0]), [[0.5, 0.5]], "Gold can not be aligned.*label 0.*reset"),
        (
            pd.Series([0], index=["x"]),
            pd.DataFrame(np.full((2, 2), 0.5), index=["x", "x"]),
            "The items can not be aligned.*label 'x'",
        ),
    ],
)
def test_bad_input_says_what_why_and_what_to_do(gold, p, message):
    with pytest.raises(ValueError, match=message):
        metrics.accuracy(gold, p)


def test_positive_must_be_a_class():
    with pytest.raises(ValueError, match=r"positive='spam' is none of the classes 0, 1\. .*Pass"):
        metrics.f1([0], [[0.5, 0.5]], positive="spam")
    with pytest.raises(TypeError, match=r"Labels were passed where probabilities belong. Gold"):
        metrics.accuracy(["spam"], pd.Series(["spam"]))


def test_there_is_at_least_one_bin():
    with pytest.raises(ValueError, match=r"bins=0 leaves no bin.*Pass 1 or more"):
        metrics.ece([0], [[0.5, 0.5]], bins=0)
