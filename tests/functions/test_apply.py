import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import weaklabel.functions as wf

INDICES = {
    "shuffled": [7, 3, 5, 1, 0, 2, 6, 4],
    "strings": list("hgfedcba"),
    "tuples": pd.MultiIndex.from_product([["y", "x"], [2, 1], ["b", "a"]], names=["p", "q", None]),
    "dates": pd.date_range("2020-01-01", periods=8)[::-1],
}
TEXTS = ["Subscribe now", "check  out", "free $5", None, "nice", "Café", "", "subscribe free"]


def frame_on(index):
    return pd.DataFrame({"text": TEXTS, "stars": [1.0, 5, 2, np.nan, 4, 3, 1, 2]}, index=index)


def functions():
    model = LogisticRegression().fit(pd.DataFrame({"stars": [1.0, 2, 4, 5]}), [*"sshh"])

    @wf.labeling_function
    def rows(row):
        return {1.0: "s", 5.0: {"s", "h"}, 2.0: wf.Not("h"), 4.0: {"s": 0.5, "h": 0.5}}.get(
            row.stars
        )

    @wf.labeling_function(vectorized=True)
    def columns(frame):
        return frame.stars.rank().map({7.0: "h"})

    return [
        rows,
        wf.Keywords(["subscribe", "café"], vote="s"),
        columns,
        wf.Regex(r"\$\d", vote="s", name="money"),
        wf.Threshold("stars", vote="h", low=3),
        wf.Lexicon(pd.DataFrame({"term": ["free", "nice"], "vote": ["s", "h"]}), name="lexicon"),
        wf.ModelVotes(model, name="model"),
    ]


def complete(frame):
    return frame.dropna(subset="stars")


@pytest.mark.parametrize("kind", INDICES)
def test_index_and_order_for_any_number_of_processes(kind):
    frame = complete(frame_on(INDICES[kind]))
    one = wf.apply(functions(), frame, cache=False)
    two = wf.apply(functions(), frame, n_jobs=2, cache=False)
    pd.testing.assert_frame_equal(one, two)
    pd.testing.assert_index_equal(one.index, frame.index)
    assert one.columns.tolist() == [f.name for f in functions()]
    soft = {"s": 0.5, "h": 0.5}
    assert one["rows"].tolist() == ["s", {"s", "h"}, wf.Not("h"), soft, None, "s", wf.Not("h")]
    assert np.flatnonzero(one["keywords_subscribe_café"].notna()).tolist() == [0, 4, 6]
    assert one["columns"].tolist()[1] == "h"
    assert one.attrs == {"faults": dict.fromkeys(one.columns, 0)}


def test_shuffled_items_get_the_same_votes():
    frame = complete(frame_on(INDICES["shuffled"]))
    votes = wf.apply(functions(), frame, cache=False)
    again = wf.apply(functions(), frame.sort_index(), cache=False)
    pd.testing.assert_frame_equal(again, votes.sort_index())


def test_slices_change_nothing(monkeypatch):
    frame = complete(frame_on(INDICES["shuffled"]))
    votes = wf.apply(functions(), frame, cache=False)
    monkeypatch.setattr("weaklabel.functions._run.MOST_ROWS", 2)
    pd.testing.assert_frame_equal(votes, wf.apply(functions(), frame, cache=False))


def test_an_empty_frame_calls_nothing():
    def fail(_):
        raise AssertionError

    f = wf.labeling_function(name="f")(fail)
    g = wf.labeling_function(name="g", vectorized=True)(fail)
    votes = wf.apply([f, g], frame_on(INDICES["strings"]).head(0), classes=["a", "b"])
    assert votes.shape == (0, 2)
    assert votes["f"].cat.categories.tolist() == ["a", "b"]
    assert wf.apply([f, g], pd.DataFrame()).columns.tolist() == ["f", "g"]


def test_no_functions_give_no_columns():
    votes = wf.apply([], frame_on(INDICES["strings"]))
    assert votes.shape == (8, 0)
    assert votes.index.tolist() == list("hgfedcba")


def test_one_function_may_stand_alone():
    assert wf.apply(wf.Threshold("stars", vote=1, low=3), frame_on(None)).shape == (8, 1)


def undecorated(row):
    return 1


FRAME = pd.DataFrame({"x": range(12)}, index=[f"r-{i}" for i in range(12)])


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (
            ([undecorated], FRAME),
            TypeError,
            "'undecorated': no labeling function. Probably the decor",
        ),
        (
            ([], FRAME.x),
            TypeError,
            "wants a DataFrame of pandas or polars, or an Arrow table, not Series",
        ),
        (([], ["text"]), TypeError, "or an Arrow table, not list. Convert it, for ex"),
        (
            ([wf.Threshold("x", vote=1, low=3)] * 2, FRAME),
            ValueError,
            "Several functions are named 'x_from_3'. Votes are kept by name; give each",
        ),
        (
            ([], pd.concat([FRAME, FRAME.tail(5)])),
            ValueError,
            "names 5 items more than once: 'r-7', 'r-8', 'r-9' and 2 more. Probably frames were",
        ),
    ],
)
def test_arguments_are_checked(arguments, error, words):
    with pytest.raises(error, match=words):
        wf.apply(*arguments)


def test_the_policy_is_checked():
    with pytest.raises(
        ValueError, match=r"on_error='ignore' is unknown\. Give 'raise' or 'abstain'"
    ):
        wf.apply([], FRAME, on_error="ignore")


class OwnError(Exception):
    """An exception that cannot be unpickled."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


@wf.labeling_function
def fails(row):
    if row.x % 4 == 3:
        raise OwnError("this", "that")  # noqa: EM101 no message, two arguments
    return "a"


@wf.labeling_function
def works(row):
    return "b"


@wf.labeling_function
def wrong(row):
    return 0.9 if row.x > 9 else "a"


@wf.labeling_function(vectorized=True)
def fails_whole(frame):
    return frame.txt


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_fault_names_function_item_and_cause(n_jobs):
    with pytest.raises(wf.LabelingFunctionError) as error:
        wf.apply([works, fails, fails_whole], FRAME, n_jobs=n_jobs, cache=False)
    assert str(error.value) == (
        "'fails' failed for item 'r-3': OwnError: this and that. Probably it met a value that it "
        "does not expect, such as a missing one. Mend it or the data, or let it abstain where it "
        "fails with on_error='abstain'. These failed as well: 'fails_whole'."
    )
    assert error.value.function == "fails"
    assert "this and that" in str(error.value.__cause__)
    if n_jobs == 2:
        assert "line" in "".join(error.value.__cause__.__notes__)
        assert 'raise OwnError("this", "that")' in "".join(error.value.__cause__.__notes__)
    else:
        assert isinstance(error.value.__cause__, OwnError)


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("cache", [False, True])
def test_faults_abstain_are_counted_and_named(n_jobs, cache):
    wf.clear_cache()
    with pytest.warns(wf.FaultWarning) as caught:
        votes = wf.apply(
            [fails, works, fails_whole, wrong],
            FRAME,
            n_jobs=n_jobs,
            cache=cache,
            on_error="abstain",
            classes=["a", "b"],
        )
    assert len(caught) == 1
    lines = str(caught[0].message).split("\n")
    assert lines[0].startswith(
        "'fails' failed on 3 of 12 items and abstains there ('r-3', 'r-7', 'r-11'): "
    )
    assert "this and that" in lines[0]
    assert lines[1].startswith(
        "'fails_whole' failed on 12 of 12 items and abstains there (the whole frame): Attr"
    )
    assert lines[2].startswith(
        "'wrong' failed on 2 of 12 items and abstains there ('r-10', 'r-11'): it returned 0.9. "
    )
    assert lines[3].startswith("Those votes are missing. Mend the functions or the data")
    assert caught[0].filename == __file__
    assert votes.attrs["faults"] == {"fails": 3, "works": 0, "fails_whole": 12, "wrong": 2}
    assert votes["works"].tolist() == ["b"] * 12
    assert np.flatnonzero(votes["fails"].isna()).tolist() == [3, 7, 11]
    assert votes["fails_whole"].isna().all()
    assert votes["wrong"].isna().tolist() == [False] * 10 + [True] * 2


def test_a_declared_function_that_fails_on_a_slice_abstains_everywhere(monkeypatch):
    monkeypatch.setattr("weaklabel.functions._run.MOST_ROWS", 2)
    frame = pd.DataFrame({"text": pd.Series(["a", "a", "a", 3, "a"], dtype=object)})
    with pytest.warns(wf.FaultWarning, match="failed on 5 of 5 items"):
        votes = wf.apply([wf.Keywords("a", vote=1, name="f")], frame, on_error="abstain")
    assert votes["f"].isna().all()
    assert votes.attrs["faults"] == {"f": 5}


def test_after_a_fault_the_votes_of_others_are_kept():
    count.calls = 0

    @wf.labeling_function
    def counted(row):
        count()
        return "a"

    wf.clear_cache()
    for _ in range(2):
        with pytest.raises(wf.LabelingFunctionError, match="'fails' failed"):
            wf.apply([fails, counted], FRAME)
    assert count.calls == 12


def test_faults_in_many_slices_are_joined(monkeypatch):
    monkeypatch.setattr("weaklabel.functions._run.MOST_ROWS", 5)
    with pytest.warns(wf.FaultWarning, match="'fails' failed on 3 of 12 items"):
        votes = wf.apply([fails], FRAME, on_error="abstain")
    assert votes["fails"].isna().sum() == 3


def count():
    """Count calls; the content of the function stays the same."""
    count.calls += 1


def test_progress_is_shown_when_asked_for(capfd):
    wf.apply([works, fails_whole.__class__(lambda f: f.x, "x", None)], FRAME, progress=True)
    assert "labeling functions: 100%" in capfd.readouterr().err
    wf.apply([works], FRAME, n_jobs=2, progress=True, cache=False)
    assert "12.0/12.0" in capfd.readouterr().err
    wf.apply([works], FRAME, progress=False)
    wf.apply([works], FRAME)
    assert capfd.readouterr().err == ""


def test_functions_of_main_work_in_other_processes(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
        import pandas as pd
        import weaklabel.functions as wf

        WORD = "free"

        def helper(text):
            return WORD in text

        @wf.labeling_function
        def f(row):
            return "spam" if helper(row.text) else None

        if __name__ == "__main__":
            frame = pd.DataFrame({"text": ["free", "x"] * 20})
            print(wf.apply([f], frame, n_jobs=2)["f"].notna().sum())
        """)
    )
    out = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert out.stdout.strip() == "20"


def test_importing_loads_nothing_heavy():
    code = (
        "import sys, pandas; before = set(sys.modules); import weaklabel.functions;"
        "print(*[m for m in ('numba','torch','matplotlib','tqdm','dask','cupy','IPython')"
        " if m in sys.modules and m not in before])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == ""
