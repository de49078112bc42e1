"""Candidates that may be wrong: likelihoods by hand, and what becomes of them in evidence."""

from __future__ import annotations

import itertools
from math import comb

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl
from weaklabel._device import on_host
from weaklabel.patterns import collapse

CLASSES = ["x", "y", "z", "w"]


@pytest.fixture
def known():
    return wl.Evidence(["r1", "r2", "r3"], classes=CLASSES)


# ---- rates ----------------------------------------------------------------------------------


def test_a_rate_spreads_over_the_sets_of_a_size(known):
    told = {"r1": "x", "r2": {"x", "y"}}
    found = np.exp(known.with_candidates(told, noise_rate=0.2).hints)
    np.testing.assert_allclose(found[0], [0.8, 0.2 / 3, 0.2 / 3, 0.2 / 3])
    np.testing.assert_allclose(found[1], [0.8 / 3, 0.8 / 3, 0.2 / 3, 0.2 / 3])
    np.testing.assert_allclose(found[2], 1)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_sets_of_a_size_are_a_distribution_given_the_class(known, size):
    total = np.zeros(4)
    for chosen in itertools.combinations(CLASSES, size):
        total += np.exp(known.with_candidates({"r1": set(chosen)}, noise_rate=0.3).hints[0])
    np.testing.assert_allclose(total, 1)
    assert len(list(itertools.combinations(CLASSES, size))) == comb(4, size)


def test_excluding_is_naming_the_others(known):
    one = known.with_candidates(exclude={"r1": {"x", "y"}}, noise_rate=0.1)
    other = known.with_candidates({"r1": {"z", "w"}}, noise_rate=0.1)
    np.testing.assert_array_equal(one.hints, other.hints)


def test_rates_by_item(known):
    rates = pd.Series({"r2": 0.3})
    found = known.with_candidates({"r1": "x", "r2": "y", "r3": "z"}, noise_rate=rates)
    np.testing.assert_allclose(np.exp(found.hints[1]), [0.1, 0.7, 0.1, 0.1])
    assert np.isneginf(found.hints[0, 1:]).all()


@pytest.mark.parametrize(
    "how", [{"noise_rate": 0}, {"noise_rate": 0.0, "transition": "uniform"}, {}]
)
def test_no_noise_is_certain(known, how):
    found = known.with_candidates(exclude={"r1": "x"}, **how)
    assert found.hints is None
    assert found.candidates[0].tolist() == [False, True, True, True]


# ---- matrices -------------------------------------------------------------------------------

BIASED = pd.DataFrame(
    [[0.1, 0.6, 0.2, 0.1], [0.3, 0.0, 0.3, 0.4], [0.2, 0.5, 0.1, 0.2], [0.7, 0.1, 0.2, 0.0]],
    index=CLASSES,
    columns=CLASSES,
)


def test_a_matrix_is_matched_by_name(known):
    shuffled = BIASED.iloc[[2, 0, 3, 1], [1, 3, 0, 2]]
    found = known.with_candidates(exclude={"r2": "y", "r3": {"x", "z"}}, transition=shuffled)
    hints = np.exp(found.hints)
    np.testing.assert_allclose(hints[1], BIASED["y"])
    np.testing.assert_allclose(hints[2], BIASED["x"] * BIASED["z"])
    np.testing.assert_allclose(hints[0], 1)
    # a class that is never told of the true one is ruled out
    np.testing.assert_array_equal(found.candidates, hints > 0)
    told = known.with_candidates({"r2": "y"}, transition=BIASED.to_numpy())
    np.testing.assert_array_equal(told.hints[1], found.hints[1])


def test_the_uniform_matrix_is_the_rate(known):
    uniform = pd.DataFrame(0.9 / 3, CLASSES, CLASSES).mask(np.eye(4, dtype=bool), 0.1)
    one = known.with_candidates(exclude={"r1": "x"}, transition=uniform)
    other = known.with_candidates(exclude={"r1": "x"}, noise_rate=0.1, transition="uniform")
    np.testing.assert_allclose(one.hints, other.hints)


# ---- refused --------------------------------------------------------------------------------


def test_what_is_refused(known):
    def use(told="x", **how):
        return known.with_candidates({"r1": told}, **how)

    with pytest.raises(
        ValueError, match=r"noise rate is a probability.*3 are not.*such as 20\. Div"
    ):
        use(noise_rate=20)
    with pytest.raises(ValueError, match=r"at least 0 and below 1; 1 are not: those of 'r1'"):
        use(noise_rate={"r1": 1.0})
    with pytest.raises(ValueError, match=r"transition='estimated' is unknown\. Choose 'uniform'"):
        use(transition="estimated")
    with pytest.raises(ValueError, match=r"noise_rate= does so again\. Give one of them"):
        use(transition=BIASED, noise_rate=0.1)
    with pytest.raises(ValueError, match=r"of single classes, but 1 items have sets.*'r1'"):
        use({"x", "y"}, transition=BIASED)
    with pytest.raises(ValueError, match=r"one row and one column a class.*columns \['x', 'y'\]"):
        use(transition=BIASED[["x", "y"]])
    with pytest.raises(ValueError, match=r"of 4 classes has as many rows and columns.*\(2, 2\)"):
        use(transition=np.eye(2))
    with pytest.raises(ValueError, match=r"sum to 1; those of 'x', 'y', 'z' and 1 more are not"):
        use(transition=2 * BIASED)
    nothing = pd.DataFrame(False, ["r1"], CLASSES)
    with pytest.raises(ValueError, match=r"1 statements leave no class: those of 'r1'"):
        known.with_candidates(nothing, noise_rate=0.1)
    with pytest.raises(ValueError, match=r"No class is left for 1 items: 'r1'\..*noise_rate="):
        use("y", transition=np.eye(4)).with_candidates({"r1": "z"})


# ---- in evidence ----------------------------------------------------------------------------


def test_statements_add_up_and_go_with_their_items(known):
    twice = known.with_candidates({"r1": "x"}, noise_rate=0.2)
    twice = twice.with_candidates({"r3": "y"}).with_candidates(exclude={"r1": "y"}, noise_rate=0.4)
    named, excluded = np.array([0.8, *[0.2 / 3] * 3]), np.array([0.2, 0.4, 0.2, 0.2])
    np.testing.assert_allclose(np.exp(twice.hints[0]), named * excluded)
    assert twice.covered.tolist() == [True, False, True]
    assert twice.summary()["items"].to_dict() == {"candidates": 1, "hints": 1}
    taken = twice.take([2, 0])
    np.testing.assert_array_equal(taken.hints, twice.hints[[2, 0]])


def test_arrays_move_together(known, xp):
    there = known.with_candidates({"r1": "x"}, noise_rate=0.2).map_arrays(xp.asarray)
    assert type(there.hints) is type(xp.asarray(np.zeros(1)))
    assert on_host(there.covered).tolist() == [True, False, False]
    assert there.summary().loc["hints", "items"] == 1


def voted(n_items: int = 12) -> wl.Evidence:
    """The same votes on every item but the last, on which nobody votes."""
    said = pd.DataFrame({name: ["x"] * n_items for name in "abc"}, dtype=object)
    said.iloc[n_items // 2 : -1, 0] = "y"
    said.iloc[-1] = None
    return wl.Evidence(said.index, classes=CLASSES).with_votes(said, silence="missing")


def test_patterns_with_other_hints_are_kept_apart():
    evidence = voted()
    assert len(collapse(evidence)[0]) == 3
    hinted = evidence.with_candidates({0: "x", 1: "x", 2: "y"}, noise_rate=0.2)
    small, pattern = collapse(hinted)
    assert len(small) == 5
    np.testing.assert_array_equal(small.hints[pattern], hinted.hints)
    assert pattern[0] == pattern[1] != pattern[2] != pattern[3]


@pytest.mark.parametrize("collapsed", [True, False])
def test_the_posterior_follows_bayes_rule(collapsed):
    evidence = voted() if collapsed else voted().with_weights(np.arange(1.0, 13))
    last = len(evidence) - 1
    hinted = evidence.with_candidates({0: "y", last: {"x", "z"}}, noise_rate=0.2)
    model = wl.DawidSkene(max_misfit=np.inf, max_drift=1, max_iter=2, tol=10).fit(hinted)
    prior = model.class_prior_.to_numpy()
    plain, told = model.predict_proba(evidence), model.predict_proba(hinted)
    by_hand = prior * np.array([0.8, 0.2, 0.8, 0.2])
    np.testing.assert_allclose(told.loc[last], by_hand / by_hand.sum())
    np.testing.assert_allclose(plain.loc[last], prior)
    by_hand = plain.loc[0].to_numpy() * np.array([0.2 / 3, 0.8, 0.2 / 3, 0.2 / 3])
    np.testing.assert_allclose(told.loc[0], by_hand / by_hand.sum())
    np.testing.assert_array_equal(told.loc[3], plain.loc[3])
    assert model.predict(hinted).notna()[last]
    assert model.predict(evidence).isna()[last]


def test_fitting_listens_to_hints():
    rng = np.random.default_rng(0)
    gold = rng.integers(2, size=400)
    wrong = rng.random((400, 3)) < [0.45, 0.45, 0.45]
    said = pd.DataFrame(np.array(["x", "y"])[gold[:, None] ^ wrong], columns=list("abc"))
    evidence = wl.Evidence(said.index, classes=["x", "y"]).with_votes(said)
    told = pd.Series(np.array(["x", "y"])[gold ^ (rng.random(400) < 0.1)])
    hinted = evidence.with_candidates(told, noise_rate=0.1)
    labels = wl.DawidSkene(max_misfit=np.inf).fit_predict(hinted)
    assert (labels == np.array(["x", "y"])[gold]).mean() > 0.87


def test_the_start_is_open_to_what_hints_are_open_to():
    from weaklabel.models._votes import start_shares

    evidence = voted().with_candidates({0: "y"}, noise_rate=0.2)
    evidence = evidence.with_candidates({11: "x"}, noise_rate=0.4)
    evidence = evidence.with_candidates(exclude={11: "z"})
    shares = start_shares(evidence)
    np.testing.assert_allclose(shares[0], [1, 0, 0, 0])
    by_hand = np.array([0.6, 0.4 / 3, 0, 0.4 / 3])
    np.testing.assert_allclose(shares[11], by_hand / by_hand.sum())
