"""Wide frames: every dtype that says the same is read the same, and what is no vote is named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl
from weaklabel import Not
from weaklabel.io.wide import votes_from_frame

INDEX = pd.Index(["a", "b", "c", "d"])
CLASSES = pd.Index(["ham", "spam"])
SAID = [1, -1, 0, 1]
NAMED = ["spam", None, "ham", "spam"]
MISSING = [1, None, 0, 1]

COLUMNS = {
    "category": pd.Categorical(NAMED),
    "category with more": pd.Categorical(NAMED, categories=["promo", "spam", "ham"]),
    "category of positions": pd.Categorical([1, None, 0, 1]),
    "str": pd.array(NAMED, dtype="str"),
    "string": pd.array(NAMED, dtype="string"),
    "object": np.array(NAMED, dtype=object),
    "object with NaN": np.array(["spam", np.nan, "ham", "spam"], dtype=object),
    "object with NA": np.array(["spam", pd.NA, "ham", wl.ABSTAIN], dtype=object),
    "mixed": np.array(["spam", -1, 0, 1.0], dtype=object),
    "sets of one": np.array([{"spam"}, None, frozenset({"ham"}), Not("ham")], dtype=object),
    "Int64": pd.array(MISSING, dtype="Int64"),
    "Float64": pd.array(MISSING, dtype="Float64"),
    "float with NaN": np.array([1, np.nan, 0, 1]),
    "int8": np.array(SAID, dtype=np.int8),
    "int64": np.array(SAID),
    "float32": np.array(SAID, dtype=np.float32),
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_every_dtype_is_read_the_same(kind):
    expected_items = [0, 2] if kind == "object with NA" else [0, 2, 3]
    frame = pd.DataFrame({"s": pd.Series(COLUMNS[kind], index=INDEX)})
    of = votes_from_frame(frame, INDEX, CLASSES)
    assert of.item.tolist() == expected_items
    assert of.code.tolist() == [1, 0, 1][: len(expected_items)]
    assert of.weight.tolist() == [1.0] * len(expected_items)
    assert of.code.dtype == of.source.dtype == np.int32


@pytest.mark.parametrize("kind", [bool, "boolean", object])
def test_truth_values(kind):
    frame = pd.DataFrame({"s": pd.Series([True, False], dtype=kind)})
    of = votes_from_frame(frame, frame.index, pd.Index([False, True]))
    assert of.code.tolist() == [1, 0]
    with pytest.raises(
        ValueError, match=r"'s' says True about item 0 and 1 more, but the classes are \['ham'"
    ):
        votes_from_frame(frame, frame.index, CLASSES)


def test_votes_are_sorted_by_item_then_source_then_class():
    frame = pd.DataFrame(
        {"t": ["ham", {"spam": 0.5, "ham": 0.5}], "s": ["spam", "ham"]}, index=["d", "a"]
    )
    of = votes_from_frame(frame, INDEX, CLASSES)
    assert of.item.tolist() == [0, 0, 0, 3, 3]
    assert of.source.tolist() == [0, 0, 1, 0, 1]
    assert of.code.tolist() == [0, 1, 0, 0, 1]
    assert of.weight.tolist() == [0.5, 0.5, 1, 1, 1]
    assert of.sources.tolist() == ["t", "s"]
    assert of.informative_silence.tolist() == [True, True]


def test_sources_that_are_silent_stay_sources():
    frame = pd.DataFrame({"s": [None, None], "t": pd.Series([], dtype=object)}, index=["a", "b"])
    of = votes_from_frame(frame, INDEX, CLASSES)
    assert (of.n_sources, of.n_votes) == (2, 0)
    assert votes_from_frame(pd.DataFrame(index=INDEX), INDEX, CLASSES).n_sources == 0


def test_names_of_sources_may_have_levels():
    frame = pd.DataFrame(
        [["ham", "spam"]], index=["a"], columns=pd.MultiIndex.from_tuples([("x", 1), ("x", 2)])
    )
    of = votes_from_frame(frame, INDEX, CLASSES)
    assert of.sources.tolist() == [("x", 1), ("x", 2)]
    assert of.select([("x", 2)]).code.tolist() == [1]


def test_sources_of_one_name_are_refused():
    frame = pd.DataFrame([["ham", "spam"]], index=["a"], columns=["s", "s"])
    with pytest.raises(
        ValueError, match=r"Two sources have the same name: 's'\..*Rename the columns"
    ):
        votes_from_frame(frame, INDEX, CLASSES)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("eggs", "'eggs'"),
        (["ham"], r"\['ham'\]"),
        (set(), r"set\(\)"),
        (-7, "-7"),
        (np.int8(-7), "-7"),
        ({"ham": 0.6, "spam": 0.6}, r"\{'ham': 0.6, 'spam': 0.6\}"),
        (Not("ham", "spam"), r"Not\('ham', 'spam'\)"),
        (np.inf, "inf"),
    ],
)
def test_what_is_no_vote_is_named(cell, shown):
    cells = pd.Series([None, cell, "ham", cell], index=list("dcba"), dtype=object)
    with pytest.raises(
        ValueError,
        match=rf"'few stars' says {shown} about item 'c' and 1 more, but the classes are \['ham', "
        r"'spam'\]\. .* is a class \(or its position\), a set of classes, Not\(\.\.\.\), a dict "
        r"of probabilities that sum to 1, or None to abstain\.$",
    ):
        votes_from_frame(cells.to_frame("few stars"), INDEX, CLASSES)


@pytest.mark.parametrize(
    ("cell", "classes", "hint"),
    [
        (0.9, ["ham", "spam"], r"For a confidence use \{'ham': 0\.9, 'spam': 0\.1\}\."),
        (2, ["ham", "spam"], r"If classes count from 1 and 0 abstains, pass encoding='metal'\."),
        (2.0, ["ham", "spam"], r"If classes count from 1 and 0 abstains, pass encoding='metal'\."),
        (
            0,
            [1, 2],
            r"is a class, a set.*If 0 abstains, pass encoding='metal'.*positions.*'codes'",
        ),
        (1, [False, True], r"is a class, a set.*positions of classes, pass encoding='codes'"),
    ],
)
def test_what_was_probably_meant(cell, classes, hint):
    with pytest.raises(ValueError, match=hint):
        votes_from_frame(pd.DataFrame({"s": [cell]}, index=["a"]), INDEX, pd.Index(classes))


def test_what_apply_returns_is_read():
    @wl.labeling_function
    def short(row):
        return {"ham", "spam"} if len(row.text) < 3 else "spam"

    @wl.labeling_function
    def long(row):
        return Not("spam") if len(row.text) > 3 else None

    frame = pd.DataFrame({"text": ["a", "abc", "abcd", "abcde"]}, index=INDEX)
    known = wl.Evidence(INDEX, classes=["ham", "spam", "promo"]).with_votes(
        wl.apply([short, long], frame)
    )
    assert known.votes.n_votes == 6
    assert known.votes.statements[3:].tolist() == [[True, True, False], [True, False, True]]
