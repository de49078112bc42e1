"""EM over parts gives the answer of EM over all items, whatever the cut."""

import cloudpickle
import numpy as np
import pytest

import weaklabel as wl
from weaklabel import models
from weaklabel.models import _chunks
from weaklabel.models._chunks import (
    Loop,
    add,
    is_additive,
    refuse_if_not_additive,
    refuse_sequences,
    sum_over,
)
from weaklabel.models._misfit import misfit

MODELS = [
    wl.DawidSkene(),
    wl.DawidSkene(emission="symmetric", silence="missing", n_init=3, random_state=0),
    wl.DawidSkene(emission="tied", smoothing=0.0, max_misfit=np.inf, max_iter=30),
    wl.DawidSkene(class_prior=[0.6, 0.4]),
    wl.OneCoin(),
    wl.MajorityVote(),
]


ADDITIVE = sorted(
    name for name in models.__all__ if vars(getattr(models, name)).get("_additive", False)
)


def evidence_of(case):
    return wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)


def parts_of(evidence, n_parts, seed=0):
    order = np.random.default_rng(seed).permutation(len(evidence))
    return [evidence.take(rows) for rows in np.array_split(order, n_parts)]


@pytest.mark.filterwarnings("ignore::weaklabel.models._advice.DriftWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("model", MODELS, ids=repr)
@pytest.mark.parametrize("make", ["independent", "correlated_copies"])
@pytest.mark.parametrize("n_parts", [1, 7])
def test_parts_are_as_good_as_the_whole(model, make, n_parts):
    case = getattr(wl.datasets, make)(n_items=800, random_state=1)
    evidence = evidence_of(case)
    whole = type(model)(**model.get_params()).fit(evidence)
    parts = parts_of(evidence, n_parts)
    chunked = type(model)(**model.get_params())
    Loop(chunked, parts[0], lambda function: sum_over(parts, function)).fit()
    assert chunked.ending_ == whole.ending_
    assert chunked.n_iter_ == whole.n_iter_
    assert np.allclose(chunked.objective_trace_, whole.objective_trace_, rtol=1e-10, atol=1e-8)
    found, expected = chunked.predict_proba(evidence), whole.predict_proba(evidence)
    assert np.abs(found - expected).to_numpy().max() < 1e-10
    assert np.allclose(chunked.source_accuracy_, whole.source_accuracy_, atol=1e-10)
    assert np.allclose(chunked.class_prior_, whole.class_prior_, atol=1e-10)
    assert chunked.get_params() == model.get_params()


def test_members_of_the_family_say_so_themselves():
    assert set(ADDITIVE) > {type(model).__name__ for model in MODELS}
    for model in (wl.MomentMatching(), wl.Chain(), wl.Cautious(), wl.LabelModel()):
        assert not is_additive(model)


@pytest.mark.filterwarnings("ignore::weaklabel.models._advice.DriftWarning")
def test_weights_and_candidates_are_summed_up_too():
    case = wl.datasets.independent(n_items=300, random_state=2)
    rng = np.random.default_rng(0)
    evidence = (
        evidence_of(case)
        .with_weights(rng.uniform(0.5, 3, 300))
        .with_candidates(case.gold.astype(object).where(rng.random(300) < 0.1, None))
    )
    parts = parts_of(evidence, 4)
    chunked = Loop(wl.DawidSkene(), parts[0], lambda f: sum_over(parts, f)).fit()
    whole = wl.DawidSkene().fit(evidence)
    assert (
        np.abs(chunked.predict_proba(evidence) - whole.predict_proba(evidence)).to_numpy().max()
        < 1e-10
    )


def test_a_source_that_is_silent_in_a_part_still_speaks_by_silence():
    case = wl.datasets.independent(n_items=300, random_state=3)
    evidence = evidence_of(case)
    voted = np.zeros(300, bool)
    voted[evidence.votes.item[evidence.votes.source == 0]] = True
    parts = [evidence.take(~voted), evidence.take(voted)]
    chunked = Loop(wl.DawidSkene(), parts[0], lambda f: sum_over(parts, f)).fit()
    whole = wl.DawidSkene().fit(evidence)
    assert (
        np.abs(chunked.predict_proba(evidence) - whole.predict_proba(evidence)).to_numpy().max()
        < 1e-10
    )


def test_kilobytes_leave_a_part():
    evidence = evidence_of(wl.datasets.independent(n_items=20_000, random_state=0))
    model = wl.DawidSkene()
    functions = [
        _chunks.Pass(model, None, None),
        _chunks._Surveyed(model),
        _chunks._Believed(model),
    ]
    for function in functions:
        assert len(cloudpickle.dumps(function(evidence))) < 20_000


def test_how_a_fit_ended_is_told():
    case = wl.datasets.correlated_copies(n_items=2000, random_state=0)
    parts = parts_of(evidence_of(case), 3)
    with pytest.warns(wl.models._advice.DriftWarning, match="DawidSkene"):
        model = Loop(wl.DawidSkene(), parts[0], lambda f: sum_over(parts, f)).fit()
    assert not model.converged_


def test_models_that_need_all_items_are_refused():
    for model in (wl.LabelModel(), wl.Cautious()):
        with pytest.raises(ValueError, match=r"learns from more than sums over items.*; too many"):
            refuse_if_not_additive(model, "too many")
    refuse_if_not_additive(wl.OneCoin(), "")


def test_named_tuples_keep_their_names():
    from weaklabel.models._em import Parameters

    total = add(Parameters(1.0, (np.ones(2),)), Parameters(2.0, (np.ones(2),)))
    assert total.log_prior == 3
    assert total.terms[0].tolist() == [2, 2]


def test_misfit_without_votes_says_nothing():
    evidence = wl.Evidence([1, 2], classes=["a", "b"])
    assert not misfit(evidence, None, None).testable


@pytest.mark.parametrize("model", [wl.Chain(sequence=0), wl.LabelModel([wl.Chain(sequence=0)])])
def test_sequences_are_refused_where_rows_are_counted(model):
    with pytest.raises(ValueError, match="Chain hears the items around an item"):
        refuse_sequences(model)
    refuse_sequences(wl.Chain())
    refuse_sequences(wl.LabelModel())
