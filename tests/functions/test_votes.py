"""Every value that a function may return, and every one that it may not."""

from decimal import Decimal
from enum import IntEnum

import numpy as np
import pandas as pd
import pytest

import weaklabel.functions as wf
from weaklabel.functions import ABSTAIN, Not


class Label(IntEnum):
    ABSTAIN = -1
    HAM = 0
    SPAM = 1


def vote(value, classes=None):
    """What becomes of a value returned by a row function."""
    f = wf.labeling_function(name="f")(lambda row: value)
    column = wf.apply([f], pd.DataFrame({"x": [0]}), classes=classes, cache=False)["f"]
    result = column.tolist()[0]
    return None if isinstance(result, float) and np.isnan(result) else result


@pytest.mark.parametrize(
    "silence",
    [
        *(None, ABSTAIN, np.nan, float("nan"), pd.NA, pd.NaT, Decimal("nan"), np.float32("nan")),
        *(-1, -1.0, np.int64(-1), Label.ABSTAIN),
    ],
)
@pytest.mark.parametrize("classes", [None, ["ham", "spam"]])
def test_silence(silence, classes):
    assert vote(silence, classes) is None


@pytest.mark.parametrize(
    ("value", "classes", "expected"),
    [
        ("spam", None, "spam"),
        (np.str_("spam"), ["ham", "spam"], "spam"),
        (1, None, 1),
        (np.int64(1), None, 1),
        (1.0, None, 1),
        (Label.SPAM, None, 1),
        (("a", 1), None, ("a", 1)),
        (1, ["ham", "spam"], "spam"),
        (Label.SPAM, ["ham", "spam"], "spam"),
        (np.float64(0.0), ["ham", "spam"], "ham"),
        (1, [1, 2], 1),  # a name, not the second class
        (2, [1, 2], 2),
        (-1, [-1, 1], -1),  # declared, so no silence
        (0.5, [0.5, 1.5], 0.5),
        (True, [False, True], True),
        (1, [False, True], True),  # a code
        (("a", 1), [("a", 1), ("b", 2)], ("a", 1)),
        ({"a", "b"}, None, frozenset({"a", "b"})),
        ({0, "c"}, ["a", "b", "c"], frozenset({"a", "c"})),
        ({"a"}, None, "a"),
        (frozenset({1.0}), None, 1),
        (Not("a"), None, Not("a")),
        (Not(0, "b"), ["a", "b", "c"], Not("a", "b")),
        ({"a": 0.25, "b": 0.75}, None, {"a": 0.25, "b": 0.75}),
        ({0: 1, 1: 0}, ["a", "b"], {"a": 1.0, "b": 0.0}),
    ],
)
def test_votes(value, classes, expected):
    result = vote(value, classes)
    assert result == expected
    assert isinstance(result, type(expected))


@pytest.mark.parametrize(
    ("value", "classes", "reason"),
    [
        (0.9, None, "A number that is not whole names no class"),
        (1.9, ["a", "b"], "A number that is not whole"),
        (float("inf"), None, "A number that is not whole"),
        (-7, None, "A code is not negative; to abstain return None"),
        (-7, ["a", "b"], "A code is not negative"),
        (9, ["a", "b"], "The classes are 'a', 'b'; codes end at 1"),
        (0, [1, 2], "The classes are 1, 2; name one of them"),
        ("c", ["a", "b"], "The classes are 'a', 'b'; return one of them"),
        (True, None, "True and False are votes only where they are declared"),
        (np.True_, ["a", "b"], "True and False are votes only"),
        (True, [0, 1], "True and False are votes only"),
        (["a"], None, "A list cannot name a class"),
        (np.zeros(2), None, "A ndarray cannot name a class"),
        (set(), None, "An empty set allows no class"),
        ({"a", None}, None, "None within it is not a class"),
        ({"a", "z"}, ["a", "b"], "The classes are 'a', 'b'"),
        (Not("a", "b"), ["a", "b"], "It excludes every class"),
        (Not(ABSTAIN), None, "ABSTAIN within it is not a class"),
        ({"a": 0.5}, None, "Its probabilities sum to 0.5, not 1"),
        ({}, None, "Its probabilities sum to 0, not 1"),
        ({"a": -0.1, "b": 1.1}, None, "-0.1 within it is not a probability"),
        ({"a": float("nan")}, None, "nan within it is not a probability"),
        ({"a": float("inf")}, None, "Its probabilities sum to inf, not 1"),
        ({"a": True}, None, "True within it is not a probability"),
        ({"a": "1"}, None, "'1' within it is not a probability"),
        ({"a": 0.5, 0: 0.5}, ["a", "b"], "It names a class twice"),
        ({"z": 1.0}, ["a", "b"], "The classes are 'a', 'b'"),
    ],
)
def test_what_is_no_vote(value, classes, reason):
    with pytest.raises(ValueError, match=reason) as error:
        vote(value, classes)
    assert str(error.value).startswith("'f' returned ")
    assert " for item 0. " in str(error.value)
    assert "A vote is a class, a set of classes, Not(...), None, or a dict" in str(error.value)


def test_the_error_counts_and_names_by_label():
    frame = pd.DataFrame({"x": range(50)}, index=[f"r-{i}" for i in range(50)])
    few_stars = wf.labeling_function(name="few_stars")(lambda row: 0.9 if row.x >= 8 else "bad")
    with pytest.raises(ValueError, match="few_stars") as error:
        wf.apply([few_stars], frame, cache=False)
    assert str(error.value) == (
        "'few_stars' returned 0.9 for item 'r-8' and 41 more. A number that is not whole names no "
        "class. A vote is a class, a set of classes, Not(...), None, or a dict of probabilities. "
        'For a confidence return {"bad": 0.9, "fine": 0.1}.'
    )


def test_the_example_uses_the_declared_classes():
    with pytest.raises(ValueError, match=r"return \{'ham': 0.9, 'spam': 0.1\}\.$"):
        vote(0.9, ["ham", "spam", "promo"])


@pytest.mark.parametrize(
    ("classes", "error", "words"),
    [
        ("spam", TypeError, r"one string\. Give a list of names: classes=\['spam'\]"),
        ([], ValueError, "classes are empty. Give every class once"),
        (["a", "b", "a"], ValueError, "classes name 'a' more than once"),
        ([1, True], ValueError, "classes name True more than once"),
        (["a", None], ValueError, "classes hold None, which means no vote"),
        (["a", np.nan], ValueError, "classes hold nan, which means no vote"),
    ],
)
def test_declared_classes_are_checked(classes, error, words):
    with pytest.raises(error, match=words):
        wf.apply([], pd.DataFrame({"x": [0]}), classes=classes)


def test_one_and_true_are_not_confused_within_a_column():
    frame = pd.DataFrame({"x": [1, True, 1.0, "1"]}, dtype=object)
    f = wf.labeling_function(name="f")(lambda row: row.x)
    with pytest.raises(ValueError, match=r"'f' returned True for item 1\. True and False"):
        wf.apply([f], frame, cache=False)


def test_columns_share_categories_and_objects_keep_theirs():
    frame = pd.DataFrame({"x": range(3)})
    a = wf.labeling_function(name="a")(lambda row: ["b", None, "a"][row.x])
    b = wf.labeling_function(name="b")(lambda row: [None, "c", "a"][row.x])
    c = wf.labeling_function(name="c")(lambda row: [{"a", "d"}, None, "a"][row.x])
    votes = wf.apply([a, b, c], frame, cache=False)
    assert votes["a"].cat.categories.tolist() == ["a", "b", "c", "d"]
    assert (votes["a"] == votes["b"]).tolist() == [False, False, True]
    assert votes["c"].dtype == object
    assert votes["c"].tolist() == [frozenset({"a", "d"}), None, "a"]
    declared = wf.apply([a, b], frame, classes=["c", "b", "a", "z"], cache=False)
    assert declared["a"].cat.categories.tolist() == ["c", "b", "a", "z"]
