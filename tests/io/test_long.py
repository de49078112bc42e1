"""Long frames: all namings, all kinds of votes, repeats, and what is refused."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weaklabel as wl
from weaklabel import Not
from weaklabel.io.long import ITEM, LABEL, SOURCE, columns_of_long, votes_from_long

INDEX = pd.Index(["a", "b", "c"])
CLASSES = pd.Index(["ham", "spam", "promo"])


def long(rows, columns=("item", "source", "label")) -> pd.DataFrame:
    """Make a long frame; object columns, so that sets stay sets."""
    return pd.DataFrame(rows, columns=list(columns), dtype=object)


ROWS = [("c", "w2", "ham"), ("a", "w1", "spam"), ("c", "w1", "spam")]


def said(of) -> list:
    """Give (item, source, code) of each vote."""
    return list(zip(of.item.tolist(), of.source.tolist(), of.code.tolist(), strict=True))


@pytest.mark.parametrize(("item", "source", "label"), list(itertools.product(ITEM, SOURCE, LABEL)))
def test_every_naming(item, source, label):
    frame = long(ROWS, (item, source, label))
    known = wl.Evidence(INDEX, classes=CLASSES)
    for same in (
        frame,
        frame.iloc[::-1],
        frame[[label, source, item]].assign(more=1),
        frame.set_index(item),
        frame.set_index([item, source]),
        frame.set_index(item, drop=False),
        frame.astype("category"),
        frame.astype("str"),
    ):
        of = known.with_votes(same).votes
        assert said(of) == [(0, 0, 1), (2, 0, 1), (2, 1, 0)]
        assert of.sources.tolist() == ["w1", "w2"]
        assert of.informative_silence.tolist() == [False, False]
        assert of.source.dtype == of.code.dtype == np.int32


def test_what_is_no_long_frame():
    assert columns_of_long(pd.DataFrame(columns=["item", "source"])) is None
    assert columns_of_long(pd.DataFrame(columns=["item", "label"])) is None
    with pytest.raises(
        ValueError, match=r"columns item, source and label.*this one has \['item', 'x'\].*Rename"
    ):
        votes_from_long(pd.DataFrame(columns=["item", "x"]), INDEX, CLASSES)


def test_every_kind_of_vote():
    rows = [
        ("a", 1, {"ham", "spam"}),
        ("a", 2, Not("ham")),
        ("b", 1, {"spam": 0.25, "ham": 0.75}),
        ("b", 2, None),
        ("c", 1, -1),
        ("c", 2, 2),
        ("c", 3, np.nan),
    ]
    of = votes_from_long(long(rows), INDEX, CLASSES)
    assert said(of) == [(0, 0, 3), (0, 1, 4), (1, 0, 0), (1, 0, 1), (2, 1, 2)]
    assert of.weight.tolist() == [1, 1, 0.75, 0.25, 1]
    # a source that is silent on all it was given is still a source
    assert of.sources.tolist() == [1, 2, 3]


def test_items_with_several_labels():
    index = pd.MultiIndex.from_tuples([("d", 0), ("d", 1)])
    rows = pd.DataFrame(
        {"item": [("d", 1), ("d", 0)], "source": ["w", "w"], "label": ["ham", "spam"]}
    )
    assert said(votes_from_long(rows, index, CLASSES)) == [(0, 0, 1), (1, 0, 0)]


def test_names_of_sources_of_several_types_are_in_order():
    rows = [("a", name, "ham") for name in ("w", 2, ("t",), 1, "v")]
    for order in (rows, rows[::-1]):
        assert votes_from_long(long(order), INDEX, CLASSES).sources.tolist() == [
            1,
            2,
            "v",
            "w",
            ("t",),
        ] or (
            votes_from_long(long(order), INDEX, CLASSES).sources.tolist()
            == [1, 2, "v", "w", ("t",)]
        )


def test_encodings_of_labels():
    frame = pd.DataFrame({"item": list("abc"), "source": "w", "label": [1, 3, 0]})
    known = wl.Evidence(INDEX, classes=CLASSES)
    assert said(known.with_votes(frame, encoding="metal").votes) == [(0, 0, 0), (1, 0, 2)]
    with pytest.raises(ValueError, match=r"'w' says 3 about item 'b'.*pass encoding='metal'"):
        known.with_votes(frame)
    signs = frame.assign(label=[-1, 1, -1])
    two = wl.Evidence(INDEX, classes=["ham", "spam"])
    assert said(two.with_votes(signs, encoding="signed").votes) == [(0, 0, 0), (1, 0, 1), (2, 0, 0)]
    with pytest.raises(ValueError, match=r"no source ever says 0, the first class"):
        two.with_votes(signs)
    # a long frame has no rows for silence, so that none is nothing odd
    assert two.with_votes(frame.assign(label=0)).votes.n_votes == 3


def test_silence_may_be_told():
    known = wl.Evidence(INDEX, classes=CLASSES)
    of = known.with_votes(long(ROWS), silence="informative").votes
    assert of.informative_silence.tolist() == [True, True]
    with pytest.raises(
        ValueError, match=r"silence='no' is unknown\. Choose 'informative' or 'missing'"
    ):
        known.with_votes(long(ROWS), silence="no")


def test_strangers_are_named():
    rows = [(item, "w", "ham") for item in ("z", "y", "z", "a", "x", "v")]
    with pytest.raises(
        ValueError,
        match=r"about 4 items that the evidence does not have: 'z', 'y', 'x' and 1 more; "
        r"its items are 'a', 'b', 'c'\. Make Evidence.*Evidence\(votes\['task'\]\.unique\(\), ",
    ):
        votes_from_long(long(rows, ("task", "worker", "label")), INDEX, CLASSES)


def test_votes_need_a_source():
    rows = [("a", "w", "ham"), ("b", None, "ham"), ("c", np.nan, "ham")]
    with pytest.raises(
        ValueError, match=r"2 votes have no source: column 'worker' is missing in rows 1, 2 .*Drop"
    ):
        votes_from_long(long(rows, ("task", "worker", "label")), INDEX, CLASSES)


def test_what_is_no_vote_is_said_by_a_source():
    rows = [*ROWS, ("b", "w7", "eggs"), ("a", "w3", "eggs")]
    with pytest.raises(
        ValueError, match=r"'w7' says 'eggs' about item 'b' and 1 more, but the classes are \['ham'"
    ):
        votes_from_long(long(rows), INDEX, CLASSES)


# ---- repeats -------------------------------------------------------------------------------------

AGAIN = [
    ("a", "w", "ham"),
    ("a", "w", "spam"),
    ("a", "v", "ham"),
    ("a", "w", "ham"),
    ("b", "w", "ham"),
]


def codes_of(rows, repeats) -> list:
    of = votes_from_long(long(rows), INDEX, CLASSES, repeats=repeats)
    return [(INDEX[i], of.sources[j], CLASSES[k]) for i, j, k in said(of)]


def test_repeats_are_refused_by_name():
    rows = [*AGAIN, ("b", "w", "ham"), ("b", "w", "ham"), ("c", 1, "ham"), ("c", 1, "ham")]
    with pytest.raises(
        ValueError,
        match=r"Sources vote again on the same item: 'w' on item 'a', 'w' on item 'a', "
        r"'w' on item 'b' and 2 more\. .*one voice more weight\. Pass repeats='unique'",
    ):
        codes_of(rows, "raise")
    with pytest.raises(
        ValueError, match=r"repeats='first' is unknown\. Choose 'raise', 'all', 'unique' or 'last'"
    ):
        codes_of(AGAIN, "first")


def test_repeats_may_count():
    everyone = [("a", "v", "ham"), ("b", "w", "ham")]
    assert codes_of(AGAIN, "all") == sorted(
        [*everyone, ("a", "w", "ham"), ("a", "w", "ham"), ("a", "w", "spam")]
    )
    assert codes_of(AGAIN, "unique") == sorted([*everyone, ("a", "w", "ham"), ("a", "w", "spam")])
    assert codes_of(AGAIN, "last") == sorted([*everyone, ("a", "w", "ham")])


def test_silence_repeats_nothing():
    rows = [("a", "w", None), ("a", "w", "ham"), ("a", "w", -1)]
    for repeats in ("raise", "all", "unique", "last"):
        assert codes_of(rows, repeats) == [("a", "w", "ham")]


def test_votes_that_say_the_same_in_other_words_are_equal():
    same = [{"ham", "spam"}, Not("promo"), frozenset({0, 1})]
    rows = [("a", "w", vote) for vote in same]
    assert votes_from_long(long(rows), INDEX, CLASSES, repeats="unique").n_votes == 1
    soft = [{"ham": 0.5, "spam": 0.5}, {"spam": 0.5, "ham": 0.5}, {"ham": 0.25, "spam": 0.75}]
    rows = [("a", "w", vote) for vote in soft]
    found = votes_from_long(long(rows), INDEX, CLASSES, repeats="unique")
    assert sorted(found.weight.tolist()) == [0.25, 0.5, 0.5, 0.75]
    assert votes_from_long(long(rows), INDEX, CLASSES, repeats="last").weight.tolist() == [
        0.25,
        0.75,
    ]
    with pytest.raises(ValueError, match="vote again"):
        votes_from_long(long(rows), INDEX, CLASSES)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"), st.sampled_from("vw"), st.sampled_from(["ham", "spam", None])
        ),
        max_size=9,
    )
)
def test_repeats_equal_a_loop(rows):
    votes = [row for row in rows if row[2] is not None]
    assert codes_of(rows, "all") == sorted(votes)
    assert codes_of(rows, "unique") == sorted(set(votes))
    assert codes_of(rows, "last") == sorted(
        (i, j, k) for (i, j), k in {row[:2]: row[2] for row in votes}.items()
    )
