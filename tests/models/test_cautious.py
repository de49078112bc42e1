"""Cautious: copies count once, silence together counts once, and alarm means plain votes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from laws._cases import fitted, no_advice

import weaklabel as wl
from weaklabel.models import DriftWarning
from weaklabel.models._em import Ending
from weaklabel.models._redundancy import (
    Pairs,
    copy_discount,
    same_code_pairs,
    silence_discount,
)


def evidence_for(votes: pd.DataFrame, classes) -> wl.Evidence:
    return wl.Evidence(votes.index, classes=classes).with_votes(votes)


@pytest.fixture(scope="module")
def case() -> wl.datasets.Synthetic:
    return wl.datasets.independent(n_items=4000, random_state=0)


# ---- copies ---------------------------------------------------------------------------------


def moved(model, case, name, n_copies=1) -> float:
    """Mean change of the posterior when a source is repeated."""
    votes = case.votes.assign(**{f"copy {i}": case.votes[name] for i in range(n_copies)})
    with no_advice():
        answers = [
            model.fit(evidence).predict_proba(evidence)
            for evidence in (evidence_for(each, case.classes) for each in (case.votes, votes))
        ]
    return float(np.abs(answers[1] - answers[0]).to_numpy().mean())


@pytest.mark.parametrize("name", ["source_4", "source_5"])
@pytest.mark.parametrize("n_copies", [1, 4])
def test_a_duplicated_source_barely_moves_the_posterior(case, name, n_copies):
    mine = moved(wl.Cautious(), case, name, n_copies)
    assert mine < 0.005
    assert mine < moved(wl.MajorityVote(), case, name, n_copies) / 10


def units(joint: float, share: float = 0.4) -> Pairs:
    """Two units that speak on `share` of the items each, together on `joint`."""
    return Pairs(
        np.array([0, 1]), np.array([1, 0]), np.array([joint, joint]), np.array([share, share])
    )


def test_copies_share_one_vote():
    mass = np.array([0.5, 0.5])
    np.testing.assert_allclose(copy_discount(units(0.4), mass), [0.5, 0.5])


def test_two_good_sources_of_one_class_are_no_copies():
    """Perfect and independent given the class, they speak together on .4² / .5 of the items."""
    np.testing.assert_allclose(copy_discount(units(0.32), np.array([0.5, 0.5])), [1, 1])


def test_without_pairs_everybody_counts():
    none = Pairs(*(np.array([], dtype=int),) * 2, np.array([]), np.array([0.4, 0.0, 0.3]))
    np.testing.assert_array_equal(copy_discount(none, np.ones(3)), np.ones(3))
    np.testing.assert_array_equal(
        silence_discount(none, np.full((3, 2), 0.5), np.array([0.5, 0.5]), 3), np.ones(3)
    )


def test_silence_is_trusted_as_far_as_precisions_explain_it():
    """Precision .9 for class 0 of two even ones explains joint votes on .4² (.81 + .01) / .5."""
    prior = np.array([0.5, 0.5])
    precision = np.array([[0.9, 0.1], [0.9, 0.1]])
    explained = 0.4**2 * (0.81 + 0.01) / 0.5
    np.testing.assert_allclose(silence_discount(units(explained), precision, prior, 2), [1, 1])
    # beyond that, trust falls as 1 / (1 + 10 surplus / share)
    surplus = 0.04
    found = silence_discount(units(explained + surplus), precision, prior, 2)
    np.testing.assert_allclose(found, 1 / (1 + 10 * surplus / 0.4))


def test_pairs_are_counted_with_weights():
    votes = pd.DataFrame({"a": ["x", "x", "y"], "b": ["x", "y", "y"]})
    evidence = evidence_for(votes, ["x", "y"]).with_weights(np.array([2.0, 1.0, 1.0]))
    pairs = same_code_pairs(evidence, evidence.votes)
    found = {
        (one, other): joint
        for one, other, joint in zip(pairs.one, pairs.other, pairs.joint, strict=True)
    }
    assert found == {(0, 2): 0.5, (2, 0): 0.5, (1, 3): 0.25, (3, 1): 0.25}
    np.testing.assert_allclose(pairs.share, [0.75, 0.25, 0.5, 0.5])


# ---- alarm ----------------------------------------------------------------------------------


def test_alarm_gives_plain_votes_and_says_so():
    case = wl.datasets.unipolar(random_state=0)
    evidence = evidence_for(case.votes, case.classes)
    with pytest.warns(DriftWarning, match="Cautious: The fitted class shares left those of the"):
        model = wl.Cautious(max_drift=0.0).fit(evidence)
    assert model.ending_ is Ending.DRIFTED
    assert not model.converged_
    majority = fitted(wl.MajorityVote(), evidence)
    # no two sources are copies: the labels are those of the plain vote
    pd.testing.assert_series_equal(model.predict(evidence), majority.predict(evidence))
    voted = evidence.votes.voted
    np.testing.assert_allclose(
        model.predict_proba(evidence)[voted], model._start(evidence, None)[voted], atol=1e-12
    )


def test_without_alarm_the_shares_are_near_those_of_the_votes(case):
    evidence = evidence_for(case.votes, case.classes)
    model = wl.Cautious().fit(evidence)
    assert model.ending_ is Ending.ENOUGH_SWEEPS
    assert model.converged_
    assert model.n_iter_ == 2


# ---- discounts, counted by hand -------------------------------------------------------------


def two_and_one() -> wl.Evidence:
    """An item with two votes for x, one with a vote for y, one with one for each."""
    votes = pd.DataFrame(
        {"a": ["x", None, "x"], "b": ["x", None, None], "c": [None, "y", "y"]}, dtype=object
    )
    return evidence_for(votes, ["x", "y"])


def test_votes_on_an_item_share_their_errors():
    """n votes count as n / (1 + shared_error (n - 1)), each worth the log odds of .75."""
    model = wl.Cautious(shared_error=0.2)
    votes = two_and_one().votes
    scores = model._start_scores(votes, np.ones(6))
    worth = np.log(3)
    expected = [[2 * worth / 1.2, 0], [0, worth], [worth / 1.2, worth / 1.2]]
    np.testing.assert_allclose(scores, expected)


def test_what_is_missing_is_the_openness_of_a_class_to_the_other_votes():
    """Entropy without the vote, in units of log 2: alone 1, beside a vote that of one vote."""
    model = wl.Cautious(shared_error=0.0)
    survey = model._survey(two_and_one())
    beside = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25)) / np.log(2)
    openness = (4 * beside + 1.0) / 5  # two votes on item 0, two on item 2, one on item 1
    missing = openness / (1 - openness)
    # a and b say one class only, c too: pseudo-votes of one-sided sources
    np.testing.assert_allclose(survey.strength, 10 + 300 * missing)
    assert not survey.multipolar.any()
    heavy = model._survey(two_and_one().with_weights(np.array([1.0, 3.0, 1.0])))
    openness = (4 * beside + 3.0) / 7
    np.testing.assert_allclose(heavy.strength, 10 + 300 * openness / (1 - openness))


# ---- quality --------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_copies_do_not_outvote_the_others(seed):
    case = wl.datasets.correlated_copies(n_items=5000, random_state=seed)
    evidence = evidence_for(case.votes, case.classes)
    accuracy = wl.score(case.gold, wl.Cautious().fit(evidence).posterior(evidence))["accuracy"]
    bayes = wl.score(case.gold, case.bayes)["accuracy"]
    # both are measured on the same items: the error of the difference is below that of either
    assert accuracy > bayes - 4 * np.sqrt(0.13 / 5000)


def test_shared_error_discounts_further_votes(case):
    evidence = evidence_for(case.votes, case.classes)
    confidence = [
        wl.Cautious(shared_error=error).fit(evidence).posterior(evidence).confidence.mean()
        for error in (0.0, 0.05, 0.3)
    ]
    assert confidence[0] > confidence[1] > confidence[2]


def test_silence_may_be_taken_as_missing():
    case = wl.datasets.unipolar(n_items=4000, random_state=0)
    evidence = evidence_for(case.votes, case.classes)
    silent = fitted(wl.Cautious(silence="missing"), evidence)
    assert (silent.parameters_.terms[0].silence == 0).all()
    assert (fitted(wl.Cautious(), evidence).parameters_.terms[0].silence < 0).any()
