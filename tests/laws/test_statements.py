"""Statements about single items enter every label model by Bayes' rule, in whatever form."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from laws._cases import VARIANTS, fitted, no_advice, quick

import weaklabel as wl
from weaklabel import models
from weaklabel.models import BaseLabelModel

CLASSES = ["a", "b", "c", "d"]
ITEMS = [f"r{i}" for i in range(80)]

# whatever reads features; where plain votes are mixed in, the mixture is not Bayes' rule
ON_FEATURES = {
    name: member()
    for name in models.__all__
    if inspect.isclass(member := getattr(models, name))
    and issubclass(member, BaseLabelModel)
    and not inspect.isabstract(member)
    and "features" in getattr(member, "_uses", ())
}
MODELS = {name: model for name, model in VARIANTS.items() if "hedged" not in name} | ON_FEATURES

MATRIX = pd.DataFrame(
    [[0.1, 0.5, 0.3, 0.1], [0.2, 0.0, 0.4, 0.4], [0.3, 0.3, 0.1, 0.3], [0.6, 0.2, 0.2, 0.0]],
    index=CLASSES,
    columns=CLASSES,
)


# ---- what a statement is worth, by enumeration ----------------------------------------------


def chance_of_set(said: set[str], rate: float) -> np.ndarray:
    """P(set | class): all right sets of a size are alike, and all wrong ones."""
    alike = [set(one) for one in itertools.combinations(CLASSES, len(said))]
    found = []
    for true in CLASSES:
        right = [one for one in alike if true in one]
        wrong = [one for one in alike if true not in one]
        found.append((1 - rate) / len(right) if said in right else rate / len(wrong))
    return np.array(found)


def chance_of_exclusions(said: set[str]) -> np.ndarray:
    """P(all classes told | class), told independently by the matrix."""
    return np.array([np.prod([MATRIX.loc[true, one] for one in said]) for true in CLASSES])


STATEMENTS: dict[str, tuple[dict[str, Any], np.ndarray]] = {
    "set": ({"candidates": {"r0": {"a", "c"}}, "noise_rate": 0.2}, chance_of_set({"a", "c"}, 0.2)),
    "class": ({"candidates": {"r0": "b"}, "noise_rate": 0.4}, chance_of_set({"b"}, 0.4)),
    "exclusion": (
        {"exclude": {"r0": {"a", "d"}}, "noise_rate": 0.1},
        chance_of_set({"b", "c"}, 0.1),
    ),
    "matrix of classes": (
        {"candidates": {"r0": "c"}, "transition": MATRIX},
        MATRIX["c"].to_numpy(),
    ),
    "matrix of exclusions": (
        {"exclude": {"r0": {"a", "c"}}, "transition": MATRIX},
        chance_of_exclusions({"a", "c"}),
    ),
    "certain": ({"candidates": {"r0": {"a", "c"}}}, np.array([1.0, 0, 1, 0])),
    "certain exclusion": ({"exclude": {"r0": {"a"}}}, np.array([0, 1.0, 1, 1])),
}


# ---- models ---------------------------------------------------------------------------------


def known() -> wl.Evidence:
    """Votes and features of items, and the gold of some; nothing else of the first."""
    rng = np.random.default_rng(0)
    gold = rng.integers(4, size=len(ITEMS))
    said = np.where(rng.random((len(ITEMS), 3)) < 0.7, gold[:, None], rng.integers(4, size=(80, 3)))
    votes = pd.DataFrame(np.array(CLASSES)[said], ITEMS, ["s", "t", "u"])
    votes = votes.mask(rng.random(votes.shape) < 0.2)
    votes.loc["r0"] = ["a", "b", "c"]  # so that plain votes rule out little
    features = rng.normal(size=(len(ITEMS), 2)) + np.array([[0, 0], [3, 0], [0, 3], [3, 3]])[gold]
    some = {ITEMS[i]: CLASSES[gold[i]] for i in range(40, 80)}
    blank = wl.Evidence(ITEMS, classes=CLASSES).with_votes(votes).with_features(features)
    return blank.with_candidates(some)


@pytest.fixture(scope="module")
def fit() -> Callable[[str], BaseLabelModel]:
    """Fit each model once."""
    done: dict[str, BaseLabelModel] = {}

    def fit_once(name: str) -> BaseLabelModel:
        if name not in done:
            done[name] = fitted(quick(MODELS[name], 3), known())
        return done[name]

    return fit_once


def probabilities(model: BaseLabelModel, evidence: wl.Evidence) -> np.ndarray:
    with no_advice():
        return model.predict_proba(evidence).to_numpy()


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("name", MODELS)
def test_the_posterior_is_the_plain_one_times_the_chance_of_the_statement(fit, name, statement):
    model = fit(name)
    if getattr(model, "hedge_", 0):
        pytest.skip("plain votes are mixed in")
    said, chance = STATEMENTS[statement]
    plain, told = (
        probabilities(model, evidence) for evidence in (known(), known().with_candidates(**said))
    )
    by_hand = plain[0] * chance
    np.testing.assert_allclose(told[0], by_hand / by_hand.sum(), atol=1e-9)
    np.testing.assert_allclose(told[1:], plain[1:], atol=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_the_order_of_statements_does_not_matter(fit, name):
    calls = [STATEMENTS[key][0] for key in ("set", "matrix of exclusions", "certain exclusion")]
    found = []
    for order in itertools.permutations(calls):
        evidence = known()
        for call in order:
            evidence = evidence.with_candidates(**call)
        found.append(probabilities(fit(name), evidence)[:2])
    for one in found[1:]:
        np.testing.assert_allclose(one, found[0], atol=1e-12)


# ---- the same said in two ways --------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_no_noise_teaches_what_certain_candidates_teach(name):
    told = {item: {"a", "b"} if i % 2 else {"c", "d", "a"} for i, item in enumerate(ITEMS[:20])}
    one = known().with_candidates(told)
    # rates by item are hints, too: -inf outside of the set, and a constant inside
    other = known().with_candidates(told, noise_rate=dict.fromkeys(told, 0.0))
    assert np.isneginf(other.hints[:20]).any(axis=1).all()
    found = [probabilities(fitted(quick(MODELS[name], 3), e), e) for e in (one, other)]
    np.testing.assert_allclose(found[1], found[0], atol=1e-9)
    same = known().with_candidates(told, noise_rate=0.0)
    np.testing.assert_array_equal(same.candidates, one.candidates)
    assert same.hints is None


def test_the_even_matrix_of_exclusions_is_their_complement():
    even = wl.datasets.exclusion_matrix(CLASSES)
    for told in ({"a"}, {"a", "b"}, {"a", "b", "d"}):
        one = known().with_candidates(exclude={"r0": told}, transition=even)
        other = known().with_candidates(exclude={"r0": told}, transition="uniform")
        chance = np.exp(one.hints[0])
        np.testing.assert_allclose(chance / chance.max(), other.candidates[0])
