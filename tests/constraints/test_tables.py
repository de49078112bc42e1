"""Tables with several classes a bag."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl


def table(rows: dict, columns=("a", "b", "c")) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(columns))


def test_a_column_is_a_class_and_a_row_a_bag():
    shares = table({"B": [0.5, 0.25, 0.25], "A": [0.1, np.nan, 0.2]})
    evidence = wl.Evidence(range(4), classes=["a", "b", "c"])
    evidence = evidence.with_bags([*"ABBA"], *wl.proportions_from(shares, within=0.05))
    block = evidence.bags[0]
    found = pd.DataFrame({c.of: c.share for c in block.constraints}, index=block.names)
    pd.testing.assert_frame_equal(found, shares.loc[["A", "B"]], check_names=False)


def test_rounding_is_divided_out_where_all_classes_are_there():
    shares = table({"A": [0.33, 0.33, 0.33], "B": [0.2, 0.3, np.nan], "C": [0.335, 0.335, 0.335]})
    found = wl.proportions_from(shares, complete=True)
    total = sum(c.share for c in found)
    np.testing.assert_allclose(total[["A", "C"]], 1)
    assert found[0].share["B"] == 0.2
    assert wl.proportions_from(shares)[0].share["A"] == 0.33
    kept = wl.proportions_from(shares, within=0.01, complete=True)
    assert kept[0].share["A"] == 0.33


def test_counts_and_noise():
    counts = table({"A": [2, 0, 1]})
    assert [c.number["A"] for c in wl.counts_from(counts)] == [2, 0, 1]
    noisy = wl.counts_from(counts - 0.7, scale=1.0, noise="laplace")
    assert {(c.noise, c.exact) for c in noisy} == {("laplace", False)}
    assert wl.counts_from(counts + 0.5, within=0.5)[0].number["A"] == 2.5
    assert len(wl.proportions_from(table({"A": [1.1, 0.3, -0.2]}), scale=0.1)) == 3


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"Shares of 1 bags sum to more than 1: 'A' .*to 1\.2\)"):
        wl.proportions_from(table({"A": [0.5, 0.5, 0.2], "B": [0.2, 0.2, 0.2]}))
    with pytest.raises(ValueError, match=r"Shares of 4 bags sum to less than 1: .* and 1 more"):
        wl.proportions_from(table({n: [0.2, 0.2, 0.2] for n in "ABCD"}), complete=True)
    with pytest.raises(ValueError, match=r"Counts of 1 bags are not whole: 'B'.*proportions_from"):
        wl.counts_from(table({"A": [1, np.nan, 3], "B": [0.5, 1, 2]}))
    with pytest.raises(ValueError, match=r"Count of 'b': 'number' is at least 0, not -1"):
        wl.counts_from(table({"A": [1, -1, 3]}))
    with pytest.raises(TypeError, match=r"A table of counts is a DataFrame.*not a dict"):
        wl.counts_from({"A": [1]})
    with pytest.raises(TypeError, match=r"column of numbers a class; these are not so: 'shop'"):
        wl.proportions_from(pd.DataFrame({"shop": ["A"], "bad": [0.3]}))
    with pytest.raises(TypeError, match=r"these are not so: 'a'\. .*name each class once"):
        wl.proportions_from(table({"A": [0.2, 0.3]}, ["a", "a"]))
