"""The benchmark of tagged tokens on a few planted sentences."""

import json

import numpy as np
import pytest

from benchmarks import _results
from benchmarks.quality import sequences


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    gold = np.tile([0, 0, 1, 2, 0, 1], 60)
    votes = np.where(rng.random((360, 5)) < 0.85, gold[:, None], rng.integers(0, 3, (360, 5)))
    (tmp_path / "planted").mkdir()
    (tmp_path / "planted" / "meta.json").write_text(json.dumps({"n_classes": 3}), encoding="utf-8")
    np.savez(
        tmp_path / "planted" / "votes.npz",
        L=votes.astype(np.int8),
        y=gold,
        sent_ptr=np.arange(0, 361, 6),
        split=np.repeat([0, 2], 30),
    )
    return tmp_path


def test_reads_the_sentences_of_a_part(folder):
    tokens = sequences.read(folder, "planted", sequences.TEST)
    assert tokens.evidence.index.names == ["sentence", "place"]
    assert len(tokens.evidence) == 180
    assert tokens.evidence.index[0] == (30, 0)


def test_an_entity_ends_with_its_sentence_its_type_or_a_new_one():
    tags = np.array([1, 2, 2, 2, 1, 1, 2, 4, 3, 4])
    sentence = np.array([0, 0, 0, 1, 1, 1, 1, 1, 1, 1])
    expected = {(0, 3, 0), (4, 5, 0), (5, 7, 0), (8, 10, 1)}
    assert sequences.entities(tags, sentence) == expected


def test_a_perfect_tagger_scores_one_and_tables_are_written(folder, capsys):
    out = folder / "sequences.csv"
    assert sequences.main(["--data", str(folder), "--sets", "planted", "--out", str(out)]) == 0
    table = _results.read(out).set_index("model")
    assert table.loc["Chain", "f1"] >= table.loc["MajorityVote", "f1"]
    assert table["f1"].between(0.5, 1).all()
    assert "F1 by others" in capsys.readouterr().out


def test_a_chain_worse_than_the_plain_vote_is_noticed(folder, capsys):
    out = folder / "sequences.csv"
    sequences.main(["--data", str(folder), "--sets", "planted", "--out", str(out)])
    table = _results.read(out)
    table.loc[table["model"] == "Chain", "f1"] = 0.0
    assert sequences.report(table, check=True) == 1
    assert "NOT MET  planted: Chain 0.0000, plain vote" in capsys.readouterr().out
    table["set"] = "bc5cdr"
    sequences.report(table, check=False)
    assert "NOT MET  bc5cdr: MajorityVote" in capsys.readouterr().out
