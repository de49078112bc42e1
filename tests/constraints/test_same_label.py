"""All members share one label."""

from __future__ import annotations

import numpy as np
import oracle
import pytest

import weaklabel as wl


def test_of_no_class_it_is_of_every_class():
    evidence = wl.Evidence(range(3), classes=["a", "b", "c"]).with_bags([0, 0, 0], wl.SameLabel())
    block = evidence.bags[0]
    assert [c.of for c in block.constraints] == ["a", "b", "c"]

    def potential(labels):
        count = np.bincount(labels, minlength=3)
        return sum(c.log_potential(count[k], 3) for k, c in enumerate(block.constraints))

    scores = np.log(np.array([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.4, 0.4, 0.2]]))
    together = np.exp(scores.sum(axis=0))
    expected = np.tile(together / together.sum(), (3, 1))
    np.testing.assert_allclose(oracle.posterior(scores, potential), expected)


def test_of_one_class_the_others_may_mix():
    found = wl.SameLabel("a").excess(np.array([0.0, 1.0, 2.5, 3.0]), 3)
    assert found.tolist() == [0, 1, 0.5, 0]
    with pytest.raises(ValueError, match=r"SameLabel counts 'z', but the classes are \['a', 'b'\]"):
        wl.Evidence(range(2), classes=["a", "b"]).with_bags([0, 0], wl.SameLabel("z"))
