"""Contradictions between overlapping groupings: sound, and found where no choice is left."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weaklabel as wl
from weaklabel.constraints import InfeasibleBags, check_feasible, infeasible_bags

CLASSES = ["a", "b", "c"]


def items(n):
    return wl.Evidence([f"r{i}" for i in range(n)], classes=CLASSES)


def test_all_against_none_names_both_groupings():
    evidence = (
        items(4)
        .with_bags(["A", "A", "B", "B"], wl.Count("a", number={"A": 2, "B": 1}))
        .with_bags(["X", "Y", "Y", "X"], wl.AtMost("a", number={"X": 0, "Y": 2}))
    )
    found = infeasible_bags(evidence)
    assert found[["block", "bag", "detail"]].to_numpy().tolist() == [
        [1, "X", "shared with 'A', 'B'"]
    ]
    with pytest.raises(
        InfeasibleBags,
        match=r"contradict bags of another grouping with which they share members: .*shared with",
    ):
        check_feasible(evidence)


def test_what_follows_from_what_follows():
    """A forces r1, which with r2 fills X, so that B lacks one."""
    evidence = (
        items(4)
        .with_bags({"r0": "A", "r1": "A"}, wl.Count("a", number=2))
        .with_bags({"r1": "X", "r2": "X"}, wl.Count("a", number=1))
        .with_bags({"r2": "B", "r3": "B"}, wl.Count("a", number=2))
    )
    assert not infeasible_bags(evidence).empty
    assert infeasible_bags(evidence.take([0, 1, 2], bags="drop")).empty


def test_groupings_that_agree_are_left_alone():
    evidence = (
        items(4)
        .with_bags(["A", "A", "B", "B"], wl.Count("a", number={"A": 2, "B": 0}))
        .with_bags(["X", "Y", "Y", "X"], wl.Count("a", number=1))
        .with_class_balance({"a": 0.5})
    )
    assert infeasible_bags(evidence).empty
    assert infeasible_bags(evidence, expected=True).empty


def satisfiable(evidence):
    """Whether some labeling meets all, by trying."""
    for labels in itertools.product(range(3), repeat=len(evidence)):
        if evidence.candidates is not None and not all(
            evidence.candidates[i, y] for i, y in enumerate(labels)
        ):
            continue
        if all(
            c.take(np.array([g])).log_potential(
                np.array([sum(CLASSES[labels[i]] == c.of for i in block.member[low:high])]),
                np.array([high - low]),
            )[0]
            > -np.inf
            for block in evidence.bags
            for c in block.constraints
            for g, (low, high) in enumerate(itertools.pairwise(block.starts))
        ):
            return True
    return False


@settings(max_examples=60)
@given(seed=st.integers(0, 2**20))
def test_only_what_no_labeling_meets_is_named(seed):
    rng = np.random.default_rng(seed)
    evidence = items(5)
    allowed = rng.random((5, 3)) < 0.7
    allowed[np.arange(5), rng.integers(3, size=5)] = True
    evidence = evidence.with_candidates(pd.DataFrame(allowed, evidence.index, CLASSES))
    for _ in range(2):
        bag = rng.integers(2, size=5)
        kinds = rng.choice([wl.Count, wl.AtLeast, wl.AtMost], 2)
        evidence = evidence.with_bags(
            bag,
            *(kind(of, number=int(rng.integers(3))) for kind, of in zip(kinds, "ab", strict=True)),
        )
    if not infeasible_bags(evidence).empty:
        assert not satisfiable(evidence)
