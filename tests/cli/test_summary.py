"""``weaklabel summary``."""

import io
import json

import pandas as pd
import pytest

import weaklabel as wl
from weaklabel.cli._table import summary_json, summary_text, text_table

NAMES = ["channel", "money", "song", "short", "all sources"]


def test_text(folder, run):
    code, out, err = run("summary", "task.py", "comments.csv")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == [
        *["source", "votes", "for", "votes"],
        *["coverage", "overlaps", "conflicts"],
    ]
    assert lines[2].split() == ["channel", "spam", "5", "50.0%", "40.0%", "20.0%"]
    assert lines[-1].split()[-4:] == ["15", "90.0%", "60.0%", "20.0%"]
    assert max(map(len, lines)) <= 80


def test_csv_and_json_hold_the_whole_table(folder, run, comments):
    code, out, _ = run("summary", "task.py", "comments.csv", "--format", "csv", "--gold", "label")
    table = pd.read_csv(io.StringIO(out), index_col="source")
    assert code == 0
    assert table.index.tolist() == NAMES
    assert table.loc["channel", ["correct", "incorrect"]].tolist() == [5, 0]
    assert table.loc["all sources", "polarity"] == "ham|spam"
    code, out, _ = run("summary", "task.py", "comments.csv", "--format", "json")
    records = json.loads(out)
    assert [record["source"] for record in records] == NAMES
    assert records[-1]["polarity"] == ["ham", "spam"]
    assert "correct" not in records[0]


def test_gold_is_looked_at_only_when_asked_for_and_hidden_from_functions(folder, run, fails):
    assert "accuracy" not in run("summary", "task.py", "comments.csv")[1]
    out = run("summary", "task.py", "comments.csv", "--gold", "label")[1]
    assert "accuracy" in out
    assert "precision[spam]" in out
    cheat = "FUNCTIONS.append(labeling_function(lambda row: row.label, name='cheat'))\n"
    (folder / "task.py").write_text((folder / "task.py").read_text() + cheat)
    message = fails("summary", "task.py", "comments.csv", "--gold", "label")
    assert "'cheat' failed for item 0: AttributeError: the frame has no column 'label'" in message


def test_gold_that_is_not_there(folder, fails):
    message = fails("summary", "task.py", "comments.csv", "--gold", "truth")
    assert "has no column 'truth' for --gold. Its columns are 'id', 'text', 'label'" in message


def test_gold_in_other_words(folder, fails, comments):
    comments.assign(label="SPAM").to_csv("comments.csv", index=False)
    message = fails("summary", "task.py", "comments.csv", "--gold", "label")
    assert "Gold holds 'SPAM' at 10 items" in message


def test_a_typo_in_gold_is_no_further_class(folder, fails, comments):
    typo = comments.assign(label=comments["label"].replace("spam", "Spam"))
    typo.to_csv("typo.csv", index=False)
    message = fails("summary", "task.py", "typo.csv", "--gold", "label")
    assert "Gold holds 'Spam'" in message
    assert "the classes are" in message


@pytest.mark.parametrize("data", [[], ["comments.csv"]])
def test_columns_that_functions_miss_are_named(folder, fails, data, comments):
    comments.rename(columns={"text": "words"}).to_csv("comments.csv", index=False)
    load = "\nimport pandas\ndef load(): return pandas.read_csv('comments.csv')\n"
    (folder / "task.py").write_text((folder / "task.py").read_text() + load)
    message = fails("summary", "task.py", *data)
    assert "has no column 'text'; its columns are 'id', 'words', 'label'" in message
    assert "--on-error abstain" in message
    assert "on_error" not in message


def test_columns_are_named_where_a_column_function_misses_one(folder, fails):
    odd = (
        "FUNCTIONS = [labeling_function(lambda frame: frame['odd'], vectorized=True, name='odd')]\n"
    )
    (folder / "task.py").write_text((folder / "task.py").read_text() + odd)
    message = fails("summary", "task.py", "comments.csv")
    assert "The columns of the data are 'id', 'text', 'label'." in message


def test_faults_can_abstain(folder, run):
    bad = "FUNCTIONS.append(labeling_function(lambda row: row.id + 1, name='bad'))\n"
    (folder / "task.py").write_text((folder / "task.py").read_text() + bad)
    code, out, err = run("summary", "task.py", "comments.csv", "--on-error", "abstain")
    assert code == 0
    assert "'bad' failed on 10 of 10 items and abstains there" in err
    assert out.splitlines()[0].endswith("faults")
    assert out.splitlines()[6].split() == ["bad", "0", "0.0%", "0.0%", "0.0%", "10"]


def test_other_processes_run_functions_of_a_task_file(folder, run):
    one = run("summary", "task.py", "comments.csv")
    wl.clear_cache()
    assert run("summary", "task.py", "comments.csv", "--n-jobs", "2") == one


def test_many_classes_are_counted():
    classes = [f"class {k}" for k in range(6)]
    said = pd.DataFrame({"a": classes, "b": classes})
    text = summary_text(wl.summary(said, gold=said["a"]), classes)
    assert "6 classes" in text
    assert "Precision and recall of each class: --format csv." in text


def test_near_copies_are_told():
    case = wl.datasets.correlated_copies(n_items=2000, random_state=0)
    table = wl.summary(case.votes)
    copies = {name: others for name, others in table["near_copies"].items() if others}
    sentence = summary_text(table, case.classes).splitlines()[-1]
    assert sentence.startswith("Near-copies: ")
    assert sentence.count(" = ") == sum(map(len, copies.values())) / 2 > 0


def test_sets_are_written_out():
    votes = pd.DataFrame({"a": [{"x", "y"}, "x", None], "b": ["x", "z", None]}, dtype=object)
    table = wl.summary(votes)
    assert "{x, y}" in summary_text(table, ["x", "y", "z"])
    assert json.loads(summary_json(table))[0]["polarity"] == ["x", ["x", "y"]]


def test_values_that_are_not_there():
    votes = pd.DataFrame({"a": ["x", None], "b": [None, None], "c": ["y", "y"]}, dtype=object)
    table = wl.summary(votes, gold=["x", "y"])
    assert json.loads(summary_json(table))[1]["empirical_accuracy"] is None
    assert summary_text(table, ["x", "y"]).splitlines()[3].split()[-1] == "-"


def test_text_tables_align():
    assert text_table(["", "n"], [["a", "1"], ["bc", "10"]], rule=True).splitlines() == [
        "     n",
        "--  --",
        "a    1",
        "--  --",
        "bc  10",
    ]
