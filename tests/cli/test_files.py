"""Reading items and writing tables."""

import io
import json
import os
import stat
import sys

import pandas as pd
import pytest

from weaklabel.cli._errors import CommandError
from weaklabel.cli._files import (
    check_format,
    check_outputs,
    read_items,
    replacing,
    write_table,
)
from weaklabel.cli._task import load_task


@pytest.fixture
def task(folder):
    return load_task("task.py")


@pytest.fixture
def standard_input(monkeypatch):
    def give(text):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    return give


# ---- reading --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "CSV"])
def test_every_format_gives_the_same_items(task, folder, comments, kind):
    name = f"items.{kind}"
    write = {
        "csv": lambda: comments.to_csv(name, index=False),
        "jsonl": lambda: comments.to_json(name, orient="records", lines=True),
        "parquet": lambda: comments.to_parquet(name),
    }
    write[kind.lower()]()
    frame = read_items(task, name, "id")
    assert frame.index.tolist() == comments["id"].tolist()
    assert frame.index.name == "id"
    assert frame["text"].tolist() == comments["text"].tolist()
    assert "id" in frame  # functions may read it


def test_rows_are_numbered_without_an_index(task):
    assert read_items(task, "comments.csv").index.tolist() == list(range(10))


def test_the_index_stored_in_parquet_is_kept(task, comments):
    comments.set_index("id").to_parquet("items.parquet")
    assert read_items(task, "items.parquet").index[0] == "c01"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["007", "7"], ["007", "7"]),
        (["1", "20"], [1, 20]),
        (["1.0", "2"], ["1.0", "2"]),
        (["123456789012345678901234", "1"], ["123456789012345678901234", "1"]),
    ],
)
def test_names_in_csv_stay_as_they_are_written(task, folder, names, expected):
    pd.DataFrame({"id": names, "text": "x"}).to_csv("items.csv", index=False)
    assert read_items(task, "items.csv", "id").index.tolist() == expected


def test_strings_in_json_stay_strings(task, folder):
    row = {"id": "007", "date": "2020-01-01", "text": "12"}
    (folder / "items.jsonl").write_text(json.dumps(row) + "\n")
    frame = read_items(task, "items.jsonl", "id")
    assert frame.index.tolist() == ["007"]
    assert frame.iloc[0].tolist() == ["007", "2020-01-01", "12"]


@pytest.mark.parametrize(
    "text",
    ["id,text\na,hello\nb,you\n", '{"id": "a", "text": "hello"}\n{"id": "b", "text": "y"}\n'],
)
def test_standard_input_is_csv_or_json(task, standard_input, text):
    standard_input(text)
    assert read_items(task, "-", "id").index.tolist() == ["a", "b"]


def test_the_task_brings_its_own_data():
    assert len(read_items(load_task("labeling_functions.youtube_spam"), None)) == 1_956


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "'items.csv' cannot be read as csv: No columns to parse.*not in UTF-8"),
        (b'a,b\n1,2\n1,2,3,4\n"', "'items.csv' cannot be read as csv:"),
        (b"text\n\xff\xfe\n", "'items.csv' cannot be read as csv:.*utf-8"),
        (b"id,text\n", "'items.csv' has no rows, so that there is nothing to label"),
        (b"id,text\na,x\na,y\nb,z\n", "column 'id' names 1 items more than once: 'a'.*no key"),
        (b"id,text\na,x\n,y\n", "column 'id' is empty in 1 rows"),
        (b"name,text\na,x\n", "has no column 'id' for --index. Its columns are 'name', 'text'"),
    ],
)
def test_what_is_wrong_with_data(task, folder, content, message):
    (folder / "items.csv").write_bytes(content)
    with pytest.raises(CommandError, match=message):
        read_items(task, "items.csv", "id")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no.csv", "There is no file 'no.csv'. Check the path"),
        ("data.xlsx", r"ends in '.xlsx', a format that is not read here. Convert it to .csv"),
        ("data", "ends in '', a format that is not read here"),
    ],
)
def test_files_that_cannot_be_read(task, name, message):
    with pytest.raises(CommandError, match=message):
        read_items(task, name)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            '{"id": 1}\n\n{"id": \n',
            "'items.jsonl' cannot be read as jsonl: line 3: Expecting value",
        ),
        ("[1, 2]\n", "line 1 holds no object such as"),
        ("\n", "'items.jsonl' has no rows"),
    ],
)
def test_what_is_wrong_with_json(task, folder, content, message):
    (folder / "items.jsonl").write_text(content)
    with pytest.raises(CommandError, match=message):
        read_items(task, "items.jsonl")


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_files_that_are_something_else(task, folder, kind):
    (folder / f"items.{kind}").write_bytes(b"id,text\n")
    with pytest.raises(CommandError, match=f"cannot be read as {kind}.*Probably it is cut short"):
        read_items(task, f"items.{kind}")


def test_a_stored_index_must_name_every_item_once(task, comments):
    comments.set_index("label").to_parquet("items.parquet")
    with pytest.raises(CommandError, match="the stored index names 2 items more than once"):
        read_items(task, "items.parquet")


def test_no_data_and_a_task_without_any(task):
    with pytest.raises(CommandError, match=r"No data were given, and task 'task.py' has no load"):
        read_items(task, None)


# ---- writing --------------------------------------------------------------------------------


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "ham": [0.1, 1 / 3],
            "label": pd.Categorical(["ham", None], ["ham", "spam"]),
            "covered": [True, False],
        },
        index=pd.Index(["é", "b"], name="id"),
    )


READ = {
    "csv": lambda name: pd.read_csv(name, index_col="id"),
    "jsonl": lambda name: pd.read_json(name, lines=True, precise_float=True).set_index("id"),
    "parquet": pd.read_parquet,
}


@pytest.mark.parametrize("kind", READ)
def test_tables_come_back(folder, table, kind):
    write_table(table, f"out.{kind}")
    found = READ[kind](f"out.{kind}")
    assert found.index.tolist() == ["é", "b"]
    assert found["ham"].tolist() == pytest.approx([0.1, 1 / 3], abs=1e-14)
    assert found["label"].iloc[0] == "ham"
    assert pd.isna(found["label"].iloc[1])
    assert found["covered"].tolist() == [True, False]


def test_an_index_without_a_name_is_called_row(table, capsys):
    write_table(table.reset_index(drop=True), "-")
    assert capsys.readouterr().out.splitlines()[:2] == ["row,ham,label,covered", "0,0.1,ham,True"]


def test_a_file_is_replaced_as_a_whole_or_not_at_all(folder):
    (folder / "out.txt").write_text("old")

    def write_half():
        with replacing("out.txt") as temporary:
            temporary.write_text("ha")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert (folder / "out.txt").read_text() == "old"
    assert sorted(os.listdir(folder)) == ["comments.csv", "out.txt", "task.py"]
    with replacing("out.txt") as temporary:
        temporary.write_text("new")
    assert (folder / "out.txt").read_text() == "new"
    assert sorted(os.listdir(folder)) == ["comments.csv", "out.txt", "task.py"]


def test_others_may_read_what_is_written_as_usual(folder, table):
    write_table(table, "out.csv")
    (folder / "usual").touch()
    modes = {stat.S_IMODE((folder / name).stat().st_mode) for name in ("out.csv", "usual")}
    assert len(modes) == 1


def test_a_link_stays_a_link(folder, table):
    (folder / "target.csv").touch()
    (folder / "out.csv").symlink_to("target.csv")
    write_table(table, "out.csv")
    assert (folder / "out.csv").is_symlink()
    assert "covered" in (folder / "target.csv").read_text()


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({"--out": "comments.csv"}, "--out comments.csv would replace a file that is read"),
        ({"--out": "./link.csv"}, "would replace a file that is read"),
        ({"--report": "task.py"}, "--report task.py would replace a file that is read"),
        (
            {"--out": "a.csv", "--report": "a.csv"},
            "--report a.csv would replace a file that --out writes",
        ),
        ({"--out": "no/a.csv"}, "--out no/a.csv is in a folder that does not exist"),
        ({"--out": "."}, r"--out \. is a folder"),
    ],
)
def test_outputs_that_are_refused(folder, outputs, message):
    (folder / "link.csv").symlink_to("comments.csv")
    with pytest.raises(CommandError, match=message):
        check_outputs(["task.py", "comments.csv"], outputs)


def test_outputs_that_are_fine(folder):
    check_outputs(["task.py", None], {"--out": "-", "--report": None, "--model": "m.wl"})
    check_outputs(["task.py", "-"], {"--out": "out.csv"})


def test_formats_to_write(folder):
    check_format("--out", "-")
    check_format("--out", "a.PARQUET")
    with pytest.raises(CommandError, match=r"a\.xlsx ends in '\.xlsx', a format that is not wr"):
        check_format("--out", "a.xlsx")
