"""Constraints: bounds, distances, alignment by name of bag, and what they refuse."""

from __future__ import annotations

import inspect

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl
from weaklabel import constraints
from weaklabel._device import on_host

SIZE = np.array([4, 10, 1])
NAMES = pd.Index(["A", "B", "C"])

CASES = [
    (wl.AtLeast("x"), [1, 1, 1], [4, 10, 1]),
    (wl.AtLeast("x", number=3), [3, 3, 3], [4, 10, 1]),
    (wl.AtMost("x", number=3), [0, 0, 0], [3, 3, 1]),
    (wl.AtMost("x", number=0), [0, 0, 0], [0, 0, 0]),
    (wl.Count("x", number=3), [3, 3, 3], [3, 3, 1]),
    (wl.Count("x", number=3, within=2), [1, 1, 1], [4, 5, 1]),
    (wl.Count("x", number=1, within=2), [0, 0, 0], [3, 3, 1]),
    (wl.Proportion("x", share=0.3), [1.2, 3, 0.3], [1.2, 3, 0.3]),
    (wl.Proportion("x", share=0.3, within=0.5), [0, 0, 0], [3.2, 8, 0.8]),
    (wl.Proportion("x", share=1), [4, 10, 1], [4, 10, 1]),
]


@pytest.mark.parametrize(("constraint", "low", "high"), CASES)
def test_bounds_on_any_library(constraint, low, high, xp):
    for stated in (constraint, constraint.for_bags(NAMES).map_arrays(xp.asarray)):
        found = stated.bounds(xp.asarray(SIZE))
        assert all(type(part) is type(xp.asarray(SIZE)) for part in found)
        assert np.allclose(on_host(found[0]), low, rtol=1e-12)
        assert np.allclose(on_host(found[1]), high, rtol=1e-12)


@pytest.mark.parametrize(("constraint", "low", "high"), CASES)
def test_excess_is_the_distance_to_what_is_allowed(constraint, low, high, xp):
    for count in (0.0, 0.5, 2.0, 4.0, 12.0):
        counts = xp.asarray(np.full(3, count))
        found = on_host(constraint.excess(counts, xp.asarray(SIZE)))
        expected = np.maximum(0, np.maximum(np.array(low) - count, count - np.array(high)))
        assert np.allclose(found, expected, rtol=1e-12)


def test_a_whole_number_by_share_is_allowed_whatever_the_rounding():
    for size in range(1, 200):
        for count in range(size + 1):
            low, high = wl.Proportion("x", share=count / size).bounds(np.array([size]))
            assert low <= count <= high


FIELDS = [
    (wl.AtLeast, "number"),
    (wl.AtMost, "number"),
    (wl.Count, "number"),
    (wl.Proportion, "share"),
]


def test_every_kind_is_tested_here():
    members = (getattr(constraints, name) for name in constraints.__all__)
    kinds = {
        kind
        for kind in members
        if isinstance(kind, type)
        and issubclass(kind, constraints.Constraint)
        and not inspect.isabstract(kind)
        and kind is not wl.SameLabel  # has no bounds, and a file of its own
    }
    assert kinds == {kind for kind, _ in FIELDS} == {type(case) for case, _, _ in CASES}


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_values_are_matched_by_name_and_nothing_stated_binds_nothing(kind, field):
    for stated in (
        {"C": 1, "A": 0.5},
        pd.Series({"C": 1, "A": 0.5}),
        pd.Series({"A": 0.5, "B": np.nan, "C": 1}),
    ):
        found = kind("x", **{field: stated}).for_bags(NAMES)
        assert found.values[field].tolist()[::2] == [0.5, 1]
        assert np.isnan(found.values[field][1])
        low, high = found.bounds(SIZE)
        assert (low[1], high[1]) == (0, 10)
    found = kind("x", **{field: [0, 1, 0.5]}).for_bags(NAMES).take(np.array([2, 0]))
    assert found.values[field].tolist() == [0.5, 0]
    assert found.of == "x"


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_misstated_values_are_named(kind, field):
    name = kind.__name__
    with pytest.raises(ValueError, match=rf"{name} of 'x': '{field}' is .*, not -1\. "):
        kind("x", **{field: -1})
    stated = pd.Series({"A": 1, "B": -2, "C": -3, "D": -4, "E": -5})
    with pytest.raises(
        ValueError, match=rf"'{field}' is .*, not -2 \(bags 'B', 'C', 'D' and 1 more\)"
    ):
        kind("x", **{field: stated})
    with pytest.raises(
        TypeError, match=rf"{name} of 'x': '{field}' is a number.*not 'many'\. Convert"
    ):
        kind("x", **{field: "many"})
    with pytest.raises(
        ValueError,
        match=rf"'{field}' is stated for 1 bags.*no members: 'D'\..*The bags are 'A', 'B', 'C'",
    ):
        kind("x", **{field: {"A": 1, "D": 1}}).for_bags(NAMES)
    with pytest.raises(ValueError, match=rf"'{field}' is stated twice for bags 'A'\..*groupby"):
        kind("x", **{field: pd.Series([1, 1], index=["A", "A"])}).for_bags(NAMES)
    with pytest.raises(ValueError, match=rf"'{field}' has 2 values for 3 bags\. Pass one number"):
        kind("x", **{field: [1, 0]}).for_bags(NAMES)


def test_percentages_are_refused():
    with pytest.raises(
        ValueError, match=r"'share' is between 0 and 1, not 30\. Divide percentages by 100.*Count"
    ):
        wl.Proportion("x", share=30)
    with pytest.raises(ValueError, match=r"'share' is between 0 and 1, not 30 \(bags 'A'\)"):
        wl.Proportion("x", share={"A": 30, "B": 0.3})
    with pytest.raises(ValueError, match=r"'within' is between 0 and 1, not 5\. Divide"):
        wl.Proportion("x", share=0.3, within=5)
    with pytest.raises(ValueError, match=r"'within' is at least 0, not -1\."):
        wl.Count("x", number=3, within=-1)


def test_more_than_there_are_is_kept_for_the_solver_to_name():
    low, high = wl.AtLeast("x", number=3).bounds(np.array([2]))
    assert low > high
