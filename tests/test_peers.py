"""Cases in which other tools fail, drawn as they were drawn there; bars are computed."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from laws._cases import MEMBERS, fitted, no_advice

import weaklabel as wl

SEEDS = range(5)

CASES = {
    "independent": wl.datasets.independent,
    "broad": wl.datasets.imbalanced,
    "copies": wl.datasets.correlated_copies,
    "one_sided": wl.datasets.unipolar,
    "ten": wl.datasets.many_classes,
}


@cache
def drawn(name: str, seed: int) -> wl.datasets.Synthetic:
    return CASES[name](random_state=seed)


def evidence_for(case: wl.datasets.Synthetic) -> wl.Evidence:
    blank = wl.Evidence(case.votes.index, classes=case.classes)
    return blank.with_votes(case.votes)


def expected_accuracy(posterior: np.ndarray, gold: np.ndarray) -> float:
    """Accuracy where a tie of two is half right, so that no class gains by coming first."""
    best = np.isclose(posterior, posterior.max(axis=1, keepdims=True), rtol=0, atol=1e-9)
    return float((best[np.arange(len(gold)), gold] / best.sum(axis=1)).mean())


def log_loss(posterior: np.ndarray, gold: np.ndarray) -> float:
    return float(-np.log(np.maximum(posterior[np.arange(len(gold)), gold], 1e-12)).mean())


def ece(confidence: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error over ten equal bins of the top probability."""
    place = np.minimum((confidence * 10).astype(int), 9)
    gap = np.bincount(place, weights=confidence - right, minlength=10)
    return float(np.abs(gap).sum() / len(confidence))


@cache
def measured(name: str, seed: int) -> dict[str, float]:
    """What LabelModel, untold, Bayes and the plain vote reach on one drawn case."""
    case = drawn(name, seed)
    evidence = evidence_for(case)
    with no_advice():
        found = wl.LabelModel().fit(evidence).predict_proba(evidence).to_numpy()
        plain = wl.MajorityVote().fit(evidence).predict_proba(evidence).to_numpy()
    gold, bayes = case.gold.cat.codes.to_numpy(), case.bayes.to_numpy()
    rng = np.random.default_rng(seed)
    # ECE that perfect probabilities show by chance: labels drawn from the Bayes posterior itself
    top = bayes.max(axis=1)
    by_chance = [ece(top, rng.random(len(top)) < top) for _ in range(1000)]
    return {
        "accuracy": expected_accuracy(found, gold),
        "plain": expected_accuracy(plain, gold),
        "bayes": expected_accuracy(bayes, gold),
        "log_loss": log_loss(found, gold),
        "bayes_loss": log_loss(bayes, gold),
        "ece": ece(found.max(axis=1), found.argmax(axis=1) == gold),
        "chance": float(np.quantile(by_chance, 0.999)),
    }


def median(name: str, what: str) -> float:
    return float(np.median([measured(name, seed)[what] for seed in SEEDS]))


# ---- five statistical cases -----------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_never_below_the_plain_vote(name):
    for seed in SEEDS:
        found = measured(name, seed)
        # the same items are labeled twice: one standard error of either bounds the difference
        error = np.sqrt(found["plain"] * (1 - found["plain"]) / 20_000)
        assert found["accuracy"] > found["plain"] - error


def test_broad_sources_with_rare_classes():
    """Where a uniform class prior loses to voting by thirty points."""
    assert median("broad", "accuracy") >= 0.980


def test_one_copied_source_does_not_outvote_the_rest():
    assert median("copies", "accuracy") >= 0.83
    assert median("copies", "ece") <= 0.03


def test_one_sided_sources():
    assert median("one_sided", "log_loss") <= 0.155
    assert median("one_sided", "ece") <= 0.03


@pytest.mark.parametrize("name", ["independent", "broad", "copies", "ten"])
def test_log_loss_is_that_of_known_parameters(name):
    for seed in SEEDS:
        found = measured(name, seed)
        assert found["log_loss"] <= found["bayes_loss"] + 0.01


@pytest.mark.parametrize("name", ["independent", "broad", "ten"])
def test_probabilities_are_calibrated_as_well_as_perfect_ones(name):
    """The estimation of parameters may add half of what chance does to perfect probabilities."""
    for seed in SEEDS:
        found = measured(name, seed)
        assert found["ece"] <= 1.5 * found["chance"]


@pytest.mark.parametrize(
    ("own_votes", "q"), [*((True, q) for q in (0.3, 0.5, 0.7, 0.9)), (False, 0.1), (False, 0.5)]
)
def test_partial_copies_never_cost_more_than_voting(own_votes, q):
    """Where EM falls twenty points below voting; most of what can be known is known."""
    case = wl.datasets.correlated_copies(q=q, own_votes=own_votes, random_state=0)
    evidence = evidence_for(case)
    gold = case.gold.cat.codes.to_numpy()
    accuracy = {
        kind.__name__: expected_accuracy(
            fitted(kind(), evidence).predict_proba(evidence).to_numpy(), gold
        )
        for kind in (wl.LabelModel, wl.MajorityVote)
    }
    assert accuracy["LabelModel"] > accuracy["MajorityVote"] + 0.01
    assert accuracy["LabelModel"] > expected_accuracy(case.bayes.to_numpy(), gold) - 0.015


# ---- many sources ---------------------------------------------------------------------------

each_model = pytest.mark.parametrize("kind", MEMBERS, ids=lambda kind: kind.__name__)


@each_model
def test_rows_of_five_hundred_votes_above_a_diagonal(kind):
    """A hundred rows on which all 500 sources say 1, and 500 rows with one vote each."""
    diagonal = np.full((500, 500), -1)
    np.fill_diagonal(diagonal, 1)
    matrix = np.concatenate([np.ones((100, 500), dtype=int), diagonal])
    blank = wl.Evidence(range(600), classes=["never", "always"])
    # a matrix in which nobody says 0 looks like another encoding unless one says it is not
    evidence = blank.with_votes(matrix, encoding="codes")
    model = fitted(kind(), evidence)
    found = model.predict_proba(evidence).to_numpy()
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (found[:100, 1] > 0.5).all()
    assert np.isfinite(model.objective_trace_).all()


@pytest.mark.parametrize("coverage", [0.3, 0.5, 0.7, 0.9])
def test_five_hundred_sources_do_not_underflow(coverage):
    rng = np.random.default_rng(0)
    case = wl.datasets.make_votes(500, np.full(500, 0.7), coverage, [0.5, 0.5], random_state=rng)
    evidence = evidence_for(case)
    gold = case.gold.cat.codes.to_numpy()
    for model in (wl.DawidSkene(), wl.LabelModel()):
        found = fitted(model, evidence).predict_proba(evidence).to_numpy()
        assert np.isfinite(found).all()
        assert expected_accuracy(found, gold) == 1.0  # odds of an error are 1e-4 at most


# ---- at the border, as far as models see it -------------------------------------------------


def small(votes: dict[str, Any], classes: tuple[str, ...] = ("x", "y")) -> wl.Evidence:
    frame = pd.DataFrame(votes, dtype=object)
    return wl.Evidence(frame.index, classes=classes).with_votes(frame)


def test_an_item_without_votes_keeps_the_prior_and_abstains():
    evidence = small({"a": ["x", "y", None], "b": ["x", None, None], "c": ["x", "y", None]})
    model = fitted(wl.DawidSkene(class_prior=[0.9, 0.1]), evidence)
    posterior = model.posterior(evidence)
    assert posterior.probabilities[2].tolist() == pytest.approx([0.9, 0.1])
    assert posterior.labels().isna().tolist() == [False, False, True]
    assert posterior.covered.tolist() == [True, True, False]


@each_model
@pytest.mark.filterwarnings("ignore::weaklabel.models.DriftWarning")  # of three items, rightly
def test_a_source_that_never_votes_is_named_and_has_no_accuracy(kind):
    votes = {"a": ["x", "y", "x"], "b": ["x", "y", "y"], "c": ["x"] * 3, "mute": [None] * 3}
    evidence = small(votes)
    with pytest.warns(wl.models.SourceWarning, match="1 sources never vote: 'mute'"):
        model = kind().fit(evidence)
    assert np.isnan(model.source_accuracy_["mute"])


def test_a_source_that_votes_against_the_rest_is_used_and_named():
    case = wl.datasets.make_votes(
        3000, [0.8] * 4 + [0.1], [0.5] * 4 + [1.0], [0.5, 0.5], random_state=0
    )
    evidence = evidence_for(case)
    with pytest.warns(wl.models.SourceWarning, match=r"chance: 'source_4'\. Their votes count"):
        model = wl.LabelModel().fit(evidence)
    gold = case.gold.cat.codes.to_numpy()
    found = expected_accuracy(model.predict_proba(evidence).to_numpy(), gold)
    bayes = expected_accuracy(case.bayes.to_numpy(), gold)
    assert found > bayes - 4 * np.sqrt(bayes * (1 - bayes) / 3000)
    assert model.source_accuracy_["source_4"] < 0.2


@each_model
def test_sources_are_matched_by_name_not_by_place(kind):
    votes = {"a": ["x", "y", "x"], "b": ["x", "y", "y"], "c": ["x", "x", None]}
    model = fitted(kind(), small(votes))
    turned = {name: votes[name] for name in ("c", "a", "b")}
    pd.testing.assert_frame_equal(
        model.predict_proba(small(turned)), model.predict_proba(small(votes))
    )
    with pytest.raises(ValueError, match="1 sources that the model was fitted to are absent: 'b'"):
        model.predict(small({"a": votes["a"], "c": votes["c"]}))


def test_gold_with_missing_rows_and_an_absent_class():
    votes = {"a": ["x", "y", "x", None], "b": ["x", "y", "y", "y"], "c": ["x", "z", None, "z"]}
    evidence = small(votes, classes=("x", "y", "z"))
    gold = pd.Series(["x", None, None, "y"], dtype=object)
    evidence = evidence.with_candidates(gold)
    found = fitted(wl.LabelModel(), evidence).predict_proba(evidence)
    assert found.loc[0].tolist() == [1, 0, 0]
    assert found.loc[3].tolist() == [0, 1, 0]
    assert (found.loc[1] < 1).all()


@each_model
def test_a_tie_stays_a_tie_under_any_order_of_rows(kind):
    votes = {"a": ["x", "y", "x", "y"], "b": ["y", "x", "x", "y"], "c": ["x", "x", "y", "y"]}
    evidence = small(votes)
    rows = np.array([3, 1, 0, 2])
    one, other = fitted(kind(), evidence), fitted(kind(), evidence.take(rows))
    for ties in ("abstain", "first", "random"):
        pd.testing.assert_series_equal(
            other.predict(evidence.take(rows), ties=ties).loc[evidence.index],
            one.predict(evidence, ties=ties),
        )


@each_model
@pytest.mark.parametrize("counts", [(3, 5, 2), (1, 0, 0), (0, 0, 7)])
def test_a_smoothed_prior_sums_to_one(kind, counts):
    said = [name for name, count in zip("xyz", counts, strict=True) for _ in range(count)]
    evidence = small(dict.fromkeys("abc", said), classes=("x", "y", "z"))
    model = fitted(kind(), evidence)
    assert model.class_prior_.sum() == pytest.approx(1, abs=1e-12)


# ---- order ----------------------------------------------------------------------------------


@each_model
def test_the_order_of_an_unsorted_index_is_kept(kind):
    """The index of a report about rows that came back sorted."""
    index = [7, 3, 5, 1, 0, 2, 6, 4]
    votes = pd.DataFrame(
        {
            "a": ["x", "y", "x", "y", "x", "y", None, "x"],
            "b": ["x", "y", "y", "y", "x", "y", "x", None],
            "c": ["x", "y", "x", None, "x", "x", "x", "y"],
        },
        index=index,
    )
    evidence = wl.Evidence(votes.index, classes=["x", "y"]).with_votes(votes)
    model = fitted(kind(), evidence)
    assert model.predict_proba(evidence).index.tolist() == index
    assert model.predict(evidence).index.tolist() == index
    assert model.predict(evidence)[7] == "x"
    # votes in another order of rows are the same votes
    again = wl.Evidence(votes.index, classes=["x", "y"]).with_votes(votes.sort_index())
    pd.testing.assert_frame_equal(model.predict_proba(again), model.predict_proba(evidence))


def test_workers_who_got_no_items_this_time_are_not_missed():
    rng = np.random.default_rng(0)
    answers = pd.DataFrame(
        {
            "task": rng.integers(0, 200, 1000),
            "worker": rng.integers(0, 10, 1000),
        }
    ).drop_duplicates()
    right = rng.random(len(answers)) < 0.8
    answers["label"] = np.where(right == (answers["task"] % 2 == 0), "a", "b")
    everything = wl.Evidence(range(200), classes=["a", "b"]).with_votes(answers)
    model = wl.DawidSkene().fit(everything)
    few = answers[(answers["worker"] < 5) & (answers["task"] < 20)]
    batch = wl.Evidence(range(20), classes=["a", "b"]).with_votes(few)
    alone = model.predict_proba(batch)
    # the same as if the others were there and silent
    silent = batch.with_votes(pd.DataFrame(columns=range(5, 10), index=[]), silence="missing")
    pd.testing.assert_frame_equal(alone, model.predict_proba(silent))
