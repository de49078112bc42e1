"""Codes: what a value says, whatever its type."""

from __future__ import annotations

import decimal

import numpy as np
import pandas as pd
import pytest

from weaklabel import ABSTAIN, Not
from weaklabel.io.codes import SILENT, SPREAD, UNKNOWN, Codes

TEXT = pd.Index(["ham", "spam", "promo"])


@pytest.mark.parametrize(
    "value",
    [
        None,
        ABSTAIN,
        np.nan,
        float("nan"),
        pd.NA,
        pd.NaT,
        -1,
        -1.0,
        np.int8(-1),
        {"ham", "spam", "promo"},
    ],
)
def test_silence(value):
    assert Codes(TEXT).of(value) == SILENT


@pytest.mark.parametrize("value", ["spam", np.str_("spam"), 1, 1.0, np.int8(1), np.float32(1)])
def test_a_class_by_name_or_position(value):
    assert Codes(TEXT).of(value) == 1


@pytest.mark.parametrize(
    "value",
    [
        "eggs",
        "",
        "Spam",
        3,
        -2,
        -7,
        0.9,
        1.9,
        np.inf,
        -np.inf,
        True,
        False,
        np.True_,
        [],
        ["ham"],
        ("ham",),
        set(),
        {"ham", "eggs"},
        {None},
        Not("eggs"),
        Not("ham", "spam", "promo"),
        b"ham",
        decimal.Decimal(1),
        object(),
    ],
)
def test_what_says_nothing_understandable(value):
    assert Codes(TEXT).of(value) == UNKNOWN


def test_sets_and_exclusions_that_say_the_same_have_one_code():
    codes = Codes(TEXT)
    assert codes.of({"ham"}) == 0
    assert codes.of(Not("ham", "spam")) == 2
    assert (
        codes.of({"spam", "promo"})
        == codes.of(frozenset({1, "promo"}))
        == codes.of(Not("ham"))
        == 3
    )
    assert codes.of({"ham", "promo"}) == 4
    assert codes.statements.tolist()[3:] == [[False, True, True], [True, False, True]]


@pytest.mark.parametrize("names", [[1, 2, 3], [0.5, 1, 2], [False, True], [2, "a", None.__class__]])
def test_where_names_are_numbers_numbers_are_names(names):
    codes = Codes(pd.Index(names, tupleize_cols=False))
    assert [codes.of(name) for name in names] == list(range(len(names)))
    assert codes.of(0) == UNKNOWN
    assert codes.of(-1) == SILENT


def test_a_class_may_be_called_minus_one():
    codes = Codes(pd.Index([-1, 1]))
    assert (codes.of(-1), codes.of(1), codes.of(0), codes.of(None)) == (0, 1, UNKNOWN, SILENT)


def test_truth_values_are_classes_only_if_declared():
    assert Codes(pd.Index([False, True])).of(np.True_) == 1
    assert Codes(pd.Index([False, True])).of(1) == UNKNOWN
    assert Codes(pd.Index([0, 1])).of(True) == UNKNOWN


def test_tuples_are_names():
    codes = Codes(pd.Index([("a", 1), ("a", 2)], tupleize_cols=False))
    assert codes.of(("a", 2)) == 1
    assert codes.of({("a", 1)}) == 0


def test_distributions():
    codes = Codes(TEXT)
    assert codes.of({"ham": 1}) == SPREAD
    assert codes.spread({"spam": 0.25, "ham": 0.75}) == [(0, 0.75), (1, 0.25)]
    assert codes.spread({"spam": np.float32(1), "ham": 0}) == [(1, 1.0)]
    assert codes.spread({1: 0.5, "promo": 0.5}) == [(1, 0.5), (2, 0.5)]


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"ham": 0.9},
        {"ham": 0.6, "spam": 0.6},
        {"ham": 1.5, "spam": -0.5},
        {"eggs": 1.0},
        {None: 1.0},
        {"ham": None},
        {"ham": "1"},
        {"ham": np.nan},
        {"ham": np.inf},
    ],
)
def test_what_is_no_distribution(value):
    assert Codes(TEXT).spread(value) is None
