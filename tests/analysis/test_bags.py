"""The report of bags: what was stated, what is expected, and how far they are apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl


@pytest.fixture
def known():
    evidence = wl.Evidence([f"r{i}" for i in range(5)], classes=["bad", "fine"])
    evidence = evidence.with_bags(
        [*"AABBB"],
        wl.Count("bad", number={"B": 3}),
        wl.SameLabel("fine"),
        wl.AtMost("bad", number=1),
    )
    return evidence.with_class_balance({"bad": 0.5}, within=0.1)


@pytest.fixture
def posterior(known):
    return wl.Independent().solve(np.log([[0.9, 0.1]] * 2 + [[0.2, 0.8]] * 3), known)


def test_it_is_worst_first_and_leaves_out_what_is_not_stated(known, posterior):
    report = wl.bag_report(known, posterior)
    assert report["excess"].tolist() == pytest.approx([2.4, 0.8, 0.6, 0.2, 0, 0])
    assert report["excess"].is_monotonic_decreasing
    rows = report.set_index(["block", "bag", "constraint", "class"])
    assert (0, "A", "Count", "bad") not in rows.index
    assert rows.loc[(0, "B", "Count", "bad")].tolist() == pytest.approx([3, 3, 3, 0, 0.6, 0.2, 2.4])
    assert rows.loc[(0, "A", "AtMost", "bad"), "excess"] == pytest.approx(0.8)
    same = rows.loc[(0, "B", "SameLabel", "fine")]
    assert same[["low", "high"]].isna().all()
    assert same["excess"] == pytest.approx(0.6)
    whole = rows.loc[(1, "all items", "Proportion", "bad")]
    assert whole.tolist() == pytest.approx([5, 2, 3, 0, 2.4, 0.48, 0])
    assert wl.violation(known, posterior) == pytest.approx(4.0)


def test_noise_is_told_in_items(posterior):
    empty = wl.Evidence(posterior.index, classes=posterior.classes)
    noisy = wl.Proportion("bad", share=0.5, scale={"A": 0.1, "B": 0.2})
    number = wl.Count("fine", number=1, scale=3.0)
    report = wl.bag_report(empty.with_bags([*"AABBB"], noisy, number), posterior)
    scale = report.set_index(["class", "bag"])["scale"]
    assert scale["bad"].to_dict() == pytest.approx({"A": 0.2, "B": 0.6})
    assert (scale["fine"] == 3).all()


def test_nothing_stated(posterior):
    empty = wl.Evidence(posterior.index, classes=posterior.classes)
    assert wl.bag_report(empty, posterior).empty
    assert wl.violation(empty, posterior) == 0
    nobody = empty.with_bags([None] * 5, wl.AtLeast("bad"))
    assert wl.violation(nobody, posterior) == 0


def test_another_posterior_is_refused(known, posterior):
    other = known.take([2, 3, 4, 0, 1])
    with pytest.raises(
        ValueError, match=r"posterior is of other items or classes: 'r0'.*from this"
    ):
        wl.bag_report(other, posterior)


def test_on_any_array_library(known, posterior, xp):
    there = known.map_arrays(xp.asarray)
    scores = xp.asarray(np.log(posterior.probabilities))
    found = wl.bag_report(there, wl.Independent().solve(scores, there))
    pd.testing.assert_frame_equal(found, wl.bag_report(known, posterior))
