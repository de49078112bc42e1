"""A small task and its data as files, and a way to run commands."""

import sys

import pandas as pd
import pytest

from weaklabel.cli import main

TASK = """
from weaklabel.functions import Keywords, labeling_function

CLASSES = ["ham", "spam"]
GOLD = "label"


@labeling_function
def short(row):
    return "ham" if len(row.text.split()) < 4 else None


FUNCTIONS = [
    Keywords(["subscribe", "channel"], vote="spam", name="channel"),
    Keywords(["free", "money"], vote="spam", name="money"),
    Keywords(["song", "voice"], vote="ham", name="song"),
    short,
]
"""

ROWS = [
    ("c01", "subscribe to my channel", "spam"),
    ("c02", "free money on my channel", "spam"),
    ("c03", "love this song", "ham"),
    ("c04", "her voice and this song are wonderful", "ham"),
    ("c05", "subscribe for free money", "spam"),
    ("c06", "this song makes me cry every time", "ham"),
    ("c07", "nothing to see in here at all", "ham"),
    ("c08", "subscribe now", "spam"),
    ("c09", "what a voice", "ham"),
    ("c10", "my song is on my channel", "spam"),
]


@pytest.fixture
def comments():
    return pd.DataFrame(ROWS, columns=["id", "text", "label"])


@pytest.fixture
def folder(tmp_path, monkeypatch, comments):
    """Current folder with task.py and comments.csv."""
    (tmp_path / "task.py").write_text(TASK)
    comments.to_csv(tmp_path / "comments.csv", index=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))  # task files put their folder there
    return tmp_path


@pytest.fixture
def run(capsys):
    """Run a command: exit code, standard output, standard error."""

    def command(*argv):
        code = main([str(word) for word in argv])
        out, err = capsys.readouterr()
        return code, out, err

    return command


@pytest.fixture
def fails(run):
    """Run a command that must fail with one message, and give the message."""

    def command(*argv):
        code, out, err = run(*argv)
        assert code == 1
        assert out == ""
        assert err.startswith("weaklabel: error: ")
        assert err.count("\n") == 1
        assert "Traceback" not in err
        return err

    return command
