import re

import pandas as pd
import pytest

from weaklabel.functions import Regex


def test_names():
    assert Regex(r"https?://", vote=1).name == "regex_https"
    assert len(Regex("word " * 50, vote=1).name) <= 60
    assert Regex(r"\$", vote=1).name == "regex"


def test_a_compiled_pattern_keeps_its_flags():
    function = Regex(re.compile("free", re.IGNORECASE), vote=1)
    assert function(pd.DataFrame({"text": ["FREE"]})).tolist() == [1]
    assert function == Regex("free", vote=1, flags=re.IGNORECASE)


def test_patterns_are_checked():
    with pytest.raises(ValueError, match=r"Regex cannot read '\(a': missing.*re\.escape"):
        Regex("(a", vote=1)
    with pytest.raises(TypeError, match=r"got b'a' as a pattern\. A pattern is a string"):
        Regex(b"a", vote=1)
    with pytest.raises(ValueError, match="Regex has vote=None"):
        Regex("a", vote=None)


def test_common_and_rare_matches_agree():
    texts = pd.Series(["a b"] * 9 + ["a c"], dtype=object)
    for pattern, expected in (("a b", 9), ("a .", 10), (". c", 1)):
        assert Regex(pattern, vote=1)(pd.DataFrame({"text": texts})).notna().sum() == expected
