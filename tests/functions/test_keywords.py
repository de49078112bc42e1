import pandas as pd
import pytest

from weaklabel.functions import ABSTAIN, Keywords, Not


def test_names_and_fields():
    assert Keywords("Subscribe", vote="spam").name == "keywords_subscribe"
    assert Keywords(["a b", "c", "d", "e", "f"], vote=1).name == "keywords_a_b_c_d_and_2_more"
    assert Keywords("a", vote=1, name="mine").name == "mine"
    assert Keywords(["a", "a"], vote=1) == Keywords("a", vote=1)
    assert hash(Keywords("a", vote={"x", "y"})) == hash(Keywords("a", vote={"y", "x"}))


def test_sets_and_exclusions_are_votes():
    frame = pd.DataFrame({"text": ["win", "x"]})
    assert Keywords("win", vote={"spam", "promo"})(frame).tolist() == [
        frozenset({"spam", "promo"}),
        None,
    ]
    assert Keywords("win", vote=Not("ham"))(frame).tolist() == [Not("ham"), None]


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ([], ValueError, "Keywords got no words. Give at least one word"),
        (["a", " "], ValueError, "an empty word, which stands in every text"),
        (["a", 3], TypeError, r"got 3 as a word\. Words are strings: str\(3\)"),
    ],
)
def test_words_are_checked(words, error, message):
    with pytest.raises(error, match=message):
        Keywords(words, vote=1)


@pytest.mark.parametrize("vote", [None, ABSTAIN, float("nan"), set(), {}, pd.NA])
def test_votes_that_say_nothing_are_refused(vote):
    with pytest.raises(ValueError, match=r"so it would never vote\. Give a class, a set, or Not"):
        Keywords("a", vote=vote)


@pytest.mark.parametrize("name", ["", 3])
def test_names_are_checked(name):
    with pytest.raises(TypeError, match=r"cannot name a column of votes\. Give a string, or None"):
        Keywords("a", vote=1, name=name)
