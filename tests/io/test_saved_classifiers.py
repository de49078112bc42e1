"""Saved classifiers of scikit-learn: they predict as they did, and only known types are rebuilt."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import weaklabel as wl

pytest.importorskip("skops", reason="skops is not installed")
QUICK = LogisticRegression()


def known(n_items=60):
    """Features, and the class of each item for certain."""
    rng = np.random.default_rng(0)
    gold = rng.integers(2, size=n_items)
    X = pd.DataFrame(2 * np.eye(2, 3)[gold] + rng.normal(size=(n_items, 3)))
    evidence = wl.Evidence(X.index, classes=[0, 1]).with_features(X)
    return evidence.with_candidates(pd.Series(gold, X.index))


class Own(LogisticRegression):
    """A classifier of a user's own."""


@pytest.mark.parametrize(
    "estimator",
    [None, QUICK, [QUICK, GaussianNB()], make_pipeline(StandardScaler(), QUICK)],
    ids=["default", "one", "several", "pipeline"],
)
def test_a_saved_classifier_predicts_as_it_did(tmp_path, estimator):
    evidence = known()
    model = wl.Classifier(estimator, max_iter=1).fit(evidence)
    model.save(tmp_path / "model.wl")
    again = wl.load(tmp_path / "model.wl")
    assert repr(again) == repr(model)
    pd.testing.assert_frame_equal(again.predict_proba(evidence), model.predict_proba(evidence))
    new = wl.Evidence(["a", "b"], classes=[0, 1]).with_features(np.eye(2, 3))
    pd.testing.assert_frame_equal(again.predict_proba(new), model.predict_proba(new))


def test_a_classifier_of_others_is_rebuilt_only_if_trusted(tmp_path):
    evidence = known()
    model = wl.Classifier(Own(), max_iter=1).fit(evidence)
    model.save(tmp_path / "model.wl")
    name = f"{Own.__module__}.Own"
    with pytest.raises(ValueError, match=rf"made of {name}, and rebuilding these may run"):
        wl.load(tmp_path / "model.wl")
    again = wl.load(tmp_path / "model.wl", trusted=[name])
    pd.testing.assert_frame_equal(again.predict_proba(evidence), model.predict_proba(evidence))


def test_without_skops_it_says_what_to_install(tmp_path, monkeypatch):
    model = wl.Classifier(QUICK, max_iter=1).fit(known())
    monkeypatch.setitem(sys.modules, "skops", None)
    monkeypatch.setitem(sys.modules, "skops.io", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'weaklabel\[save\]'"):
        model.save(tmp_path / "model.wl")
    assert not list(tmp_path.iterdir())
