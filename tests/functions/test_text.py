# ruff: noqa: RUF001, RUF005 the odd letters are what is tested
"""Declared text functions say what the plain Python definition says, on nasty texts."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import weaklabel.functions as wf
from weaklabel.functions import _text as text_module
from weaklabel.functions import regex as regex_module
from weaklabel.functions._pattern import literals, to_re2, within_piece
from weaklabel.functions._text import Text

# letters in and out of ASCII that fold oddly, digits, every kind of blank and control, punctuation
ALPHABET = (
    "aAkKsSiIßſKİıéÉΣςσ_19٣²ノ-.$+ \t\n\r\x0b\x0c\x1c\x1f\x00\x01\x7f\x85\xa0\u2028\u3000😀\u0307"
)
texts = st.lists(st.none() | st.text(ALPHABET, max_size=12), max_size=8)
words = st.text(ALPHABET, min_size=1, max_size=4).filter(str.strip)
profile = settings(max_examples=300, deadline=None)

parts = st.sampled_from(
    [
        "a",
        "k",
        "s",
        "I",
        "é",
        "ſ",
        r"\$",
        "-",
        " ",
        "_",
        "1",
        ".",
        r"\w",
        r"\W",
        r"\d",
        r"\D",
        r"\s",
    ]
    + [r"\S", r"\b", r"\B", "^", "$", r"\A", r"\Z", "[a-k]", "[^a]", r"[^\s]", r"[\w$]", "[^ßk]"]
    + ["(?i:k)", "(?s:.)", "(?m:^a)", r"(a)\1", "(?<=a)", "(?!a)", "a{1,2}+", r"\x01", r"\u0130"]
)


def joined(inner):
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda branches: f"(?:{'|'.join(branches)})"),
        st.tuples(inner, st.sampled_from("*+?")).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
        inner.map(lambda body: f"(?P<g>{body})" if "<g>" not in body else body),
        inner.map(lambda body: f"(?:{body}){{1,3}}?"),
    )


patterns = st.recursive(parts, joined, max_leaves=6)
flags = st.sampled_from(
    [0, re.I, re.M, re.S, re.I | re.M | re.S, re.A, re.A | re.I, re.X, re.I | re.X]
)


def frame_of(values):
    return pd.DataFrame({"text": pd.Series(values, dtype=object)})


def voted(function, values):
    return [vote is not None for vote in function(frame_of(values))]


@profile
@given(texts, words, st.booleans(), st.booleans())
@example(["a\x01b c"], "\x01", True, True)
@example(["K", "straße"], "K", True, True)
@example(["a  b", "a b", "xa b", "a bx"], "a b", True, False)
def test_keywords(values, word, whole_words, ignore_case):
    function = wf.Keywords(word, vote=1, whole_words=whole_words, ignore_case=ignore_case)

    def found(text):
        term = word.casefold() if ignore_case else word
        text = text.casefold() if ignore_case else text
        if not whole_words:
            return term in text
        return re.search(rf"(?<!\w){re.escape(term)}(?!\w)", text) is not None

    assert voted(function, values) == [text is not None and found(text) for text in values]


@settings(max_examples=400, deadline=None)
@given(texts, patterns, flags)
@example(["a\n", "a"], "a$", 0)
@example(["", "a"], r"\B", 0)
@example(["\x0b", "\x1c"], r"\s", 0)
@example(["a\x01b"], r"a\S\S", 0)
@example(["1\x1f1"], r"\S\S\S", re.ASCII)
@example(["1\x1f1"], r"(?a:\S\S\S)", 0)
@example(["ſ", "K", "İ", "ı"], "[ski]", re.I)
@example(["aſk"], "ask", re.I)
@example(["wİn"], "win", re.I)
def test_regex(values, pattern, flag):
    try:
        compiled = re.compile(pattern, flag)
    except re.error:
        return
    expected = [text is not None and compiled.search(text) is not None for text in values]
    function = wf.Regex(pattern, vote=1, flags=flag)
    assert voted(function, values) == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regex_module, "_FEW", -1)  # RE2 searches, however few they are
        assert voted(function, values) == expected


def test_ignoring_case_python_takes_just_four_characters_for_ascii():
    alike = re.compile("[a-z]", re.IGNORECASE)
    others = [chr(c) for c in range(128, 0x110000) if alike.match(chr(c))]
    assert sorted(others) == sorted(map(chr, text_module._LIKE_ASCII))
    assert "".join(others).translate(text_module._LIKE_ASCII) == "iisk"


@pytest.mark.parametrize(
    ("pattern", "needed", "inside", "fast"),
    [
        (r"\bhttps?://\S+", ["http"], True, True),
        (r"check\s+out", ["check"], False, True),
        (r"\$\d+", ["$"], True, True),
        ("win|free", ["win", "free"], True, True),
        ("win|.", None, False, True),
        (r"(?<!not )good", ["good"], False, False),
        (r"(\w)\1{3}", None, False, False),
        ("x*", None, False, True),
        (r"a(?i:b)c", ["a"], True, False),
        ("(?i)Привет", None, True, False),
        ("x{1001}", ["x"], True, False),
        ("a{2,}+b", ["a"], True, False),
        ("(?:[ab])?c.", ["c"], False, True),
        ("\ud800.", None, False, False),
        ("|".join(f"{i:03d}x" for i in range(40)) + "|.y", None, False, True),
    ],
)
def test_patterns_are_taken_apart(pattern, needed, inside, fast):
    compiled = re.compile(pattern)
    found = literals(compiled)
    assert (found and sorted(found)) == (needed and sorted(needed))
    assert within_piece(compiled) is inside
    assert (to_re2(compiled) is not None) is fast


def test_without_the_parser_of_re_all_is_left_to_re(monkeypatch):
    import weaklabel.functions._pattern as module

    def refuse(name):
        raise ImportError(name)

    monkeypatch.setattr(module, "import_module", refuse)
    values = ["check  out", "checkout", None]
    assert voted(wf.Regex(r"check\s+out", vote=1), values) == [True, False, False]
    assert to_re2(re.compile("a")) is None
    assert not within_piece(re.compile("a"))


def test_a_pattern_too_large_for_re2_is_left_to_re(monkeypatch):
    monkeypatch.setattr(regex_module, "_FEW", -1)
    pattern = "(?:(?:.{900}){30}){30}|a b"
    assert to_re2(re.compile(pattern)) is not None
    assert voted(wf.Regex(pattern, vote=1), ["a b", "ab"]) == [True, False]


@pytest.mark.parametrize("dtype", ["object", "str", "string", "string[python]", "category"])
def test_every_kind_of_text_column(dtype):
    values = pd.Series(["Café subscribe", None, "x", "", "free\n"] * 3).astype(dtype)
    frame = pd.DataFrame({"two words": values}).iloc[3:13]
    functions = [
        wf.Keywords("CAFÉ", vote="a", column="two words", name="word"),
        wf.Regex(r"caf. s|free$", vote="a", column="two words", name="regex", flags=re.I),
    ]
    votes = wf.apply(functions, frame, cache=False).notna()
    assert np.flatnonzero(votes["word"]).tolist() == [2, 7]
    assert np.flatnonzero(votes["regex"]).tolist() == [1, 2, 6, 7]


def test_many_distinct_pieces_and_words():
    n = 3000
    values = [f"w{i} w{i // 2}_ (w{i % 7})" for i in range(n)]
    text = Text(pd.Series(values, dtype=object))
    for word in ["w", "w2", "w7_", f"w{n - 1}", *(f"w{i}" for i in range(0, n, 50)), "w", "w2"]:
        found = sorted(set(text.items_with(text.pieces.with_word(word)).tolist()))
        expected = [i for i, value in enumerate(values) if re.search(rf"\b{word}\b", value)]
        assert found == expected


@profile
@given(texts, words)
def test_a_few_words_and_many_are_found_alike(values, word):
    few, many = (Text(pd.Series(values, dtype=object)).folded for _ in range(2))
    many._n_asked = 1000
    word = re.sub(r"\W", "", word.casefold()) or "a"
    assert set(few.with_word(word).tolist()) == set(many.with_word(word).tolist())


def test_arrow_may_hold_bytes_behind_missing_text():
    pa = pytest.importorskip("pyarrow")
    valid = pa.py_buffer(np.packbits([1, 0, 0, 0, 0, 0, 0, 0], bitorder="little"))
    array = pa.LargeStringArray.from_buffers(
        2, pa.py_buffer(np.array([0, 4, 8])), pa.py_buffer(b"freefree"), valid
    )
    text = Text(pd.Series(["", ""], dtype=object))
    text.arrow = array
    view = wf._base.View(pd.DataFrame({"text": ["", ""]}))
    view._texts["text"] = text
    for function in (
        wf.Keywords("free", vote=1),
        wf.Regex("free", vote=1),
        wf.Regex("f.ee", vote=1),
    ):
        assert function.compute(view).codes.tolist() == [0, -1]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (pd.Series([1, 2]), r"column 'text' holds int64, not text; turn it into text with .astype"),
        (
            pd.Series(["a", 3, None, 4.5], index=list("abcd"), dtype=object),
            r"holds other things than text \(int\) for 'b', 'd'; turn them into text",
        ),
    ],
)
def test_what_is_no_text_is_refused(values, words):
    with pytest.raises(TypeError, match=words):
        wf.Keywords("a", vote=1)(pd.DataFrame({"text": values}))


def test_an_absent_column_is_named():
    with pytest.raises(KeyError, match="no column 'text'; its columns are 'body'"):
        wf.Regex("a", vote=1)(pd.DataFrame({"body": ["a"]}))
