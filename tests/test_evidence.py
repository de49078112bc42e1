"""Evidence: its parts, their alignment, selections, and what it refuses."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from strategies import evidence, wide_frames

import weaklabel as wl
from weaklabel import _device
from weaklabel._device import on_host


@pytest.fixture
def known():
    """Four items, three classes, nothing known."""
    return wl.Evidence(["a", "b", "c", "d"], classes=["ham", "spam", "promo"])


# ---- index and classes ------------------------------------------------------------------------


def test_index_comes_from_frames_series_and_sequences():
    frame = pd.DataFrame({"x": [1, 2]}, index=["p", "q"])
    for index in (
        frame,
        frame["x"],
        frame.index,
        ["p", "q"],
        np.array(["p", "q"]),
        iter(["p", "q"]),
    ):
        assert wl.Evidence(index, classes=["x", "y"]).index.tolist() == ["p", "q"]


@pytest.mark.parametrize(
    "classes", [[3, 1], ["b", "a"], [True, False], [("a", 1), ("b", 2)], [1, "a", ("t",)], [0.5, 2]]
)
def test_classes_of_any_hashable_kind_keep_their_order(classes):
    known = wl.Evidence(["i", "j"], classes=classes)
    gold = pd.Series([classes[1], None], index=["i", "j"], dtype=object)
    known = known.with_votes(gold.rename("s").to_frame()).with_candidates(gold)
    assert known.classes.tolist() == classes
    assert known.votes.code.tolist() == [1]
    assert known.candidates.tolist() == [
        [name == classes[1] for name in classes],
        [True] * len(classes),
    ]


def test_categories_serve_as_classes():
    said = pd.Series(pd.Categorical(["y", "x"], categories=["y", "x"]))
    assert wl.Evidence(said, classes=said.cat.categories).classes.tolist() == ["y", "x"]
    known = wl.Evidence(said, classes=pd.CategoricalIndex(["y", "x"]))
    assert not isinstance(known.classes, pd.CategoricalIndex)


def test_an_item_may_have_several_labels(known):
    index = pd.MultiIndex.from_tuples([("d1", 0), ("d1", 1), ("d2", 0)], names=["doc", "sentence"])
    said = pd.DataFrame({"s": ["ham", "spam"]}, index=index[[2, 0]])
    known = wl.Evidence(index, classes=known.classes).with_votes(said)
    assert known.votes.item.tolist() == [0, 2]
    assert known.votes.code.tolist() == [1, 0]
    assert known.with_bags(pd.Series("all", index=index), wl.AtLeast("ham")).bags[0].n_bags == 1


def test_labels_must_be_unique_and_present():
    with pytest.raises(
        ValueError, match=r"items stand twice: 'a', 'b'\. .*matched by label.*reset_index"
    ):
        wl.Evidence(["a", "b", "a", "b"], classes=["x", "y"])
    with pytest.raises(
        ValueError, match=r"items are missing \(NaN or None\): 1 of 2\..*reset_index"
    ):
        wl.Evidence(["a", None], classes=["x", "y"])
    index = pd.MultiIndex.from_tuples([("a", 1), ("b", np.nan)])
    with pytest.raises(ValueError, match=r"items are missing \(NaN or None\): 1 of 2"):
        wl.Evidence(index, classes=["x", "y"])
    with pytest.raises(ValueError, match=r"classes stand twice: 'x'\..*merge or rename"):
        wl.Evidence(["a"], classes=["x", "y", "x"])
    with pytest.raises(ValueError, match=r"classes are missing"):
        wl.Evidence(["a"], classes=["x", None])


def test_sets_and_strings_are_no_sequences_of_labels():
    with pytest.raises(
        TypeError, match=r"classes are a sequence in a fixed order, not \{'x'\}.*list"
    ):
        wl.Evidence(["a"], classes={"x"})
    with pytest.raises(TypeError, match=r"classes are a sequence in a fixed order, not 'spam'"):
        wl.Evidence(["a"], classes="spam")
    with pytest.raises(TypeError, match=r"items are a sequence in a fixed order, not 5\."):
        wl.Evidence(5, classes=["x", "y"])


def test_one_class_is_too_few():
    with pytest.raises(ValueError, match=r"at least two classes, not \['spam'\].*name both"):
        wl.Evidence(["a"], classes=["spam"])


def test_no_items_are_fine(known):
    empty = wl.Evidence([], classes=["x", "y"]).with_votes(pd.DataFrame({"s": []}))
    assert len(empty) == 0
    assert empty.votes.n_votes == 0
    assert empty.votes.shares.shape == (0, 2)
    assert len(known.take([])) == 0


# ---- votes ------------------------------------------------------------------------------------


@given(wide_frames(), st.randoms(use_true_random=False))
def test_rows_are_matched_by_label(frame, random):
    known = wl.Evidence(frame.index, classes=frame.attrs["classes"])
    order = np.array(random.sample(range(len(frame)), len(frame)))
    expected, found = known.with_votes(frame).votes, known.with_votes(frame.iloc[order]).votes
    for name in ("item", "source", "weight"):
        assert np.array_equal(getattr(found, name), getattr(expected, name))
    # codes of sets are numbered as they turn up
    assert np.array_equal(found.statements[found.code], expected.statements[expected.code])


@given(wide_frames(), st.data())
def test_missing_rows_abstain(frame, data):
    known = wl.Evidence(frame.index, classes=frame.attrs["classes"])
    kept = data.draw(st.lists(st.integers(0, len(frame) - 1), unique=True))
    expected, found = known.with_votes(frame).votes, known.with_votes(frame.iloc[kept]).votes
    there = np.isin(expected.item, kept)
    assert np.array_equal(found.item, expected.item[there])
    assert np.array_equal(found.weight, expected.weight[there])
    assert not found.voted[np.setdiff1d(np.arange(len(frame)), kept)].any()


def test_a_second_call_adds_sources(known):
    first = pd.DataFrame({"s": ["ham", {"ham", "spam"}]}, index=["a", "b"])
    second = pd.DataFrame({"t": [wl.Not("ham"), wl.Not("promo")]}, index=["c", "b"])
    both = known.with_votes(first).with_votes(second, silence="missing").votes
    together = known.with_votes(pd.concat([first, second], axis=1)).votes
    for name in ("item", "source", "code", "weight", "statements"):
        assert np.array_equal(getattr(both, name), getattr(together, name)), name
    assert both.sources.tolist() == ["s", "t"]
    assert both.informative_silence.tolist() == [True, False]


def test_votes_of_a_source_cannot_be_added_twice(known):
    said = pd.DataFrame({"s": ["ham"], "t": ["ham"]}, index=["a"])
    with pytest.raises(ValueError, match=r"votes of 's', 't' already.*one voice twice.*Rename"):
        known.with_votes(said).with_votes(said)


# ---- candidates -------------------------------------------------------------------------------


def test_statements_that_are_certain_intersect(known):
    twice = known.with_candidates({"a": {"ham", "spam"}}).with_candidates(exclude={"a": "spam"})
    both = known.with_candidates({"a": {"ham", "spam"}}, exclude={"a": "spam"})
    assert twice.candidates.tolist() == both.candidates.tolist()
    assert twice.candidates[0].tolist() == [True, False, False]
    assert twice.candidates[1:].all()


def test_contradictions_of_certain_statements_are_named(known):
    gold = pd.Series("ham", index=["a", "b", "c", "d"])
    with pytest.raises(
        ValueError,
        match=r"No class is left for 4 items: 'a', 'b', 'c' and 1 more\..*contradict.*vote",
    ):
        known.with_candidates(gold, exclude=gold)
    with pytest.raises(ValueError, match=r"No class is left for 1 items: 'a'"):
        known.with_candidates({"a": "ham"}).with_candidates({"a": "spam"})
    with pytest.raises(ValueError, match=r"neither was given"):
        known.with_candidates()


def test_a_boolean_array_of_classes(known):
    allowed = np.array([[1, 0, 1], [1, 1, 1], [0, 0, 1], [0, 1, 0]], dtype=bool)
    assert np.array_equal(known.with_candidates(allowed).candidates, allowed)
    assert np.array_equal(known.with_candidates(exclude=~allowed).candidates, allowed)
    frame = pd.DataFrame(allowed, known.index, known.classes).iloc[::-1, [2, 0, 1]]
    assert np.array_equal(known.with_candidates(frame).candidates, allowed)
    assert np.array_equal(known.with_candidates(frame.astype("boolean")).candidates, allowed)


# ---- bags, features, neighbors, weights ---------------------------------------------------------


def test_bags_need_constraints_on_known_classes(known):
    with pytest.raises(ValueError, match=r"at least one constraint, such as Proportion"):
        known.with_bags(["A"] * 4)
    with pytest.raises(
        ValueError, match=r"AtLeast counts 'egg', but the classes are \['ham', 'spam'"
    ):
        known.with_bags(["A"] * 4, wl.AtLeast("egg"))
    with pytest.raises(TypeError, match=r"what is stated of each bag, not 0.3. Say it of a class"):
        known.with_bags(["A"] * 4, 0.3)


def test_features_of_a_frame_in_another_order(known):
    frame = pd.DataFrame({"x": [1, 2, 3, 4], "y": [5.0, 6, 7, 8]}, index=["c", "a", "d", "b"])
    found = known.with_features(frame).features
    assert found.tolist() == frame.loc[["a", "b", "c", "d"]].to_numpy().tolist()
    small = frame[["y"]].astype(np.float32)
    assert known.with_features(small).features.dtype == np.float32
    missing = frame.astype({"x": "Int64"}).replace({"x": {1: pd.NA}})
    assert np.isnan(known.with_features(missing).features[2, 0])


def test_features_must_describe_every_item_by_numbers(known):
    with pytest.raises(ValueError, match=r"2 items have no features: 'b', 'd'\..*cannot abstain"):
        known.with_features(pd.DataFrame({"x": [1, 2]}, index=["a", "c"]))
    with pytest.raises(ValueError, match=r"features have 3 rows, but the evidence has 4 items"):
        known.with_features(np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"has 1 dimensions.*features\[:, None\]"):
        known.with_features(np.zeros(4))
    frame = pd.DataFrame({"x": 1.0, "y": [1.0, np.inf, 2.0, np.nan]}, index=list("abcd"))
    with pytest.raises(ValueError, match=r"1 features are infinite: of items 'b', in columns 'y'"):
        known.with_features(frame)
    with pytest.raises(
        ValueError, match=r"infinite: of items 'a', 'b', 'c' and 1 more, in columns 0"
    ):
        known.with_features(np.full((4, 1), -np.inf))
    with pytest.raises(ValueError, match=r"array is of <U1.*Encode"):
        known.with_features(np.array([["a"]] * 4))
    with pytest.raises(ValueError, match=r"1 features are no numbers: columns 'text'\. Encode"):
        known.with_features(pd.DataFrame({"text": list("abcd"), "n": 1}, index=list("abcd")))
    with pytest.raises(
        ValueError, match=r"dense array; this is a sparse one of 9 columns.*TruncatedSVD"
    ):
        known.with_features(sparse.csr_array((4, 9)))
    assert known.with_features([[1, 2]] * 4).features.shape == (4, 2)


def test_neighbors_are_similarities(known):
    graph = np.array([[0, 0.5, 0, 0], [0.5, 0, 0, 0], [0, 0, 0, 2], [0, 0, 2, 0]])
    for same in (graph, sparse.csr_array(graph), sparse.coo_matrix(graph)):
        assert known.with_neighbors(same).neighbors.toarray().tolist() == graph.tolist()
    order = [3, 1, 0, 2]
    frame = pd.DataFrame(graph, known.index, known.index).iloc[order, order[::-1]]
    assert known.with_neighbors(frame).neighbors.toarray().tolist() == graph.tolist()
    part = known.with_neighbors(frame.loc[["a", "b"], ["a", "b"]]).neighbors.toarray()
    assert part[:2, :2].tolist() == graph[:2, :2].tolist()
    assert part.sum() == 1


def test_what_is_no_graph_is_refused(known):
    with pytest.raises(ValueError, match=r"n_items x n_items, 4 x 4; this one is 2 x 2\. Probably"):
        known.with_neighbors(np.zeros((2, 2)))
    for wrong in (-1.0, np.nan, np.inf):
        graph = np.zeros((4, 4))
        graph[1, 2] = wrong
        with pytest.raises(
            ValueError, match=r"at least 0 and finite; 1 are not.*of items 'b'.*exp\(-"
        ):
            known.with_neighbors(graph)


def test_weights_count_items(known):
    assert known.with_weights({"c": 3}).weights.tolist() == [1, 1, 3, 1]
    assert known.with_weights([1, 2, 3, 4]).weights.tolist() == [1, 2, 3, 4]
    with pytest.raises(
        ValueError, match=r"positive numbers; 3 are not: those of 'a', 'b', 'd'\..*take"
    ):
        known.with_weights([0, -1, 1, np.nan])
    with pytest.raises(ValueError, match=r"weights must be numbers; 1 are none: 'many' for 'b'"):
        known.with_weights({"a": 1, "b": "many"})
    with pytest.raises(TypeError, match=r"weights are one value an item.*not 2"):
        known.with_weights(2)


# ---- take -------------------------------------------------------------------------------------


def same(one: wl.Evidence, other: wl.Evidence) -> None:
    """Check that two evidences say the same."""
    assert one.index.equals(other.index)
    for name in ("item", "source", "weight"):
        assert np.array_equal(getattr(one.votes, name), getattr(other.votes, name))
    said = [e.votes.statements[e.votes.code] for e in (one, other)]
    assert np.array_equal(*said)
    for name in ("candidates", "features", "weights"):
        a, b = getattr(one, name), getattr(other, name)
        assert (a is None) == (b is None)
        assert a is None or np.array_equal(a, b)
    assert (one.neighbors is None) == (other.neighbors is None)
    assert one.neighbors is None or np.array_equal(
        one.neighbors.toarray(), other.neighbors.toarray()
    )
    assert len(one.bags) == len(other.bags)
    for a, b in zip(one.bags, other.bags, strict=True):
        assert _members(one, a) == _members(other, b)


def _members(known: wl.Evidence, block) -> dict:
    """Give items, and values of constraints, by the name of the bag."""
    return {
        name: (
            known.index[block.member[block.starts[g] : block.starts[g + 1]]].tolist(),
            [[value[g] for value in c.values.values()] for c in block.constraints],
        )
        for g, name in enumerate(block.names.tolist())
    }


@given(evidence(), st.data())
def test_take_slices_every_part_together(known, data):
    rows = data.draw(st.lists(st.integers(0, len(known) - 1), unique=True, min_size=1))
    some = known.take(rows, bags="keep")
    again = wl.Evidence(known.index[rows], classes=known.classes)
    again = again.with_votes(known.votes.take(np.array(rows)))
    if known.candidates is not None:
        again = again.with_candidates(known.candidates[rows])
    if known.features is not None:
        again = again.with_features(known.features[rows])
    if known.weights is not None:
        again = again.with_weights(known.weights[rows])
    if known.neighbors is not None:
        again = again.with_neighbors(known.neighbors.toarray()[np.ix_(rows, rows)])
    for block in known.bags:
        name = np.full(len(known), None, dtype=object)
        name[block.member] = np.repeat(block.names.to_numpy(dtype=object), block.sizes)
        share, most = (next(iter(c.values.values()))[:1] for c in block.constraints)
        share, most = (float(v[0]) if len(v) else 0.0 for v in (share, most))
        again = again.with_bags(
            name[rows],
            wl.Proportion(known.classes[0], share=share),
            wl.AtMost(known.classes[1], number=most),
        )
    same(some, again)


@given(evidence(), st.data())
def test_taking_twice_is_taking_once(known, data):
    first = data.draw(st.lists(st.integers(0, len(known) - 1), unique=True, min_size=1))
    second = data.draw(st.lists(st.integers(0, len(first) - 1), unique=True))
    for bags in ("keep", "drop"):
        twice = known.take(first, bags=bags).take(second, bags=bags)
        if bags == "keep" or not known.bags:
            same(twice, known.take(np.array(first)[second] if second else [], bags=bags))


def test_rows_may_be_given_in_many_ways(known):
    mask = pd.Series([True, False, True], index=["d", "a", "b"])
    for rows in (
        [1, 3],
        np.array([1, -1]),
        [False, True, False, True],
        mask,
        mask.astype("boolean"),
    ):
        assert known.take(rows).index.tolist() == ["b", "d"]
    assert known.take([3, 1]).index.tolist() == ["d", "b"]
    assert known.take(slice(None, None, -2)).index.tolist() == ["d", "b"]


def test_rows_that_are_none_are_refused(known):
    with pytest.raises(TypeError, match=r"positions of items.*not 'a', 'b'\. For labels use take"):
        known.take(["a", "b"])
    with pytest.raises(
        IndexError, match=r"2 positions are outside of the 4 items: 4, -5\. .*from 0"
    ):
        known.take([4, 0, -5])
    with pytest.raises(ValueError, match=r"at most once, but these repeat: 'b'\..*with_weights"):
        known.take([1, 1, 2])
    with pytest.raises(ValueError, match=r"rows to take have 2 rows, but the evidence has 4 items"):
        known.take([True, False])


# ---- devices ----------------------------------------------------------------------------------


@given(evidence())
def test_arrays_of_another_library_are_taken_too(known):
    import array_api_strict

    rows = np.arange(len(known))[::-1].copy()
    there = known.map_arrays(array_api_strict.asarray).take(rows, bags="keep")
    assert np.array_equal(on_host(there.covered), known.covered[rows])
    same(there.map_arrays(on_host), known.take(rows, bags="keep"))


def test_moving_to_the_cpu_changes_nothing(known):
    known = known.with_votes(pd.DataFrame({"s": ["ham"]}, index=["a"])).with_weights([1, 2, 3, 4])
    same(known.to("cpu"), known)


def test_other_devices_are_named(known):
    with pytest.raises(ValueError, match=r"no device 'tpu'\. Choose 'cpu' or 'cuda'"):
        known.to("tpu")


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        (["cupy"], "CuPy is not installed"),
        (["numba_cuda"], "numba-cuda is not installed"),
        (["cupy", "numba_cuda"], "CuPy and numba-cuda are not installed"),
    ],
)
def test_without_libraries_the_extra_is_named(known, monkeypatch, missing, named):
    monkeypatch.setattr(_device, "find_spec", lambda name: None if name in missing else name)
    with pytest.raises(ImportError, match=rf"{named}.*weaklabel\[cuda12\]"):
        known.to("cuda")


def fake_cupy(count: Callable[[], int]) -> types.SimpleNamespace:
    """As much of CuPy as looking for a card needs."""
    runtime = types.SimpleNamespace(getDeviceCount=count)
    kind = type("ndarray", (), {})
    return types.SimpleNamespace(
        cuda=types.SimpleNamespace(runtime=runtime), asarray=np.asarray, ndarray=kind
    )


def no_driver() -> int:
    msg = "cudaErrorInsufficientDriver: CUDA driver version is insufficient"
    raise RuntimeError(msg)


@pytest.mark.parametrize(
    ("count", "named"),
    [
        (no_driver, r"InsufficientDriver.*Does nvidia-smi show a card.*weaklabel\[cuda13\]"),
        (lambda: 0, "there is no card. Is CUDA_VISIBLE_DEVICES set"),
    ],
)
def test_without_a_card_it_says_what_to_look_at(known, monkeypatch, count, named):
    monkeypatch.setattr(_device, "find_spec", lambda name: name)
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy(count))
    with pytest.raises(RuntimeError, match=named):
        known.to("cuda")


def test_with_a_card_every_array_moves(known, monkeypatch):
    monkeypatch.setattr(_device, "find_spec", lambda name: name)
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy(lambda: 1))
    moved = known.with_features(np.eye(4)).to("cuda")
    np.testing.assert_array_equal(moved.features, np.eye(4))


# ---- looking at it ----------------------------------------------------------------------------


def test_summary_tells_every_part(known):
    assert repr(known) == "Evidence(4 items, 3 classes: nothing known yet)"
    full = (
        known.with_votes(
            pd.DataFrame({"s": ["ham", {"ham", "spam"}], "t": ["ham", None]}, ["a", "b"])
        )
        .with_candidates({"a": "ham", "b": {"ham", "spam"}})
        .with_bags({"a": "A", "b": "A", "c": "B"}, wl.AtLeast("ham"), wl.AtMost("spam", number=1))
        .with_bags(["C"] * 4, wl.Count("ham", number=2))
        .with_features(np.zeros((4, 7)))
        .with_neighbors(np.eye(4)[[0, 1, 1, 1]] * [1, 1, 1, 0])
        .with_weights([1, 2, 3, 4])
    )
    table = full.summary()
    assert table["items"].to_dict() == {
        "votes": 2,
        "candidates": 2,
        "bags": 3,
        "bags 2": 4,
        "features": 4,
        "neighbors": 4,
        "weights": 4,
    }
    assert table["what"].tolist() == [
        "3 votes of 2 sources",
        "1 with one class left",
        "2 bags: AtLeast of 'ham', AtMost of 'spam'",
        "1 bags: Count of 'ham'",
        "7 features",
        "graph",
        "total 10",
    ]
    assert repr(full).endswith("features, neighbors, weights)")
    assert full.covered.tolist() == [True, True, False, False]


def test_a_notebook_shows_names_as_text():
    known = wl.Evidence(["i"], classes=["<b>", "y"])
    html = known.with_candidates({"i": "<b>"})._repr_html_()
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert "with one class left" in html


def test_covered_means_something_is_known_of_the_item(known):
    assert not known.covered.any()
    assert known.with_candidates(exclude={"c": "ham"}).covered.tolist() == [
        False,
        False,
        True,
        False,
    ]
    voted = known.with_votes(pd.DataFrame({"s": ["ham"]}, index=["a"]))
    assert voted.covered.tolist() == [True, False, False, False]
    both = voted.with_candidates({"d": "ham"})
    assert both.covered.tolist() == [True, False, False, True]


def test_evidence_never_changes(known):
    more = known.with_weights([1, 2, 3, 4])
    assert known.weights is None
    assert more is not known
    with pytest.raises(AttributeError):
        known.weights = 1


def test_evidence_shares_nothing_with_the_arrays_it_was_made_of(known):
    features = np.ones((4, 2))
    neighbors = sparse.csr_array(np.eye(4))
    neighbors.data[0] = 0.0  # a zero that is stored
    evidence = known.with_features(features).with_neighbors(neighbors)
    assert neighbors.nnz == 4
    features[:] = neighbors.data[:] = 7.0
    assert (evidence.features == 1).all()
    assert evidence.neighbors.toarray().tolist() == np.diag([0.0, 1.0, 1.0, 1.0]).tolist()


def test_parts_are_named_and_votes_are_votes(known):
    frame = pd.DataFrame({"s": ["ham"]}, index=["a"])
    with pytest.raises(TypeError, match="positional argument"):
        wl.Evidence(known.index, known.classes, frame)
    with pytest.raises(TypeError, match=r"takes Votes, not a DataFrame.*\.with_votes\(votes\)"):
        wl.Evidence(known.index, known.classes, votes=frame)
