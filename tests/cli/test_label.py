"""``weaklabel label``."""

import io
import sys

import pandas as pd
import pytest

import weaklabel as wl
from weaklabel.cli._task import load_task

READ = {
    "csv": lambda name: pd.read_csv(name, index_col="id"),
    "jsonl": lambda name: pd.read_json(name, lines=True, precise_float=True).set_index("id"),
    "parquet": pd.read_parquet,
}


@pytest.fixture
def expected(folder, comments):
    """The posterior, made by the library."""
    task = load_task("task.py")
    items = comments.set_index("id")
    votes = wl.apply(task.functions, items, classes=task.classes)
    evidence = wl.Evidence(items.index, classes=pd.Index(task.classes)).with_votes(votes)
    return wl.LabelModel().fit(evidence).posterior(evidence)


@pytest.mark.parametrize("kind", READ)
def test_labels_are_those_of_the_library(folder, run, expected, kind):
    code, out, err = run(
        "label", "task.py", "comments.csv", "-o", f"out.{kind}", "--index", "id", "-q"
    )
    assert (code, out, err) == (0, "", "")
    found = READ[kind](f"out.{kind}")
    assert found.columns.tolist() == ["ham", "spam", "label", "covered"]
    pd.testing.assert_frame_equal(
        found[["ham", "spam"]], expected.frame(), check_names=False, check_index_type=False
    )
    labels = expected.labels()
    assert found["label"].isna().equals(labels.isna())
    assert found["label"].dropna().tolist() == labels.dropna().tolist()
    assert found["covered"].tolist() == expected.covered.tolist()
    assert not found["covered"].all()


def test_what_is_said_about_it(folder, run):
    code, out, err = run("label", "task.py", "comments.csv", "-o", "out.csv")
    assert (code, out) == (0, "")
    said = err.splitlines()
    assert said[0] == "weaklabel: 4 functions voted on 9 of 10 items."
    assert said[1].startswith("weaklabel: Chosen: ")
    assert said[-2].startswith("weaklabel: Labels: ham ")
    assert said[-1] == "weaklabel: wrote labels: out.csv"


def test_from_standard_input_to_standard_output(folder, run, monkeypatch, comments):
    text = comments.to_json(orient="records", lines=True)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    code, out, err = run("label", "task.py", "-", "-o", "-", "--index", "id")
    assert code == 0
    assert pd.read_csv(io.StringIO(out), index_col="id").shape == (10, 4)
    assert "wrote" not in err


def test_the_model_is_saved_and_the_report_written(folder, run, expected):
    argv = ["label", "task.py", "comments.csv", "-o", "out.csv", "--index", "id"]
    code, _, err = run(*argv, "--model", "model.wl", "--report", "report.html")
    assert code == 0
    assert "wrote model: model.wl" in err
    assert "wrote report: report.html" in err
    assert wl.load("model.wl").class_prior_.index.tolist() == ["ham", "spam"]
    assert "love this song" in (folder / "report.html").read_text()


def test_the_task_may_bring_the_data(folder, run):
    load = "\nimport pandas\ndef load(): return pandas.read_csv('comments.csv', index_col='id')\n"
    (folder / "task.py").write_text((folder / "task.py").read_text() + load)
    assert run("label", "task.py", "-o", "out.csv", "-q")[0] == 0
    assert pd.read_csv("out.csv")["id"].tolist()[0] == "c01"


def test_data_are_not_overwritten(folder, fails):
    before = (folder / "comments.csv").read_text()
    assert "would replace a file" in fails("label", "task.py", "comments.csv", "-o", "comments.csv")
    assert (folder / "comments.csv").read_text() == before


def test_formats_are_checked_before_any_work(folder, fails):
    assert "ends in '.txt'" in fails("label", "no.py", "no.csv", "-o", "out.txt")


@pytest.mark.parametrize("name", ["label", "covered", "id"])
def test_classes_named_like_columns_are_refused(folder, fails, name):
    text = (folder / "task.py").read_text().replace('"ham"', f'"{name}"')
    (folder / "task.py").write_text(text)
    message = fails("label", "task.py", "comments.csv", "-o", "out.csv", "--index", "id")
    assert f"A class is named '{name}', like another column of the output. Rename" in message
    assert not (folder / "out.csv").exists()


def test_classes_may_be_numbers(folder, run):
    text = (folder / "task.py").read_text().replace('"ham"', "0").replace('"spam"', "1")
    (folder / "task.py").write_text(text)
    assert run("label", "task.py", "comments.csv", "-o", "out.parquet", "-q")[0] == 0
    found = pd.read_parquet("out.parquet")
    assert found.columns.tolist() == ["0", "1", "label", "covered"]
    assert set(found["label"].dropna()) <= {0, 1}


def test_what_the_model_merged_and_mixed_in_is_told(folder):
    from weaklabel.cli._labeling import about_model

    case = wl.datasets.correlated_copies(n_items=5000, random_state=0)
    evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    lines = about_model(wl.LabelModel(hedge=0.25).fit(evidence))
    assert lines[0].startswith("Chosen: DawidSkene(")
    assert "Plain votes make up 25% of the posterior." in lines
    assert lines[-1].startswith("Counted as one voice: ")
