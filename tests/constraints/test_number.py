"""Proportions and counts: exact, within an interval, or with noise."""

from __future__ import annotations

from math import log, pi, sqrt

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl

COUNT = np.arange(5)


def test_noise_by_hand():
    gaussian = wl.Count("bad", number=2.5, scale=2).log_potential(COUNT, 4)
    expected = -((COUNT - 2.5) ** 2) / 8 - log(2 * sqrt(2 * pi))
    np.testing.assert_allclose(gaussian, expected)
    laplace = wl.Proportion("bad", share=0.6, scale=0.1, noise="laplace").log_potential(COUNT, 4)
    np.testing.assert_allclose(laplace, -np.abs(COUNT / 4 - 0.6) / 0.1 - log(0.2))


def test_noise_may_leave_the_possible():
    constraint = wl.Count("bad", number={"A": -3, "B": 9}, scale=2).for_bags(pd.Index(["A", "B"]))
    low, high = constraint.bounds(np.array([4, 5]))
    assert low.tolist() == high.tolist() == [0, 5]
    assert not constraint.exact
    assert wl.Count("bad", number=1).exact


def test_a_bag_of_nobody():
    for constraint in (
        wl.Proportion("bad", share=0.5),
        wl.Proportion("bad", share=0.5, scale=0.1),
    ):
        assert np.isfinite(constraint.log_potential(0, 0))
        assert constraint.excess(0, 0) == 0


def test_what_asks_for_too_much_allows_nothing():
    assert np.isneginf(wl.AtLeast("bad", number=5).log_potential(COUNT, 4)).all()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: wl.Proportion("b", share=30), ValueError,
         r"Proportion of 'b': 'share' is between 0 and 1, not 30\. Divide percentages by 100"),
        (lambda: wl.Proportion("b", share=30, scale=0.1), ValueError,
         r"'share' is between -3 and 4, not 30\. Divide percentages"),
        (lambda: wl.Proportion("b", share=0.3, within=5), ValueError,
         r"'within' is between 0 and 1, not 5"),
        (lambda: wl.Count("b", number=pd.Series({"A": 1, "B": -2})), ValueError,
         r"Count of 'b': 'number' is at least 0, not -2 \(bags 'B'\)"),
        (lambda: wl.Count("b", number=1, scale=0), ValueError,
         r"'scale' is above 0, not 0\. It is the spread of the noise; without noise leave it out"),
        (lambda: wl.Count("b", number=1, scale=1, within=1), ValueError,
         r"Count of 'b' has within= and scale=.*Choose one of them"),
        (lambda: wl.Count("b", number=1, scale=1, noise="cauchy"), ValueError,
         r"noise='cauchy' is unknown\. Choose 'gaussian' or 'laplace'"),
        (lambda: wl.Count("b", number="three"), TypeError,
         r"'number' is a number, or a Series or mapping of numbers by bag, not 'three'"),
        (lambda: wl.AtMost("b", number=-1), ValueError, r"'number' is at least 0, not -1"),
    ],
)  # fmt: skip
def test_what_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_scales_by_bag():
    evidence = wl.Evidence(range(4), classes=["bad", "fine"])
    scale = pd.Series({"A": 1.0})
    evidence = evidence.with_bags(
        [*"AABB"], wl.Count("bad", number=1, scale=scale, noise="laplace")
    )
    constraint = evidence.bags[0].constraints[0]
    assert constraint.noise == "laplace"
    assert constraint.stated(2).tolist() == [True, False]
    low, high = constraint.bounds(evidence.bags[0].sizes)
    assert (low.tolist(), high.tolist()) == ([1, 0], [1, 2])
    assert (constraint.take(np.array([1])).log_potential(np.arange(3), 2) == 0).all()
