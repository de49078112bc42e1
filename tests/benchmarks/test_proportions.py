import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from benchmarks import _results
from benchmarks.quality import _bags, _llp_bp, _proportion_methods, proportions


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=240)
    table = pd.DataFrame(
        {"f": y + rng.normal(scale=0.5, size=240), "job": np.array(list("abc"))[y]}
    )
    split = np.array(["train", "test"])[(np.arange(240) >= 160).astype(int)]
    write(tmp_path / "jobs", {"kind": "table", "class_names": ["no", "yes"]})
    table.assign(label=y, split=split).to_parquet(tmp_path / "jobs" / "data.parquet")
    write(tmp_path / "plain", {"kind": "table", "n_classes": 2})
    np.savez(tmp_path / "plain" / "data.npz", X=table[["f"]].to_numpy(), y=y)
    write(tmp_path / "pictures", {"kind": "images"})
    images = rng.integers(0, 255, size=(30, 4, 4))
    digits = np.arange(30) % 3
    np.savez(
        tmp_path / "pictures" / "data.npz",
        x_train=images,
        y_train=digits,
        x_test=images[:9],
        y_test=digits[:9],
    )
    write(tmp_path / "votes", {"kind": "votes", "n_classes": 2})
    return tmp_path


def write(folder, meta):
    folder.mkdir()
    (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")


def test_finds_tables_and_images(folder, tmp_path_factory):
    small = ["digits", "digits_high"]  # always there
    assert _bags.find(folder) == ["jobs", "plain", "pictures", "pictures_odd", *small]
    assert _bags.find(folder, ["plain"]) == ["plain"]
    with pytest.raises(SystemExit, match=r"no set votes; found: jobs, plain, pictures"):
        _bags.find(folder, ["votes"])
    assert _bags.find(tmp_path_factory.mktemp("empty")) == small


def test_reads_every_kind_of_set(folder):
    jobs, plain, pictures, odd, digits, high = (
        _bags.read(folder, name) for name in _bags.find(folder)
    )
    assert jobs.X.shape == (160, 3)  # a number and two jobs
    np.testing.assert_allclose(jobs.X[:, 0].mean(), 0, atol=1e-12)
    assert len(plain.y_test) == 60
    assert len(plain.X) == 180
    assert pictures.n_classes == 3
    assert 0 <= pictures.X.min() <= pictures.X.max() <= 1
    np.testing.assert_array_equal(odd.y, pictures.y % 2)
    np.testing.assert_array_equal(high.y, digits.y // 5)


def test_bags_hold_every_row_once_and_tell_its_counts(folder, monkeypatch):
    task = _bags.read(folder, "jobs")
    seen = _bags.hide(task, "random", 12, seed=0)
    assert np.bincount(seen.bag).tolist() == [12] * 12 + [16]
    for g, counts in enumerate(seen.counts):
        assert np.bincount(task.y[seen.bag == g], minlength=2).tolist() == counts.tolist()
    assert _bags.hide(task, "feature", 12, seed=0) is None
    monkeypatch.setitem(_bags.COLUMNS, "jobs", ["job"])
    alike = _bags.hide(task, "feature", 12, seed=0)
    assert (alike.counts.min(axis=1) == 0).all()  # the job is the class
    assert sorted(seen.evidence().bags[0].sizes) == sorted(np.bincount(seen.bag))


def test_scores_are_expected_ones():
    P = np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8], [0.6, 0.4]])
    assert _bags.scores(P, np.array([0, 0, 1, 1])) == (0.75, 0.625)
    assert _bags.scores(np.eye(3), np.arange(3)) == (1.0, 1.0)


def test_cliques_of_one_pair_are_exact():
    """Two items and no neighbor but each other: the marginals follow from four states."""
    X = np.array([[1.0, 0.0], [0.9, 0.1]])
    weight = 10 * np.exp(-np.linalg.norm(X[0] - X[1]))
    for count in (0, 1, 2):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_llp_bp, "N_NEIGHBORS", 1)
            found, change = _llp_bp.marginals(X, np.zeros(2, dtype=int), np.array([count]))
        states = np.array([(a, b) for a in (0, 1) for b in (0, 1)])
        energy = 10 * (states.sum(axis=1) - count) ** 2 + weight * (states[:, 0] != states[:, 1])
        share = np.exp(-energy) / np.exp(-energy).sum()
        if count == 1:  # symmetric: both one half
            np.testing.assert_allclose(found, share @ states, atol=1e-6)
        assert ((found > 0.5) == (share @ states > 0.5 + 1e-9)).all() or count == 1
        assert change >= 0


def test_baselines_learn_and_losses_have_their_slopes(folder):
    task = _bags.read(folder, "plain")
    seen = _bags.hide(task, "random", 4, seed=0)
    for name in ("bag mean", "EasyLLP", "DLLP", "LLP-BP"):
        pseudo, test = _proportion_methods.run(name, seen, task.y)
        np.testing.assert_allclose(pseudo.sum(axis=1), 1)
        assert _bags.scores(test, task.y_test)[0] > 0.8, name
    images = _bags.read(folder, "pictures")
    assert _proportion_methods.run("LLP-BP", _bags.hide(images, "random", 3, 0), images.y) is None


def test_easy_llp_is_unbiased():
    """The mean of its soft labels over bags is the label's own expectation, whatever the size."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=200_000)
    y = rng.random(len(x)) < expit(2 * x)
    share = y.mean()
    alpha = np.repeat(y.reshape(-1, 8).mean(axis=1), 8)
    target = 8 * (alpha - share) + share
    error = (target - y) * x
    assert abs(error.mean()) < 3 * error.std() / np.sqrt(len(x) / 8)


def test_runs_prints_and_keeps_other_rows(folder, capsys):
    out = folder / "found.csv"
    asked = ["--data", str(folder), "--sets", "plain", "--sizes", "8", "--out", str(out), "--add"]
    assert proportions.main([*asked, "--seeds", "0", "1", "--methods", "bag mean"]) == 0
    assert proportions.main([*asked, "--seeds", "0", "--methods", "DLLP"]) == 0
    table = _results.read(out)
    assert list(table.columns) == proportions.COLUMNS
    assert sorted(table["method"]) == ["DLLP", "bag mean", "bag mean"]
    assert "±" in capsys.readouterr().out
    none = [*asked[:4], "--bags", "feature", "--methods", "DLLP"]
    assert proportions.main(none) == 1
    assert "has no columns to make bags by" in capsys.readouterr().out
