"""Posterior: frames, labels under every rule for ties, and draws that ignore the order of rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from strategies import INDEXES

import weaklabel as wl


def posterior(probabilities, index=None, classes=("x", "y", "z"), covered=None) -> wl.Posterior:
    """Make a posterior; all items covered unless told otherwise."""
    probabilities = np.asarray(probabilities, dtype=np.float64)
    n_items = len(probabilities)
    return wl.Posterior(
        probabilities=probabilities,
        index=pd.RangeIndex(n_items) if index is None else pd.Index(index),
        classes=pd.Index(classes, tupleize_cols=False),
        covered=np.ones(n_items, bool) if covered is None else np.array(covered),
        log_normalizer=np.zeros(n_items),
    )


def test_frame_and_confidence_carry_the_index():
    found = posterior([[0.2, 0.5, 0.3], [1, 0, 0]], index=["b", "a"])
    assert found.frame().loc["b"].to_dict() == {"x": 0.2, "y": 0.5, "z": 0.3}
    assert found.confidence.to_dict() == {"b": 0.5, "a": 1.0}
    assert found.confidence.name == "confidence"


def test_ties_under_each_rule():
    found = posterior(
        [[0.4, 0.4, 0.2], [0.4, 0.4 + 1e-12, 0.2], [0.2, 0.3, 0.5], [0.1, 0.45, 0.45], [1, 0, 0]],
        covered=[True, True, True, True, False],
    )
    abstained = found.labels()
    assert abstained.astype(object).where(abstained.notna(), None).tolist() == [
        None,
        None,
        "z",
        None,
        None,
    ]
    assert found.labels("first").tolist()[:4] == ["x", "x", "z", "y"]
    assert found.labels("first").isna().tolist() == [False] * 4 + [True]
    drawn = found.labels("random")
    assert drawn.iloc[0] in {"x", "y"}
    assert drawn.iloc[2] == "z"
    assert drawn.iloc[3] in {"y", "z"}
    assert pd.isna(drawn.iloc[4])
    assert drawn.name == "label"
    assert drawn.cat.categories.tolist() == ["x", "y", "z"]


def test_other_rules_are_refused():
    with pytest.raises(
        ValueError, match=r"ties='last' is unknown\. Choose 'abstain', 'first' or 'random'"
    ):
        posterior([[1, 0, 0]]).labels("last")


@pytest.mark.parametrize("make", INDEXES)
def test_draws_follow_the_label_of_the_item_alone(make, rng):
    index = make(60)
    found = posterior(np.full((60, 3), 1 / 3), index=index)
    drawn = found.labels("random")
    order = rng.permutation(60)[:40]
    part = posterior(np.full((40, 3), 1 / 3), index=index[order]).labels("random")
    assert part.tolist() == drawn.iloc[order].tolist()
    assert found.labels("random", seed=0).equals(drawn)
    assert set(drawn) == {"x", "y", "z"}
    for seed in (1, -1, 2**80 + 1):
        assert not found.labels("random", seed=seed).equals(drawn)


def test_draws_are_even_over_tied_classes_and_seeds():
    n_items = 3000
    found = posterior(np.full((n_items, 3), 1 / 3), index=range(n_items))
    margin = 5 * np.sqrt(n_items * (1 / 3) * (2 / 3))
    first, second = found.labels("random", seed=1), found.labels("random", seed=2)
    assert np.all(np.abs(first.value_counts() - n_items / 3) < margin)
    # two seeds agree by chance alone
    assert abs((first == second).sum() - n_items / 3) < margin


def test_text_draws_the_same_in_any_dtype():
    names = [f"r{i}" for i in range(50)]
    draws = [
        posterior(np.full((50, 3), 1 / 3), index=pd.Index(names, dtype=kind))
        .labels("random")
        .tolist()
        for kind in (object, "str", "string", "category")
    ]
    assert all(draw == draws[0] for draw in draws)


@pytest.mark.parametrize(
    "classes", [(1, 2, 3), (("a", 1), ("b", 2), ("c", 3)), (0, "a", ("b",)), ("label", "x", "y")]
)
def test_a_notebook_shows_the_first_items(classes):
    found = posterior(
        np.tile([0.1, 0.2, 0.7], (12, 1)), index=[f"r{i}" for i in range(12)], classes=classes
    )
    html = found._repr_html_()
    assert "12 items, 12 covered" in html
    assert "r9" in html
    assert "r10" not in html
    assert "0.7" in html
    assert repr(found) == "Posterior(12 items, 12 covered, 3 classes)"


def test_classes_of_truth_values():
    found = posterior([[0.9, 0.1], [0.5, 0.5]], classes=[False, True])
    assert found.labels().tolist()[0] is False
    assert "0.9" in found._repr_html_()


def test_no_items():
    found = posterior(np.zeros((0, 3)))
    assert found.labels("random").empty
    assert found.confidence.empty


def test_arrays_of_any_library(xp):
    found = posterior([[0.2, 0.8, 0]])
    moved = wl.Posterior(
        probabilities=xp.asarray(found.probabilities),
        index=found.index,
        classes=found.classes,
        covered=xp.asarray(found.covered),
        log_normalizer=xp.asarray(found.log_normalizer),
    )
    assert moved.labels().tolist() == ["y"]
    assert moved.frame().equals(found.frame())
    assert "1 covered" in moved._repr_html_()
