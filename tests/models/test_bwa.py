"""BWA is held against a dense program, and shown to be seldom too sure."""

from __future__ import annotations

import numpy as np
import pytest
from laws._cases import fitted
from models.test_ibcc import tiny

import weaklabel as wl


def dense(codes: np.ndarray, n_classes: int, sweeps: int, *, by_class: bool) -> np.ndarray:
    """Means and precisions in turn; the prior is the mean place, with a pseudo-item."""
    spoke = codes >= 0
    points = np.eye(n_classes)[np.where(spoke, codes, 0)] * spoke[:, :, None]
    place = points.sum(axis=1) / spoke.sum(axis=1, keepdims=True)
    scatter = (spoke.sum(axis=1)[:, None] * place * (1 - place)).sum(axis=0) / spoke.sum()
    for _ in range(sweeps + 1):
        share = place / place.sum(axis=1, keepdims=True)
        prior = (share.sum(axis=0) + 1 / n_classes) / (len(codes) + 1)
        off = ((place[:, None, :] - points) ** 2 * spoke[:, :, None]).sum(axis=0)
        varies = 15 * scatter * 4 * (1 - 1 / n_classes) + off
        if not by_class:
            varies = np.repeat(varies.mean(axis=1, keepdims=True), n_classes, axis=1)
        precision = (15 + spoke.sum(axis=0)[:, None]) / varies
        pulled = prior + np.einsum("ijk,jk->ik", points, precision)
        place = pulled / (1 + spoke.astype(float) @ precision)
    return place / place.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("precision", ["source", "class"])
@pytest.mark.parametrize("sweeps", [1, 7])
def test_it_is_the_dense_program(precision, sweeps):
    case = wl.datasets.make_votes(300, [0.8, 0.7, 0.6, 0.9], 0.7, [0.5, 0.3, 0.2], random_state=0)
    codes = case.matrix[(case.matrix >= 0).any(axis=1)]
    blank = wl.Evidence(range(len(codes)), classes=case.classes)
    evidence = blank.with_votes(codes, silence="missing", encoding="codes")
    model = fitted(wl.BWA(precision=precision, max_iter=sweeps), evidence)
    expected = dense(codes, 3, sweeps, by_class=precision == "class")
    np.testing.assert_allclose(model.predict_proba(evidence), expected, atol=1e-10)


def test_good_sources_count_more():
    case = wl.datasets.make_votes(3000, [0.95, 0.6, 0.6, 0.6], 1.0, [0.5, 0.5], random_state=0)
    blank = wl.Evidence(case.votes.index, classes=case.classes)
    evidence = blank.with_votes(case.votes, silence="missing")
    model, plain = fitted(wl.BWA(), evidence), fitted(wl.MajorityVote(), evidence)
    found, voted = (wl.score(case.gold, one.posterior(evidence)) for one in (model, plain))
    assert found["accuracy"] > voted["accuracy"] + 0.05
    assert found["brier"] < voted["brier"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"precision": "item"}, "precision='item' is unknown. Choose 'source' or 'class'"),
        ({"strength": 0}, "strength is a weight, above 0"),
        ({"pull": -1}, "pull is a weight, above 0"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        wl.BWA(**settings).fit(tiny(0)[0])
