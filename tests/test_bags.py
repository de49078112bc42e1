"""Bags: grouping, names of any type, and what becomes of them when items are taken."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl
from weaklabel._device import on_host


@pytest.fixture
def known():
    """Six items, two classes."""
    return wl.Evidence(list("abcdef"), classes=["bad", "fine"])


def members(known, block=0) -> dict:
    """Give the items of each bag by name."""
    bags = known.bags[block]
    return {
        name: known.index[bags.member[bags.starts[g] : bags.starts[g + 1]]].tolist()
        for g, name in enumerate(bags.names.tolist())
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A", "B"),
        (10, 3),
        (0.5, 1.5),
        (("x", 1), ("y", 2)),
        (pd.Timestamp("2024"), "B"),
        (True, "B"),
    ],
)
def test_names_of_any_type(known, one, other):
    shop = pd.Series([one, other, one, None, other, one], index=known.index, dtype=object)
    found = known.with_bags(shop.iloc[::-1], wl.Count("bad", number={one: 2, other: 1}))
    assert members(found) == {one: ["a", "c", "f"], other: ["b", "e"]}
    by_name = dict(
        zip(found.bags[0].names.tolist(), found.bags[0].constraints[0].number, strict=True)
    )
    assert by_name == {one: 2, other: 1}


@pytest.mark.parametrize("kind", ["category", "str", "object", "string"])
def test_dtypes_of_names(known, kind):
    shop = pd.Series(["A", "B", "A", None, "B", "A"], index=known.index).astype(kind)
    rates = pd.Series([0.5, 0.25], index=["B", "A"])
    found = known.with_bags(shop, wl.Proportion("bad", share=rates))
    assert members(found) == {"A": ["a", "c", "f"], "B": ["b", "e"]}
    assert found.bags[0].constraints[0].share.tolist() == [0.25, 0.5]
    assert found.bags[0].sizes.tolist() == [3, 2]


def test_an_item_may_be_in_a_bag_of_each_grouping(known):
    found = known.with_bags(list("AABBBB"), wl.AtLeast("bad")).with_bags(
        {"a": 1, "f": 1}, wl.AtMost("bad", number=1)
    )
    assert members(found, 0) == {"A": ["a", "b"], "B": ["c", "d", "e", "f"]}
    assert members(found, 1) == {1: ["a", "f"]}


def test_no_item_in_any_bag(known):
    found = known.with_bags([None] * 6, wl.AtLeast("bad"))
    assert found.bags[0].n_bags == 0
    assert found.take([0, 1]).bags[0].n_bags == 0


def test_bags_that_lose_members(known):
    found = known.with_bags(list("AABBCC"), wl.Count("bad", number={"A": 0, "B": 1, "C": 2}))
    with pytest.raises(
        ValueError,
        match=r"2 bags would lose members: 'A', 'B'\..*need not hold for a part.*bags='drop'",
    ):
        found.take([0, 2, 4, 5])
    kept = found.take([5, 0, 2, 4], bags="keep")
    assert members(kept) == {"A": ["a"], "B": ["c"], "C": ["f", "e"]}
    assert kept.bags[0].constraints[0].number.tolist() == [0, 1, 2]
    dropped = found.take([5, 0, 2, 4], bags="drop")
    assert members(dropped) == {"C": ["f", "e"]}
    assert dropped.bags[0].constraints[0].number.tolist() == [2]
    # whole bags may go
    assert members(found.take([2, 3])) == {"B": ["c", "d"]}
    with pytest.raises(
        ValueError, match=r"bags='lose' is unknown\. Choose 'raise', 'drop' or 'keep'"
    ):
        found.take([0, 1], bags="lose")


def test_four_bags_that_lose_members_are_counted(known):
    known = wl.Evidence(range(10), classes=["bad", "fine"])
    found = known.with_bags([0, 0, 1, 1, 2, 2, 3, 3, 4, 4], wl.AtLeast("bad"))
    with pytest.raises(ValueError, match=r"4 bags would lose members: 0, 1, 2 and 1 more\."):
        found.take([0, 2, 4, 6, 8, 9])


def test_names_must_be_hashable(known):
    with pytest.raises(TypeError, match=r"bags must be hashable.*call with_bags again"):
        known.with_bags([["A", "B"]] * 6, wl.AtLeast("bad"))


def test_what_is_no_grouping_is_refused(known):
    with pytest.raises(
        TypeError, match=r"bags are one value an item.*not 'shop'\. .*pass its column"
    ):
        known.with_bags("shop", wl.AtLeast("bad"))
    with pytest.raises(TypeError, match=r"not a DataFrame\. .*pass its column"):
        known.with_bags(pd.DataFrame({"shop": list("AABBCC")}, known.index), wl.AtLeast("bad"))
    with pytest.raises(ValueError, match=r"bags have 2 rows, but the evidence has 6 items"):
        known.with_bags(["A", "B"], wl.AtLeast("bad"))


def test_members_are_in_the_same_place_on_any_library(xp, known):
    found = known.with_bags(list("AABBCC"), wl.Count("bad", number={"A": 0, "B": 1, "C": 2}))
    there = found.map_arrays(xp.asarray).take([4, 5, 0], bags="drop")
    block = there.bags[0]
    assert type(block.member) is type(xp.asarray(np.zeros(1)))
    assert on_host(block.member).tolist() == [0, 1]
    assert on_host(block.sizes).tolist() == [2]
    low, high = block.constraints[0].bounds(block.sizes)
    assert (float(low[0]), float(high[0])) == (2.0, 2.0)
