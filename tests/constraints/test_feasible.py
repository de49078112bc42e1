"""Infeasible bags are found before solving, for every reason, and exactly."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weaklabel as wl
from weaklabel.constraints import InfeasibleBags, check_feasible, infeasible_bags

CLASSES = ["a", "b", "c"]


def items(n: int, classes=CLASSES) -> wl.Evidence:
    return wl.Evidence([f"r{i}" for i in range(n)], classes=[*classes])


def found_in(evidence: wl.Evidence, **how) -> tuple:
    """Bag, class and detail of the only problem."""
    table = infeasible_bags(evidence, **how)
    assert len(table) == 1
    return tuple(table[["bag", "class", "detail"]].iloc[0])


# ---- each reason, by name -------------------------------------------------------------------


def test_more_than_members():
    shop = [*"AAAABBCDDD"]
    number = pd.Series({"A": 5, "B": 3, "C": 2, "D": 1})
    evidence = items(10).with_bags(shop, wl.AtLeast("a", number=number))
    with pytest.raises(
        InfeasibleBags,
        match=r"^3 bags ask for more 'a' items than they have members: 'A' \(size 4, at least 5\), "
        r"'B' \(size 2, at least 3\), 'C' \(size 1, at least 2\)\. Probably a number was meant for "
        r"larger bags\. Lower it, or leave these bags out\.$",
    ):
        check_feasible(evidence)


def test_four_bags_are_counted_and_other_reasons_mentioned():
    evidence = items(10).with_bags(
        [*"AABBCCDDEE"], wl.Count("a", number={**dict.fromkeys("ABCD", 3)})
    )
    evidence = evidence.with_bags([*"XX", *[None] * 8], wl.AtLeast("a"), wl.AtMost("a", number=0))
    with pytest.raises(
        InfeasibleBags,
        match=r"^4 bags .*'C' \(size 2, at least 3\) and 1 more\. .* 1 other problems "
        r"are listed by infeasible_bags\(evidence\)\.$",
    ):
        check_feasible(evidence)
    assert infeasible_bags(evidence)["block"].tolist() == [0, 0, 0, 0, 1]


def test_contradictory_statements():
    evidence = items(4).with_bags(
        ["A"] * 4, wl.Count("a", number=3), wl.Proportion("a", share=0.25, within=0.1)
    )
    assert found_in(evidence) == ("A", "a", "at least 3, at most 1")
    with pytest.raises(
        InfeasibleBags,
        match=r"^1 bags have contradictory statements about 'a': .*two tables disagree",
    ):
        check_feasible(evidence)


def test_candidates_leave_too_few():
    evidence = items(4).with_bags(["A"] * 4, wl.AtLeast("a", number=2))
    evidence = evidence.with_candidates(exclude={"r0": "a", "r1": "a", "r2": "a"})
    assert found_in(evidence) == ("A", "a", "1 of 4 may be, at least 2")
    with pytest.raises(
        InfeasibleBags, match=r"bags ask for more 'a' items than candidates allow: .*noise_rate="
    ):
        check_feasible(evidence)


def test_candidates_force_too_many():
    evidence = items(3).with_bags(["A"] * 3, wl.AtMost("a", number=1))
    evidence = evidence.with_candidates({"r0": "a", "r1": "a"})
    assert found_in(evidence) == ("A", "a", "2 of 3 must be, at most 1")
    with pytest.raises(
        InfeasibleBags,
        match=r"allow fewer 'a' items than candidates force: .*gold labels",
    ):
        check_feasible(evidence)


def test_sums_over_classes():
    several = items(4).with_bags(
        ["A"] * 4, wl.AtLeast("a", number=2), wl.Count("b", number=2), wl.AtLeast("c")
    )
    assert found_in(several)[2] == "size 4, at least 5"
    with pytest.raises(
        InfeasibleBags, match=r"ask for more items in all classes together.*sum to more than 1"
    ):
        check_feasible(several)
    few = items(4).with_bags(["A"] * 4, wl.Tags({"A": set()}))
    assert found_in(few)[2] == "size 4, at most 0"
    with pytest.raises(
        InfeasibleBags, match=r"allow fewer items in all classes together.*all classes are absent"
    ):
        check_feasible(few)


def test_the_same_members_would_be_needed_twice():
    evidence = items(3, "abcd").with_bags(["A"] * 3, wl.AtLeast("a"), wl.AtLeast("b"))
    told = {"r0": {"a", "b"}, "r1": {"c", "d"}, "r2": {"c", "d"}}
    evidence = evidence.with_candidates(told)
    assert found_in(evidence)[2] == "1 too few"
    assert found_in(evidence, expected=True)[2] == "1 too few"
    with pytest.raises(
        InfeasibleBags, match=r"need more items of some classes than candidates allow together"
    ):
        check_feasible(evidence)


def crowded() -> wl.Evidence:
    """Three members for two places, though all classes together have room for everyone."""
    evidence = items(5, "abcd")
    evidence = evidence.with_bags(["A"] * 5, wl.AtMost("a", number=1), wl.AtMost("b", number=1))
    return evidence.with_candidates({name: {"a", "b"} for name in ("r0", "r1", "r2")})


def test_no_room_for_what_candidates_force():
    assert found_in(crowded())[2] == "1 without a place"
    assert found_in(crowded(), expected=True)[2] == "1 without a place"
    with pytest.raises(
        InfeasibleBags, match=r"have no room for what candidates force into some classes: 'A'"
    ):
        check_feasible(crowded())


def test_all_or_none():
    evidence = items(3).with_bags(["A"] * 3, wl.SameLabel("a"), wl.Count("a", number=2))
    assert found_in(evidence) == ("A", "a", "all of 3 or none, at least 2, at most 2")
    gold = items(2).with_bags(["A"] * 2, wl.SameLabel()).with_candidates({"r0": "a", "r1": "b"})
    assert len(infeasible_bags(gold)) == 1
    same = items(2).with_bags(["A"] * 2, wl.SameLabel()).with_candidates({"r0": "a"})
    assert infeasible_bags(same).empty


# ---- what is feasible -----------------------------------------------------------------------


def test_noise_contradicts_nothing():
    evidence = items(4).with_bags(
        ["A"] * 4,
        wl.Count("a", number=9, scale=1.0),
        wl.Count("a", number=-2, scale=1.0, noise="laplace"),
        wl.Proportion("b", share=1.2, scale=0.5),
    )
    check_feasible(evidence)
    check_feasible(evidence, expected=True)


def test_whole_counts_beside_shares_meet_what_expected_counts_cannot():
    evidence = items(3).with_bags(
        ["A"] * 3,
        wl.Proportion("a", share=0.3),
        wl.Proportion("b", share=0.3),
        wl.AtMost("c", number=1),
    )
    check_feasible(evidence)
    assert found_in(evidence, expected=True)[2] == "size 3, at most 2.8"
    narrow = items(3).with_bags(["A"] * 3, *(wl.Proportion(c, share=1 / 3) for c in CLASSES))
    check_feasible(narrow, expected=True)


def test_nothing_to_check():
    check_feasible(items(3))
    check_feasible(items(3).with_bags([None] * 3, wl.AtLeast("a", number=9)))
    check_feasible(items(3).with_bags([None] * 3, wl.AtLeast("a")).with_candidates({"r0": "a"}))
    columns = ["block", "bag", "class", "reason", "detail", "remedy"]
    assert infeasible_bags(items(3)).columns.tolist() == columns


def test_on_any_array_library(xp):
    pd.testing.assert_frame_equal(
        infeasible_bags(crowded().map_arrays(xp.asarray)), infeasible_bags(crowded())
    )


# ---- against enumeration --------------------------------------------------------------------


def possible(evidence: wl.Evidence, name) -> bool:
    """Whether some labeling of the members of a bag has potential above 0."""
    block = evidence.bags[0]
    g = block.names.get_loc(name)
    member = block.member[block.starts[g] : block.starts[g + 1]]
    choices = [np.flatnonzero(evidence.candidates[i]) for i in member]
    alone = [c.take(np.array([g])) for c in block.constraints]
    labelings = itertools.product(*choices)
    reached = {tuple(np.bincount(labels, minlength=len(evidence.classes))) for labels in labelings}
    return any(
        all(
            c.log_potential(count[evidence.classes.get_loc(c.of)], len(member))[0] > -np.inf
            for c in alone
        )
        for count in reached
    )


@given(seed=st.integers(0, 2**20))
def test_it_is_exactly_what_enumeration_finds(seed):
    rng = np.random.default_rng(seed)
    evidence = items(9)
    bag = pd.Series(rng.choice(["A", "B"], 9), index=evidence.index)
    allowed = rng.random((9, 3)) < 0.6
    allowed[np.arange(9), rng.integers(3, size=9)] = True
    evidence = evidence.with_candidates(pd.DataFrame(allowed, evidence.index, CLASSES))
    constraints = [
        wl.AtLeast("a", number=int(rng.integers(3))),
        wl.AtMost("b", number=int(rng.integers(4))),
        wl.Proportion("c", share=float(rng.choice([0.0, 0.2, 0.4, 0.5, 0.7])), within=0.05),
        wl.Count("a", number=float(rng.integers(4)), within=1),
    ]
    chosen = rng.permutation(4)[: rng.integers(1, 5)]
    evidence = evidence.with_bags(bag, *(constraints[k] for k in chosen))
    expected = {name for name in evidence.bags[0].names if not possible(evidence, name)}
    assert set(infeasible_bags(evidence)["bag"]) == expected


@given(seed=st.integers(0, 2**20))
def test_true_counts_are_always_feasible(seed):
    rng = np.random.default_rng(seed)
    gold = pd.Series(rng.choice(CLASSES, 60), index=[f"r{i}" for i in range(60)])
    bag = pd.Series(rng.integers(0, 9, 60), index=gold.index)
    told = gold.map(lambda name: {name, CLASSES[rng.integers(3)]})
    table = pd.crosstab(bag, gold).reindex(columns=CLASSES, fill_value=0)
    evidence = items(60).with_candidates(told)
    check_feasible(evidence.with_bags(bag, *wl.counts_from(table)))
    shares = table.div(table.sum(axis=1), axis=0)
    together = evidence.with_bags(bag, *wl.proportions_from(shares, complete=True))
    for expected in (False, True):
        check_feasible(together, expected=expected)


def test_candidates_among_many_classes():
    names = [f"class {k}" for k in range(19)]
    evidence = items(5, names)
    late, later = names[9], names[18]
    evidence = evidence.with_bags(["A"] * 5, wl.AtMost(late, number=1), wl.AtMost(later, number=1))
    told = [{late, later}, {late, later}, {names[1], names[17]}, None, None]
    assert infeasible_bags(evidence.with_candidates(told)).empty
    told[2] = {late, later}
    assert found_in(evidence.with_candidates(told))[2] == "1 without a place"
