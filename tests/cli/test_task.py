"""Task files: found, run and checked."""

import os

import pytest

from weaklabel.cli._errors import CommandError
from weaklabel.cli._task import load_task


@pytest.fixture
def task(folder):
    """Write a task and load it."""

    def load(text, name="other.py"):
        (folder / name).write_text(text)
        return load_task(name)

    return load


def test_by_path(folder):
    task = load_task("./task.py")
    assert task.classes == ["ham", "spam"]
    assert [function.name for function in task.functions] == ["channel", "money", "song", "short"]
    assert (task.gold, task.load, task.features) == ("label", None, None)


def test_by_module_name():
    task = load_task("labeling_functions.adult_income")
    assert task.classes == ["<=50K", ">50K"]
    assert len(task.load()) == 48_842


def test_a_task_may_import_its_neighbors_and_define_dataclasses(task, folder):
    (folder / "words_of_mine.py").write_text("WORDS = ['free']\n")
    text = """
from __future__ import annotations
from dataclasses import dataclass
from weaklabel.functions import Keywords
from words_of_mine import WORDS

@dataclass
class Pair:
    first: str

CLASSES = ("no", "yes")
FUNCTIONS = (Keywords(WORDS, vote="yes"),)
"""
    assert task(text).classes == ["no", "yes"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FUNCTIONS = [1]\n", "Task 'other.py' has no CLASSES. A task file has"),
        ("CLASSES = ['a', 'b']\n", "Task 'other.py' has no FUNCTIONS. A task file has"),
        ("CLASSES = ['a', 'b']\nFUNCTIONS = []\n", "is not a list with labeling functions"),
        (
            "from weaklabel import Keywords\nCLASSES = ['a', 'b']\n"
            "FUNCTIONS = Keywords('x', vote='a')\n",
            "is not a list with labeling functions",
        ),
        ("CLASSES = 'spam'\nFUNCTIONS = [1]\n", "is 'spam', which is no list of two or more"),
        ("CLASSES = ['a']\nFUNCTIONS = [1]\n", r"is \['a'\], which is no list of two or more"),
        ("CLASSES = ['a', 'a']\nFUNCTIONS = [1]\n", "which is no list of two or more"),
        ("import no_such_thing\n", "imports 'no_such_thing', which is not installed here"),
        ("x = 1\ny = (\n", "is no valid Python: '\\(' was never closed, line 2"),
        ("\nx = 1 / 0\n", r"raised ZeroDivisionError: division by zero \(line 2: x = 1 / 0\)"),
        ("raise SystemExit(3)\n", "raised SystemExit: 3"),
    ],
)
def test_what_is_wrong_with_a_task(task, text, message):
    with pytest.raises(CommandError, match=message):
        task(text)


def test_a_file_that_is_not_there(folder):
    with pytest.raises(CommandError, match=r"There is no task file 'no\.py'.*current folder"):
        load_task("no.py")


def test_a_path_that_is_no_python_file(folder):
    with pytest.raises(CommandError, match="is no Python file"):
        load_task(f".{os.sep}comments.csv")


@pytest.mark.parametrize("name", ["no_such_module", "labeling_functions.no_such_task"])
def test_a_module_that_is_not_there(name):
    with pytest.raises(CommandError, match=f"There is no module '{name}'"):
        load_task(name)


def test_functions_without_the_decorator_are_explained(folder, fails):
    (folder / "bare.py").write_text("CLASSES = ['a', 'b']\nFUNCTIONS = [len]\n")
    assert "the decorator is missing" in fails("summary", "bare.py", "comments.csv")
