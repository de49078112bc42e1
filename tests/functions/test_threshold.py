import numpy as np
import pandas as pd
import pytest

from weaklabel.functions import LabelingFunctionError, Threshold, apply


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1.0, 3.0, 4.0, 5.0, np.nan]),
        pd.Series([1, 3, 4, 5, None], dtype="Int64"),
        pd.Series([1, 3, 4, 5, None], dtype=object),
        pd.Series([1, 3, 4, 5, None], dtype="double[pyarrow]"),
    ],
)
def test_closed_below_open_above_missing_abstains(values):
    frame = pd.DataFrame({"stars": values})
    between = Threshold("stars", vote="mid", low=3, high=5)
    assert between(frame).notna().tolist() == [False, True, True, False, False]
    assert Threshold("stars", vote=1, low=4)(frame).notna().tolist() == [False] * 2 + [True] * 2 + [
        False
    ]
    assert Threshold("stars", vote=1, high=3)(frame).notna().tolist() == [True] + [False] * 4


def test_dates_and_infinity():
    days = pd.DataFrame({"day": pd.to_datetime(["2020-01-01", "2021-01-01", None])})
    assert Threshold("day", vote=1, low=pd.Timestamp("2020-06-01"))(days).notna().tolist() == [
        False,
        True,
        False,
    ]
    assert Threshold("x", vote=1, low=0)(pd.DataFrame({"x": [np.inf, -np.inf]})).tolist()[0] == 1


def test_names():
    assert Threshold("stars", vote=1, low=3, high=4.5).name == "stars_from_3_below_4_5"
    assert Threshold("two words", vote=1, low=3).name == "two words_from_3"


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({}, "got no bound. Give low=, high= or both"),
        ({"low": 3, "high": 3}, "No x has 3 <= x < 3, so it would never vote. Probably low and"),
        ({"low": np.nan}, "a missing value. None leaves a side open"),
        ({"low": 1, "high": pd.NA}, "a missing value"),
    ],
)
def test_bounds_are_checked(bounds, words):
    with pytest.raises(ValueError, match=words):
        Threshold("x", vote=1, **bounds)


def test_what_does_not_compare_names_the_function():
    frame = pd.DataFrame({"x": pd.Series(["a", 2], dtype=object)})
    with pytest.raises(
        LabelingFunctionError, match="'x_from_3' failed on the whole frame: TypeError"
    ):
        apply([Threshold("x", vote=1, low=3)], frame)
