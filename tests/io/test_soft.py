"""Soft votes as tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl

INDEX = pd.Index(["a", "b", "c"])


def known(classes=("ham", "spam")):
    return wl.Evidence(INDEX, classes=list(classes))


def test_tables_are_matched_on_both_sides():
    judge = pd.DataFrame(
        {"spam": [0.75, 1, np.nan], "ham": [0.25, 0, np.nan]}, index=["c", "a", "b"]
    )
    other = pd.DataFrame({"ham": [1], "spam": [0]}, index=["b"])
    of = known().with_votes({"judge": judge, ("x", 1): other.astype("Float64")}).votes
    assert of.item.tolist() == [0, 1, 2, 2]
    assert of.source.tolist() == [0, 1, 0, 0]
    assert of.code.tolist() == [1, 0, 0, 1]
    assert of.weight.tolist() == [1, 1, 0.25, 0.75]
    assert of.sources.tolist() == ["judge", ("x", 1)]
    assert of.code.dtype == np.int32


def test_a_table_says_what_dicts_say():
    table = pd.DataFrame({"ham": [0.25, 0.5], "spam": [0.75, 0.5]}, index=["a", "c"])
    cells = pd.DataFrame({"judge": pd.Series(table.to_dict("index"))})
    one, other = known().with_votes({"judge": table}).votes, known().with_votes(cells).votes
    for name in ("item", "source", "code", "weight"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize(
    "table",
    [
        ["ham"],
        {"a": "ham"},
        pd.Series({"a": "ham"}),
        pd.DataFrame({"ham": [1.0]}, index=["a"]),
        pd.DataFrame([[0.5, 0.5]], index=["a"], columns=["ham", "ham"]),
    ],
)
def test_a_table_has_one_column_a_class(table):
    with pytest.raises(
        ValueError,
        match=r"soft votes of 'judge' are a frame with one column a class, .*; this is .*hard",
    ):
        known().with_votes({"judge": table})


def test_rows_are_distributions():
    table = pd.DataFrame({"ham": [0.5, -1, 3.0], "spam": [0.6, 2, np.nan]}, index=["c", "a", "b"])
    with pytest.raises(
        ValueError,
        match=r"'judge' gives no distribution for 'c', 'a', 'b': .*softmax.*NaN in the whole row",
    ):
        known().with_votes({"judge": table})


def test_numbers_rounded_to_single_precision_are_distributions():
    table = pd.DataFrame(np.full((3, 3), 1 / 3, dtype=np.float32), index=INDEX, columns=list("xyz"))
    assert known("xyz").with_votes({"judge": table}).votes.n_votes == 9


def test_probabilities_are_numbers():
    table = pd.DataFrame({"ham": ["0.5"], "spam": [0.5]}, index=["a"])
    with pytest.raises(
        ValueError, match=r"probabilities of 'judge' are no numbers in columns 'ham'\. Convert"
    ):
        known().with_votes({"judge": table})


def test_strangers_are_named():
    table = pd.DataFrame({"ham": [0.5], "spam": [0.5]}, index=["z"])
    with pytest.raises(
        ValueError, match=r"votes are about 1 items that the evidence does not have: 'z'"
    ):
        known().with_votes({"judge": table})


def test_no_sources():
    assert known().with_votes({}).votes.n_sources == 0
