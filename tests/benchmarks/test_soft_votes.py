"""The benchmark of soft votes on two planted sets, one of each kind."""

import numpy as np

from benchmarks import _results
from benchmarks.quality import soft_votes


def test_reads_both_kinds_and_scores_soft_and_hard_votes(tmp_path):
    rng = np.random.default_rng(0)
    gold = rng.integers(2, size=80)
    p = np.clip(0.3 + 0.4 * gold[:, None] + rng.normal(0, 0.2, (80, 4)), 0.05, 0.95)
    vote = np.where(rng.random(p.shape) < 0.2, -1, p > 0.5)
    (tmp_path / "probabilities").mkdir()
    np.savez(tmp_path / "probabilities" / "votes.npz", P=p, y=gold)
    (tmp_path / "scores").mkdir()
    known = np.where(np.arange(80) < 20, -1, gold)
    np.savez(tmp_path / "scores" / "votes.npz", L_smooth=vote, score=np.maximum(p, 1 - p), y=known)
    found, _ = soft_votes.read(tmp_path, "scores")
    np.testing.assert_array_equal(np.isnan(found), vote < 0)
    np.testing.assert_allclose(found[vote >= 0], p[vote >= 0])
    out = tmp_path / "soft.csv"
    names = ["probabilities", "scores"]
    assert soft_votes.main(["--data", str(tmp_path), "--sets", *names, "--out", str(out)]) == 0
    table = _results.read(out)
    assert len(table) == 2 * 2 * 5
    assert (table["accuracy"] > 0.5).all()
