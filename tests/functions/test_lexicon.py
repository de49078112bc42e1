import numpy as np
import pandas as pd
import pytest

from weaklabel.functions import Lexicon

TABLE = pd.DataFrame(
    {
        "term": ["great", "poor", "check out", "null", "Straße", 'é,"x"'],
        "vote": ["fine", "bad", "spam", "bad", "spam", "fine"],
        "weight": [1.0, 1.0, 0.3, 2.0, 0.1, 1.0],
        "note": ["", "b", "c", "d", "e", "f"],
    }
)


def votes(lexicon, *texts):
    return lexicon(pd.DataFrame({"text": pd.Series(texts, dtype=object)})).tolist()


def test_the_heaviest_class_wins_and_ties_abstain():
    lexicon = Lexicon(TABLE)
    assert votes(lexicon, "great great poor", "Null, great", "check out STRASSE", "", None) == [
        None,
        "bad",
        "spam",
        None,
        None,
    ]


def test_weights_that_differ_by_rounding_tie():
    table = pd.DataFrame({"term": ["a", "b", "c"], "vote": [0, 0, 1], "weight": [0.1, 0.2, 0.3]})
    assert votes(Lexicon(table), "a b c", "a c", "a b") == [None, 1, 0]


def test_parts_of_words_and_case():
    table = TABLE[["term", "vote"]].head(2)
    assert votes(Lexicon(table), "greater", "POOR") == [None, "bad"]
    assert votes(Lexicon(table, whole_words=False), "greater") == ["fine"]
    assert votes(Lexicon(table, ignore_case=False), "POOR", "poor") == [None, "bad"]


def test_csv_round_trip(tmp_path):
    path = tmp_path / "lexicon.csv"
    Lexicon(TABLE).to_csv(path)
    again = Lexicon.read_csv(path, name="again", column="body")
    pd.testing.assert_frame_equal(again.table, TABLE, check_dtype=False)
    assert (again.name, again.column) == ("again", "body")
    assert Lexicon(TABLE).content()[:2] == again.content()[:2]
    again.to_csv(tmp_path / "second.csv")
    assert (tmp_path / "second.csv").read_bytes() == path.read_bytes()


def test_csv_as_a_spreadsheet_leaves_it(tmp_path):
    path = tmp_path / "lexicon.csv"
    path.write_text("\ufeffterm,vote,weight\r\n007,1,\r\nNA,0,2\r\n", encoding="utf-8")
    lexicon = Lexicon.read_csv(path)
    assert lexicon.table["term"].tolist() == ["007", "NA"]
    assert lexicon.table["weight"].tolist() == [1.0, 2.0]
    assert votes(lexicon, "agent 007", "na") == [1, 0]


def test_the_table_is_a_copy():
    table = TABLE.copy()
    lexicon = Lexicon(table)
    table.loc[0, "vote"] = "bad"
    assert votes(lexicon, "great") == ["fine"]
    assert lexicon.name == "lexicon_great_poor_check_out_and_3_more"


@pytest.mark.parametrize(
    ("table", "error", "words"),
    [
        ({"term": ["a"]}, TypeError, "wants a DataFrame, not dict. Use Lexicon.read_csv"),
        (TABLE[["term"]], ValueError, "lacks 'vote'; it has 'term'. A lexicon needs the columns"),
        (TABLE.head(0), ValueError, "Lexicon got no words"),
        (TABLE.assign(term=1), TypeError, "got 1 as a word"),
        (TABLE.assign(term=["a", "A", *"cdef"]), ValueError, "2 terms .* more than once: 'a', 'A'"),
        (TABLE.assign(vote=[None, "", *"abcd"]), ValueError, "have no vote: 'great', 'poor'. Fill"),
        (TABLE.assign(weight=[0, -1, 1, 1, 1, np.inf]), ValueError, "3 terms .* no weight above 0"),
        (TABLE.assign(weight=["x", *"11111"]), ValueError, "1 terms .* no weight above 0: 'great'"),
    ],
)
def test_tables_are_checked(table, error, words):
    with pytest.raises(error, match=words):
        Lexicon(table)


def test_a_csv_with_a_word_for_a_weight_is_refused(tmp_path):
    path = tmp_path / "lexicon.csv"
    path.write_text("term,vote,weight\na,x,much\n")
    with pytest.raises(ValueError, match="no weight above 0: 'a'"):
        Lexicon.read_csv(path)
