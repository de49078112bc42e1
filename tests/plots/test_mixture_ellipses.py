import numpy as np
import pytest

import weaklabel as wl
from weaklabel.plots import mixture_ellipses


def case(covariance="full", n_components=1, n_items=90):
    rng = np.random.default_rng(0)
    truth = np.arange(n_items) % 3
    spread = [[1, 0.6, 0], [0, 0.8, 0], [0, 0, 2]]
    features = 8.0 * np.eye(3)[truth] + rng.normal(size=(n_items, 3)) @ spread
    features[0, 2] = np.nan
    evidence = wl.Evidence(range(n_items), classes=["a", "b", "c"]).with_features(features)
    evidence = evidence.with_candidates({i: "abc"[truth[i]] for i in range(30)})
    return wl.GaussianMixture(covariance=covariance, n_components=n_components).fit(
        evidence
    ), evidence


@pytest.mark.parametrize("covariance", ["full", "tied", "diag", "spherical"])
def test_ellipses_are_one_and_two_deviations_away(covariance):
    model, evidence = case(covariance)
    ax = mixture_ellipses(model, evidence, features=(2, 0))
    assert len(ax.lines) == 6
    found = model.covariances_
    matrix = {
        "full": lambda: found[1, 0],
        "tied": lambda: found,
        "diag": lambda: np.diag(found[1, 0]),
        "spherical": lambda: found[1, 0] * np.eye(3),
    }[covariance]()
    inverse = np.linalg.inv(matrix[np.ix_([2, 0], [2, 0])])
    for line, sigma in zip(ax.lines[2:4], (1, 2), strict=True):
        away = line.get_xydata() - model.means_[1, 0, [2, 0]]
        np.testing.assert_allclose(np.einsum("ni,ij,nj->n", away, inverse, away), sigma**2)


def test_points_have_the_colors_of_their_posterior():
    model, evidence = case()
    ax = mixture_ellipses(model, evidence, features=(0, 2), names=("length", "weight"))
    points = ax.collections[0]
    # the first item misses one of the two
    np.testing.assert_allclose(points.get_offsets(), evidence.features[1:, [0, 2]])
    colors = points.get_facecolors()[:, :3]
    sure = model.predict_proba(evidence).to_numpy()[1:].argmax(axis=1)
    assert len(np.unique(colors.round(2), axis=0)) <= 6
    assert all(len(np.unique(colors[sure == k].round(1), axis=0)) == 1 for k in range(3))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("length", "weight")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b", "c"]


def test_every_component_has_its_ellipses_and_many_items_are_thinned():
    model, _ = case(n_components=2)
    numbers = np.random.default_rng(0).normal(size=(12_000, 3))
    many = wl.Evidence(range(12_000), classes=["a", "b", "c"]).with_features(numbers)
    ax = mixture_ellipses(model, many)
    assert len(ax.lines) == 12
    assert len(ax.collections[0].get_offsets()) == 4000


def test_a_column_that_does_not_exist_is_refused():
    model, evidence = case()
    with pytest.raises(ValueError, match="names columns that do not exist: the mixture has 3"):
        mixture_ellipses(model, evidence, features=(0, 3))
