"""The classifier term: it learns from others, never from itself, and is as sharp as counts say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import weaklabel as wl
from weaklabel.models import _sharpness
from weaklabel.models._certain import Certain
from weaklabel.models._folds import fold_of_items, item_keys, taught
from weaklabel.models._learners import SoftLogistic, default_learners, knowledge
from weaklabel.models._trees import Trees
from weaklabel.models.classifier import _told

QUICK = LogisticRegression()
SURE = {"rtol": 1e-6, "atol": 1e-8}


def planted(n_items=600, n_classes=2, seed=0):
    """Items whose features tell their class well, and the class of each."""
    rng = np.random.default_rng(seed)
    gold = rng.choice(n_classes, n_items, p=[0.6, *[0.4 / (n_classes - 1)] * (n_classes - 1)])
    X = 2 * np.eye(n_classes, 3)[gold] + rng.normal(size=(n_items, 3))
    index = pd.Index([f"item {i}" for i in rng.permutation(n_items)], name="id")
    return pd.DataFrame(X, index, ["f", "g", "h"]), gold


def bagged(X, gold, size=8, classes=(0, 1)):
    """Features, and exact counts of every class in bags."""
    bag = pd.Series(np.arange(len(X)) // size, X.index)
    counts = pd.crosstab(bag, pd.Series(gold, X.index)).reindex(columns=classes, fill_value=0)
    evidence = wl.Evidence(X.index, classes=list(classes)).with_features(X)
    return evidence.with_bags(bag, *wl.counts_from(counts))


def known(X, gold, classes=(0, 1)):
    """Features, and the class of each item for certain."""
    evidence = wl.Evidence(X.index, classes=list(classes)).with_features(X)
    return evidence.with_candidates(pd.Series(gold, X.index))


def learned(model, evidence, posterior):
    """What the term learns from a posterior in a first sweep."""
    statistics = model._statistics(evidence, posterior, None)
    return model._maximize(statistics, None, np.log(posterior.mean(axis=0)))


def accuracy(model, evidence, gold):
    return (model.predict_proba(evidence).to_numpy().argmax(axis=1) == gold).mean()


def supervised(X, gold):
    return (LogisticRegression().fit(X, gold).predict(X) == gold).mean()


# ---- learning from counts -------------------------------------------------------------------


@pytest.mark.parametrize(
    "estimator",
    [
        QUICK,
        GaussianNB(),
        make_pipeline(StandardScaler(), LogisticRegression()),
        KNeighborsClassifier(25),  # takes no weights
        [QUICK, GaussianNB()],
    ],
    ids=["logistic", "bayes", "pipeline", "neighbors", "two"],
)
def test_counts_are_enough_to_learn_the_classes_of_items(estimator):
    X, gold = planted()
    evidence = bagged(X, gold)
    model = wl.Classifier(estimator, solver=wl.BeliefPropagation()).fit(evidence)
    assert accuracy(model, evidence, gold) > supervised(X, gold) - 0.02
    fresh, truth = planted(seed=1)
    unbound = wl.Evidence(range(len(fresh)), classes=[0, 1]).with_features(fresh.to_numpy())
    assert accuracy(model, unbound, truth) > supervised(fresh, truth) - 0.04


def test_the_default_learns_several_classes_with_missing_features():
    X, gold = planted(n_items=900, n_classes=3)
    X = X.mask(np.random.default_rng(0).random(X.shape) < 0.05)
    evidence = bagged(X, gold, size=4, classes=(0, 1, 2))
    model = wl.Classifier(solver=wl.BeliefPropagation(), max_iter=1).fit(evidence)
    assert accuracy(model, evidence, gold) > 0.85
    assert model.n_iter_ == 1
    assert model.ending_ == wl.models._em.Ending.ENOUGH_SWEEPS


def test_it_fuses_with_votes():
    X, gold = planted()
    rng = np.random.default_rng(2)
    wrong = rng.random((len(X), 3)) < 0.35
    votes = pd.DataFrame(np.where(wrong, 1 - gold[:, None], gold[:, None]), X.index, list("abc"))
    evidence = wl.Evidence(X.index, classes=[0, 1]).with_features(X).with_votes(votes)
    alone = wl.DawidSkene().fit(wl.Evidence(X.index, classes=[0, 1]).with_votes(votes))
    both = wl.LabelModel([wl.DawidSkene(), wl.Classifier(QUICK)]).fit(evidence)
    assert accuracy(both, evidence, gold) > accuracy(alone, evidence, gold) + 0.05


# ---- no echo --------------------------------------------------------------------------------


def test_what_is_said_of_an_item_does_not_depend_on_its_own_label():
    X, gold = planted()
    evidence, model = known(X, gold), wl.Classifier(QUICK)
    for item in (0, 17, 203):
        other = gold.copy()
        other[item] = 1 - other[item]
        one, two = (_told(evidence, learned(model, evidence, np.eye(2)[y])) for y in (gold, other))
        np.testing.assert_array_equal(one[:, item], two[:, item])
        assert not np.array_equal(one, two)


def test_members_of_a_bag_are_in_one_fold():
    X, gold = planted(n_items=120)
    evidence = bagged(X, gold, size=6)
    rows = np.arange(120)
    fold = fold_of_items(evidence, item_keys(X.index), rows, 4)
    assert (fold.reshape(20, 6) == fold.reshape(20, 6)[:, :1]).all()
    assert (np.bincount(fold) == 30).all()
    few = bagged(X, gold, size=60)  # two bags cannot fill four folds
    assert (np.bincount(fold_of_items(few, item_keys(X.index), rows, 4)) == 30).all()


def test_items_of_which_nothing_is_known_teach_nothing():
    X, gold = planted()
    some = known(X, gold).take(range(400))
    told = pd.Series(gold[:400], X.index[:400])
    everything = wl.Evidence(X.index, classes=[0, 1]).with_features(X).with_candidates(told)
    assert taught(everything).sum() == 400
    one, two = (wl.Classifier(QUICK).fit(each) for each in (some, everything))
    for few, many in zip(
        one.parameters_.terms[0].estimators, two.parameters_.terms[0].estimators, strict=True
    ):
        np.testing.assert_array_equal(few[0].coef_, many[0].coef_)


def test_a_bag_of_all_items_tells_shares_only():
    X, _ = planted(n_items=20)
    evidence = wl.Evidence(X.index, classes=[0, 1]).with_features(X).with_class_balance({0: 0.6})
    assert not taught(evidence).any()
    with pytest.raises(ValueError, match=r"nothing to teach a classifier. Add votes, candidates"):
        wl.Classifier(QUICK, solver=wl.BeliefPropagation()).fit(evidence)


def test_neighbors_tell():
    X, _ = planted(n_items=3)
    graph = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]])
    evidence = wl.Evidence(X.index, classes=[0, 1]).with_neighbors(graph)
    assert taught(evidence).tolist() == [True, True, False]


# ---- equal to what scikit-learn does --------------------------------------------------------


def test_certain_labels_and_one_fold_are_an_ordinary_fit():
    X, gold = planted()
    model = wl.Classifier(QUICK, n_folds=1, max_iter=0).fit(known(X, gold))
    direct = LogisticRegression().fit(X, gold)
    found = model.parameters_.terms[0].estimators[0][0]
    np.testing.assert_allclose(found.coef_, direct.coef_, rtol=1e-3)


def test_soft_logistic_is_logistic_regression_on_weighted_rows():
    rng = np.random.default_rng(0)
    X = StandardScaler().fit_transform(rng.normal(size=(200, 4)))
    mass = rng.dirichlet(np.ones(3), 200) * rng.integers(1, 4, (200, 1))
    found = SoftLogistic(penalty=2.0).fit_soft(X, mass).predict_proba(X)
    rows, codes = np.repeat(np.arange(200), 3), np.tile(np.arange(3), 200)
    direct = LogisticRegression(C=0.5, tol=1e-8, max_iter=1000)
    direct.fit(X[rows], codes, sample_weight=mass.ravel())
    np.testing.assert_allclose(found, direct.predict_proba(X), atol=1e-4)
    hard = SoftLogistic().fit(X, np.array(["b", "a"])[(X[:, 0] > 0).astype(int)])
    assert hard.classes_.tolist() == ["a", "b"]
    assert (hard.predict(X) == np.where(X[:, 0] > 0, "a", "b")).mean() > 0.95


def test_shrinking_adaptively_forgets_noise():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 20))
    share = expit(0.3 * X[:, 0] + 0.3 * rng.normal(size=2000))
    mass = np.column_stack([1 - share, share])
    sizes = [
        np.abs(SoftLogistic(penalty=50.0, adaptive=adaptive).fit_soft(X, mass).table_[:-1, 1])
        for adaptive in (False, True)
    ]
    assert sizes[1][1:].max() < 0.1 * sizes[0][1:].max()
    assert sizes[1][0] > 0.5 * sizes[0][0]


def test_waves_see_what_is_not_linear():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 2))
    gold = (X[:, 0] * X[:, 1] > 0).astype(int)
    assert (SoftLogistic(waves=200).fit(X, gold).predict(X) == gold).mean() > 0.9


def test_what_was_never_seen_counts_as_the_farthest_seen():
    """A pixel that was black but once would else outweigh all others."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=400), np.zeros(400), np.zeros(400)])
    X[0, 1] = 1e-3
    gold = (X[:, 0] > 0).astype(int)
    model = SoftLogistic().fit(X, gold)
    new = np.array([[2.0, 16.0, 16.0], [2.0, 1e-3, 0.0]])
    found = model.predict_proba(new)
    np.testing.assert_allclose(found[0], found[1])
    assert found[0, 1] > 0.9


def test_the_default_learners_follow_columns_and_classes():
    rng = np.random.default_rng(0)
    numbers, flags = rng.normal(size=(50, 60)), rng.integers(2, size=(50, 200)) * 1.0
    assert [one.waves for one in default_learners(numbers, 2, 0.5)] == [0, 512]
    assert [one.waves for one in default_learners(numbers[:, :3], 5, 0.5)] == [0, 512]
    table = np.column_stack([numbers[:, :9], flags])
    logistic, trees = default_learners(table, 2, 0.05)
    assert logistic.penalty == 20
    assert trees.min_samples_leaf == 5  # of 50 rows


# ---- sharpness ------------------------------------------------------------------------------


def test_sharpness_is_that_of_the_counts():
    rng = np.random.default_rng(0)
    logit = rng.normal(scale=2.0, size=4000)
    gold = (rng.random(4000) < expit(logit)).astype(int)
    X = pd.DataFrame({"z": logit})
    evidence = bagged(X, gold, size=10)
    told = np.column_stack([-logit, logit])[None] / 2
    prior = np.log([1 - gold.mean(), gold.mean()])
    noise = rng.normal(size=told.shape)
    mass = np.full((4000, 2), 0.5)
    for factor in (0.2, 1.0, 3.0):
        weight, offset = _sharpness.sharpen(evidence, told * factor, prior, mass)
        assert weight[0] * factor == pytest.approx(1, abs=0.15)
        both = np.concatenate([told * factor, noise])
        weight, offset = _sharpness.sharpen(evidence, both, prior, mass)
        assert weight[0] * factor == pytest.approx(1, abs=0.15)
        assert weight[1] < 0.2
    scores = prior + np.tensordot(weight, both, 1) + offset
    np.testing.assert_allclose(expit(scores[:, 1] - scores[:, 0]).mean(), gold.mean(), rtol=1e-6)


@pytest.mark.parametrize("vague", [0.0, 0.3])
def test_where_nothing_is_certain_the_posterior_decides(vague):
    """What predicts the posterior best is stretched by as much as the posterior is vague."""
    rng = np.random.default_rng(0)
    logit = rng.normal(scale=2.0, size=4000)
    gold = np.eye(2)[(rng.random(4000) < expit(logit)).astype(int)]
    mass = (1 - vague) * gold + vague / 2
    mean = (1 - vague) * expit(logit) + vague / 2  # what the best classifier can know of it
    right = np.column_stack([-logit, logit]) / 2
    told = np.log(np.column_stack([1 - mean, mean]))
    told = np.stack([0.5 * (told - told.mean(axis=1, keepdims=True)), rng.normal(size=(4000, 2))])
    evidence = wl.Evidence(range(4000), classes=[0, 1]).with_features(right)
    weight, _ = _sharpness.sharpen(evidence, told, np.log(mass.mean(axis=0)), mass)
    assert weight[0] == pytest.approx(2 * (1 + (1 - knowledge(mass)) / 2), abs=0.15)
    assert weight[1] < 0.1
    kept, _ = _sharpness.sharpen(evidence, told, np.log(mass.mean(axis=0)), mass, np.ones(2))
    assert kept[0] == kept[1]


@pytest.mark.parametrize("part", ["bags", "candidates", "hints"])
def test_the_slope_is_that_of_the_likelihood(part, monkeypatch):
    monkeypatch.setattr(_sharpness, "_log_information", lambda *_: 0.0)
    rng = np.random.default_rng(0)
    X, gold = planted(n_items=60, n_classes=3)
    evidence = wl.Evidence(X.index, classes=[0, 1, 2])
    wrong = pd.Series((gold + 1) % 3, X.index)
    if part == "bags":
        evidence = bagged(X, gold, size=4, classes=(0, 1, 2))
    elif part == "candidates":
        evidence = evidence.with_candidates(exclude=wrong)
    else:
        evidence = evidence.with_candidates(exclude=wrong, noise_rate=0.2)
    told, mass = rng.normal(size=(2, 60, 3)), rng.integers(1, 3, 60) * 1.0
    evidence = evidence.with_weights(mass) if part != "bags" else evidence
    certain = Certain.of(evidence)
    at, prior = np.array([0.7, 0.4]), np.log([0.5, 0.3, 0.2])
    _, slope = _sharpness._fit(certain, told, at, prior, mass)
    for one in range(2):
        step = np.eye(2)[one] * 1e-4
        up, down = (_sharpness._fit(certain, told, at + s, prior, mass)[0] for s in (step, -step))
        assert slope[one] == pytest.approx((up - down) / 2e-4, rel=1e-4)


def test_the_slope_is_that_of_the_posterior():
    rng = np.random.default_rng(0)
    told, mass = rng.normal(size=(2, 60, 3)), rng.gamma(1.0, size=(60, 3))
    at, prior = np.array([0.7, 0.4]), np.log(mass.sum(axis=0) / mass.sum())
    _, slope = _sharpness._likeness(told, at, prior, mass)
    for one in range(2):
        step = np.eye(2)[one] * 1e-4
        up, down = (_sharpness._likeness(told, at + s, prior, mass)[0] for s in (step, -step))
        assert slope[one] == pytest.approx((up - down) / 2e-4, rel=1e-4)


def test_knowledge_is_the_share_of_variance_that_is_told():
    rng = np.random.default_rng(0)
    gold = rng.integers(2, size=8000)
    assert knowledge(np.eye(2)[gold]) == pytest.approx(1)
    share = np.repeat(gold.reshape(-1, 8).mean(axis=1), 8)
    assert knowledge(np.column_stack([1 - share, share])) == pytest.approx(1 / 8, rel=0.15)
    assert knowledge(np.full((5, 2), 0.5)) == 1e-4


# ---- what must not matter -------------------------------------------------------------------


def test_the_order_of_items_does_not_matter():
    X, gold = planted(n_items=200)
    evidence = bagged(X, gold, size=5)
    order = np.random.default_rng(1).permutation(200)
    model = wl.Classifier(QUICK, solver=wl.BeliefPropagation())
    one, two = (clone(model).fit(each) for each in (evidence, evidence.take(order)))
    expected = one.predict_proba(evidence)
    found = two.predict_proba(evidence.take(order)).loc[X.index]
    pd.testing.assert_frame_equal(found, expected, **SURE)


def test_the_order_of_classes_does_not_matter():
    X, gold = planted(n_items=200, n_classes=3)
    one, two = (known(X, gold, order) for order in ((0, 1, 2), (2, 0, 1)))
    found = [wl.Classifier(QUICK).fit(each).predict_proba(each) for each in (one, two)]
    pd.testing.assert_frame_equal(found[1][[0, 1, 2]], found[0], check_exact=False, rtol=1e-3)


def test_predictions_in_parts_are_those_of_the_whole():
    X, gold = planted(n_items=200)
    model = wl.Classifier(QUICK).fit(known(X, gold))
    new, _ = planted(n_items=50, seed=3)
    new.index = [f"new {i}" for i in range(50)]
    both = pd.concat([X, new])
    evidence = wl.Evidence(both.index, classes=[0, 1]).with_features(both)
    whole = model.predict_proba(evidence)
    parts = [evidence.take(range(0, 250, 2)), evidence.take(range(1, 250, 2))]
    found = pd.concat([model.predict_proba(part) for part in parts]).loc[both.index]
    pd.testing.assert_frame_equal(found, whole, check_names=False)


# ---- odd evidence ---------------------------------------------------------------------------


def test_a_class_that_no_item_has_is_improbable():
    X, gold = planted(n_items=200)
    model = wl.Classifier(QUICK).fit(known(X, gold, (0, 1, 2)))
    frame = model.predict_proba(wl.Evidence(["n"], classes=[0, 1, 2]).with_features([[0, 0, 0]]))
    assert frame.loc["n", 2] < 0.05
    one = wl.Classifier(QUICK).fit(known(X, np.zeros(200, dtype=int)))
    new = wl.Evidence(["n"], classes=[0, 1]).with_features([[0, 0, 0]])
    assert one.predict_proba(new).loc["n", 0] > 0.95


def test_one_item_is_enough():
    X, gold = planted(n_items=1)
    assert wl.Classifier(QUICK).fit(known(X, gold)).predict(known(X, gold)).tolist() == [gold[0]]


def test_movement_is_that_of_shares_and_weights():
    X, gold = planted(n_items=50)
    model = wl.Classifier(QUICK).fit(known(X, gold))
    learned_once = model.parameters_.terms[0]
    assert model._moved(learned_once, learned_once) == 0
    heavier = learned_once._replace(weight=learned_once.weight + 1)
    assert model._moved(heavier, learned_once) == pytest.approx(1)


# ---- errors ---------------------------------------------------------------------------------


def test_it_refuses_what_it_cannot_learn_from():
    X, gold = planted(n_items=20)
    with pytest.raises(ValueError, match=r"this evidence has none. Add with_features"):
        wl.Classifier().fit(wl.Evidence(["a"], classes=[0, 1]))
    with pytest.raises(ValueError, match=r"n_folds is at least 1, not 0"):
        wl.Classifier(n_folds=0).fit(known(X, gold))
    for wrong in (Perceptron(), [QUICK, StandardScaler()]):
        with pytest.raises(TypeError, match=r"gives no class probabilities"):
            wl.Classifier(wrong).fit(known(X, gold))
    weighted = known(X, gold).with_weights(np.arange(1, 21))
    with pytest.raises(TypeError, match=r"KNeighborsClassifier takes no sample_weight"):
        wl.Classifier(KNeighborsClassifier(3)).fit(weighted)
    model = wl.Classifier(QUICK).fit(known(X, gold))
    with pytest.raises(ValueError, match=r"this evidence has none. Add with_features"):
        model.predict(wl.Evidence(["a"], classes=[0, 1]))


def test_trees_leave_out_columns_without_values():
    X, gold = planted(n_items=120)
    X = X.iloc[:, :2].assign(empty=np.nan, once=np.where(np.arange(120) == 3, 1.0, np.nan))
    evidence = known(X, gold)
    found = wl.Classifier(max_iter=0).fit(evidence).predict(evidence)
    assert (found == gold).mean() > 0.8
    blank = Trees().fit(np.zeros((8, 2)), np.arange(8) % 2)
    np.testing.assert_allclose(blank.predict_proba(np.ones((3, 2))), 0.5)


def test_the_order_of_items_does_not_matter_to_the_default():
    X, gold = planted(n_items=200)
    evidence = bagged(X, gold, size=5)
    order = np.random.default_rng(1).permutation(200)
    model = wl.Classifier(solver=wl.BeliefPropagation(), max_iter=1)
    one, two = (clone(model).fit(each) for each in (evidence, evidence.take(order)))
    expected = one.predict_proba(evidence)
    found = two.predict_proba(evidence.take(order)).loc[X.index]
    pd.testing.assert_frame_equal(found, expected, check_exact=False, rtol=0, atol=1e-6)
