"""Shares of the classes among all items."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl


@pytest.fixture
def known():
    return wl.Evidence([f"r{i}" for i in range(10)], classes=["a", "b", "c"])


def test_one_bag_of_all_items(known):
    found = known.with_class_balance(pd.Series({"c": 0.5, "a": 0.2, "b": 0.3}), within=0.1)
    block = found.bags[0]
    assert block.names.tolist() == ["all items"]
    assert block.member.tolist() == list(range(10))
    bounds = {c.of: tuple(x.item() for x in c.bounds(block.sizes)) for c in block.constraints}
    assert bounds == {"a": (1, 3), "b": (2, 4), "c": (4, 6)}


def test_some_classes_noise_and_groups(known):
    found = known.with_class_balance({"a": 0.2, "b": np.nan}, scale=0.05, noise="laplace")
    (constraint,) = found.bags[0].constraints
    assert (constraint.of, constraint.noise, constraint.scale.tolist()) == ("a", "laplace", [0.05])
    grouped = known.with_bags([*"XXXXXYYYYY"], wl.ClassBalance({"a": 0.2}))
    low, _ = grouped.bags[0].constraints[0].bounds(grouped.bags[0].sizes)
    assert low.tolist() == [1, 1]


def test_what_is_refused(known):
    with pytest.raises(ValueError, match=r"ClassBalance has a share of 'd', but the classes are"):
        known.with_class_balance({"d": 0.2})
    with pytest.raises(ValueError, match=r"shares of all classes sum to 0\.9, not 1: .*within="):
        known.with_class_balance({"a": 0.2, "b": 0.3, "c": 0.4})
    with pytest.raises(ValueError, match=r"shares of classes sum to 1\.1, not at most 1"):
        known.with_class_balance({"a": 0.5, "b": 0.6})
    with pytest.raises(ValueError, match=r"Proportion of 'a': 'share' is between 0 and 1, not 20"):
        known.with_class_balance({"a": 20})
    with pytest.raises(TypeError, match=r"shares by class, not a list\. Name the classes"):
        known.with_class_balance([0.2, 0.3, 0.5])
