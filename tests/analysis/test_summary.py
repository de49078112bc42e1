"""The summary table against counting by hand."""

import numpy as np
import pandas as pd
import pytest
from analysis_brute import CLASSES, all_sources, allowed, evidence, frames, one_source
from hypothesis import given, settings

from weaklabel.analysis import errors, near_copies, summary
from weaklabel.evidence import Evidence
from weaklabel.functions.values import Not
from weaklabel.models import MajorityVote
from weaklabel.votes import Votes


@settings(deadline=None, max_examples=60)
@given(frames())
def test_every_figure_is_what_counting_by_hand_gives(case):
    frame, gold = case
    table = summary(evidence(frame), gold)
    assert table.index.tolist() == [*frame.columns, "all sources"]
    for j, name in enumerate(frame.columns):
        expected = one_source(frame, gold, j)
        assert table.loc[name, list(expected)].tolist() == pytest.approx(
            list(expected.values()), nan_ok=True
        )
    expected = all_sources(frame, gold)
    assert table.loc["all sources", list(expected)].tolist() == pytest.approx(
        list(expected.values()), nan_ok=True
    )


@settings(deadline=None, max_examples=60)
@given(frames())
def test_polarity_is_what_a_source_ever_says(case):
    frame, _ = case
    table = summary(evidence(frame))
    for name, column in frame.items():
        said = [s if len(s) > 1 else s.pop() for s in map(allowed, column) if s is not None]
        polarity = table.loc[name, "polarity"]
        assert len(polarity) == len({str(sorted(s)) for s in said})
        assert all(s in polarity for s in said)


@settings(deadline=None, max_examples=30)
@given(frames())
def test_conflicts_are_overlaps_and_overlaps_are_covered(case):
    table = summary(evidence(case[0]))
    assert (table["conflicts"] <= table["overlaps"]).all()
    assert (table["overlaps"] <= table["coverage"]).all()


def matrix():
    """Six items, three sources, as a matrix of codes in Snorkel's convention."""
    return pd.DataFrame(
        [[-1, -1, 0], [1, 1, -1], [1, 0, 0], [-1, -1, -1], [0, 0, 0], [1, -1, -1]],
        columns=["first", "second", "third"],
    )


def test_shares_are_of_all_items_as_snorkel_defines_them():
    table = summary(matrix())
    assert table.loc["first", ["coverage", "overlaps", "conflicts"]].tolist() == (
        pytest.approx([4 / 6, 3 / 6, 1 / 6])
    )
    assert table.loc["third", ["coverage", "overlaps", "conflicts"]].tolist() == (
        pytest.approx([3 / 6, 2 / 6, 1 / 6])
    )
    total = table.loc["all sources", ["coverage", "overlaps", "conflicts"]].tolist()
    assert total == pytest.approx([5 / 6, 3 / 6, 1 / 6])
    assert table["polarity"].tolist() == [[0, 1], [0, 1], [0], [0, 1]]


def test_columns_come_in_the_order_that_snorkel_users_know():
    model = type("Model", (), {"source_accuracy_": pd.Series({"third": 0.9, "first": 0.7})})()
    table = summary(matrix(), [0, 1, 1, 0, 0, 1], model=model)
    assert list(table) == [
        "polarity",
        "coverage",
        "overlaps",
        "conflicts",
        "correct",
        "incorrect",
        "empirical_accuracy",
        "learned_accuracy",
        "precision[0]",
        "precision[1]",
        "recall[0]",
        "recall[1]",
        "n_votes",
        "near_copies",
    ]
    assert table["learned_accuracy"].tolist() == pytest.approx(
        [0.7, np.nan, 0.9, np.nan], nan_ok=True
    )


def test_a_model_without_source_accuracy_and_no_gold_add_nothing():
    table = summary(matrix(), model=object())
    assert list(table) == [
        "polarity",
        "coverage",
        "overlaps",
        "conflicts",
        "n_votes",
        "near_copies",
    ]


def test_a_silent_source_has_no_accuracy_rather_than_none():
    frame = matrix().assign(silent=-1)
    row = summary(frame, [0, 1, 1, 0, 0, 1]).loc["silent"]
    assert row["n_votes"] == row["correct"] == row["coverage"] == 0
    assert np.isnan(row["empirical_accuracy"])
    assert row["polarity"] == []


def test_faults_are_shown_where_the_frame_knows_of_them():
    frame = matrix()
    frame.attrs["faults"] = {"second": 3, "third": 0, "first": 1}
    assert summary(frame)["faults"].tolist() == [1, 3, 0, 4]


def test_frame_evidence_and_votes_give_the_same():
    frame = pd.DataFrame(
        {
            "one": pd.Categorical(["a", None, "b"], ["a", "b"]),
            "two": pd.Categorical([None, "b", "a"], ["b", "a"]),
        },
        index=["x", "y", "z"],
    )
    known = Evidence(frame.index, classes=["a", "b"]).with_votes(frame)
    gold = pd.Series(["a", "b", "b"], index=frame.index)
    expected = summary(known, gold)
    pd.testing.assert_frame_equal(summary(frame, gold), expected)
    pd.testing.assert_frame_equal(summary(known.votes, gold.to_numpy()), expected)


def test_a_frame_keeps_the_order_of_its_categories():
    frame = pd.DataFrame({"one": pd.Categorical(["spam", "ham"], ["spam", "ham"])})
    assert summary(frame).loc["one", "polarity"] == ["spam", "ham"]


@pytest.mark.parametrize("missing", [-1, None, np.nan, pd.NA])
def test_classes_of_a_frame_are_what_it_says(missing):
    values = [1, missing, 0]
    table = summary(
        pd.DataFrame({"one": pd.Series(values), "two": pd.Series(values, dtype=object)})
    )
    assert table["polarity"].tolist() == [[0, 1]] * 3
    assert table["n_votes"].tolist() == [2, 2, 4]


def test_gold_may_name_a_class_that_no_source_votes_for():
    frame = pd.DataFrame({"link": pd.Categorical(["spam", "spam", None])})
    table = summary(frame, ["spam", "ham", "ham"])
    assert table.loc["link", ["correct", "incorrect"]].tolist() == [1, 1]
    assert table.loc["link", "recall[ham]"] == 0
    assert np.isnan(table.loc["link", "precision[ham]"])
    assert errors(frame, ["spam", "ham", "ham"], "link").index.tolist() == [1]


def test_gold_may_be_positions_of_classes():
    frame = pd.DataFrame({"link": pd.Categorical(["ham", "spam"])})
    assert summary(frame, [0, 1]).loc["link", "correct"] == 2


def test_classes_are_found_inside_sets_exclusions_and_distributions():
    said = [Not("d"), {"b", "c"}, {"a": 1.0}, "e", None]
    frame = pd.DataFrame({"one": pd.Series(said, dtype=object), "two": pd.Categorical(["a"] * 5)})
    polarity = summary(frame).loc["one", "polarity"]
    assert polarity == ["a", "e", {"a", "b", "c", "e"}, {"b", "c"}]


def test_long_frames_are_read_and_their_silence_says_nothing():
    long = pd.DataFrame(
        {"task": ["t1", "t1", "t2"], "worker": ["w1", "w2", "w1"], "label": ["a", "b", "b"]}
    )
    table = summary(long, pd.Series({"t1": "a", "t2": "b"}))
    assert table.loc["w1", "empirical_accuracy"] == 1
    assert table.loc["w2", "coverage"] == 0.5
    pd.testing.assert_frame_equal(summary(long.set_index("task")), summary(long))


def test_repeated_votes_count_once_as_the_most_frequent():
    votes = Votes(
        item=np.array([0, 0, 0, 1, 1]),
        source=np.zeros(5, np.int32),
        code=np.array([1, 0, 1, 1, 0], np.int32),
        weight=np.ones(5),
        n_items=2,
        sources=pd.Index(["w"]),
        classes=pd.Index(["a", "b"]),
        statements=np.eye(2, dtype=bool),
        informative_silence=np.array([False]),
    )
    table = summary(votes, ["b", "a"])
    assert table.loc["w", "n_votes"] == 2
    assert table.loc["w", "empirical_accuracy"] == 1  # b twice of three; a and b once: the first


def test_no_item_and_no_vote_are_fine():
    table = summary(pd.DataFrame({"one": pd.Categorical([], CLASSES)}))
    assert table.loc["one", "n_votes"] == 0
    assert np.isnan(table.loc["one", "coverage"])
    table = summary(pd.DataFrame({"one": [None, None]}))
    assert table["coverage"].tolist() == [0, 0]


def test_copies_name_each_other():
    rng = np.random.default_rng(0)
    one = pd.Series(rng.choice(["a", "b", None], 500))
    frame = pd.DataFrame({"one": one, "two": rng.choice(["a", "b", None], 500), "three": one})
    table = summary(frame)
    assert table["near_copies"].tolist() == [["three"], [], ["one"], []]
    assert near_copies(frame)[["source", "other"]].to_numpy().tolist() == [["one", "three"]]


def test_many_items_with_set_votes_are_counted_block_by_block(monkeypatch):
    rng = np.random.default_rng(0)
    said = np.empty((200, 3), dtype=object)
    for i, j in np.ndindex(said.shape):
        said[i, j] = [None, "a", "b", {"a", "c"}, {"b", "c"}][rng.integers(5)]
    frame = pd.DataFrame(said, columns=["one", "two", "three"])
    expected = summary(evidence(frame))["conflicts"]
    monkeypatch.setattr("weaklabel.analysis._votes.BLOCK", 30)
    assert summary(evidence(frame))["conflicts"].tolist() == expected.tolist()
    by_hand = one_source(frame, pd.Series([None] * 200, dtype=object), 0)["conflicts"]
    assert expected["one"] == by_hand


def test_what_is_no_vote_is_refused():
    with pytest.raises(TypeError, match=r"ndarray, which has no names.*Pass the frame"):
        summary(np.zeros((2, 2)))
    with pytest.raises(
        TypeError, match=r"MajorityVote was passed as gold. Write summary\(votes, mod"
    ):
        summary(pd.DataFrame({"a": ["x"]}), MajorityVote())
    with pytest.raises(ValueError, match=r"no votes, so there is nothing.*with_votes"):
        summary(Evidence(["x"], classes=CLASSES))


def test_gold_is_checked():
    known = Evidence(range(6), classes=[0, 1]).with_votes(matrix())
    with pytest.raises(ValueError, match=r"Gold holds 7 at 1 items \(5\).*classes are 0, 1"):
        summary(known, [0, 0, 0, 0, 0, 7])
    with pytest.raises(ValueError, match=r"Gold holds 'no', 'yes' at 6 items"):
        summary(matrix(), ["no", "yes", "no", "yes", "no", "yes"])
    with pytest.raises(ValueError, match=r"1 index labels that no item has: 'x'"):
        summary(matrix(), pd.Series({"x": 1}))
