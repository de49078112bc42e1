"""Instances from labels of bags: the benchmark runs, and knows what it scores."""

import json

import numpy as np
import pytest

from benchmarks import _results
from benchmarks.quality import instances
from benchmarks.speed import belief_propagation


@pytest.fixture
def folder(tmp_path):
    """Twenty bags of which positive ones hold one instance far to the right."""
    rng = np.random.default_rng(0)
    positive, bag = np.arange(20) % 2, np.repeat(np.arange(20), 4)
    X = rng.normal(size=(80, 2))
    X[4 * np.flatnonzero(positive)] += 6
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "meta.json").write_text(json.dumps({"kind": "mil"}))
    np.savez(tmp_path / "toy" / "data.npz", X=X, bag=bag, y_bag=positive)
    return tmp_path


def test_every_method_finds_the_witnesses_of_a_toy(folder, tmp_path):
    out = tmp_path / "table.csv"
    few = ["--seeds", "0", "--folds", "2", "--out", str(out)]
    methods = ["naive", "witnesses", "LabelModel-logistic", "supervised"]
    assert (
        instances.main(["--data", str(folder), "--sets", "toy", "--methods", *methods, *few]) == 0
    )
    table = _results.read(out)
    assert list(table.columns) == instances.COLUMNS
    assert table["method"].tolist() == ["naive", "witnesses", "LabelModel"]
    assert (table["bag_auc"] > 0.9).all()


def test_an_unknown_set_is_named(folder):
    with pytest.raises(SystemExit, match="no set moon; there are toy, digits"):
        instances.main(["--data", str(folder), "--sets", "moon"])


def test_bags_of_digits_hold_one_witness_each():
    digit = np.arange(1000) % 10
    bags = instances.digit_bags(np.ones((1000, 8, 8)) + digit[:, None, None], digit, 0, 40)
    np.testing.assert_array_equal(np.bincount(bags.bag, bags.gold), bags.positive)
    np.testing.assert_array_equal(np.bincount(bags.bag), 10)


def test_belief_propagation_is_timed(monkeypatch, tmp_path):
    def run_here(function, **plan):
        assert function == "benchmarks.speed.belief_propagation:solve"
        return belief_propagation.solve(**plan) | {"peak_mb": 1.0}

    monkeypatch.setattr(belief_propagation, "run_alone", run_here)
    monkeypatch.setattr(belief_propagation, "WARM_UP", 200)
    monkeypatch.setattr(belief_propagation, "LARGE", 100)
    out = tmp_path / "table.csv"
    assert belief_propagation.main(["--items", "400", "--sweeps", "2", "--out", str(out)]) == 0
    table = _results.read(out)
    assert len(table) == len(belief_propagation.CASES)
    assert table["agrees"].all()
