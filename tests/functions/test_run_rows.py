"""Rows that functions share: what one of them does never reaches another."""

import copy

import pandas as pd
import pytest

import weaklabel.functions as wf
from weaklabel.functions import _run_rows
from weaklabel.functions._row import Columns, Row

FRAME = pd.DataFrame({"x": range(7), "two words": list("abcdefg")}, index=list("hijklmn"))


@pytest.fixture(autouse=True)
def _short_stretches(monkeypatch):
    monkeypatch.setattr(_run_rows, "STRIDE", 3)


def test_a_row_is_read_by_name_and_by_attribute():
    row = Row(Columns(FRAME), 2)
    assert (row.x, row.x, row["x"], row["two words"]) == (2, 2, 2, "c")
    assert list(row) == ["x", "two words"]
    assert len(row) == 2
    assert "x" in row
    assert "y" not in row
    assert repr(row) == "Row({'x': 2, 'two words': 'c'})"
    assert copy.deepcopy(row).x == 2
    with pytest.raises(AttributeError, match="no column 'y'; its columns are 'x', 'two words'"):
        _ = row.y


def test_nothing_is_assigned_to_a_row():
    row = Row(Columns(FRAME), 2)
    for name in ("x", "y", "_position"):
        with pytest.raises(AttributeError, match=f"a row is only read; keep '{name}' in a var"):
            setattr(row, name, 1)
    assert row.x == 2


def test_functions_take_turns_and_votes_stay_in_place():
    called = []

    def voter(name):
        @wf.labeling_function(name=name)
        def f(row):
            called.append(name)
            if name == "b" and row.x % 2:
                raise ValueError(row.x)
            return row.x

        return f

    with pytest.warns(wf.FaultWarning, match=r"'b' failed on 3 of 7 items .*'i', 'k', 'm'"):
        votes = wf.apply([voter("a"), voter("b")], FRAME, on_error="abstain", cache=False)
    assert "".join(called) == "aaabbbaaabbbab"
    assert votes["a"].tolist() == list(range(7))
    assert votes["b"].dropna().to_dict() == {"h": 0, "j": 2, "l": 4, "n": 6}


def test_after_a_fault_that_stops_the_function_is_not_called():
    called = []

    @wf.labeling_function
    def f(row):
        called.append(row.x)
        raise ValueError

    with pytest.raises(wf.LabelingFunctionError, match="'f' failed for item 'h'"):
        wf.apply([f], FRAME, cache=False)
    assert called == [0, 1, 2]  # the rest of the stretch, no further one


def test_a_stop_iteration_is_a_fault_like_any_other():
    @wf.labeling_function
    def f(row):
        return next(iter("v" * (row.x % 3)))

    with pytest.warns(wf.FaultWarning, match=r"'f' failed on 3 of 7 items.*StopIteration"):
        votes = wf.apply([f], FRAME, on_error="abstain", cache=False)
    assert votes["f"].isna().tolist() == [True, False, False, True, False, False, True]
