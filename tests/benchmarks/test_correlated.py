"""The benchmark of dependent sources, on little."""

import numpy as np

from benchmarks import _results
from benchmarks.quality import correlated


def test_finds_scores_and_checks(tmp_path):
    rng = np.random.default_rng(0)
    gold = rng.integers(2, size=300)
    votes = np.where(rng.random((300, 8)) < 0.8, gold[:, None], 1 - gold[:, None])
    folder = tmp_path / "youtube_prompted"
    folder.mkdir()
    np.savez(folder / "votes.npz", L=votes[:, :4], L_aug=np.hstack([votes, votes]), y=gold)
    out = tmp_path / "correlated.csv"
    told = ["--rates", "0.9", "--seeds", "1", "--many", "30", "--data", str(tmp_path), "--check"]
    assert correlated.main([*told, "--out", str(out)]) == 0
    table = _results.read(out).set_index(["case", "model"])
    assert table.loc[("youtube_prompted, twice", "dependencies"), "recall"] == 1
    assert table.loc[("copies 0.9, else silent", "dependencies"), "precision"] == 1
    assert (table["accuracy"].dropna() > 0.5).all()
