"""Imprecise labels drawn from gold: the shares that were asked for, and what is refused."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl

CLASSES = ["a", "b", "c", "d", "e", "f", "g"]
N = 20_000


@pytest.fixture(scope="module")
def gold():
    rng = np.random.default_rng(0)
    index = pd.Index([f"r{i}" for i in range(N)])
    return pd.Series(np.array(CLASSES)[rng.integers(len(CLASSES), size=N)], index)


# ---- matrices -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bias", "groups"), [("weak", [0.45, 0.30, 0.25]), ("strong", [0.75, 0.24, 0.01])]
)
def test_wrong_classes_are_in_three_groups(bias, groups):
    matrix = wl.datasets.exclusion_matrix(CLASSES, bias, random_state=0)
    np.testing.assert_allclose(matrix.sum(axis=1), 1)
    for true in CLASSES:
        assert matrix.loc[true, true] == 0
        shares = np.sort(matrix.loc[true].drop(true).to_numpy())[::-1]
        np.testing.assert_allclose(shares, np.repeat(groups, 2) / 2)
    assert matrix.index.tolist() == matrix.columns.tolist() == CLASSES
    again = wl.datasets.exclusion_matrix(CLASSES, bias, random_state=0)
    pd.testing.assert_frame_equal(again, matrix)
    other = wl.datasets.exclusion_matrix(CLASSES, bias, random_state=1)
    assert not other.equals(matrix)


def test_noise_is_even_over_all_classes():
    pure = wl.datasets.exclusion_matrix(CLASSES, "strong", random_state=0)
    noisy = wl.datasets.exclusion_matrix(CLASSES, "strong", noise_rate=0.1, random_state=0)
    np.testing.assert_allclose(noisy, 0.9 * pure + 0.1 / len(CLASSES))


def test_few_classes_fill_few_groups():
    for n_classes in (2, 3):
        matrix = wl.datasets.exclusion_matrix(CLASSES[:n_classes], "strong", random_state=0)
        np.testing.assert_allclose(matrix.sum(axis=1), 1)
        np.testing.assert_array_equal(np.diag(matrix), 0)


# ---- complementary labels -------------------------------------------------------------------


@pytest.mark.parametrize("noise_rate", [0.0, 0.2])
@pytest.mark.parametrize("bias", ["uniform", "weak", "strong"])
def test_labels_follow_the_matrix(gold, bias, noise_rate):
    matrix = wl.datasets.exclusion_matrix(CLASSES, bias, noise_rate=noise_rate, random_state=3)
    told = wl.datasets.complementary(gold, matrix, random_state=0)
    assert told.index.equals(gold.index)
    shares = pd.crosstab(gold, told, normalize="index").reindex(columns=CLASSES, fill_value=0)
    np.testing.assert_allclose(shares, matrix, atol=5 * 0.5 / np.sqrt(N / len(CLASSES)))
    assert noise_rate or (told != gold).all()
    again = wl.datasets.complementary(gold, matrix, random_state=0)
    pd.testing.assert_series_equal(again, told)


def test_they_enter_evidence_with_their_matrix(gold):
    some = gold.iloc[:50]
    matrix = wl.datasets.exclusion_matrix(CLASSES, "strong", random_state=3)
    told = wl.datasets.complementary(some, matrix, random_state=0)
    known = wl.Evidence(some, classes=CLASSES).with_candidates(exclude=told, transition=matrix)
    np.testing.assert_allclose(np.exp(known.hints), matrix[told].to_numpy().T)


def test_nothing_is_told_where_gold_is_missing():
    gold = pd.Series(["a", None, "b"], dtype=pd.CategoricalDtype(CLASSES))
    told = wl.datasets.complementary(gold, wl.datasets.exclusion_matrix(CLASSES), random_state=0)
    assert told.isna().tolist() == [False, True, False]
    sets = wl.datasets.partial(gold, CLASSES, rate=0.3, random_state=0)
    assert sets.isna().tolist() == [False, True, False]


# ---- partial labels -------------------------------------------------------------------------


def test_wrong_classes_are_in_the_set_at_the_rate(gold):
    sets = wl.datasets.partial(gold, CLASSES, rate=0.3, random_state=0)
    inside = np.array([[name in one for name in CLASSES] for one in sets])
    own = gold.to_numpy()[:, None] == np.array(CLASSES)
    assert inside[own].all()
    np.testing.assert_allclose(inside[~own].mean(), 0.3, atol=0.01)
    # each alone, whatever the others: pairs of wrong classes too
    wrong = np.where(own, np.nan, inside)
    for one, other in itertools.combinations(wrong.T, 2):
        np.testing.assert_allclose(np.nanmean(one * other), 0.09, atol=0.02)


def test_truth_is_missing_at_the_noise_rate_and_no_set_is_empty(gold):
    sets = wl.datasets.partial(gold, CLASSES, rate=0.1, noise_rate=0.3, random_state=0)
    missing = [name not in one for name, one in zip(gold, sets, strict=True)]
    np.testing.assert_allclose(np.mean(missing), 0.3, atol=0.02)
    assert sets.map(len).min() == 1
    known = wl.Evidence(gold, classes=CLASSES).with_candidates(sets, noise_rate=0.3)
    assert known.summary()["items"].to_dict() == {"hints": N}


def test_rate_0_is_gold(gold):
    sets = wl.datasets.partial(gold, CLASSES, rate=0, random_state=0)
    assert (sets == gold.map(lambda name: frozenset([name]))).all()


# ---- refused --------------------------------------------------------------------------------


def test_what_is_refused(gold):
    make = wl.datasets.exclusion_matrix
    with pytest.raises(ValueError, match=r"bias='some' is unknown\. Choose 'uniform', 'weak' or"):
        make(CLASSES, "some")
    with pytest.raises(ValueError, match=r"noise_rate is a probability.*below 1; not 1"):
        make(CLASSES, noise_rate=1)
    with pytest.raises(ValueError, match=r"rate is a probability.*not 30"):
        wl.datasets.partial(gold, CLASSES, rate=30)
    with pytest.raises(ValueError, match=r"rate=0 no wrong class is ever in a set"):
        wl.datasets.partial(gold, CLASSES, rate=0, noise_rate=0.1)
    with pytest.raises(ValueError, match=r"no class: 'g' of 'r\d+', .*Name every class"):
        wl.datasets.complementary(gold, make(CLASSES[:-1]))
    with pytest.raises(ValueError, match=r"sum to 1; those of 'a', 'b', 'c' and 4 more"):
        wl.datasets.complementary(gold, 2 * make(CLASSES))


def test_names_of_classes_may_be_tuples():
    classes = [("a", 1), ("a", 2), ("b", 1)]
    gold = pd.Series([classes[0], classes[2]] * 10, dtype=object)
    told = wl.datasets.complementary(gold, wl.datasets.exclusion_matrix(classes), random_state=0)
    assert set(told) <= set(classes)
    assert not any(one == other for one, other in zip(told, gold, strict=True))
    sets = wl.datasets.partial(gold, classes, rate=0.5, random_state=0)
    assert all(name in one for name, one in zip(gold, sets, strict=True))
