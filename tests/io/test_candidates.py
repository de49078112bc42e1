"""Candidates: gold, sets, exclusions and tables of truth values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from weaklabel import ABSTAIN, Not
from weaklabel.io import candidates_from

INDEX = pd.Index(["a", "b", "c", "d"])
CLASSES = pd.Index(["ham", "spam", "promo"])
ALL = [True, True, True]


def read(data, **how):
    return candidates_from(data, INDEX, CLASSES, **how).tolist()


@pytest.mark.parametrize(
    "gold",
    [
        pd.Series(["spam", "ham"], index=["c", "a"]),
        pd.Series(["spam", "ham"], index=["c", "a"], dtype="category"),
        pd.Series([1, 0], index=["c", "a"]),
        pd.Series([1, -1, 0], index=["c", "b", "a"]),
        pd.Series([1, np.nan, 0], index=["c", "b", "a"]),
        pd.Series([1, None, 0], index=["c", "b", "a"], dtype="Int64"),
        {"c": "spam", "a": {"ham"}},
        ["ham", None, "spam", ABSTAIN],
        np.array(["ham", None, "spam", np.nan], dtype=object),
        np.array([0, -1, 1, -1]),
        pd.Categorical(["ham", None, "spam", None]),
    ],
)
def test_gold_is_a_set_of_one(gold):
    assert read(gold) == [[True, False, False], ALL, [False, True, False], ALL]


def test_sets_and_exclusions():
    said = {"a": {"ham", "spam"}, "b": Not("ham"), "c": set(CLASSES), "d": "promo"}
    assert read(said) == [[True, True, False], [False, True, True], ALL, [False, False, True]]


def test_excluded_classes():
    said = {"a": {"ham", "spam"}, "b": Not("ham"), "d": "promo"}
    assert read(said, exclude=True) == [
        [False, False, True],
        [True, False, False],
        ALL,
        [True, True, False],
    ]


def test_all_excluded_is_a_mistake():
    with pytest.raises(
        ValueError, match=r"All classes are excluded for 1 items: 'c'\. .*pass them as candidates"
    ):
        read({"a": "ham", "c": {"ham", "spam", "promo"}}, exclude=True)


def test_a_table_of_truth_values():
    table = pd.DataFrame(
        {"promo": [True, False], "ham": [True, True], "spam": [False, False]}, index=["d", "a"]
    )
    assert read(table) == [[True, False, False], ALL, ALL, [True, False, True]]
    excluded = read(table, exclude=True)
    assert excluded == [[False, True, True], ALL, ALL, [False, True, False]]
    # a row that excludes all leaves nothing, and one that excludes none leaves all
    everything = pd.DataFrame(True, index=["a"], columns=CLASSES)
    assert read(everything, exclude=True)[0] == [False] * 3
    assert read(~everything, exclude=True)[0] == ALL


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"ham": [True], "spam": [True]}, index=["a"]),
        pd.DataFrame({"ham": [True], "spam": [True], "eggs": [True]}, index=["a"]),
        pd.DataFrame({"ham": [1], "spam": [1], "promo": [0]}, index=["a"]),
        pd.DataFrame([[True] * 3], index=["a"], columns=["ham", "ham", "spam"]),
        np.ones((4, 2), dtype=bool),
        np.ones((4, 3)),
    ],
)
def test_a_table_has_one_boolean_column_a_class(table):
    with pytest.raises(
        ValueError,
        match=r"one boolean column a class, \['ham', 'spam', 'promo'\]; this one has .*sets",
    ):
        read(table)


def test_a_table_says_yes_or_no():
    table = pd.DataFrame(True, index=INDEX, columns=CLASSES).astype("boolean")
    table.loc["b", "spam"] = pd.NA
    with pytest.raises(ValueError, match=r"missing for 1 items: 'b'\..*fill with True"):
        read(table)


def test_tables_without_labels_have_one_row_an_item():
    with pytest.raises(ValueError, match=r"candidates have 2 rows, but the evidence has 4 items"):
        read(np.ones((2, 3), dtype=bool))


@pytest.mark.parametrize("value", ["eggs", 7, {"ham": 1.0}, set(), True])
def test_no_candidate(value):
    said = pd.Series([value, "ham", value], index=["b", "a", "d"], dtype=object)
    with pytest.raises(
        ValueError,
        match=r"'candidates' says .* about item 'b' and 1 more, but the classes are .*A candidate "
        r"is a class \(or its position\), a set of classes, Not\(\.\.\.\), or None to say nothing",
    ):
        read(said)
    with pytest.raises(ValueError, match=r"'exclude' says .* about item 'b'"):
        read(said, exclude=True)
    with pytest.raises(ValueError, match=r"'gold' says .* about item 'b'"):
        read(said.rename("gold"))
