"""New classes: marginal likelihoods by Student's t, clouds split or not, digits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

import weaklabel as wl
from weaklabel.models import GaussianMixture
from weaklabel.models._gaussian_discovery import (
    Wishart,
    log_marginal,
    log_split_ratio,
    with_new_classes,
)


def belief(n_features=2, degrees=4.0):
    return Wishart(np.zeros(n_features), 0.1, 2 * np.eye(n_features), degrees)


def clouds(centers, n_each=80, n_gold=10, named=2, seed=0):
    """Clouds of one unit; the first ones are named and some of their items known."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(len(centers)), n_each)
    features = np.array(centers, dtype=float)[truth] + rng.normal(size=(len(truth), 2))
    names = ["ant", "bee"]
    gold = {
        int(item): names[k] for k in range(named) for item in np.flatnonzero(truth == k)[:n_gold]
    }
    evidence = wl.Evidence(range(len(truth)), classes=names).with_features(features)
    return evidence.with_candidates(gold), truth


def test_the_marginal_likelihood_is_a_product_of_students():
    """In one dimension each further item follows Student's t, given those before."""
    items = np.random.default_rng(0).normal(size=7) * 2 + 1
    prior = Wishart(np.array([0.5]), 0.3, np.array([[1.7]]), 3.0)
    total, mean, kappa, degrees, scatter = 0.0, 0.5, 0.3, 3.0, 1.7
    for x in items:
        scale = np.sqrt(scatter * (kappa + 1) / (kappa * degrees))
        total += student(degrees, loc=mean, scale=scale).logpdf(x)
        scatter += kappa / (kappa + 1) * (x - mean) ** 2
        mean = (kappa * mean + x) / (kappa + 1)
        kappa, degrees = kappa + 1, degrees + 1
    assert log_marginal(items[:, None], prior) == pytest.approx(total, rel=1e-10)


def test_the_order_of_items_is_nothing_to_the_marginal_likelihood():
    items = np.random.default_rng(0).normal(size=(9, 2))
    assert log_marginal(items[::-1], belief()) == pytest.approx(log_marginal(items, belief()))


def test_clouds_far_apart_split_and_one_does_not():
    rng = np.random.default_rng(0)
    one, far = rng.normal(size=(200, 2)), rng.normal([10, 0], size=(200, 2))
    assert log_split_ratio(one, far, belief()) > 100
    left = one[:, 0] < 0
    assert log_split_ratio(one[left], one[~left], belief()) < 0


@pytest.mark.parametrize("kind", ["full", "diag"])
def test_new_clouds_become_classes(kind):
    evidence, truth = clouds([(0, 0), (10, 0), (0, 10), (10, 10)])
    model = GaussianMixture(covariance=kind, n_new="auto").fit(evidence)
    assert model.classes_.tolist() == ["ant", "bee", "new 1", "new 2"]
    frame = model.predict_proba(evidence)
    assert frame.columns.tolist() == model.classes_.tolist()
    labels = model.predict(evidence)
    assert (labels[truth == 0] == "ant").all()
    assert (labels[truth == 1] == "bee").all()
    assert sorted(labels[truth == k].unique().tolist() for k in (2, 3)) == [["new 1"], ["new 2"]]
    assert model.means_.shape == (4, 1, 2)


def test_where_nothing_is_new_nothing_is_found():
    evidence, truth = clouds([(0, 0), (10, 0)])
    model = GaussianMixture(n_new="auto").fit(evidence)
    assert model.classes_.tolist() == ["ant", "bee"]
    assert model.predict(evidence).tolist() == np.array(["ant", "bee"])[truth].tolist()


def test_one_cloud_stays_one_class():
    evidence, truth = clouds([(0, 0), (10, 0), (0, 10)], n_each=200)
    model = GaussianMixture(n_new="auto").fit(evidence)
    assert model.classes_.tolist() == ["ant", "bee", "new 1"]
    assert (model.predict(evidence)[truth == 2] == "new 1").all()


def test_the_number_may_be_given_and_values_missing():
    evidence, truth = clouds([(0, 0), (12, 0), (0, 12), (12, 12)])
    features = np.array(evidence.features)
    features[np.random.default_rng(0).random(len(features)) < 0.1, 1] = np.nan
    evidence = evidence.with_features(features)
    given = GaussianMixture(n_new=2, n_init=3, random_state=0).fit(evidence)
    auto = GaussianMixture(n_new="auto").fit(evidence)
    assert given.classes_.tolist() == auto.classes_.tolist() == ["ant", "bee", "new 1", "new 2"]
    for model in (given, auto):
        labels = model.predict(evidence)[~np.isnan(features).any(axis=1)]
        pairs = pd.crosstab(labels, truth[labels.index])
        assert (pairs > 0).to_numpy().sum() == 4


def test_a_saved_model_knows_its_new_classes(tmp_path):
    evidence, _ = clouds([(0, 0), (10, 0), (0, 10)])
    model = GaussianMixture(n_new="auto").fit(evidence)
    model.save(tmp_path / "model.wl")
    again = wl.load(tmp_path / "model.wl")
    pd.testing.assert_frame_equal(again.predict_proba(evidence), model.predict_proba(evidence))
    online = GaussianMixture(n_new="auto").partial_fit(evidence).partial_fit(evidence)
    assert online.classes_.tolist() == model.classes_.tolist()


def test_candidates_tell_which_items_may_be_new():
    evidence, _ = clouds([(0, 0), (10, 0)])
    extended = with_new_classes(evidence, 2)
    known = ~evidence.candidates.all(axis=1)
    assert not extended.candidates[known, 2:].any()
    assert extended.candidates[~known].all()
    assert with_new_classes(evidence, 0) is evidence
    free = wl.Evidence(range(3), classes=["x", "y"])
    assert with_new_classes(free, 1).candidates is None


def test_what_cannot_be_is_refused():
    evidence, _ = clouds([(0, 0), (10, 0)])
    named = wl.Evidence(range(160), classes=["new 1", "b"]).with_features(evidence.features)
    with pytest.raises(ValueError, match="A class is called 'new 1' already"):
        GaussianMixture(n_new=1).fit(named)
    hints = evidence.with_candidates({150: "ant"}, noise_rate=0.1)
    with pytest.raises(ValueError, match="noise rate say nothing about classes"):
        GaussianMixture(n_new=1).fit(hints)
    with pytest.raises(ValueError, match="n_new is a whole number, at least 0, or 'auto'"):
        GaussianMixture(n_new="some").fit(evidence)
    votes = pd.DataFrame({"one": ["ant"] * 160, "two": ["bee"] * 160})
    with pytest.raises(ValueError, match="finds new classes on its own, not as a term"):
        wl.LabelModel([wl.DawidSkene(), GaussianMixture(n_new=1)]).fit(evidence.with_votes(votes))
    model = GaussianMixture(n_new=1).fit(evidence)
    with pytest.raises(ValueError, match="was fitted to classes"):
        model.predict(wl.Evidence(range(3), classes=["x", "y"]).with_features(np.zeros((3, 2))))


def test_digits_nobody_named_are_found():
    """Six digits, half of whose items are known, and four more (K32)."""
    from sklearn.cluster import KMeans
    from sklearn.datasets import load_digits
    from sklearn.decomposition import PCA

    digits = load_digits()
    rng = np.random.default_rng(2)
    named = np.sort(rng.choice(10, 6, replace=False))
    features = PCA(12, random_state=0).fit_transform(digits.data)
    told = np.isin(digits.target, named) & (rng.random(len(features)) < 0.5)
    gold = pd.Series(digits.target.astype(str))
    evidence = (
        wl.Evidence(gold.index, classes=[str(k) for k in named])
        .with_features(features)
        .with_candidates(gold[told])
    )
    model = GaussianMixture(n_new="auto").fit(evidence)
    assert abs(len(model.classes_) - 10) <= 2
    labels = model.predict(evidence)
    assert (labels[told] == gold[told]).all()
    old = np.isin(digits.target, named) & ~told
    assert (labels[old] == gold[old]).mean() > 0.95
    new = ~np.isin(digits.target, named)
    peer = KMeans(10, n_init=5, random_state=0).fit_predict(features[~told])
    ours = matched(labels.cat.codes.to_numpy()[new], digits.target[new])
    assert ours > matched(peer[new[~told]], digits.target[new]) + 0.05


def matched(found, truth):
    """Share of items in clusters that are matched to classes one to one."""
    from scipy.optimize import linear_sum_assignment

    table = pd.crosstab(found, truth).to_numpy()
    rows, columns = linear_sum_assignment(-table)
    return table[rows, columns].sum() / table.sum()
