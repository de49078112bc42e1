"""What every estimator promises: the scikit-learn contract, tried on whatever is exported."""

from __future__ import annotations

import inspect
import random
import re
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
import pytest
from laws._cases import MEMBERS, VARIANTS, evidence_of, fitted, no_advice, state_of
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

import weaklabel as wl
from weaklabel import models, solvers, training
from weaklabel.models import BaseLabelModel

SOLVERS = [
    getattr(solvers, name)
    for name in solvers.__all__
    if not inspect.isabstract(getattr(solvers, name))
]
END_MODELS = [
    member
    for name in training.__all__
    if inspect.isclass(member := getattr(training, name)) and issubclass(member, BaseEstimator)
]
ESTIMATORS = [*MEMBERS, *SOLVERS, *END_MODELS]

by_name = pytest.mark.parametrize("kind", ESTIMATORS, ids=lambda kind: kind.__name__)
each_model = pytest.mark.parametrize("kind", MEMBERS, ids=lambda kind: kind.__name__)
each_variant = pytest.mark.parametrize("name", VARIANTS)
each_end_model = pytest.mark.parametrize("kind", END_MODELS, ids=lambda kind: kind.__name__)


def settings_of(kind: type) -> dict[str, inspect.Parameter]:
    """Parameters of the constructor; `inspect` shows none where there is none."""
    return dict(inspect.signature(kind).parameters)


def end_model(kind: type) -> Any:
    """An end model that trains in a moment."""
    if "estimator" in settings_of(kind):
        return kind(LogisticRegression())
    pytest.importorskip("torch", reason="the extra weaklabel[torch] is not installed")
    return kind(epochs=3, progress=False, random_state=0)


def global_state() -> tuple[Any, ...]:
    """State of every global generator that there is; torch's where torch is."""
    torch = [] if find_spec("torch") is None else [import_module("torch")]
    states = [library.random.get_rng_state().numpy().tobytes() for library in torch]
    return np.random.get_state()[1].tobytes(), random.getstate(), *states


def lesson() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(0)
    x = pd.DataFrame(rng.normal(size=(60, 3)).astype(np.float32), columns=list("abc"))
    likely = (1 / (1 + np.exp(-3 * x["a"]))).astype(np.float64)
    return x, pd.DataFrame({"no": 1 - likely, "yes": likely})


def test_the_families_are_found():
    names = {kind.__name__ for kind in ESTIMATORS}
    assert {"DawidSkene", "LabelModel", "Independent", "SoftLabelClassifier"} <= names


# ---- construction ---------------------------------------------------------------------------


@by_name
@pytest.mark.parametrize(
    "value",
    [object(), None, 0, 0.0, "", (), {}, np.zeros(2)],
    ids=lambda value: type(value).__name__,
)
def test_constructor_only_stores(kind, value):
    """No check, no copy, no default filled in: `clone` and grid search set parameters later."""
    made = kind(**dict.fromkeys(settings_of(kind), value))
    assert vars(made).keys() == settings_of(kind).keys()
    assert all(stored is value for stored in vars(made).values())


@by_name
def test_settings_are_keywords(kind):
    by_position = [
        name
        for name, parameter in settings_of(kind).items()
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY
    ]
    # a composite may take its parts first, as Pipeline(steps) does
    assert by_position in ([], ["terms"], ["estimator"], ["module"])


@by_name
def test_clone_and_get_and_set_params(kind):
    given = {name: index for index, name in enumerate(settings_of(kind))}
    made = kind(**given)
    assert made.get_params(deep=False) == given
    twin = clone(made)
    assert twin is not made
    assert twin.get_params(deep=False) == given
    changed = {name: value + 100 for name, value in given.items()}
    assert twin.set_params(**changed) is twin
    assert vars(twin) == changed
    with pytest.raises(ValueError, match="Invalid parameter 'no_such_setting'"):
        twin.set_params(no_such_setting=1)


@each_model
def test_the_solver_is_a_part_of_the_model(kind):
    solver = wl.Independent()
    made = clone(kind(solver=solver))
    assert isinstance(made.solver, wl.Independent)
    assert made.solver is not solver


@by_name
def test_every_setting_is_documented(kind):
    text = inspect.getdoc(kind) or ""
    described = text.partition("Parameters\n----------\n")[2].partition("\n---")[0]
    names = set(re.findall(r"\w+", described))
    missing = sorted(settings_of(kind).keys() - names)
    assert not missing, f"{kind.__name__} says nothing of {missing} under Parameters."


# ---- fitting --------------------------------------------------------------------------------


@each_variant
def test_fit_returns_self_and_sets_what_it_learned(name):
    model = clone(VARIANTS[name])
    before = model.get_params(deep=False)
    with no_advice():
        assert model.fit(evidence_of()) is model
    assert model.get_params(deep=False) == before  # settings are read, never written
    learned = vars(model).keys() - before.keys()
    assert learned
    assert all(attribute.endswith("_") and not attribute.startswith("_") for attribute in learned)
    assert model.classes_.equals(evidence_of().classes)
    assert model.n_iter_ == len(model.objective_trace_) - 1


@each_variant
def test_given_terms_are_left_as_they_were(name):
    model = clone(VARIANTS[name])
    parts = [*(getattr(model, "terms", None) or ()), *([model.solver] if model.solver else [])]
    before = [state_of(part) for part in parts]
    with no_advice():
        model.fit(evidence_of())
    assert [state_of(part) for part in parts] == before


@each_model
@pytest.mark.parametrize("ask", ["posterior", "predict_proba", "predict"])
def test_unfitted_says_so(kind, ask):
    with pytest.raises(NotFittedError, match=f"This {kind.__name__} instance is not fitted yet"):
        getattr(kind(), ask)(evidence_of())


@each_model
def test_unfitted_cannot_be_saved(kind, tmp_path):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        kind().save(tmp_path / "model.wl")
    assert not list(tmp_path.iterdir())


@each_variant
@pytest.mark.parametrize("candidates", [False, True])
def test_predicting_changes_nothing(name, candidates):
    evidence = evidence_of(candidates=candidates)
    model = fitted(VARIANTS[name], evidence)
    before = state_of(model)
    other = evidence_of(1, candidates=True)
    first = model.predict_proba(evidence)
    for ask in (model.posterior, model.predict_proba, model.predict):
        ask(other)
    assert state_of(model) == before
    pd.testing.assert_frame_equal(model.predict_proba(evidence), first)


@each_variant
def test_evidence_stays_as_it_was(name):
    def frozen(array):
        array = np.array(array)
        array.setflags(write=False)
        return array

    evidence = evidence_of(candidates=True, weights=True).map_arrays(frozen)
    fitted(VARIANTS[name], evidence).predict(evidence)  # writing to a frozen array raises


@each_variant
def test_fitting_again_forgets_the_first_fit(name):
    model = clone(VARIANTS[name])
    with no_advice():
        model.fit(evidence_of(1, n_sources=5, n_items=50)).fit(evidence_of())
    assert state_of(model) == state_of(fitted(VARIANTS[name], evidence_of()))


def starts(kind, number):
    """Settings for several starts, where a model has them."""
    return {"n_init": number} if "n_init" in settings_of(kind) else {}


@each_variant
def test_global_random_state_is_untouched(name):
    before = np.random.get_state()[1].tobytes(), np.random.get_state()[2], random.getstate()
    model = clone(VARIANTS[name])
    if "n_init" in model.get_params(deep=False):
        model.set_params(n_init=2, random_state=0)
    evidence = evidence_of()
    with no_advice():
        model.fit(evidence).predict(evidence, ties="random")
    after = np.random.get_state()[1].tobytes(), np.random.get_state()[2], random.getstate()
    assert after == before


@each_model
def test_same_random_state_same_answer(kind):
    evidence = evidence_of()
    if "random_state" in settings_of(kind):
        models_ = [kind(**starts(kind, 3), random_state=7) for _ in range(2)]
    else:
        models_ = [kind(), kind()]
    one, other = (fitted(model, evidence) for model in models_)
    assert state_of(one) == state_of(other)
    random_ties = [model.predict(evidence, ties="random") for model in (one, other)]
    pd.testing.assert_series_equal(*random_ties)


@each_model
@pytest.mark.parametrize(
    "random_state",
    [3, np.random.default_rng(3), np.random.RandomState(3), np.random.SeedSequence(3), None],
    ids=lambda value: type(value).__name__,
)
def test_any_random_state_is_taken(kind, random_state):
    if "random_state" not in settings_of(kind):
        pytest.skip(f"nothing is random in {kind.__name__}")
    evidence = evidence_of()
    assert fitted(kind(**starts(kind, 2), random_state=random_state), evidence).n_iter_ > 0


@each_model
def test_labels_are_refused(kind):
    evidence = evidence_of()
    gold = np.zeros(len(evidence))
    with pytest.raises(
        ValueError, match=rf"{kind.__name__}\.fit takes evidence alone.*with_candidates\(gold\)"
    ):
        kind().fit(evidence, gold)


@each_model
def test_a_plain_frame_is_refused_with_the_remedy(kind):
    frame = pd.DataFrame({"a": ["x", "y"]})
    message = rf"{kind.__name__} takes Evidence, not DataFrame.*Evidence\(votes\.index, classes="
    with pytest.raises(TypeError, match=message):
        kind().fit(frame)


@each_model
def test_a_plain_frame_is_refused_in_predict(kind):
    model = fitted(kind(), evidence_of())
    with pytest.raises(TypeError, match=rf"{kind.__name__} takes Evidence, not DataFrame"):
        model.predict(pd.DataFrame({"a": ["x", "y"]}))


@each_model
def test_evidence_of_nothing_is_refused(kind):
    evidence = wl.Evidence(["r1"], classes=["x", "y"])
    with pytest.raises(ValueError, match=r"Add with_(votes|features)"):
        kind().fit(evidence)


@each_model
def test_only_silent_sources_are_refused(kind):
    votes = pd.DataFrame({"a": [None, None], "b": [None, None]}, dtype=object)
    evidence = wl.Evidence(votes.index, classes=["x", "y"]).with_votes(votes)
    with pytest.raises(ValueError, match="None of the 2 sources votes on any of the 2 items"):
        kind().fit(evidence)


@each_model
def test_other_classes_are_refused(kind):
    model = fitted(kind(), evidence_of(n_classes=3))
    message = r"fitted to classes \['mid', 'low', 'top'\], this evidence has \['mid', 'low'\]"
    with pytest.raises(ValueError, match=message):
        model.predict(evidence_of(n_classes=2))


@each_model
def test_other_sources_are_refused_by_name(kind):
    model = fitted(kind(), evidence_of(n_sources=4))
    with pytest.raises(ValueError, match=r"2 sources .* are absent: 'source 2', 'source 3'"):
        model.predict(evidence_of(n_sources=2))
    with pytest.raises(ValueError, match="1 sources are unknown to the model: 'source 4'"):
        model.predict(evidence_of(n_sources=5))


@each_model
def test_fit_predict_is_fit_then_predict(kind):
    evidence = evidence_of()
    with no_advice():
        at_once = kind().fit_predict(evidence)
    pd.testing.assert_series_equal(at_once, fitted(kind(), evidence).predict(evidence))


def test_a_term_that_is_no_model_is_no_member():
    """The base is exported for those who write models; it cannot be made."""
    assert BaseLabelModel not in MEMBERS
    assert models.BaseLabelModel is BaseLabelModel
    with pytest.raises(TypeError, match="abstract"):
        BaseLabelModel()  # pyright: ignore[reportAbstractUsage]


# ---- end models -----------------------------------------------------------------------------


@each_end_model
def test_end_model_fits_and_predicts(kind):
    model = end_model(kind)
    x, y = lesson()
    before = model.get_params(deep=False)
    assert model.fit(x, y) is model
    assert model.get_params(deep=False) == before
    assert list(model.classes_) == ["no", "yes"]
    np.testing.assert_allclose(model.predict_proba(x).sum(axis=1), 1, rtol=1e-6)


@each_end_model
def test_unfitted_end_model_says_so(kind):
    x, _ = lesson()
    with pytest.raises(NotFittedError, match="not fitted"):
        end_model(kind).predict(x)


@each_end_model
def test_end_model_leaves_global_randomness_and_itself_alone(kind):
    x, y = lesson()
    before = global_state()
    one, other = end_model(kind).fit(x, y), end_model(kind).fit(x, y)
    first = np.asarray(one.predict_proba(x))
    one.predict(x)
    np.testing.assert_array_equal(one.predict_proba(x), first)
    np.testing.assert_array_equal(other.predict_proba(x), first)
    assert global_state() == before
