import copy

import joblib
import pytest

from weaklabel.functions import ABSTAIN, Not
from weaklabel.functions.values import in_order


def test_abstain_is_one_object_that_prints_its_name():
    assert repr(ABSTAIN) == "ABSTAIN"
    assert not ABSTAIN
    assert copy.deepcopy(ABSTAIN) is ABSTAIN
    assert type(ABSTAIN)() is ABSTAIN


def _abstains(value):
    return value is ABSTAIN, value


def test_abstain_and_not_travel_between_processes():
    task = joblib.delayed(_abstains)
    (same, back), (_, other) = joblib.Parallel(n_jobs=2)([task(ABSTAIN), task(Not("a", "b"))])
    assert same
    assert back is ABSTAIN
    assert other == Not("b", "a")


def test_not_is_a_set_of_classes():
    assert Not("b", "a").classes == frozenset({"a", "b"})
    assert repr(Not("b", "a")) == "Not('a', 'b')"
    assert hash(Not("a", "b")) == hash(Not("b", "a"))
    assert Not("a") != frozenset({"a"})
    assert copy.copy(Not("a")) == Not("a")


def test_not_refuses_nothing_and_changes():
    with pytest.raises(ValueError, match=r"Not\(\) excludes nothing\. Name the classes"):
        Not()
    with pytest.raises(AttributeError, match="cannot be changed, so 'classes' cannot be set"):
        Not("a").classes = frozenset()


def test_classes_of_several_types_have_an_order():
    assert in_order({"b", 1, "a"}) == [1, "a", "b"]
    assert in_order({3, 1, 2}) == [1, 2, 3]
