"""The benchmark of items with several classes, on little."""

import numpy as np

from benchmarks import _results
from benchmarks.quality import multilabel


def test_plants_fits_and_scores(tmp_path):
    rng = np.random.default_rng(0)
    first = rng.random(300) < 0.4
    gold = np.stack([first, np.where(rng.random(300) < 0.9, first, ~first)], axis=1)
    (tmp_path / "pairs").mkdir()
    np.savez(tmp_path / "pairs" / "data.npz", Y=np.packbits(gold, axis=1))
    np.testing.assert_array_equal(multilabel.answers(tmp_path / "pairs"), gold)
    out = tmp_path / "out.csv"
    told = ["--data", str(tmp_path), "--sets", "pairs", "--seeds", "1", "--out", str(out)]
    assert multilabel.main(told) == 0
    table = _results.read(out).set_index(["recipe", "model"])["brier"]["independent errors"]
    assert table["MultiLabelModel"] < table["MultiLabelModel, uncoupled"] < table["vote shares"]
