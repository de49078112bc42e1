"""Votes are kept while neither function nor data changed, and only then."""

import functools
import re
import types
from enum import Enum

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import weaklabel.functions as wf
from weaklabel.functions import _content, cache

FRAME = pd.DataFrame({"text": ["a", "b", None], "x": [1.0, 2.0, np.nan]})


@pytest.fixture(autouse=True)
def _fresh():
    wf.clear_cache()
    yield
    wf.clear_cache()


def count():
    """Count calls; the content of the function stays the same."""
    count.calls += 1


def notebook(source, **names):
    """Run a cell in a module of its own, as a notebook would."""
    module = types.ModuleType("__main__")
    module.__dict__.update(wf=wf, CALLS=count, re=re, np=np, functools=functools, **names)
    exec(compile(source, "<cell>", "exec"), module.__dict__)
    return module.f


def calls(function, frame=FRAME, **settings):
    """Count the calls of a function during one application."""
    count.calls = 0
    wf.apply([function], frame, **settings)
    return count.calls


PLAIN = """
@wf.labeling_function
def f(row):
    CALLS()
    return "a"
"""


def test_the_same_content_is_not_called_again():
    f = notebook(PLAIN)
    assert calls(f) == 3
    assert calls(f) == 0
    assert calls(notebook(PLAIN)) == 0  # the cell was run again
    assert calls(notebook("\n\n# moved down\n" + PLAIN)) == 0
    assert calls(f, cache=False) == 3
    wf.clear_cache()
    assert calls(f) == 3


def test_editing_one_function_costs_one_column():
    g = notebook(PLAIN.replace("def f", "def g") + "\nf = g")
    f = notebook(PLAIN.replace('"a"', '"b"'))
    wf.apply([f, g], FRAME)
    edited = notebook(PLAIN.replace('"a"', '"c"'))
    count.calls = 0
    votes = wf.apply([edited, g], FRAME)
    assert count.calls == 3
    assert votes["f"].tolist() == ["c"] * 3


HELPED = """
LIMIT = {limit}
PATTERN = re.compile({pattern!r})

class Rule:
    level = {level}
    def holds(self, x):
        return x > self.level

def inner(x, by={default}):
    return x + by

@functools.lru_cache
def helper(x):
    return [inner(value) for value in (x,)][0]

def closure():
    cell = {cell}
    def body(row):
        CALLS()
        return str((helper(row.x), LIMIT, PATTERN.pattern, Rule().holds(1), cell, {constant}))
    return body

f = wf.labeling_function(name="f"{settings})({wrap}(closure()))
"""
BASE = {
    "pattern": "a",
    "settings": "",
    "wrap": "",
    **dict.fromkeys(("limit", "level", "default", "cell", "constant"), 1),
}


@pytest.mark.parametrize(
    "change",
    [
        {"limit": "{'a': [1, {2}]}"},
        {"pattern": "b"},
        {"level": 5},
        {"default": 2},
        {"cell": "(1, 2)"},
        {"constant": "'1'"},
        {"wrap": "(lambda body: lambda row: body(row))"},
    ],
)
def test_whatever_the_function_uses_counts(change):
    assert calls(notebook(HELPED.format(**BASE))) == 3
    assert calls(notebook(HELPED.format(**BASE))) == 0
    assert calls(notebook(HELPED.format(**(BASE | change)))) == 3


RESOURCE = """
def load():
    return {loaded}

@wf.labeling_function(resources={{"a": load, "b": {value}}})
def f(row, a, b):
    CALLS()
    return a
"""


def test_resources_count_by_how_they_are_made():
    assert calls(notebook(RESOURCE.format(loaded="'x'", value=1))) == 3
    assert calls(notebook(RESOURCE.format(loaded="'x'", value=1))) == 0
    assert calls(notebook(RESOURCE.format(loaded="'y'", value=1))) == 3
    assert calls(notebook(RESOURCE.format(loaded="'x'", value="[1, 2]"))) == 3


def test_own_modules_are_followed_by_what_is_named(tmp_path, monkeypatch):
    helpers = types.ModuleType("my_helpers")
    exec("def clean(x):\n    return x\ndef other():\n    return 1", helpers.__dict__)
    source = PLAIN.replace('"a"', "helpers.clean('a')")
    assert calls(notebook(source, helpers=helpers)) == 3
    exec("def other():\n    return 2", helpers.__dict__)
    assert calls(notebook(source, helpers=helpers)) == 0
    exec("def clean(x):\n    return x + 'b'", helpers.__dict__)
    assert calls(notebook(source, helpers=helpers)) == 3


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.assign(x=[1.0, 3.0, np.nan]),
        lambda frame: frame.assign(text=["a", "c", None]),
        lambda frame: frame.assign(text=["a", "", None]),
        lambda frame: frame.rename(columns={"x": "y"}),
        lambda frame: frame.set_axis([5, 6, 7]),
        lambda frame: frame.set_axis(["0", "1", "2"]),
        lambda frame: frame.rename_axis("id"),
        lambda frame: frame[::-1],
        lambda frame: frame[["x", "text"]],
        lambda frame: frame.head(2),
        lambda frame: frame.astype({"x": "float32"}),
        lambda frame: frame.astype({"text": "category"}),
        lambda frame: frame.assign(x=pd.array([1, 2, None], dtype="Int64")),
    ],
)
def test_every_change_of_the_data_counts(change):
    f = notebook(PLAIN)
    assert calls(f) == 3
    assert calls(f, FRAME.copy()) == 0
    assert calls(f, change(FRAME)) > 0


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ([1, "a"], ["1", "a"]),
        ([None, "a"], [np.nan, "a"]),
        ([[1], [2]], [[1], [3]]),
        ([np.arange(5000)], [np.r_[np.arange(4999), 0]]),
    ],
)
def test_objects_that_print_alike_differ(one, two):
    keys = [_content.values_key(pd.Series(values, dtype=object)) for values in (one, two, one)]
    assert keys[0] == keys[2] != keys[1]


def test_categories_and_their_order_count():
    values = pd.Series(["a", "b"])
    kinds = [
        pd.CategoricalDtype(["a", "b"]),
        pd.CategoricalDtype(["b", "a"]),
        pd.CategoricalDtype(["a", "b"], ordered=True),
    ]
    assert len({_content.values_key(values.astype(kind)) for kind in kinds}) == 3


def kept():
    return len(cache._columns)


def test_declared_functions_depend_on_their_fields_and_columns():
    for build, other in [
        (lambda: wf.Keywords("a", vote=1), wf.Keywords("a", vote=True)),
        (lambda: wf.Regex("a", vote=1), wf.Regex("a", vote=1, flags=re.I)),
        (lambda: wf.Threshold("x", vote=1, low=1), wf.Threshold("x", vote=1, low=2)),
        (lambda: wf.Keywords("a", vote=wf.Not("b", "c")), wf.Keywords("a", vote=wf.Not("b"))),
        (
            lambda: wf.Lexicon(pd.DataFrame({"term": ["a"], "vote": [1]})),
            wf.Lexicon(
                pd.DataFrame({"term": ["a"], "vote": [1], "weight": [2]}), whole_words=False
            ),
        ),
    ]:
        wf.clear_cache()
        wf.apply([build()], FRAME)
        wf.apply([build()], FRAME.assign(more=1).set_axis([7, 8, 9]))
        assert kept() == 1
        wf.apply([other], FRAME, classes=[True] if getattr(other, "vote", 0) is True else None)
        assert kept() == 2


def test_models_and_frames_count_by_content():
    data = FRAME[["x"]].fillna(0.0)

    def fit(y):
        return LogisticRegression().fit(data, y)

    for model in (fit([0, 1, 1]), fit([0, 1, 1]), fit([0, 0, 1])):
        wf.apply([wf.ModelVotes(model)], data)
    assert kept() == 2
    scores = pd.DataFrame({"a": [0.5], "b": [0.5]})
    for frame in (scores, scores.copy(), scores * [1.5, 0.5]):
        wf.apply([wf.FrameVotes(frame)], data)
    assert kept() == 4


def test_cached_votes_are_read_with_the_classes_of_today():
    f = wf.labeling_function(name="f")(lambda row: 1)
    assert wf.apply([f], FRAME)["f"].tolist() == [1, 1, 1]
    assert wf.apply([f], FRAME, classes=["a", "b"])["f"].tolist() == ["b"] * 3
    with pytest.raises(ValueError, match="codes end at 0"):
        wf.apply([f], FRAME, classes=["a"])


def test_what_cannot_be_told_is_not_kept():
    lock = __import__("threading").Lock()
    f = notebook(PLAIN.replace("CALLS()", "CALLS(); LOCK"), LOCK=lock)
    assert calls(f) == calls(f) == 3
    loop = {}
    loop["self"] = loop
    g = notebook(PLAIN.replace("CALLS()", "CALLS(); LOOP"), LOOP=loop)
    assert (calls(g), calls(g)) == (3, 0)
    frame = FRAME.assign(odd=pd.Series([lock] * 3))
    h = notebook(PLAIN)
    assert calls(h, frame) == calls(h, frame) == 3


def test_the_oldest_votes_go_first(monkeypatch):
    a, b, c = (wf.Threshold("x", vote=1, low=low) for low in range(3))
    wf.apply([a], FRAME)
    size = next(iter(cache._columns.values())).n_bytes
    monkeypatch.setattr(cache, "MAX_BYTES", 2 * size)
    wf.apply([b], FRAME)
    wf.apply([a], FRAME)  # used again, so b is the oldest
    wf.apply([c], FRAME)
    keys = cache._columns.copy()
    assert len(keys) == 2
    wf.apply([a, c], FRAME)
    assert cache._columns.keys() == keys.keys()
    monkeypatch.setattr(cache, "MAX_BYTES", size - 1)
    wf.clear_cache()
    wf.apply([a], FRAME)
    assert kept() == 0


class Color(Enum):
    RED = 1
    BLUE = 2


class Slow:
    def __init__(self, level):
        self._level = level

    @property
    def level(self):
        return self._level

    @staticmethod
    def fixed():
        return 1

    def method(self):
        return self._level


def key(value):
    return repr(_content._Content().of(value))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (Color.RED, Color.BLUE),
        (Slow(1), Slow(2)),
        (Slow(1).method, Slow(2).method),
        (functools.partial(int, base=2), functools.partial(int, base=3)),
        ([].append, [1].append),
        (len, max),
        (np.float64, np.float32),
        (np, re),
        (wf.ABSTAIN, None),
        (wf.Keywords("a", vote=1), wf.Keywords("b", vote=1)),
        (np.arange(3), np.arange(4)),
        ({"a", "b"}, {"a", "c"}),
        (True, 1),
        (re.sub, re.match),
    ],
)
def test_content_of_all_kinds_of_values(one, two):
    assert key(one) == key(one)
    assert key(one) != key(two)


def test_an_empty_cell_has_content():
    def make():
        def body():
            return later

        result = key(body)
        later = 1
        return result, key(body)

    assert len(set(make())) == 2


def test_functions_without_a_module_are_the_users():
    scope = {"labeling_function": wf.labeling_function}
    exec("@labeling_function\ndef made(row):\n    return row.text", scope)
    frame = pd.DataFrame({"text": ["a", "b"]})
    assert wf.apply([scope["made"]], frame)["made"].tolist() == ["a", "b"]
