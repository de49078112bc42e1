"""Alignment: by label, never by position; what does not fit is named."""

from __future__ import annotations

from collections import OrderedDict
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from weaklabel.io.align import numbers_for, positions, same_labels, values_for

INDEX = pd.Index(["a", "b", "c", "d", "e"])


def test_labels_that_stand_twice_are_named():
    with pytest.raises(
        ValueError, match=r"The votes name an item twice: 'a', 'b'\. .*index label.*Aggregate"
    ):
        positions(pd.Index(["a", "b", "a", "b"]), INDEX, "votes")


def test_strangers_are_named():
    with pytest.raises(
        ValueError,
        match=r"votes are about 4 items that the evidence does not have: 1, 2, 3 and 1 more; "
        r"its items are 'a', 'b', 'c' and 2 more\. Probably.*index was reset.*select the rows",
    ):
        positions(pd.Index([1, 2, 3, 4]), INDEX, "votes")


def test_levels_must_agree():
    pairs = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])
    with pytest.raises(
        ValueError,
        match=r"votes have an index of 1 levels.*items have labels of 2, such as \('a', 1\)",
    ):
        positions(INDEX, pairs, "votes")
    with pytest.raises(ValueError, match=r"votes have an index of 3 levels.*labels of 2"):
        positions(pd.MultiIndex.from_tuples([("a", 1, 2)]), pairs, "votes")


@pytest.mark.parametrize(
    "data",
    [
        {"c": 1, "a": 2},
        OrderedDict(c=1, a=2),
        MappingProxyType({"c": 1, "a": 2}),
        pd.Series({"c": 1, "a": 2}),
        pd.Series({"c": 1, "a": 2}, dtype="Int64"),
    ],
)
def test_values_by_label(data):
    where, values = values_for(data, INDEX, "weights")
    assert where.tolist() == [2, 0]
    assert values.tolist() == [1, 2]


@pytest.mark.parametrize(
    "data",
    [
        [1, 2, 3, 4, 5],
        (1, 2, 3, 4, 5),
        np.arange(1, 6),
        pd.Index(range(1, 6)),
        pd.array([1, 2, 3, 4, 5]),
    ],
)
def test_values_in_order(data):
    where, values = values_for(data, INDEX, "weights")
    assert where.tolist() == [0, 1, 2, 3, 4]
    assert values.tolist() == [1, 2, 3, 4, 5]
    assert values.index.equals(INDEX)


def test_elements_stay_whole():
    cells = [{"x"}, ("x", "y"), ["x"], None, 1]
    assert values_for(cells, INDEX, "bags")[1].tolist() == cells


def test_lengths_must_agree():
    with pytest.raises(
        ValueError, match=r"bags have 2 rows, but the evidence has 5 items.*no index.*pandas"
    ):
        values_for([1, 2], INDEX, "bags")


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ("shop", "'shop'"),
        (3, "3"),
        (0.5, "0.5"),
        ({"a"}, "a set"),
        (np.zeros((5, 1)), "a ndarray"),
        (None, "a NoneType"),
    ],
)
def test_what_is_no_sequence_is_refused(data, shown):
    with pytest.raises(
        TypeError, match=rf"bags are one value an item.*not {shown}\. .*pass its column"
    ):
        values_for(data, INDEX, "bags")


def test_numbers():
    assert numbers_for({"b": 2}, INDEX, "weights", missing=1.0).tolist() == [1, 2, 1, 1, 1]
    found = numbers_for(
        pd.Series([1, pd.NA], ["a", "b"], dtype="Int64"), INDEX, "weights", missing=1.0
    )
    assert found[0] == 1
    assert np.isnan(found[1])
    with pytest.raises(
        ValueError,
        match=r"weights must be numbers; 2 are none: 'x', 'y' for 'b', 'd'\..*to_numeric",
    ):
        numbers_for([1, "x", 2, "y", 3], INDEX, "weights", missing=1.0)


def test_same_labels():
    assert same_labels(INDEX[::-1], INDEX)
    assert not same_labels(INDEX[:4], INDEX)
    assert not same_labels(pd.Index(["a", "a", "c", "d", "e"]), INDEX)
    assert not same_labels(pd.Index(["z", "b", "c", "d", "e"]), INDEX)
