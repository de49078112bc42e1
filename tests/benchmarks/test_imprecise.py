"""Benchmarks of imprecise labels: that they run, and what they draw."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

pytest.importorskip("torch")

import weaklabel as wl
from benchmarks import _results
from benchmarks.quality import _features, _imprecise, complementary, partial
from benchmarks.quality._perceptron import Perceptron


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    """A table of three clouds, small images, and real candidates."""
    folder = tmp_path_factory.mktemp("sets")
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=90)
    X = rng.normal(size=(90, 4)) + 4 * np.eye(3, 4)[y]
    allowed = np.eye(3, dtype=bool)[y] | (rng.random((90, 3)) < 0.3)
    packed = np.packbits(allowed, axis=1)
    pixels = (20 * (X - X.min())).astype(np.uint8).reshape(90, 2, 2)
    images = {"x_train": pixels[:60], "y_train": y[:60], "x_test": pixels[60:], "y_test": y[60:]}
    for name, kind, data in (
        ("pendigits", "table", {"X": X, "y": y}),
        ("pll_lost", "pll", {"X": X, "y": y, "candidates": packed}),
        ("usps", "images", images),
    ):
        (folder / name).mkdir()
        (folder / name / "meta.json").write_text(json.dumps({"kind": kind, "n_classes": 3}))
        np.savez(folder / name / "data.npz", **data)
    return folder


@pytest.fixture
def quick(monkeypatch):
    """Few epochs and sweeps."""
    monkeypatch.setattr(_imprecise, "EPOCHS", 3)

    def logistic(seed):
        learner = LogisticRegression()
        return wl.LabelModel([wl.Classifier(learner, max_iter=1, n_folds=2)], random_state=seed)

    monkeypatch.setattr(_imprecise, "chosen", logistic)


@pytest.mark.parametrize(
    ("benchmark", "names", "n_settings"),
    [(complementary, ["pendigits"], 7), (partial, ["usps"], 5), (partial, ["pll_lost"], 2)],
)
def test_every_method_runs_in_every_setting(sets, quick, tmp_path, benchmark, names, n_settings):
    out = tmp_path / "table.csv"
    chosen = ["--data", str(sets), "--sets", *names, "--seeds", "0", "--out", str(out)]
    assert benchmark.main(chosen) == 0
    table = _results.read(out)
    assert list(table.columns) == _imprecise.COLUMNS
    assert table["setting"].nunique() == n_settings
    assert table.filter(like="accuracy").notna().all(axis=None)
    ours = table[table["method"] == "LabelModel"].set_index("setting")
    assert len(ours) == n_settings
    assert ours.loc["gold", "label_accuracy"] == 1


def test_one_setting_or_method_can_be_chosen(sets, quick, capsys):
    chosen = ["--data", str(sets), "--sets", "pendigits", "--seeds", "0"]
    assert complementary.main([*chosen, "--settings", "uniform", "--methods", "forward"]) == 0
    assert capsys.readouterr().out.count("forward") == 3  # the row, and two tables
    assert complementary.main([*chosen, "--methods", "none"]) == 1
    with pytest.raises(SystemExit, match=r"holds no set mnist; found: digits, usps, pendigits\."):
        complementary.main(["--data", str(sets), "--sets", "mnist"])


def test_the_mix_has_its_parts(tmp_path):
    data = _features.read(tmp_path, "digits", 0)
    mixes = {one.name: one for one in partial.settings(data, 0) if one.name.startswith("mix")}
    plain, _ = _imprecise.evidence(data)
    whole = mixes["mix"].say(plain)
    size = whole.candidates.sum(axis=1)
    noisy = (whole.hints != 0).any(axis=1)
    np.testing.assert_allclose((size == 1).mean(), 0.05 + 0.3 * 0.7**9, atol=0.03)
    np.testing.assert_allclose(noisy.mean(), 0.35, atol=0.05)
    np.testing.assert_allclose((~noisy & (size == 10)).mean(), 0.3, atol=0.05)
    wrong = whole.hints.argmax(axis=1) != data.y
    np.testing.assert_allclose(wrong[noisy].mean(), 0.4, atol=0.06)
    assert mixes["mix without noisy"].say(plain).hints is None
    # what baselines are told is what evidence is told
    chance = np.where(whole.candidates, np.exp(whole.hints), 0.0)
    told = mixes["mix"].told
    np.testing.assert_allclose(
        told / told.sum(axis=1, keepdims=True), chance / chance.sum(axis=1, keepdims=True)
    )


def test_noisy_sets_are_told_alike(tmp_path):
    data = _features.read(tmp_path, "digits", 0)
    noisy = next(one for one in partial.settings(data, 0) if "miss" in one.name)
    known = noisy.say(_imprecise.evidence(data)[0])
    told = noisy.told / noisy.told.sum(axis=1, keepdims=True)
    chance = np.exp(known.hints)
    np.testing.assert_allclose(told, chance / chance.sum(axis=1, keepdims=True))
    assert 0.25 < (~noisy.inside[np.arange(len(data.y)), data.y]).mean() < 0.35


def test_the_forward_correction_learns_from_exclusions():
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=600)
    X = rng.normal(size=(600, 2)) + 3 * np.eye(3, 2)[y]
    told = (y + rng.integers(1, 3, size=600)) % 3
    chance = (np.arange(3) != told[:, None]).astype(float)
    model = Perceptron(2, 3, 0).fit(X, chance, told=True, epochs=30)
    assert (model.predict(X).argmax(axis=1) == y).mean() > 0.9
    found = Perceptron(2, 3, 0).fit_with_matrix(X, told, np.where(y < 0, y, -1), epochs=30)
    assert (found.predict(X).argmax(axis=1) == y).mean() > 0.9
