"""Elections and clusters: planted tables and groups are found, and tables written."""

import json

import numpy as np
import pytest

from benchmarks import _results
from benchmarks.quality import clusters, elections


@pytest.fixture
def elections_folder(tmp_path):
    """One election of two districts, in which voters of a party mostly choose its candidate."""
    rng = np.random.default_rng(0)
    flat, shapes = [], []
    for _ in range(2):
        parties = np.stack([rng.multinomial(n, rng.dirichlet(np.ones(3))) for n in [400] * 30])
        parties[-1] = 0  # a unit without votes
        tables = [
            np.stack([rng.multinomial(n, np.eye(3)[r] * 0.7 + 0.1) for r, n in enumerate(unit)])
            for unit in parties
        ]
        candidates = np.stack([table.sum(axis=0) for table in tables])
        flat += [parties.ravel(), candidates.ravel(), np.sum(tables, axis=0).ravel()]
        shapes.append((30, 3, 3, 3, 3))
    (tmp_path / "votes").mkdir()
    (tmp_path / "votes" / "meta.json").write_text(json.dumps({"kind": "elections"}), "utf-8")
    np.savez(tmp_path / "votes" / "land.npz", flat=np.concatenate(flat), shapes=shapes)
    return tmp_path


def test_tables_are_recovered_from_margins(elections_folder, capsys):
    out = elections_folder / "out.csv"
    assert elections.main(["--data", str(elections_folder), "--out", str(out)]) == 0
    table = _results.read(out).groupby("method")["error"].max()
    assert table["independence"] > table["proportional"] > 20
    assert (table[["Goodman", "counts", "transport"]] < 5).all()
    assert "land  transport" in capsys.readouterr().out


def test_methods_keep_the_margins_of_districts(elections_folder):
    district = next(elections.read(elections_folder / "votes" / "land.npz"))
    assert len(district.parties) == 29
    for estimate in elections.METHODS.values():
        table = estimate(district)
        assert (table >= 0).all()
        np.testing.assert_allclose(table.sum(axis=1), district.parties.sum(axis=0), rtol=0.02)


def test_elections_that_are_not_there_are_named(elections_folder, tmp_path_factory):
    with pytest.raises(SystemExit, match="no set nothing; found: votes"):
        elections.find(elections_folder, ["nothing"])
    with pytest.raises(SystemExit, match="no set of elections; found: nothing"):
        elections.find(tmp_path_factory.mktemp("empty"), None)


def test_clusters_are_drawn_and_scored(tmp_path, capsys, monkeypatch):
    rng = np.random.default_rng(0)
    gold = np.repeat(np.arange(3), 60)
    features = 20 * np.eye(3)[gold] + rng.normal(size=(180, 3))
    (tmp_path / "planted").mkdir()
    np.savez(tmp_path / "planted" / "data.npz", X=features, y=gold)
    monkeypatch.setattr(clusters, "STEPS", 10)
    out = tmp_path / "out.csv"
    arguments = ["--data", tmp_path, "--sets", "planted", "--seeds", "0", "--ratio", "4"]
    assert clusters.main([*map(str, arguments), "--out", str(out)]) == 0
    table = _results.read(out).set_index("method")
    assert table.loc["k-means", "accuracy"] == table.loc["mixture", "accuracy"] == 1
    assert (table["n"] == 60 + 30 + 15).all()
    assert "balanced_accuracy" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="holds no set nothing"):
        clusters.read(tmp_path, "nothing")
