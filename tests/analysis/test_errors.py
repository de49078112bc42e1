"""The wrong rows of a source, on the user's index, with the user's columns."""

import pandas as pd
import pytest
from analysis_brute import allowed, evidence, frames
from hypothesis import given, settings

from weaklabel.analysis import errors
from weaklabel.functions.values import Not

INDEX = pd.Index([7, 3, 5, 1], name="id")
VOTES = pd.DataFrame(
    {
        "link": ["spam", "spam", None, "spam"],
        "thanks": [None, "ham", "ham", "spam"],
        "late": [None, None, "spam", None],
    },
    index=INDEX,
)
GOLD = pd.Series({1: "ham", 3: "ham", 5: "ham", 7: "spam"})


@settings(deadline=None, max_examples=60)
@given(frames())
def test_exactly_the_wrong_rows_are_shown(case):
    frame, gold = case
    for name, column in frame.items():
        wrong = [
            label
            for label, vote in column.items()
            if allowed(vote) and gold[label] is not None and gold[label] not in allowed(vote)
        ]
        table = errors(evidence(frame), gold, name)
        assert table.index.tolist() == wrong
        assert table["gold"].tolist() == gold[wrong].tolist()
        for label, row in table.iterrows():
            others = frame.loc[label].drop(name).dropna()
            assert list(row["others"]) == others.index.tolist()
            for value, original in zip(row["others"].values(), others, strict=True):
                assert as_said(value) == as_said(original)
            assert as_said(row["vote"]) == as_said(frame.loc[label, name])


def as_said(value):
    """A vote in one form: exclusions as the set that is left."""
    return value if isinstance(value, dict) else allowed(value)


def test_rows_keep_index_and_order_and_text_comes_first():
    frame = pd.DataFrame(
        {"stars": [1, 2, 3, 4], "gold": ["x", "y", "z", "w"], "text": ["a", "b", "c", "d"]},
        index=INDEX,
    )
    table = errors(VOTES, GOLD, "link", frame)
    assert table.index.equals(pd.Index([3, 1], name="id"))
    assert list(table) == ["vote", "gold", "gold_in_frame", "text", "stars", "others"]
    assert table["text"].tolist() == ["b", "d"]
    assert table["gold_in_frame"].tolist() == ["y", "w"]
    assert table["gold"].tolist() == ["ham", "ham"]
    assert table["others"].tolist() == [{"thanks": "ham"}, {"thanks": "spam"}]


def test_the_frame_is_aligned_by_label_and_may_have_more_rows():
    texts = pd.Series({1: "one", 3: "three", 9: "nine"}, name="text")
    assert errors(VOTES, GOLD, "link", texts)["text"].tolist() == ["three", "one"]


def test_items_without_gold_are_no_errors():
    assert errors(VOTES, GOLD.drop(3), "link").index.tolist() == [1]


def test_no_error_gives_an_empty_frame_with_its_columns():
    table = errors(VOTES, GOLD.replace("ham", "spam"), "link", pd.Series("t", INDEX, name="text"))
    assert len(table) == 0
    assert list(table) == ["vote", "gold", "text", "others"]


def test_gold_without_an_index_goes_by_position():
    votes = pd.DataFrame({"link": pd.Categorical(["spam", "ham"])})
    found = errors(votes, ["ham", "spam"], "link", pd.Series(["x", "y"], name="t"))
    assert found["t"].tolist() == ["x", "y"]


def test_exclusions_are_shown_as_the_set_that_is_left():
    frame = pd.DataFrame({"s": [Not("a"), {"a": 0.9, "b": 0.1}]}, dtype=object)
    table = errors(evidence(frame), ["a", "b"], "s")
    assert table["vote"].tolist() == [{"b", "c"}, {"a": 0.9, "b": 0.1}]


def test_unknown_sources_are_named():
    with pytest.raises(ValueError, match=r"no source 'Link'.*'link', 'thanks', 'late'.*Pass one"):
        errors(VOTES, GOLD, "Link")


def test_a_frame_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"lacks 1 of the wrong items: 1\. Probably.*Pass"):
        errors(VOTES, GOLD, "link", pd.Series({3: "three"}))
    with pytest.raises(ValueError, match=r"index label 3 occurs more than once.*Pass"):
        errors(VOTES, GOLD, "link", pd.Series(["x", "y"], index=[3, 3]))
