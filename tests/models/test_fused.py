"""One pass over votes gives the sums of an E-step and an M-step, and only where that is all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from laws._cases import evidence_of, no_advice, quick
from sklearn.base import clone

import weaklabel as wl
from weaklabel import votes
from weaklabel.models import _chunks, _fused

MODELS = {
    "full": wl.DawidSkene(),
    "tied": wl.DawidSkene(emission="tied"),
    "coin": wl.OneCoin(),
    "fixed": wl.DawidSkene(class_prior="uniform"),
    "bayes": wl.IBCC(),
}


def parameters_of(model, evidence):
    """What two sweeps learn."""
    with no_advice():
        return quick(model, 2).fit(evidence).parameters_


@pytest.mark.parametrize("tile", [7, 64])
@pytest.mark.parametrize("kinds", [("hard",), ("hard", "soft", "set", "not")])
@pytest.mark.parametrize("name", MODELS)
def test_sums_are_those_of_a_posterior(name, kinds, tile, monkeypatch):
    monkeypatch.setattr(votes, "tile_for", lambda *_: tile)
    evidence = evidence_of(1, n_items=50, kinds=kinds, weights=name == "full", crowd=name == "coin")
    model, passes = MODELS[name], []
    learned = parameters_of(model, evidence)
    for fused in (_fused.fused_sums, lambda *_: None):
        monkeypatch.setattr(_chunks, "fused_sums", fused)
        passes.append(_chunks.Pass(model, learned, None)(evidence))
    found, expected = passes
    for one, other in zip(found[:4], expected[:4], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-12)
    for one, other in zip(found.statistics[0], expected.statistics[0], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    ("model", "more"),
    [
        (wl.DawidSkene(), {"candidates": True}),
        (wl.DawidSkene(solver=wl.Sinkhorn()), {}),
        (wl.EBCC(), {}),
        (wl.GLAD(), {}),
        (wl.DawidSkene(smoothing=0, max_misfit=np.inf), {"kinds": ("hard",), "n_items": 6}),
    ],
)
def test_what_asks_for_more_has_its_posterior(model, more):
    evidence = evidence_of(1, **more)
    learned = parameters_of(model, evidence)
    assert _fused.fused_sums(_chunks._problem(model, evidence), learned) is None


@pytest.mark.parametrize("name", MODELS)
def test_on_a_gpu_a_fit_passes_over_votes_once_a_sweep(name, monkeypatch):
    evidence = evidence_of(2, n_items=60, n_sources=6)
    usual = clone(MODELS[name])
    with no_advice():
        usual.fit(evidence)
    monkeypatch.setattr(_fused, "is_cupy_array", lambda array: True)
    found = clone(MODELS[name])
    with no_advice():
        found.fit(evidence)
    assert found.ending_ == usual.ending_
    assert found.n_iter_ == usual.n_iter_
    pd.testing.assert_series_equal(found.source_accuracy_, usual.source_accuracy_, rtol=1e-7)
    pd.testing.assert_frame_equal(
        found.predict_proba(evidence), usual.predict_proba(evidence), rtol=1e-7, atol=1e-9
    )
