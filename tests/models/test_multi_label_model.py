"""MultiLabelModel: rates and couplings are recovered, Bayes' rule holds, order does not matter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

import weaklabel as wl
from weaklabel.models._class_pairs import ClassPairs, class_pairs, told_by_others

CLASSES = ["sea", "beach", "dog", "car"]
YES, NO = np.array([0.8, 0.6, 0.7, 0.75]), np.array([0.1, 0.05, 0.15, 0.1])  # by source


def drawn(n_items=3000, seed=0, n_sources=4):
    """Draw items on which beach and sea go together, and sources that say yes at known rates."""
    rng = np.random.default_rng(seed)
    sea = rng.random(n_items) < 0.4
    beach = rng.random(n_items) < np.where(sea, 0.8, 0.1)
    gold = np.stack([sea, beach, rng.random(n_items) < 0.3, rng.random(n_items) < 0.2], axis=1)
    index = pd.Index([f"item {i}" for i in rng.permutation(n_items)], name="id")
    said = rng.random((n_sources, *gold.shape)) < np.where(
        gold, YES[:n_sources, None, None], NO[:n_sources, None, None]
    )
    looked = rng.random((n_sources, n_items)) < 0.8
    cells = {
        f"source {j}": [
            {CLASSES[k] for k in np.flatnonzero(row)} if seen else None
            for row, seen in zip(said[j], looked[j], strict=True)
        ]
        for j in range(n_sources)
    }
    return pd.DataFrame(cells, index), pd.DataFrame(gold, index, CLASSES)


# ---- what is learned ------------------------------------------------------------------------


def test_planted_rates_shares_and_couplings_are_recovered():
    votes, gold = drawn(10_000)
    model = wl.MultiLabelModel().fit(wl.multilabel_evidence(votes, classes=CLASSES))
    assert model.converged_
    np.testing.assert_allclose(model.class_share_, gold.mean(), atol=0.02)
    np.testing.assert_allclose(model.rates_["present"], np.repeat(YES, 4), atol=0.06)
    np.testing.assert_allclose(model.rates_["absent"], np.repeat(NO, 4), atol=0.03)
    planted = np.log(0.8 / 0.2) - np.log(0.1 / 0.9)
    assert model.couplings_.loc["sea", "beach"] == pytest.approx(planted, rel=0.2)
    others = model.couplings_.to_numpy()[np.triu_indices(4, 1)][1:]
    assert np.abs(others).max() < 0.4
    pd.testing.assert_frame_equal(model.couplings_, model.couplings_.T)


def test_what_goes_together_makes_labels_better():
    votes, gold = drawn(n_sources=3)
    evidence = wl.multilabel_evidence(votes, classes=CLASSES)
    brier = {
        coupled: wl.multilabel_score(
            gold, wl.MultiLabelModel(couplings=coupled).fit(evidence).predict_proba(evidence)
        )["brier"]
        for coupled in (False, True)
    }
    shares = pd.DataFrame(
        {
            name: votes.map(lambda cell, name=name: None if cell is None else name in cell).mean(
                axis=1
            )
            for name in CLASSES
        }
    ).fillna(0.0)
    assert brier[True] < 0.95 * brier[False]
    assert brier[False] < wl.multilabel_score(gold, shares.astype(float))["brier"]


def test_two_classes_follow_bayes():
    """What another class says is the sum over whether the item has it."""
    rng = np.random.default_rng(0)
    says, both = rng.normal(0, 3, (50, 2)), np.array([[0.4, 0.3], [0.3, 0.35]])
    share = np.diag(both).copy()
    pairs = ClassPairs(both, np.array([[0.0, 1.0], [1.0, 0.0]]))
    found = told_by_others(says, share, pairs) + says + np.log(share / (1 - share))
    joint = np.array([[1 - share.sum() + 0.3, share[1] - 0.3], [share[0] - 0.3, 0.3]])
    weight = joint[None] * np.exp(
        says[:, 0, None, None] * np.array([0, 1])[:, None] + says[:, 1, None, None] * [0, 1]
    )
    weight = weight / weight.sum(axis=(1, 2), keepdims=True)
    exact = np.stack([weight[:, 1].sum(axis=1), weight[:, :, 1].sum(axis=1)], axis=1)
    np.testing.assert_allclose(1 / (1 + np.exp(-found)), exact, atol=1e-9)


def test_a_third_class_explains_away():
    """Where b makes both a and c likely, a and c are not counted as friends."""
    rng = np.random.default_rng(0)
    b = rng.random(20_000) < 0.5
    a, c = (rng.random(20_000) < np.where(b, 0.9, 0.1) for _ in range(2))
    gold = np.stack([a, b, c], axis=1)
    says = np.where(gold, 1.0, -1.0) * 3 + rng.normal(0, 2, gold.shape)
    found = class_pairs(says * 1.5, gold.mean(axis=0), np.ones(len(gold)))
    assert found.direct[0, 2] < 0.2
    assert found.direct[0, 1] > 0.5


# ---- laws -----------------------------------------------------------------------------------


def test_orders_of_items_sources_and_classes_do_not_matter():
    votes, _ = drawn(200)
    rng = np.random.default_rng(1)
    mixed = votes.iloc[rng.permutation(len(votes)), rng.permutation(votes.shape[1])]
    one = wl.multilabel_evidence(votes, classes=CLASSES)
    other = wl.multilabel_evidence(mixed, classes=CLASSES[::-1])
    first = wl.MultiLabelModel().fit(one).predict_proba(one)
    second = wl.MultiLabelModel().fit(other).predict_proba(other)
    pd.testing.assert_index_equal(second.index, mixed.index)
    pd.testing.assert_frame_equal(first, second.loc[first.index, first.columns], rtol=1e-8)


def test_frames_of_truth_values_say_the_same_as_sets():
    votes, _ = drawn(100)
    frames = {
        name: votes.map(lambda cell, name=name: None if cell is None else name in cell)
        for name in CLASSES
    }
    one, other = wl.multilabel_evidence(votes, classes=CLASSES), wl.multilabel_evidence(frames)
    for part in ("item", "source", "code", "weight"):
        np.testing.assert_array_equal(getattr(one.votes, part), getattr(other.votes, part))
    pd.testing.assert_index_equal(one.index, other.index)


def test_items_of_weight_two_count_twice_and_gold_is_kept_and_spread():
    votes, gold = drawn(150)
    evidence = wl.multilabel_evidence(votes, classes=CLASSES)
    weights = pd.Series(np.repeat(np.where(np.arange(150) < 50, 2.0, 1.0), 4), evidence.index)
    weighted = wl.MultiLabelModel().fit(evidence.with_weights(weights))
    again = votes.iloc[:50].rename(lambda name: f"again {name}")
    twice = wl.MultiLabelModel().fit(
        wl.multilabel_evidence(pd.concat([votes, again]), classes=CLASSES)
    )
    np.testing.assert_allclose(weighted.rates_, twice.rates_, rtol=1e-8)
    np.testing.assert_allclose(weighted.couplings_, twice.couplings_, rtol=1e-8)
    told = pd.Series(np.where(gold, "yes", "no").ravel(), evidence.index)
    sure = evidence.with_candidates(told[told.index.get_level_values(1) == "sea"])
    model = wl.MultiLabelModel().fit(sure)
    found = model.predict_proba(sure)
    np.testing.assert_array_equal(found["sea"], gold["sea"].astype(float))
    loose = model.predict_proba(evidence)
    assert (found["beach"] > loose["beach"])[gold["sea"]].mean() > 0.9
    hinted = evidence.with_candidates(told, noise_rate=0.01)
    assert (wl.MultiLabelModel().fit(hinted).predict(hinted) == gold).to_numpy().mean() > 0.97


def test_silence_that_means_something_is_read():
    """Sources that only ever say yes to what they see: silence is their no."""
    votes, gold = drawn(2000)
    pairs = pd.MultiIndex.from_product([votes.index, CLASSES])
    said = pd.DataFrame(
        {
            name: [
                "yes" if cell is not None and which in cell else None
                for cell in votes[name]
                for which in CLASSES
            ]
            for name in votes
        },
        pairs,
    )
    evidence = wl.Evidence(pairs, classes=["no", "yes"]).with_votes(said)
    model = wl.MultiLabelModel().fit(evidence)
    found = wl.multilabel_score(gold, model.predict_proba(evidence))
    assert found["hamming"] < 0.12
    evidence = wl.Evidence(pairs, classes=["no", "yes"]).with_votes(said, silence="missing")
    assert wl.MultiLabelModel().fit(evidence).predict(evidence).shape == gold.shape


def test_it_is_an_estimator_that_is_saved_and_meets_new_items(tmp_path):
    votes, _ = drawn(120)
    evidence = wl.multilabel_evidence(votes, classes=CLASSES)
    model = clone(wl.MultiLabelModel(smoothing=5.0)).fit(evidence)
    assert model.get_params()["smoothing"] == 5.0
    before = model.predict_proba(evidence)
    model.save(tmp_path / "model.wl")
    pd.testing.assert_frame_equal(wl.load(tmp_path / "model.wl").predict_proba(evidence), before)
    some = wl.multilabel_evidence(votes.iloc[[5, 3], :2], classes=CLASSES[::-1])
    found = model.predict_proba(some)
    assert found.index.tolist() == votes.index[[5, 3]].tolist()
    assert found.columns.tolist() == CLASSES
    all_ = evidence.take(evidence.index.get_level_values(0).isin(votes.index[[5, 3]]))
    pd.testing.assert_frame_equal(
        model.predict_proba(all_), before.loc[before.index.isin(found.index)]
    )


# ---- errors ---------------------------------------------------------------------------------


def test_fits_that_cannot_be_are_refused():
    votes, _ = drawn(30)
    evidence = wl.multilabel_evidence(votes, classes=CLASSES)
    with pytest.raises(ValueError, match="smoothing is a number of pseudo-items"):
        wl.MultiLabelModel(smoothing=0).fit(evidence)
    with pytest.raises(ValueError, match="reads evidence about pairs"):
        wl.MultiLabelModel().fit(wl.Evidence(range(3), classes=["no", "yes"]))
    with pytest.raises(ValueError, match="Take whole items"):
        wl.MultiLabelModel().fit(evidence.take(np.arange(1, len(evidence))))
    silent = pd.DataFrame({"a": [None]}, evidence.index[:1], dtype=object)
    part = wl.Evidence(evidence.index, classes=["no", "yes"]).with_votes(silent)
    with pytest.raises(ValueError, match="says yes or no to anything"):
        wl.MultiLabelModel().fit(part)
    with pytest.warns(ConvergenceWarning, match="took 1 sweeps"):
        model = wl.MultiLabelModel(max_iter=1).fit(evidence)
    assert not model.converged_
    with pytest.raises(ValueError, match="fitted to classes"):
        model.predict_proba(wl.multilabel_evidence(votes, classes=[*CLASSES, "cat"]))
    with pytest.raises(ValueError, match="1 sources are unknown"):
        model.predict_proba(
            wl.multilabel_evidence(votes.rename(columns={"source 0": "new"}), classes=CLASSES)
        )


def test_votes_that_are_none_are_refused():
    frame = pd.DataFrame({"a": [{"x"}, "y", ["x"], None]})
    assert wl.multilabel_evidence(frame).votes.n_votes == 6
    assert wl.multilabel_evidence(pd.DataFrame({"a": [{1}, {"b"}]})).index.tolist()[0] == (0, 1)
    with pytest.raises(TypeError, match="frame of sets of classes, or a mapping"):
        wl.multilabel_evidence([{"x"}])
    with pytest.raises(ValueError, match="'y' are named, and none of the classes 'x'"):
        wl.multilabel_evidence(frame, classes=["x"])
    with pytest.raises(ValueError, match="No class is named"):
        wl.multilabel_evidence(pd.DataFrame({"a": [set(), None]}))
    yes = pd.DataFrame({"a": [True, None]})
    with pytest.raises(ValueError, match="Frames and classes differ: 'y'"):
        wl.multilabel_evidence({"x": yes}, classes=["x", "y"])
    with pytest.raises(ValueError, match="frame of 'y' has other items or sources"):
        wl.multilabel_evidence({"x": yes, "y": yes.iloc[:1]})
    with pytest.raises(ValueError, match="'maybe' of source 'a' for item 1 and class 'x'"):
        wl.multilabel_evidence({"x": pd.DataFrame({"a": [True, "maybe"]})})
