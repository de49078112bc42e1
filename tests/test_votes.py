"""Votes: every operation equals the same thing done by brute force on dense arrays."""

from __future__ import annotations

from dataclasses import replace

import array_api_strict
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import evidence, votes, wide_frames

import weaklabel as wl
from weaklabel._device import on_host


def dense(of) -> np.ndarray:
    """Weight of each code of each source on each item, n_items x n_sources x n_codes."""
    table = np.zeros((of.n_items, of.n_sources, of.n_codes))
    for item, source, code, weight in zip(of.item, of.source, of.code, of.weight, strict=True):
        table[item, source, code] += weight
    return table


@given(votes())
def test_votes_are_sorted_and_well_formed(of):
    assert np.all(np.diff(of.item) >= 0)
    assert of.item.dtype in (np.int32, np.int64)
    assert of.source.dtype == of.code.dtype == np.int32
    assert np.all(of.weight > 0)
    n_classes = len(of.classes)
    assert np.array_equal(of.statements[:n_classes], np.eye(n_classes, dtype=bool))
    assert of.statements.any(axis=1).all()
    assert len({row.tobytes() for row in of.statements}) == of.n_codes


@given(votes())
def test_starts_cut_votes_into_items(of):
    for i in range(of.n_items):
        assert np.array_equal(
            np.flatnonzero(of.item == i), np.arange(of.starts[i], of.starts[i + 1])
        )
    assert np.array_equal(of.voted, np.isin(np.arange(of.n_items), of.item))
    assert np.array_equal(of.unit, of.source.astype(int) * of.n_codes + of.code)


@given(votes(), st.randoms(use_true_random=False))
def test_sums_equal_dense_products(of, random):
    rng = np.random.default_rng(random.randrange(2**32))
    by_code = rng.normal(size=(of.n_sources, of.n_codes, 3))
    by_item = rng.normal(size=(of.n_items, 3))
    table = dense(of)
    found = of.sum_by_item(by_code)
    assert np.allclose(found, np.einsum("ijk,jkc->ic", table, by_code), rtol=1e-12, atol=1e-12)
    found = of.sum_by_unit(by_item)
    assert found.shape == by_code.shape
    assert np.allclose(found, np.einsum("ijk,ic->jkc", table, by_item), rtol=1e-12, atol=1e-12)
    assert np.allclose(of.counts, table.sum(axis=(1, 2)), rtol=1e-12)


@given(votes())
def test_shares_split_sets_evenly_and_are_uniform_without_votes(of):
    parts = of.statements / of.statements.sum(axis=1, keepdims=True)
    total = np.einsum("ijk,kc->ic", dense(of), parts)
    expected = np.full_like(total, 1 / len(of.classes))
    np.divide(total, total.sum(axis=1, keepdims=True), out=expected, where=of.voted[:, None])
    assert np.allclose(of.shares, expected, rtol=1e-12)
    assert np.allclose(of.shares.sum(axis=1), 1)


@given(votes(), st.data())
def test_take_repeats_and_reorders_items(of, data):
    rows = data.draw(st.lists(st.integers(0, of.n_items - 1), max_size=8))
    rows = np.array(rows, dtype=np.int64)
    taken = of.take(rows)
    assert taken.n_items == len(rows)
    assert np.array_equal(dense(taken), dense(of)[rows])


@given(votes(), st.data())
def test_select_reorders_sources_by_name(of, data):
    chosen = data.draw(st.permutations(of.sources.tolist()))
    chosen = chosen[: data.draw(st.integers(0, len(chosen)))]
    some = of.select(chosen)
    assert some.sources.tolist() == chosen
    places = of.sources.get_indexer(chosen)
    assert np.array_equal(dense(some), dense(of)[:, places])
    assert np.array_equal(some.informative_silence, of.informative_silence[places])


def test_select_names_unknown_sources():
    of = wl.Evidence(["a"], classes=["x", "y"]).with_votes(pd.DataFrame({"s": ["x"]}, ["a"])).votes
    with pytest.raises(KeyError, match=r"no source 't'.*the sources are 's'.*spell"):
        of.select(["s", "t"])


@given(votes(), st.data())
def test_with_codes_says_the_same_in_other_numbers(of, data):
    n_classes = len(of.classes)
    sets = of.statements[n_classes:]
    order = data.draw(st.permutations(range(len(sets))))
    kept = data.draw(st.integers(0, len(sets)))
    # an own set that nobody here says may stand between
    everything = np.ones((1, n_classes), dtype=bool)
    table = np.concatenate([of.statements[:n_classes], everything, sets[order[:kept]]])
    other = of.with_codes(table)
    assert np.array_equal(other.statements[: len(table)], table)
    assert np.array_equal(other.statements[other.code], of.statements[of.code])
    assert other.with_codes(other.statements) is other


@given(evidence(parts=()))
def test_the_array_standard_is_enough(known):
    expected, found = known.votes, known.map_arrays(array_api_strict.asarray).votes
    rows = np.arange(expected.n_items)[::-1].copy()
    names = expected.sources[::-1].tolist()
    assert np.array_equal(on_host(found.starts), expected.starts)
    assert np.array_equal(on_host(found.voted), expected.voted)
    assert np.allclose(on_host(found.shares), expected.shares, rtol=1e-12)
    assert np.allclose(on_host(found.counts), expected.counts, rtol=1e-12)
    taken = found.take(rows).map_arrays(on_host)
    assert np.array_equal(dense(taken), dense(expected.take(rows)))
    some = found.select(names).map_arrays(on_host)
    assert np.array_equal(dense(some), dense(expected.select(names)))


def test_operations_stay_in_their_library(xp, rng):
    frame = pd.DataFrame({"a": ["x", {"x", "y"}, None], "b": ["y", {"x": 0.5, "z": 0.5}, "z"]})
    known = wl.Evidence(frame.index, classes=["x", "y", "z"]).with_votes(frame)
    expected, found = known.votes, known.map_arrays(xp.asarray).votes
    by_code = rng.normal(size=(2, expected.n_codes, 2))
    by_item = rng.normal(size=(3, 2))
    pairs = [
        (found.sum_by_item(xp.asarray(by_code)), expected.sum_by_item(by_code)),
        (found.sum_by_unit(xp.asarray(by_item)), expected.sum_by_unit(by_item)),
        (found.shares, expected.shares),
        (found.take(np.array([2, 0])).weight, expected.take(np.array([2, 0])).weight),
        (found.select(["b"]).code, expected.select(["b"]).code),
        (
            found.with_codes(np.eye(3, dtype=bool)).code,
            expected.with_codes(np.eye(3, dtype=bool)).code,
        ),
    ]
    for got, wanted in pairs:
        assert type(got) is type(xp.asarray(np.zeros(1)))
        assert np.allclose(on_host(got), wanted, rtol=1e-12)


@given(wide_frames())
def test_reading_keeps_what_each_cell_says(frame):
    of = wl.Evidence(frame.index, classes=frame.attrs["classes"]).with_votes(frame).votes
    names = frame.attrs["classes"]
    table = dense(of) @ (of.statements / of.statements.sum(axis=1, keepdims=True))
    for i in range(len(frame)):
        for j in range(frame.shape[1]):
            cell = frame.iloc[i, j]
            expected = _shares(cell, names)
            assert np.allclose(table[i, j], expected), (cell, names)


def _shares(cell, names) -> np.ndarray:
    """Give what a cell says, by the words of the documentation."""
    zeros = np.zeros(len(names))
    if isinstance(cell, dict):
        return np.array([cell.get(name, 0.0) for name in names])
    if isinstance(cell, wl.Not):
        cell = {name for name in names if name not in cell.classes}
    if isinstance(cell, set):
        allowed = np.array([name in cell for name in names])
        return allowed / allowed.sum()
    if cell is None or cell is wl.ABSTAIN or (isinstance(cell, float) and np.isnan(cell)):
        return zeros
    return np.array([float(name == cell) for name in names])


def test_votes_are_frozen():
    of = wl.Evidence(["a"], classes=["x", "y"]).with_votes(pd.DataFrame({"s": ["x"]}, ["a"])).votes
    with pytest.raises(AttributeError):
        of.n_items = 3
    assert replace(of, n_items=2).n_items == 2


def test_votes_are_shown_by_their_numbers():
    frame = pd.DataFrame({"s": ["x", None], "t": ["y", "x"]})
    votes = wl.Evidence(frame.index, classes=["x", "y"]).with_votes(frame).votes
    assert repr(votes) == "Votes(3 votes of 2 sources on 2 items)"
