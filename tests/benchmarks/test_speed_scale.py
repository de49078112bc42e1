"""The benchmarks of functions and of files run, on little data, and agree with each other."""

from importlib import import_module

import pytest

from benchmarks import _results
from benchmarks.speed import __main__ as speed
from benchmarks.speed import _bandwidth, _cases, apply, mixture, outofcore, sinkhorn, start


@pytest.fixture(autouse=True)
def _in_process(monkeypatch):
    def run_here(function, *, python=None, **arguments):
        module, _, name = function.partition(":")
        return getattr(import_module(module), name)(**arguments) | {"peak_mb": 1.0}

    monkeypatch.setattr(apply, "run_alone", run_here)
    monkeypatch.setattr(outofcore, "run_alone", run_here)
    monkeypatch.setattr(apply, "repeated", lambda call, times: (call(), 1.0))
    monkeypatch.setattr(apply, "has_module", lambda python, name: False)


def test_all_ways_to_apply_functions_agree(tmp_path, capsys):
    out = tmp_path / "table.csv"
    assert apply.main(["--rows", "300", "--cases", "all", "words", "--out", str(out)]) == 0
    table = _results.read(out)
    assert table.columns.tolist() == apply.COLUMNS
    assert table["agrees"].all()
    assert set(table["system"]) == set(apply.SYSTEMS) - {"snorkel rows"}
    assert "snorkel left out" in capsys.readouterr().out


def test_files_and_memory_agree(tmp_path, monkeypatch):
    monkeypatch.setattr(outofcore, "MILLION", 3000)  # two files
    out = tmp_path / "table.csv"
    assert outofcore.main(["--rows", "3000", "6000", "--out", str(out), "--note", "small"]) == 0
    assert "; small" in out.read_text(encoding="utf-8")
    table = _results.read(out)
    assert table["difference"].max() < 1e-10
    assert table["rows"].tolist() == [3000, 3000, 6000]


def test_both_are_cases_of_the_suite(monkeypatch):
    monkeypatch.setitem(_cases.OUT_OF_CORE, "quick", [3000])
    monkeypatch.setitem(_cases.APPLY, "quick", {200: ("parts",)})
    monkeypatch.setattr(_cases, "pythons", lambda peer: {"weaklabel": "python"})
    assert speed.main(["--quick", "--cases", "apply", "outofcore"]) == 0
    rows = list(_cases.rows(["apply", "outofcore"], quick=True, pythons={}))
    assert rows[-1]["agrees"] == 1
    assert len(rows) == 5


def test_other_cases_agree_on_little_data(monkeypatch):
    def run_here(function, *, python=None, **arguments):
        module, _, name = function.partition(":")
        return getattr(import_module(module), name)(**arguments) | {"peak_mb": 1.0}

    for module in (_cases, mixture, sinkhorn, start):
        monkeypatch.setattr(module, "run_alone", run_here)
    monkeypatch.setattr(mixture, "SWEEPS", 2)
    monkeypatch.setattr(start, "TIMES", 1)
    monkeypatch.setattr(_bandwidth, "NUMBERS", 1000)
    monkeypatch.setattr(sinkhorn, "has_module", lambda python, name: False)
    monkeypatch.setitem(_cases.MIXTURE, "quick", 500)
    monkeypatch.setitem(_cases.REFIT, "quick", 600)
    monkeypatch.setitem(_cases.TRANSPORT, "quick", [(300, 3)])
    rows = list(_cases.rows(["mixture", "refit", "sinkhorn"], quick=True, pythons={}))
    assert [row["agrees"] > 0.9 for row in rows] == [True] * len(rows)
    assert {"weaklabel update", "scikit-learn GaussianMixture"} <= {row["system"] for row in rows}
    assert rows[-1]["bandwidth_share"] > 0
