"""The crowd benchmark on a small crowd: what it reads, scores, and holds to published figures."""

import json

import numpy as np
import pandas as pd
import pytest

from benchmarks import _results
from benchmarks.quality import crowd


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    gold = rng.integers(2, size=60)
    item, worker = np.repeat(np.arange(60), 5), np.tile(np.arange(5), 60)
    label = np.where(rng.random(300) < 0.8, gold[item], 1 - gold[item])
    for name in ("bluebirds", "zencrowd_all"):
        twice = np.r_[np.arange(300), np.arange(50)]
        (tmp_path / name).mkdir()
        meta = {"kind": "crowd", "numeric": False, "n_classes": 2}
        (tmp_path / name / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
        np.savez(
            tmp_path / name / "votes.npz",
            item=item[twice],
            worker=worker[twice],
            label=label[twice],
            y=gold,
        )
    return tmp_path


def test_joined_files_are_read_without_repeated_rows(folder):
    assert len(crowd.read(folder, "bluebirds").fit_on) == 350
    trial = crowd.read(folder, "zencrowd_all")
    assert len(trial.fit_on) == 300
    assert trial.same


def test_tables_show_our_figures_beside_published_ones(folder, capsys):
    out = folder / "crowd.csv"
    chosen = ["--data", str(folder), "--models", "IBCC", "BWA as published", "--out", str(out)]
    assert crowd.main([*chosen, "--check"]) == 1  # this is another crowd
    printed = capsys.readouterr().out
    assert "NOT MET  bluebirds: IBCC" in printed
    assert "0 of 4 published figures met" in printed
    table = _results.read(out)
    assert set(table["model"]) == {"IBCC", "BWA as published"}
    assert len(table) == 4


def test_published_figures_are_met_by_themselves(capsys):
    theirs = _results.read(crowd.PUBLISHED)
    rows = pd.DataFrame(
        {"set": theirs["set"], "model": "IBCC", "accuracy": theirs["IBCC"], "brier": 0, "ece": 0}
    )
    assert crowd.report(rows, check=True) == 0
    assert "9 of 9 published figures met" in capsys.readouterr().out


def test_an_unknown_model_is_refused(folder):
    with pytest.raises(SystemExit, match="no model KOS; there are MajorityVote, BWA"):
        crowd.main(["--data", str(folder), "--models", "KOS"])
