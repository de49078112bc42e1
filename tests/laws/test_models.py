"""What every label model promises about its answers, tried on every kind of evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from laws._cases import (
    MEMBERS,
    VARIANTS,
    classes_named,
    evidence_of,
    evidences,
    fitted,
    no_advice,
    probabilities,
    quick,
    vote_frame,
)

import weaklabel as wl
from weaklabel.io.saved import load
from weaklabel.models import DawidSkene, SourceWarning, _base
from weaklabel.models._choose_votes import one_voice
from weaklabel.models._em import Ending, Problem, expect, maximize
from weaklabel.models._prior import class_prior

each_model = pytest.mark.parametrize("kind", MEMBERS, ids=lambda kind: kind.__name__)
each_variant = pytest.mark.parametrize("name", VARIANTS)
few = settings(max_examples=6)  # of each law, for each of a dozen models

# Differences that rounding makes in a dozen sweeps over a few dozen items.
EXACT = {"rtol": 1e-8, "atol": 1e-10}


def same_learned(one: Any, other: Any) -> None:
    """The parameters of two fits agree, whatever the order of sources."""
    pd.testing.assert_series_equal(
        one.source_accuracy_, other.source_accuracy_[one.sources_], rtol=1e-8
    )
    pd.testing.assert_series_equal(
        one.class_prior_, other.class_prior_[one.classes_], rtol=1e-8, atol=1e-12
    )


# ---- probabilities --------------------------------------------------------------------------


@each_variant
@few
@given(evidence=evidences())
def test_rows_sum_to_one_on_the_index_of_the_evidence(name, evidence):
    model = fitted(quick(VARIANTS[name], 50), evidence)
    frame = model.predict_proba(evidence)
    pd.testing.assert_index_equal(frame.index, evidence.index)
    pd.testing.assert_index_equal(frame.columns, evidence.classes)
    assert (frame.to_numpy() >= 0).all()
    np.testing.assert_allclose(frame.sum(axis=1), 1, rtol=1e-9)
    if evidence.candidates is not None:
        assert (frame.to_numpy()[~evidence.candidates] == 0).all()
    labels = model.predict(evidence)
    pd.testing.assert_index_equal(labels.index, evidence.index)
    assert labels.isna()[~evidence.covered].all()
    best = frame.max(axis=1)[labels.notna()]
    chosen = [frame.loc[item, label] for item, label in labels.dropna().items()]
    np.testing.assert_array_equal(best, chosen)


@each_variant
@few
@given(evidence=evidences())
def test_the_prior_is_a_distribution(name, evidence):
    model = fitted(quick(VARIANTS[name], 50), evidence)
    assert abs(model.class_prior_.sum() - 1) < 1e-12
    assert (model.class_prior_ >= 0).all()
    pd.testing.assert_index_equal(model.class_prior_.index, evidence.classes)


@each_variant
@few
@given(evidence=evidences(crowd=False))
def test_accuracies_are_shares(name, evidence):
    model = fitted(quick(VARIANTS[name], 50), evidence)
    pd.testing.assert_index_equal(model.source_accuracy_.index, evidence.votes.sources)
    known = model.source_accuracy_.dropna()
    assert ((known >= -1e-12) & (known <= 1 + 1e-12)).all()


# ---- the loop -------------------------------------------------------------------------------

# EM with an exact solver cannot lose likelihood; models with a fixed number of sweeps or a closed
# form promise no such thing, and say so in their class.
CLIMBERS = {
    **{
        kind.__name__: kind()
        for kind in MEMBERS
        if kind is not wl.LabelModel and not (kind._fixed_sweeps or kind._closed_form)
    },
    **{
        f"DawidSkene-{emission}-{smoothing:g}-{silence}": DawidSkene(
            emission=emission, smoothing=smoothing, silence=silence, max_misfit=np.inf
        )
        for emission in ("full", "tied", "symmetric")
        for smoothing in (0.0, 3.0)
        for silence in (None, "missing")
    },
    "DawidSkene-given-prior": DawidSkene(class_prior="uniform", prior_strength=5.0),
    "DawidSkene-fixed-prior": DawidSkene(class_prior="uniform", smoothing=0),
    "OneCoin-plain": wl.OneCoin(smoothing=0),
    "two terms": wl.models.LabelModel([DawidSkene(), wl.OneCoin()]),
}


@pytest.mark.parametrize("name", CLIMBERS)
@few
@given(evidence=evidences())
def test_the_objective_never_falls(name, evidence):
    model = fitted(quick(CLIMBERS[name], 40), evidence)
    trace = model.objective_trace_
    assert np.isfinite(trace).all()
    lost = np.diff(trace)
    assert (lost >= -1e-9 * (1 + np.abs(trace[1:]))).all(), trace


def test_climbers_take_several_sweeps():
    """The law above is about something."""
    evidence = evidence_of(n_items=60)
    for name, model in CLIMBERS.items():
        assert fitted(model, evidence).n_iter_ > 2, name


@each_model
def test_the_ending_says_what_happened(kind):
    model = fitted(kind(), evidence_of(n_items=60))
    assert isinstance(model.ending_, Ending)
    assert model.converged_ == (
        model.ending_ in {Ending.CONVERGED, Ending.CLOSED_FORM, Ending.ENOUGH_SWEEPS}
    )
    if kind._closed_form:
        assert model.n_iter_ == 0


# ---- what must not matter -------------------------------------------------------------------


@each_variant
@few
@given(seed=st.integers(0, 999), candidates=st.booleans(), weights=st.booleans())
def test_reordering_items_commutes(name, seed, candidates, weights):
    evidence = evidence_of(seed, candidates=candidates, weights=weights)
    order = np.random.default_rng(seed).permutation(len(evidence))
    one = fitted(quick(VARIANTS[name]), evidence)
    other = fitted(quick(VARIANTS[name]), evidence.take(order))
    same_learned(one, other)
    shuffled = other.predict_proba(evidence.take(order))
    assert shuffled.index.tolist() == evidence.index[order].tolist()
    pd.testing.assert_frame_equal(
        shuffled.loc[evidence.index], one.predict_proba(evidence), **EXACT
    )
    ties = [model.predict(evidence, ties="random") for model in (one, other)]
    pd.testing.assert_series_equal(*ties)


@each_variant
@few
@given(seed=st.integers(0, 999), crowd=st.booleans())
def test_reordering_sources_commutes(name, seed, crowd):
    rng = np.random.default_rng(seed)
    frame, _ = vote_frame(rng, n_items=30, n_classes=3, n_sources=4)
    blank = wl.Evidence(frame.index, classes=classes_named(3))
    silence = "missing" if crowd else None
    evidence = blank.with_votes(frame, silence=silence)
    turned = blank.with_votes(frame[frame.columns[rng.permutation(4)]], silence=silence)
    one, other = (fitted(quick(VARIANTS[name]), each) for each in (evidence, turned))
    same_learned(one, other)
    pd.testing.assert_frame_equal(other.predict_proba(turned), one.predict_proba(evidence), **EXACT)
    # sources are matched by name
    pd.testing.assert_frame_equal(one.predict_proba(turned), one.predict_proba(evidence), **EXACT)


@each_variant
@few
@given(seed=st.integers(0, 999))
def test_reordering_classes_commutes(name, seed):
    rng = np.random.default_rng(seed)
    frame, _ = vote_frame(rng, n_items=30, n_classes=3, n_sources=4)
    classes = classes_named(3)
    turned = [classes[y] for y in rng.permutation(3)]
    one, other = (
        wl.Evidence(frame.index, classes=names).with_votes(frame) for names in (classes, turned)
    )
    first, second = (fitted(quick(VARIANTS[name]), each) for each in (one, other))
    same_learned(first, second)
    found = second.predict_proba(other)
    assert list(found.columns) == turned
    pd.testing.assert_frame_equal(found[classes], first.predict_proba(one), **EXACT)


@each_variant
@few
@given(seed=st.integers(0, 999))
def test_renaming_classes_commutes(name, seed):
    """Classes may have any names: only the names of the columns change."""
    evidence = evidence_of(seed)
    names = pd.Index([("a", 1), 7, "z"], tupleize_cols=False)
    renamed = replace(evidence, classes=names, votes=replace(evidence.votes, classes=names))
    one, other = (fitted(quick(VARIANTS[name]), each) for each in (evidence, renamed))
    found = other.predict_proba(renamed)
    assert found.columns.tolist() == names.tolist()
    np.testing.assert_array_equal(found.to_numpy(), probabilities(one, evidence))


@each_variant
@few
@given(seed=st.integers(0, 999), crowd=st.booleans(), place=st.integers(0, 4))
def test_a_silent_source_changes_nothing(name, seed, crowd, place):
    rng = np.random.default_rng(seed)
    frame, _ = vote_frame(rng, n_items=30, n_classes=3, n_sources=4)
    padded = frame.copy()
    padded.insert(place, "says nothing", pd.Series(None, frame.index, dtype=object))
    blank = wl.Evidence(frame.index, classes=classes_named(3))
    silence = "missing" if crowd else "informative"
    without, with_it = (blank.with_votes(each, silence=silence) for each in (frame, padded))
    one, other = (fitted(quick(VARIANTS[name]), each) for each in (without, with_it))
    pd.testing.assert_frame_equal(other.predict_proba(with_it), one.predict_proba(without), **EXACT)
    assert np.isnan(other.source_accuracy_["says nothing"])


@each_variant
@few
@given(seed=st.integers(0, 999), candidates=st.booleans())
@example(seed=522, candidates=False)  # two products of signed votes are 0 but for rounding
def test_a_weight_of_two_is_the_item_twice(name, seed, candidates):
    evidence = evidence_of(seed, candidates=candidates)
    n_items = len(evidence)
    again = np.random.default_rng(seed).random(n_items) < 0.5
    rows = np.concatenate([np.arange(n_items), np.flatnonzero(again)])
    weighted = evidence.with_weights(np.where(again, 2.0, 1.0))
    repeated = replace(
        evidence,
        index=pd.RangeIndex(len(rows)),
        votes=evidence.votes.take(rows),
        candidates=evidence.candidates[rows] if candidates else None,
    )
    one, other = (fitted(quick(VARIANTS[name]), each) for each in (weighted, repeated))
    same_learned(one, other)
    np.testing.assert_allclose(
        probabilities(other, repeated), probabilities(one, weighted)[rows], **EXACT
    )


@each_variant
@few
@given(seed=st.integers(0, 999), candidates=st.booleans(), weights=st.booleans())
def test_collapsed_is_whole(name, seed, candidates, weights):
    evidence = evidence_of(
        seed,
        n_items=80,
        n_sources=2,
        n_classes=2,
        candidates=candidates,
        weights=weights,
        kinds=("hard", "not"),
    )
    assert _base.collapse(evidence) is not None  # there is something to collapse
    small = fitted(quick(VARIANTS[name]), evidence)
    answer = probabilities(small, evidence)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_base, "collapse", lambda evidence: None)
        whole = fitted(quick(VARIANTS[name]), evidence)
        np.testing.assert_allclose(probabilities(whole, evidence), answer, atol=1e-9)
    np.testing.assert_allclose(whole.class_prior_, small.class_prior_, atol=1e-9)
    np.testing.assert_allclose(whole.source_accuracy_, small.source_accuracy_, atol=1e-9)
    np.testing.assert_allclose(whole.objective_trace_, small.objective_trace_, rtol=1e-9)


@each_variant
@few
@given(evidence=evidences(n_items=20), parts=st.integers(1, 6))
def test_statistics_add_over_chunks(name, evidence, parts):
    rng = np.random.default_rng(parts)
    model = fitted(quick(VARIANTS[name]), evidence)
    posterior = rng.dirichlet(np.ones(len(evidence.classes)), len(evidence))
    chunks = np.array_split(rng.permutation(len(evidence)), parts)

    def flat(statistics: Any) -> np.ndarray:
        if isinstance(statistics, tuple):
            return np.concatenate([flat(part) for part in statistics]) if statistics else np.ones(0)
        return np.ravel(statistics)

    if isinstance(model, wl.LabelModel):
        evidence = one_voice(evidence, model.copies_)
        model = model.model_
    for term, learned in zip(model._terms(), model.parameters_.terms, strict=True):
        parts = [
            flat(term._statistics(evidence.take(rows), posterior[rows], learned)) for rows in chunks
        ]
        whole = flat(term._statistics(evidence, posterior, learned))
        assert whole.size or isinstance(term, wl.MajorityVote)
        np.testing.assert_allclose(sum(parts), whole, rtol=1e-12, atol=1e-12)


@each_variant
@few
@given(evidence=evidences(n_items=20))
def test_scores_of_an_item_are_its_own(name, evidence):
    """Predicting chunk by chunk is predicting at once."""
    model = fitted(quick(VARIANTS[name]), evidence)
    whole = model.predict_proba(evidence)
    for rows in np.array_split(np.random.default_rng(0).permutation(20), 3):
        part = evidence.take(rows)
        pd.testing.assert_frame_equal(
            model.predict_proba(part), whole.loc[part.index], rtol=1e-12, atol=1e-14
        )


@each_variant
@pytest.mark.parametrize("candidates", [False, True])
def test_any_array_library_gives_the_same_answer(name, candidates, xp):
    evidence = evidence_of(candidates=candidates, weights=True)
    model = quick(VARIANTS[name])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_base, "collapse", lambda evidence: None)  # numpy alone collapses
        expected = fitted(model, evidence)
    moved = evidence.map_arrays(xp.asarray)
    found = fitted(model, moved)
    np.testing.assert_allclose(
        probabilities(found, moved), probabilities(expected, evidence), atol=1e-10
    )
    np.testing.assert_allclose(found.objective_trace_, expected.objective_trace_, rtol=1e-10)
    np.testing.assert_allclose(found.source_accuracy_, expected.source_accuracy_, rtol=1e-10)
    # parameters go where the evidence is
    np.testing.assert_allclose(
        probabilities(expected, moved), probabilities(expected, evidence), atol=1e-10
    )
    np.testing.assert_allclose(
        probabilities(found, evidence), probabilities(expected, evidence), atol=1e-10
    )
    assert found.predict(moved).equals(expected.predict(evidence))


# ---- saved ----------------------------------------------------------------------------------


@each_variant
def test_a_saved_model_predicts_the_same(name, tmp_path):
    evidence = evidence_of(candidates=True)
    model = fitted(VARIANTS[name], evidence)
    model.save(tmp_path / "model.wl")
    read = load(tmp_path / "model.wl")
    assert type(read) is type(model)
    assert str(read) == str(model)
    for other in (evidence, evidence_of(5)):
        pd.testing.assert_frame_equal(
            read.predict_proba(other), model.predict_proba(other), rtol=0, atol=0
        )
        pd.testing.assert_series_equal(read.predict(other), model.predict(other))
    assert read.ending_ == model.ending_
    assert read.converged_ == model.converged_
    pd.testing.assert_series_equal(read.class_prior_, model.class_prior_)
    pd.testing.assert_series_equal(read.source_accuracy_, model.source_accuracy_)
    with no_advice():
        read.fit(evidence)  # a read model is a model: it can be fitted again
    pd.testing.assert_frame_equal(read.predict_proba(evidence), model.predict_proba(evidence))


# ---- the corners ----------------------------------------------------------------------------


@each_variant
def test_items_without_votes_hold_the_prior_and_have_no_label(name):
    evidence = evidence_of(n_items=40, coverage=0.3)
    silent = ~evidence.votes.voted
    assert silent.any()
    model = fitted(VARIANTS[name], evidence)
    posterior = model.posterior(evidence)
    expected = np.broadcast_to(model.class_prior_, (silent.sum(), 3))
    np.testing.assert_allclose(posterior.probabilities[silent], expected, rtol=1e-12)
    assert not posterior.covered[silent].any()
    for ties in ("abstain", "first", "random"):
        assert model.predict(evidence, ties=ties)[silent].isna().all()


@each_model
def test_an_extreme_prior_labels_no_item_without_votes(kind):
    if "class_prior" not in kind().get_params():
        pytest.skip(f"{kind.__name__} has no class prior to give")
    evidence = evidence_of(n_items=40, coverage=0.3)
    model = fitted(kind(class_prior=[0.98, 0.01, 0.01]), evidence)
    silent = ~evidence.votes.voted
    np.testing.assert_allclose(model.class_prior_, [0.98, 0.01, 0.01])
    assert model.predict(evidence)[silent].isna().all()
    np.testing.assert_allclose(
        model.predict_proba(evidence)[silent], [[0.98, 0.01, 0.01]] * silent.sum()
    )


@each_variant
def test_evidence_of_silence_alone_is_predicted_by_the_prior(name):
    """A fitted model may meet a batch on which no function fires."""
    model = fitted(VARIANTS[name], evidence_of())
    frame = pd.DataFrame(
        {source: pd.Series(None, ["a", "b"], dtype=object) for source in model.sources_}
    )
    quiet = wl.Evidence(frame.index, classes=classes_named(3)).with_votes(frame)
    found = model.predict_proba(quiet)
    np.testing.assert_allclose(found, [model.class_prior_] * 2)
    assert model.predict(quiet).isna().all()


@each_variant
def test_no_items_give_no_rows(name):
    model = fitted(VARIANTS[name], evidence_of())
    none = evidence_of().take(np.arange(0))
    assert model.predict_proba(none).shape == (0, 3)
    assert model.predict(none).empty


@each_variant
def test_items_without_votes_keep_to_their_candidates(name):
    evidence = evidence_of(n_items=40, coverage=0.3)
    silent = evidence.index[~evidence.votes.voted]
    evidence = evidence.with_candidates(dict.fromkeys(silent, frozenset({"low", "top"})))
    model = fitted(VARIANTS[name], evidence)
    found = model.predict_proba(evidence).loc[silent]
    prior = model.class_prior_[["low", "top"]]
    np.testing.assert_allclose(found["mid"], 0)
    np.testing.assert_allclose(found[["low", "top"]], [prior / prior.sum()] * len(silent))


@each_variant
def test_gold_is_certain(name):
    evidence = evidence_of(n_items=20)
    gold = dict.fromkeys(evidence.index[:5], "top")
    evidence = evidence.with_candidates(gold)
    model = fitted(VARIANTS[name], evidence)
    assert (model.predict_proba(evidence).loc[list(gold), "top"] == 1).all()
    assert (model.predict(evidence)[list(gold)] == "top").all()


@each_variant
@pytest.mark.parametrize("n_sources", [1, 2])
def test_one_or_two_sources_work_and_are_warned_about(name, n_sources):
    from sklearn.base import clone

    evidence = evidence_of(n_items=60, n_sources=n_sources, kinds=("hard",))
    model = clone(VARIANTS[name])
    noun = "source" if n_sources == 1 else "sources"
    with pytest.warns(
        SourceWarning, match=rf"With {n_sources} {noun} accuracies cannot be learned"
    ):
        model.fit(evidence)
    voted = evidence.votes.voted
    assert np.isfinite(probabilities(model, evidence)).all()
    assert model.predict(evidence)[voted].notna().mean() > 0.5


@each_variant
def test_a_class_that_nobody_votes_for(name):
    evidence = evidence_of(n_items=40, n_classes=2, kinds=("hard",))
    wider = pd.Index([*evidence.classes, "never"])
    votes = replace(evidence.votes, classes=wider, statements=np.eye(3, dtype=bool))
    evidence = replace(evidence, classes=wider, votes=votes)
    model = fitted(VARIANTS[name], evidence)
    found = model.predict_proba(evidence)
    assert np.isfinite(found.to_numpy()).all()
    assert np.isfinite(model.objective_trace_).all()
    voted = evidence.votes.voted
    assert (found.loc[voted, "never"] < 0.34).all()
    assert not (model.predict(evidence) == "never").any()


@each_variant
@pytest.mark.parametrize("kinds", [("hard",), ("soft",), ("set",), ("not",)])
def test_a_single_item(name, kinds):
    evidence = evidence_of(n_items=1, coverage=1.0, kinds=kinds)
    model = fitted(VARIANTS[name], evidence)
    found = probabilities(model, evidence)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(), 1)


@each_variant
def test_sets_that_turn_up_after_fitting_are_understood(name):
    """To say "low or top" counts as saying any of the two."""
    evidence = evidence_of(n_items=60, kinds=("hard",))
    model = fitted(VARIANTS[name], evidence)
    cells = {source: pd.Series([None], ["new"], dtype=object) for source in model.sources_}
    cells["source 0"] = pd.Series([wl.Not("mid")], ["new"], dtype=object)
    new = wl.Evidence(["new"], classes=evidence.classes).with_votes(pd.DataFrame(cells))
    found = model.predict_proba(new).loc["new"]
    assert np.isfinite(found).all()
    if model.source_accuracy_["source 0"] > 0.5:
        assert found["mid"] < model.class_prior_["mid"] + 0.2


@each_variant
def test_many_sources_do_not_underflow(name):
    rng = np.random.default_rng(0)
    gold = rng.integers(2, size=200)
    right = rng.random((200, 500)) < 0.7
    says = np.where(right, gold[:, None], 1 - gold[:, None])
    matrix = np.where(rng.random((200, 500)) < 0.9, says, -1)
    evidence = wl.Evidence(range(200), classes=["low", "top"]).with_votes(matrix)
    model = fitted(VARIANTS[name], evidence)
    found = probabilities(model, evidence)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-9)
    assert (found[np.arange(200), gold] > 0.5).all()
    assert np.isfinite(model.objective_trace_).all()


# ---- the parts of a step, on their own ------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in CLIMBERS if "terms" not in name])
@few
@given(evidence=evidences())
def test_an_m_step_is_a_maximum(name, evidence):
    """No nearby prior suits the masses better; the emissions have their own tests."""
    model = quick(CLIMBERS[name])
    prior = class_prior(
        model.class_prior,
        model.prior_strength,
        evidence.classes,
        pseudo_items=model._pseudo_items(),
    )
    problem = Problem(
        terms=(model,),
        prior=prior,
        solver=wl.Independent(),
        evidence=evidence,
        surveys=(model._survey(evidence),),
        believes=lambda *_: True,
    )
    rng = np.random.default_rng(0)
    posterior = rng.dirichlet(np.ones(len(evidence.classes)), len(evidence))
    parameters = maximize(problem, posterior, None, None)
    np.testing.assert_allclose(np.exp(parameters.log_prior).sum(), 1)
    weights = np.ones(len(evidence)) if evidence.weights is None else evidence.weights
    mass = weights @ posterior

    def value(log_prior: np.ndarray) -> float:
        return mass @ log_prior + prior.log_belief(log_prior)

    if np.isfinite(prior.strength):
        for _ in range(5):
            shares = np.exp(parameters.log_prior) * np.exp(rng.normal(scale=0.1, size=len(mass)))
            assert value(np.log(shares / shares.sum())) <= value(parameters.log_prior) + 1e-9
    assert np.isfinite(expect(problem, parameters).probabilities).all()
