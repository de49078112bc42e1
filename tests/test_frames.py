"""Frames of polars and Arrow say what the same frame of pandas says, and are answered in kind."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression

import weaklabel as wl
from weaklabel import functions as wf
from weaklabel._frames import as_pandas, in_kind, kind_of, votes_as_pandas

pl = pytest.importorskip("polars")

DATA = {
    "text": ["Subscribe now", None, "nice song", "free $5", "song"],
    "stars": [1, 5, None, 2, 4],
    "share": [0.5, None, 0.25, 1.0, 0.0],
    "known": [True, None, False, True, True],
}
MAKE = {"polars": pl.DataFrame, "arrow": pa.table}
KINDS = list(MAKE)


def pandas_twin():
    return pd.DataFrame(DATA)


def columns_of(frame):
    return frame.to_dict(as_series=False) if isinstance(frame, pl.DataFrame) else frame.to_pydict()


def functions():
    @wf.labeling_function
    def rows(row):
        return None if row.text is None or row.stars is None else ["ham", "spam"][row.stars < 3]

    return [
        wf.Keywords(["subscribe", "free"], vote="spam", name="words"),
        wf.Regex(r"song$", vote="ham", name="song"),
        wf.Threshold("stars", vote="ham", low=4, name="stars"),
        rows,
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_functions_vote_and_answer_in_kind(kind, n_jobs):
    frame = MAKE[kind](DATA)
    votes = wf.apply(functions(), frame, classes=["ham", "spam"], n_jobs=n_jobs)
    assert type(votes) is type(frame)
    assert columns_of(votes) == {
        "words": ["spam", None, None, "spam", None],
        "song": [None, None, "ham", None, "ham"],
        "stars": [None, "ham", None, None, "ham"],
        "rows": ["spam", None, None, "spam", "ham"],
    }


@pytest.mark.parametrize("kind", KINDS)
def test_rows_see_missing_values_as_none_and_others_unchanged(kind):
    seen = []

    @wf.labeling_function
    def look(row):
        seen.append((row.text, row.stars, row.share, row.known))

    wf.apply([look], MAKE[kind](DATA), cache=False)
    assert seen == list(zip(*DATA.values(), strict=True))
    assert [type(stars) for _, stars, _, _ in seen][:2] == [int, int]


def test_vectorized_functions_get_the_frame_as_it_was_given():
    @wf.labeling_function(vectorized=True)
    def short(frame):
        few = pl.col("text").str.len_chars() < 5
        return frame.select(pl.when(few).then(pl.lit("ham")))["literal"]

    votes = wf.apply([short], pl.DataFrame(DATA), n_jobs=2, cache=False)
    assert votes["short"].to_list() == [None] * 4 + ["ham"]

    @wf.labeling_function(vectorized=True)
    def too_few(frame):
        return frame["text"][:2]

    with pytest.raises(wf.LabelingFunctionError, match=r"The votes have 2 rows.* has 5 items"):
        wf.apply([too_few], pl.DataFrame(DATA), cache=False)


def test_votes_of_one_library_are_not_taken_for_those_of_another():
    @wf.labeling_function(vectorized=True)
    def library(frame):
        return [type(frame).__module__.partition(".")[0]] * len(frame)

    wf.clear_cache()
    assert set(wf.apply([library], pandas_twin())["library"]) == {"pandas"}
    assert set(wf.apply([library], pl.DataFrame(DATA))["library"]) == {"polars"}


@pytest.mark.parametrize("kind", KINDS)
def test_sets_and_probabilities_travel_as_lists_and_structs(kind):
    said = {1: {"a", "b"}, 5: wf.Not("c"), 2: "a"}
    soft = {1: {"a": 0.25, "b": 0.75}, 4: "c"}
    sets = wf.labeling_function(name="sets")(lambda row: said.get(row.stars))
    shares = wf.labeling_function(name="shares")(lambda row: soft.get(row.stars))
    classes = ["a", "b", "c"]
    frame = MAKE[kind](DATA)
    votes = wf.apply([sets, shares], frame, classes=classes, cache=False)
    assert columns_of(votes)["sets"] == [["a", "b"], ["a", "b"], None, ["a"], None]
    ours = wl.Evidence(frame, classes).with_votes(votes).votes
    twin = pandas_twin()
    theirs = wf.apply([sets, shares], twin, classes=classes, cache=False)
    expected = wl.Evidence(twin, classes).with_votes(theirs).votes
    for name in ("item", "source", "code", "weight", "statements"):
        assert np.array_equal(getattr(ours, name), getattr(expected, name))


def test_what_has_no_form_in_arrow_is_refused():
    frame = pl.DataFrame(DATA)
    mixed = wf.labeling_function(name="mixed")(
        lambda row: {"a": 1.0} if row.stars == 1 else {"a", "b"}
    )
    with pytest.raises(TypeError, match=r"'mixed' holds what has no form in Arrow.*pandas frame"):
        wf.apply([mixed], frame, classes=["a", "b", "c"], cache=False)
    unclear = wf.labeling_function(name="unclear")(lambda row: wf.Not("a"))
    with pytest.raises(TypeError, match="'unclear' holds what has no form in Arrow"):
        wf.apply([unclear], frame, cache=False)


def test_a_lazy_frame_is_refused():
    with pytest.raises(TypeError, match=r"not LazyFrame\. Convert it, .*frame\.collect\(\)"):
        wf.apply(functions(), pl.DataFrame(DATA).lazy())


@pytest.mark.parametrize("kind", KINDS)
def test_evidence_takes_what_pandas_may_bring(kind):
    make, n = MAKE[kind], 5

    def column(values):
        return make({"x": values})["x"]

    def everything(frame_of, column_of):
        return (
            wl.Evidence(frame_of(DATA), ["ham", "spam"])
            .with_votes(
                frame_of({"a": ["ham", None, "spam", None, "ham"], "b": [None] * 4 + ["spam"]})
            )
            .with_votes(
                {
                    "soft": frame_of(
                        {"ham": [0.2, None, 0.5, 1.0, 0.0], "spam": [0.8, None, 0.5, 0.0, 1.0]}
                    )
                }
            )
            .with_candidates(column_of([None, ["ham"], None, None, ["ham", "spam"]]))
            .with_candidates(frame_of({"spam": [True] * n, "ham": [True] * 4 + [False]}))
            .with_bags(column_of(["p", "p", None, "q", "q"]), wl.Proportion("spam", share=0.5))
            .with_features(frame_of({"u": [1, 2, 3, 4, 5], "v": [0.5] * n}))
            .with_weights(column_of([1.0, 2.0, 1.0, 1.0, 3.0]))
        )

    def pandas_column(values):
        return pd.Series(
            [set(v) if isinstance(v, list) else v for v in values],
            dtype=object if any(isinstance(v, list) for v in values) else None,
        )

    ours, expected = everything(make, column), everything(pd.DataFrame, pandas_column)
    assert ours.kind == kind
    assert expected.kind == "pandas"
    pd.testing.assert_index_equal(ours.index, expected.index)
    for name in ("candidates", "features", "weights"):
        assert np.array_equal(getattr(ours, name), getattr(expected, name))
    assert np.array_equal(ours.votes.shares, expected.votes.shares)
    assert np.array_equal(ours.bags[0].member, expected.bags[0].member)


@pytest.mark.parametrize("kind", KINDS)
def test_long_frames_and_labels_from_a_column(kind):
    make = MAKE[kind]
    items = make({"id": ["r2", "r1", "r3"]})
    said = {
        "task": ["r1", "r1", "r2", "r2"],
        "worker": ["u", "v", "u", "w"],
        "label": ["a", "b", "b", "b"],
    }
    long = make(said)
    evidence = wl.Evidence(items["id"], ["a", "b"]).with_votes(long)
    assert evidence.index.tolist() == ["r2", "r1", "r3"]
    assert evidence.votes.shares.tolist() == [[0, 1], [0.5, 0.5], [0.5, 0.5]]
    assert evidence.take([2, 0]).kind == kind
    posterior = wl.MajorityVote().fit(evidence).posterior(evidence)
    answer = posterior.frame(evidence.kind)
    assert type(answer) is type(items)
    assert columns_of(answer) == {
        "id" if kind == "polars" else "item": ["r2", "r1", "r3"],
        "a": [0, 0.5, 0.5],
        "b": [1, 0.5, 0.5],
    }


def test_rows_without_an_index_are_as_many_as_the_items():
    evidence = wl.Evidence(pd.Index(["a", "b"]), [0, 1])
    assert evidence.with_weights(pl.Series([1.0, 2.0])).weights.tolist() == [1.0, 2.0]
    for call in (
        lambda: evidence.with_votes(pl.DataFrame({"f": [1, 0, 1]})),
        lambda: evidence.with_weights(pl.Series([1.0, 2.0, 3.0])),
        lambda: evidence.with_features(pa.table({"u": [1.0]})),
        lambda: evidence.with_candidates(pl.Series([1])),
    ):
        with pytest.raises(
            ValueError, match=r"have [13] rows, but the evidence has 2 items\. A fr"
        ):
            call()


@pytest.mark.parametrize("kind", KINDS)
def test_summaries_are_answered_in_kind(kind):
    said = {"link": ["spam", "spam", None], "thanks": [None, "ham", "ham"]}
    gold = ["spam", "ham", "ham"]
    table = wl.summary(MAKE[kind](said), MAKE[kind]({"gold": gold})["gold"])
    assert type(table) is type(MAKE[kind](said))
    expected = wl.summary(pd.DataFrame(said), pd.Series(gold))
    found = columns_of(table)
    assert found.pop("source") == expected.index.tolist()
    assert found["polarity"] == expected["polarity"].tolist()
    for name, column in expected.drop(columns="polarity").items():
        values = [np.nan if v is None else v for v in found[name]]
        assert (
            values == pytest.approx(column.tolist(), nan_ok=True) if name != "near_copies" else True
        )
    evidence = wl.Evidence(MAKE[kind](said), ["ham", "spam"]).with_votes(MAKE[kind](said))
    assert type(wl.summary(evidence)) is type(table)


def test_scores_read_other_frames():
    p = {"a": [0.9, 0.2], "b": [0.1, 0.8]}
    found = wl.score(pl.Series(["a", "b"]), pl.DataFrame(p))
    assert found["accuracy"] == wl.score(pd.Series(["a", "b"]), pd.DataFrame(p))["accuracy"] == 1


def test_errors_are_shown_beside_rows_of_other_frames():
    said = {"link": ["spam", "spam", None], "thanks": [None, "ham", "ham"]}
    data = {"text": ["see http://x", "thanks for http://y", "thanks!"]}
    gold = ["spam", "ham", "ham"]
    found = wl.errors(pl.DataFrame(said), pl.Series(gold), "link", pl.DataFrame(data))
    expected = wl.errors(pd.DataFrame(said), pd.Series(gold), "link", pd.DataFrame(data))
    pd.testing.assert_frame_equal(found, expected)


def test_what_is_of_pandas_or_no_frame_stays_as_it_is():
    for data in (pd.DataFrame(DATA), pd.Series([1]), pd.Index([1]), np.zeros(2), [1], None, "a"):
        assert kind_of(data) == "pandas"
        assert as_pandas(data) is data
        assert votes_as_pandas(data) is data
    frame = pd.DataFrame({"a": [1]})
    assert in_kind(frame, "pandas") is frame
    assert as_pandas(pa.array([1, None])).tolist() == [1, pd.NA]
    assert as_pandas(pl.Series("x", [1])).name == "x"


def test_classes_that_are_no_strings_keep_their_type():
    votes = wf.apply(wf.Threshold("stars", vote=1, low=3, name="f"), pl.DataFrame(DATA))
    assert votes["f"].to_list() == [None, 1, None, None, 1]


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_are_answered_in_kind(kind):
    frame, theirs = MAKE[kind](DATA), pandas_twin()
    found, expected = (
        wl.MajorityVote().fit(evidence).predict_proba(evidence)
        for evidence in (
            wl.Evidence(each, ["ham", "spam"]).with_votes(wf.apply(functions(), each, cache=False))
            for each in (frame, theirs)
        )
    )
    assert type(found) is type(frame)
    assert columns_of(found) == expected.to_dict(orient="list")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("items", [range(3), ["r0", "r1", "r2"]])
def test_labels_are_answered_in_kind(kind, items):
    said = {"a": ["spam", "ham", None], "b": ["spam", "spam", None], "c": ["spam", None, None]}
    twin = pd.DataFrame(said, pd.Index(items))
    known = wl.Evidence(twin.index, ["ham", "spam"])
    found = wl.MajorityVote().fit_predict(replace(known.with_votes(twin), kind=kind))
    assert type(found) is type(MAKE[kind](DATA))
    labels = [] if isinstance(items, range) else [items]
    assert list(columns_of(found).values()) == [*labels, ["spam", None, None]]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("items", [range(5), ["r0", "r1", "r2", "r3", "r4"]])
def test_probabilities_in_kind_are_scored_and_taught(kind, items):
    gold = ["spam", "ham", "ham", "spam", "ham"]
    X = np.arange(5.0)[:, None]
    twin = pandas_twin().set_axis(pd.Index(items))
    votes = wf.apply(functions(), twin, cache=False)
    evidence = wl.Evidence(twin.index, ["ham", "spam"]).with_votes(votes)
    expected = wl.MajorityVote().fit(evidence).predict_proba(evidence)
    found = in_kind(expected, kind)
    named = pd.Series(gold, expected.index)
    assert wl.score(named, found) == wl.score(named, expected)
    model = wl.SoftLabelClassifier(LogisticRegression())
    taught = model.fit(pd.DataFrame(X, expected.index), found)
    assert taught.classes_.tolist() == ["ham", "spam"]


@pytest.mark.parametrize("kind", KINDS)
def test_columns_of_one_name_are_refused_and_none_is_lost(kind):
    for frame in (
        pd.DataFrame({"item": [0.5], "other": [0.5]}, index=["r1"]),
        pd.DataFrame({0: [0.5], "0": [0.5]}),
    ):
        with pytest.raises(ValueError, match=r"Two columns would be named '.*pass a pandas frame"):
            in_kind(frame, kind)
    assert columns_of(in_kind(pd.DataFrame({"item": [0.5]}), kind)) == {"item": [0.5]}
