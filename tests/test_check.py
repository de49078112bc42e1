"""The words of messages, and generators that leave the global state alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from weaklabel._check import as_index, first_few, generator


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        ([1], "1"),
        (np.array([1.5, 2]), "1.5, 2.0"),
        (pd.Index(["a", "b", "c"]), "'a', 'b', 'c'"),
        (range(5), "0, 1, 2 and 2 more"),
        ([("a", 1), ("b", 2)], "('a', 1), ('b', 2)"),
        (pd.MultiIndex.from_tuples([("a", 1)]), "('a', 1)"),
        (pd.CategoricalIndex(["b", "a"]), "'b', 'a'"),
        ([], ""),
    ],
)
def test_labels_are_shown_as_users_wrote_them(labels, shown):
    assert first_few(labels) == shown


def test_an_index_is_flat_and_keeps_its_name():
    assert as_index(pd.MultiIndex.from_tuples([("a", 1)])).nlevels == 1
    assert as_index(pd.CategoricalIndex(["a"], name="n")).name == "n"
    index = pd.Index([1, 2])
    assert as_index(index) is index


def test_generators():
    before = np.random.get_state()[1].copy()
    for state in (
        0,
        None,
        np.random.SeedSequence(1),
        np.random.RandomState(1),
        np.random.default_rng(1),
    ):
        assert isinstance(generator(state), np.random.Generator)
    assert np.array_equal(before, np.random.get_state()[1])
    one, other = (generator(np.random.RandomState(3)).integers(1 << 40) for _ in range(2))
    assert one == other
    rng = np.random.default_rng(1)
    assert generator(rng) is rng
