import json

import numpy as np
import pytest

from benchmarks.quality import _data

VOTES = {
    "L": np.array([[0, -1], [1, 1], [-1, -1], [0, 1], [1, -1], [1, 0]], np.int8),
    "y": np.array([0, 1, 0, 0, -1, 1], np.int16),
    "split": np.array([0, 2, 0, 2, 0, 1], np.uint8),
}
CROWD = {
    "item": np.array([3, 0, 3, 0, 0]),
    "worker": np.array([7, 7, 9, 9, 9]),
    "label": np.array([1, 0, 1, 0, 1]),
    "y": np.array([0, 1, 1, -1], np.int16),
}


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "votes", {"kind": "votes", "n_classes": 2}, VOTES)
    write(tmp_path / "a_crowd", {"kind": "crowd", "numeric": False, "n_classes": 2}, CROWD)
    write(tmp_path / "numbers", {"kind": "crowd", "numeric": True, "n_classes": None}, CROWD)
    write(tmp_path / "table", {"kind": "table", "n_classes": 2}, {})
    return tmp_path


def write(folder, meta, arrays):
    folder.mkdir()
    (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    np.savez(folder / "votes.npz", **arrays)


def test_finds_sets_of_votes_for_classes_and_no_others(folder):
    assert _data.find(folder) == ["votes", "a_crowd"]
    assert _data.find(folder, ["a_crowd"]) == ["a_crowd"]


def test_refuses_what_is_not_there(folder, tmp_path_factory):
    with pytest.raises(SystemExit, match=r"no set nothing, table; found: a_crowd, votes"):
        _data.find(folder, ["table", "nothing"])
    with pytest.raises(SystemExit, match=r"no vote or crowd set; found: nothing"):
        _data.find(tmp_path_factory.mktemp("empty"))


def test_pools_test_before_validation_before_train_without_what_can_not_be_scored(folder):
    trial = _data.read(folder, "votes", "pooled")
    # rows 1 and 3 are test, 5 validation, 0 train; 2 has no vote and 4 no gold
    np.testing.assert_array_equal(trial.fit_on, VOTES["L"][[1, 3, 5, 0]])
    assert trial.gold.tolist() == [1, 0, 1, 0]
    assert trial.same
    assert trial.fit_evidence().votes.n_votes == 7


def test_splits_into_all_train_rows_and_test_rows(folder):
    trial = _data.read(folder, "votes", "split")
    np.testing.assert_array_equal(trial.fit_on, VOTES["L"][[0, 2, 4]])
    np.testing.assert_array_equal(trial.score_on, VOTES["L"][[1, 3]])
    assert trial.gold.tolist() == [1, 0]
    assert not trial.same


def test_a_crowd_keeps_repeated_votes_and_only_items_with_votes(folder):
    trial = _data.read(folder, "a_crowd", "pooled")
    votes = trial.fit_evidence().votes
    assert (votes.n_items, votes.n_votes, list(votes.sources)) == (2, 5, [7, 9])
    assert trial.gold.tolist() == [0, -1]
    assert not votes.informative_silence.any()
    assert _data.read(folder, "a_crowd", "split") is None


def test_a_set_without_test_gold_has_no_split(folder):
    write(folder / "blind", {"kind": "votes", "n_classes": 2}, VOTES | {"y": np.full(6, -1)})
    assert _data.read(folder, "blind", "split") is None
