"""The benchmark of few gold rows, on one planted set."""

import json

import numpy as np

from benchmarks import _results
from benchmarks.quality import few_gold


def test_scores_what_was_not_shown(tmp_path):
    rng = np.random.default_rng(0)
    gold = rng.integers(2, size=400)
    votes = np.where(rng.random((400, 5)) < 0.75, gold[:, None], 1 - gold[:, None])
    (tmp_path / "planted").mkdir()
    (tmp_path / "planted" / "meta.json").write_text(json.dumps({"kind": "votes", "n_classes": 2}))
    np.savez(tmp_path / "planted" / "votes.npz", L=votes, y=gold, split=np.full(400, 3))
    told = few_gold.shown(np.array([0, -1, 1]), 5, 0)
    assert told.tolist() == [0, -1, 1]
    out = tmp_path / "few.csv"
    where = ["--data", str(tmp_path), "--sets", "planted", "--few", "20", "--seeds", "1"]
    assert few_gold.main([*where, "--check", "--out", str(out)]) == 0
    table = _results.read(out)
    assert table["n"].tolist() == [380]
    assert abs(table["accuracy gain"]).max() < 0.05
