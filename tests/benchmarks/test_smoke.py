import inspect
import math

import numpy as np
import pytest

from benchmarks import _results, smoke
from benchmarks.quality import label_models
from benchmarks.quality._models import AS_PUBLISHED, TRIPLETS, our_models
from benchmarks.speed import __main__ as speed
from benchmarks.speed import _cases, _systems, _votes
from weaklabel import models

OURS = {"weaklabel": "this"}
TINY = {"n_items": 60}


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sets")
    smoke.write_sets(folder)
    return folder


@pytest.fixture
def in_process(monkeypatch):
    """Small votes, and no processes of their own."""
    small = {
        "majority": {"draw": "labeling_functions"} | TINY,
        "crowd": {"draw": "crowd", "n_sources": 10} | TINY,
    }
    for name, data in small.items():
        case = _cases.CASES[name]
        monkeypatch.setitem(
            _cases.CASES,
            name,
            _cases.Case(title=case.title, full=data, quick=data, systems=case.systems),
        )

    def run_here(function, *, python=None, **plan):
        if function == "benchmarks.speed._votes:write":
            return _votes.write(**plan)
        assert function == "benchmarks.speed._systems:measure"
        return _systems.timed(**plan) | {"peak_mb": 1.0}

    monkeypatch.setattr(_cases, "run_alone", run_here)
    monkeypatch.setattr(_cases, "pythons", lambda peer: OURS)


def test_every_label_model_is_found():
    kinds = [getattr(models, name) for name in models.__all__]
    members = {
        kind.__name__
        for kind in kinds
        if inspect.isclass(kind)
        and issubclass(kind, models.BaseLabelModel)
        and "votes" in getattr(kind, "_uses", {"votes"})
    }
    assert set(our_models()) == members - {"BaseLabelModel"} | {AS_PUBLISHED, TRIPLETS}


def test_scores_every_model_on_every_set(sets, tmp_path, capsys):
    out = tmp_path / "table.csv"
    assert label_models.main(["--data", str(sets), "--out", str(out)]) == 0
    assert out.read_text(encoding="utf-8").startswith("# 20")
    table = _results.read(out)
    assert list(table.columns) == label_models.COLUMNS
    assert set(table["set"]) == {"comments", "many_classes", "workers"}
    assert len(table) == 3 * len(our_models())
    assert table[["accuracy", "f1", "brier", "log_loss", "ece", "seconds"]].notna().all(axis=None)
    printed = capsys.readouterr().out
    assert "mean of all vote sets" in printed
    assert "LabelModel minus MajorityVote" in printed


def test_checks_fail_where_nothing_can_be_checked(sets, capsys):
    chosen = ["--data", str(sets), "--models", "OneCoin", "--check"]
    assert label_models.main(chosen) == 1
    assert "0 of 0 checks met" in capsys.readouterr().out


def test_checks_pass_where_the_label_model_does_not_lose(sets, capsys):
    chosen = ["--data", str(sets), "--models", "LabelModel", "MajorityVote", "--check"]
    assert label_models.main(chosen) == 0
    assert "3 of 3 checks met" in capsys.readouterr().out


def test_the_split_leaves_out_sets_without_one(sets, capsys):
    chosen = ["--data", str(sets), "--models", "MajorityVote", "--protocol", "split"]
    assert label_models.main(chosen) == 0
    assert "workers: has no train and test votes" in capsys.readouterr().out


def test_unknown_models_are_refused(sets):
    with pytest.raises(SystemExit, match=r"no model Nonsense; there are MajorityVote, "):
        label_models.main(["--data", str(sets), "--models", "Nonsense"])


def test_times_cases(in_process, tmp_path):
    out = tmp_path / "table.csv"
    assert speed.main(["--quick", "--cases", "majority", "crowd", "--out", str(out)]) == 0
    table = _results.read(out)
    assert list(table.columns) == _cases.COLUMNS
    assert table["system"].str.startswith("weaklabel").all()
    assert len(table) == 4
    assert table["agrees"].between(0.5, 1).all()
    assert table["ratio_to_ours"].iloc[0] == 1


def test_a_failure_is_a_row_with_its_reason(in_process, monkeypatch):
    def fail(function, **plan):
        msg = "long story\nMemoryError: too much"
        if function == "benchmarks.speed._systems:measure":
            raise RuntimeError(msg)

    monkeypatch.setattr(_cases, "run_alone", fail)
    row = next(_cases.rows(["majority"], quick=True, pythons=OURS))
    assert row["note"] == "MemoryError: too much"
    assert math.isnan(row["seconds"])
    assert math.isnan(row["agrees"])
    assert speed.main(["--quick", "--cases", "majority"]) == 1


@pytest.mark.parametrize(
    "votes",
    [
        _votes.labeling_functions(2000),
        _votes.crowd(2000),
        _votes.many_sources(200, 100),
    ],
    ids=["labeling_functions", "crowd", "many_sources"],
)
def test_votes_are_drawn_once_a_pair_and_sorted_by_item(votes):
    pairs = np.stack([votes["item"], votes["source"]])
    assert np.unique(pairs, axis=1).shape == pairs.shape
    assert (np.diff(votes["item"]) >= 0).all()
    assert votes["label"].min() == 0
    assert votes["label"].max() == votes["n_classes"] - 1
    dense = _votes.matrix(votes)
    assert (dense >= 0).sum() == len(votes["item"])
    assert (dense[votes["item"], votes["source"]] == votes["label"]).all()
