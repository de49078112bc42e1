import numpy as np
import pandas as pd
import pytest

import weaklabel.functions as wf


def test_with_and_without_parentheses():
    @wf.labeling_function
    def plain(row):
        """Say why."""
        return row["x"]

    @wf.labeling_function()
    def called(row):
        return row["x"]

    @wf.labeling_function(name="other", vectorized=True)
    def columns(frame):
        return frame.x

    assert [f.name for f in (plain, called, columns)] == ["plain", "called", "other"]
    assert all(isinstance(f, wf.LabelingFunction) for f in (plain, called, columns))
    assert plain({"x": 3}) == called({"x": 3}) == 3
    assert plain.__doc__ == "Say why."
    assert repr(plain) == "<labeling function 'plain', row by row>"
    assert repr(columns) == "<labeling function 'other', vectorized>"


def test_a_string_is_no_function():
    with pytest.raises(TypeError, match=r"got 'spam', which cannot be called.*labeling_function\("):
        wf.labeling_function("spam")


def test_rows_give_any_column():
    frame = pd.DataFrame(
        {
            "text": ["a"],
            "two words": [1],
            3: [2.5],
            "name": ["n"],
            "items": ["i"],
            "_position": [9],
        },
        index=["r"],
    )
    seen = []

    @wf.labeling_function
    def look(row):
        seen.append(
            [row.text, row["two words"], row[3], row.name, row.items, row["_position"], len(row)]
        )
        seen.append(["text" in row, "txt" in row, list(row), repr(row)])

    wf.apply([look], frame, cache=False)
    assert seen[0] == ["a", 1, 2.5, "n", "i", 9, 6]
    assert seen[1][:3] == [True, False, list(frame.columns)]
    assert seen[1][3].startswith("Row({'text': 'a', 'two words': 1,")
    assert type(seen[0][1]) is int


@pytest.mark.parametrize("get", [lambda row: row.txt, lambda row: row["txt"]])
def test_an_absent_column_is_named_with_those_there_are(get):
    frame = pd.DataFrame({"text": ["a"], "stars": [1]})
    with pytest.raises(wf.LabelingFunctionError, match="no column 'txt'; its columns are 'text', "):
        wf.apply([wf.labeling_function(name="f")(get)], frame, cache=False)


def test_columns_of_one_name_are_refused_when_asked_for():
    frame = pd.DataFrame([[1, 2, 3]], columns=["a", "a", "b"])
    fine = wf.labeling_function(name="fine")(lambda row: row.b)
    assert wf.apply([fine], frame, cache=False)["fine"].tolist() == [3]
    bad = wf.labeling_function(name="bad")(lambda row: row.a)
    with pytest.raises(wf.LabelingFunctionError, match="2 columns named 'a'; give each its own"):
        wf.apply([bad], frame, cache=False)


def test_rows_can_be_copied_and_lack_dunder_columns():
    import copy

    kept = []
    wf.apply(
        [wf.labeling_function(name="keep")(kept.append)],
        pd.DataFrame({"x": [1, 2]}),
        cache=False,
    )
    assert copy.copy(kept[1]).x == 2
    with pytest.raises(AttributeError, match="__array__"):
        _ = kept[0].__array__


FRAME = pd.DataFrame({"x": [3, 1, 2]}, index=["c", "a", "b"])


def vectorized(result):
    @wf.labeling_function(vectorized=True)
    def f(frame):
        return result

    return f


@pytest.mark.parametrize(
    "result",
    [
        pd.Series(["x", None, "y"], index=["c", "a", "b"]),
        pd.Series(["x", "y"], index=["c", "b"]),  # missing items abstain
        pd.Series(["y", "x", None], index=["b", "c", "a"]),  # aligned by label
        pd.Series(["x", None, "y"], index=["c", "a", "b"], dtype="category"),
        np.array(["x", None, "y"], object),
        ["x", wf.ABSTAIN, "y"],
        pd.array(["x", pd.NA, "y"], dtype="string"),
    ],
)
def test_results_of_vectorized_functions(result):
    votes = wf.apply([vectorized(result)], FRAME, cache=False)["f"]
    assert votes.index.tolist() == ["c", "a", "b"]
    assert votes.astype(object).where(votes.notna(), None).tolist() == ["x", None, "y"]


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (pd.Series([1, 2], index=["a", "z"]), "votes for 'z', not in the frame"),
        (pd.Series([1, 2], index=["a", "a"]), "more than one vote for 'a'"),
        (np.array([1, 2]), "returned 2 votes for 3 items; return one vote an item"),
        (np.ones((3, 2)), r"returned ndarray of shape \(3, 2\); a vectorized function returns"),
        ("spam", "returned str; a vectorized function returns a Series"),
    ],
)
def test_misshapen_results_of_vectorized_functions(result, words):
    with pytest.raises(wf.LabelingFunctionError, match=f"'f' failed on the whole frame.*{words}"):
        wf.apply([vectorized(result)], FRAME, cache=False)


def test_whole_floats_of_a_series_are_codes():
    votes = wf.apply([vectorized(pd.Series([1.0, np.nan, 0.0], FRAME.index))], FRAME, cache=False)
    assert votes["f"].tolist()[::2] == [1, 0]
    assert votes["f"].isna().tolist() == [False, True, False]
    assert votes["f"].cat.categories.tolist() == [0, 1]


def test_resources_are_loaded_once_at_first_use():
    loaded = []

    def load():
        loaded.append(1)
        return {"refund"}

    @wf.labeling_function(resources={"lexicon": load, "vote": "bad"})
    def f(row, lexicon, vote):
        return vote if row.text in lexicon else None

    assert loaded == []
    frame = pd.DataFrame({"text": ["refund", "x"] * 1500})
    votes = wf.apply([f], frame, cache=False)["f"]
    assert votes.tolist()[:1] == ["bad"]
    assert votes.notna().sum() == 1500
    wf.apply([f], frame, cache=False)
    assert f(frame.iloc[0]) == "bad"
    assert loaded == [1]


@pytest.mark.parametrize("vectorized", [False, True])
def test_resources_that_fail_to_load_name_the_function(vectorized):
    def load():
        raise OSError(2, "no such lexicon")

    @wf.labeling_function(resources={"lexicon": load}, vectorized=vectorized)
    def f(row, lexicon):
        return 1

    with pytest.raises(
        wf.LabelingFunctionError,
        match=r"'f' failed on the whole frame: FileNotFoundError: .*no such lexicon",
    ):
        wf.apply([f], FRAME)


def test_resources_are_loaded_once_a_worker(tmp_path):
    def load():
        import os
        from uuid import uuid4

        (tmp_path / f"{os.getpid()}-{uuid4().hex}").touch()
        return "spam"

    @wf.labeling_function(resources={"vote": load})
    def f(row, vote):
        return vote

    frame = pd.DataFrame({"x": range(100)})
    for _ in range(2):
        assert (wf.apply([f], frame, n_jobs=2, cache=False)["f"] == "spam").all()
    processes = [file.name.split("-")[0] for file in tmp_path.iterdir()]
    assert 1 <= len(processes) == len(set(processes)) <= 2
