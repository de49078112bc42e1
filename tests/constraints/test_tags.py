"""Tags say which classes are present, absent, or unknown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl

CLASSES = ["car", "tree", "sky"]


def known(tags: wl.Tags) -> dict:
    """For each bag: classes that are present, and those that are absent."""
    evidence = wl.Evidence(range(6), classes=CLASSES).with_bags([*"AABBCC"], tags)
    block = evidence.bags[0]
    said = {name: (set(), set()) for name in block.names}
    for constraint in block.constraints:
        low, high = constraint.bounds(block.sizes)
        for g, name in enumerate(block.names):
            if low[g] > 0:
                said[name][0].add(constraint.of)
            if high[g] == 0:
                said[name][1].add(constraint.of)
    return said


def test_named_classes_are_present_and_others_absent():
    said = known(wl.Tags({"A": {"car"}, "B": ["tree", "sky"], "C": None}))
    assert said == {
        "A": ({"car"}, {"tree", "sky"}),
        "B": ({"tree", "sky"}, {"car"}),
        "C": (set(), set()),
    }


def test_others_may_be_unknown():
    said = known(wl.Tags(pd.Series({"A": {"car"}, "C": set()}), others="unknown"))
    assert said == {"A": ({"car"}, set()), "B": (set(), set()), "C": (set(), set())}


def test_a_class_may_be_left_open():
    said = known(wl.Tags({"A": {"car"}, "B": frozenset()}, unknown=["sky"]))
    assert said == {"A": ({"car"}, {"tree"}), "B": (set(), {"car", "tree"}), "C": (set(), set())}


@pytest.mark.parametrize("kind", ["object", "boolean"])
def test_a_frame_of_truth_values(kind):
    table = pd.DataFrame(
        {"car": [True, False, None], "sky": [False, None, True]}, index=list("CAB"), dtype=kind
    )
    said = known(wl.Tags(table))
    assert said == {"A": (set(), {"car"}), "B": ({"sky"}, set()), "C": ({"car"}, {"sky"})}


def test_multiple_instance_labels():
    positive = pd.DataFrame({"car": [True, False, True]}, index=list("ABC"))
    assert known(wl.Tags(positive)) == {
        "A": ({"car"}, set()),
        "B": (set(), {"car"}),
        "C": ({"car"}, set()),
    }


def test_nothing_is_said():
    assert known(wl.Tags({"A": None, "B": np.nan, "C": pd.NA}))["A"] == (set(), set())


def test_what_is_refused():
    evidence = wl.Evidence(range(6), classes=CLASSES)

    def use(*args, **how):
        return evidence.with_bags([*"AABBCC"], wl.Tags(*args, **how))

    with pytest.raises(ValueError, match=r"others='maybe' is unknown\. Choose 'absent'"):
        use({}, others="maybe")
    with pytest.raises(TypeError, match=r"unknown= is a sequence of classes, not 'sky'"):
        use({}, unknown="sky")
    with pytest.raises(ValueError, match=r"Tags leave open 'cloud', but the classes are"):
        use({}, unknown=["cloud"])
    with pytest.raises(ValueError, match=r"Tags name 'bus', but the classes are \['car', 'tree'"):
        use({"A": {"bus"}})
    with pytest.raises(ValueError, match=r"Tags name 'bus', but"):
        use(pd.DataFrame({"bus": [True]}, index=["A"]))
    with pytest.raises(ValueError, match=r"Tags name 'sky', which unknown= leaves open"):
        use({"A": {"sky"}}, unknown=["sky"])
    with pytest.raises(TypeError, match=r"Tags of 2 bags are no sets.*'A', 'B', such as 'car'"):
        use({"A": "car", "B": 3})
    with pytest.raises(TypeError, match=r"mapping of sets by bag.*not a list"):
        use([{"car"}])
    with pytest.raises(TypeError, match=r"one column of truth values a class.*'car'\. Convert"):
        use(pd.DataFrame({"car": [1, 0]}, index=["A", "B"]))
    with pytest.raises(ValueError, match=r"stated for 1 bags that have no members: 'Z'"):
        use({"Z": {"car"}})
    with pytest.raises(ValueError, match=r"stated twice for bags 'A'"):
        use(pd.Series([{"car"}, {"car"}], index=["A", "A"]))
