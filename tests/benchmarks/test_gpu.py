"""The benchmark of the GPU runs to its end where there is none."""

import sys
import types

import numpy as np
import pytest

from benchmarks import _results
from benchmarks.speed import gpu


def test_it_runs_without_a_gpu(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(gpu, "WARM_UP", 1)
    monkeypatch.setattr(gpu, "REPEATS", 1)
    out = tmp_path / "table.csv"
    assert gpu.main(["--simulate", "--out", str(out)]) == 0
    assert "times mean nothing" in out.read_text(encoding="utf-8").splitlines()[0]
    table = _results.read(out)
    assert table.columns.tolist() == gpu.COLUMNS
    assert len(table) == len(gpu.CASES)
    assert table["agrees"].all()
    assert (table["must_move_mb"] > 0).all()


def test_a_wrong_answer_and_no_case_are_failures(monkeypatch):
    monkeypatch.setattr(gpu, "_difference", lambda found, expected: np.nan)
    monkeypatch.setattr(gpu, "REPEATS", 1)
    assert gpu.main(["--simulate", "--cases", "votes to"]) == 1
    assert gpu.main(["--simulate", "--cases", "no such case"]) == 1


@pytest.mark.parametrize("other", [[1.0, np.nan], [1.0, -np.inf]])
def test_what_is_no_number_differs(other):
    assert gpu._difference([np.array([1.0, 2.0])], [np.array(other)]) == np.inf


def test_peers_that_fail_are_left_out(capsys):
    def fails():
        msg = "CUDA out of memory\nlong story"
        raise RuntimeError(msg)

    work = types.SimpleNamespace(peers={"one": fails, "other": lambda: None})
    name, ms = gpu.fastest(gpu.Pretended(), work)
    assert name == "other"
    assert ms >= 0
    assert "one failed: CUDA out of memory" in capsys.readouterr().err
    assert gpu.fastest(gpu.Pretended(), types.SimpleNamespace(peers={})) == ("", None)


def test_a_card_is_timed_by_its_events(monkeypatch):
    class Event:
        def record(self):
            self.recorded = True

        def synchronize(self):
            assert self.recorded

    cuda = types.SimpleNamespace(
        Event=Event,
        get_elapsed_time=lambda start, end: 2.5,
        runtime=types.SimpleNamespace(getDeviceProperties=lambda number: {"name": b"H200"}),
    )
    kind = type("ndarray", (), {})
    monkeypatch.setitem(sys.modules, "cupy", types.SimpleNamespace(cuda=cuda, ndarray=kind))
    card = gpu.Card()
    assert card.name == "H200"
    assert card.milliseconds(lambda: None) == 2.5
