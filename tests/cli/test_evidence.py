"""Tasks that know more than votes: ``evidence(frame)`` in a task file."""

import pandas as pd
import pytest

import weaklabel as wl
from weaklabel.cli._labeling import evidence_of, known_of, vote
from weaklabel.cli._task import load_task

KNOWS = """

def evidence(comments):
    import weaklabel as wl
    known = wl.Evidence(comments.index, classes=CLASSES)
    dull = {"nothing to see in here at all": "spam"}
    return known.with_candidates(exclude=comments["text"].map(dull))
"""


@pytest.fixture
def add(folder):
    """Add lines to the task, and load it."""

    def append(text):
        file = folder / "task.py"
        file.write_text(file.read_text() + text)
        return load_task("task.py")

    return append


def test_votes_are_added_to_what_is_known(add, comments):
    task = add(KNOWS)
    evidence = evidence_of(task, comments, vote(task, comments))
    assert evidence.summary()["items"].to_dict() == {"votes": 9, "candidates": 1}


def test_labels_respect_it_and_it_is_told(add, folder, run):
    add(KNOWS)
    code, _, err = run("label", "task.py", "comments.csv", "-o", "out.csv", "--index", "id")
    assert code == 0
    labels = pd.read_csv("out.csv", index_col="id")
    assert labels.loc["c07", ["spam", "label"]].tolist() == [0, "ham"]
    assert labels["covered"].all()
    assert "4 functions voted on 9 of 10 items." in err
    assert "Known of 1 of 10 items: candidates (1 with one class left)." in err


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return 7", "TypeError: it returned int, not Evidence. Write return weaklabel.Evidence("),
        (
            "return wl.Evidence([1, 2], classes=CLASSES)",
            "ValueError: its index are 1, 2, not 'c01'",
        ),
        (
            "return wl.Evidence(frame.index, classes=['a', 'b'])",
            "its classes are 'a', 'b', not 'ham'",
        ),
        (
            "return frame['no']",
            r"KeyError: 'no' (line 20: def evidence(frame): return frame['no'])",
        ),
    ],
)
def test_evidence_that_is_wrong(add, folder, fails, body, message):
    add(f"import weaklabel as wl\ndef evidence(frame): {body}\n")
    found = fails("label", "task.py", "comments.csv", "-o", "out.csv", "--index", "id")
    assert found.startswith("weaklabel: error: evidence() of 'task.py' raised ")
    assert message in found


def test_a_task_may_have_no_functions(folder, fails):
    (folder / "silent.py").write_text("CLASSES = ['ham', 'spam']\n" + KNOWS)
    task = load_task("silent.py")
    assert task.functions == []
    message = fails("summary", "silent.py", "comments.csv")
    assert "Task 'silent.py' has no FUNCTIONS, so that there are no votes to sum up." in message


def test_what_is_known_is_said_part_by_part(folder, comments):
    (folder / "silent.py").write_text("CLASSES = ['ham', 'spam']\n" + KNOWS)
    task = load_task("silent.py")
    votes = vote(task, comments)
    assert votes.shape == (10, 0)

    class Known:
        frame, evidence = comments, evidence_of(task, comments, votes)

    Known.votes = votes
    assert known_of(Known) == ["Known of 1 of 10 items: candidates (1 with one class left)."]
    assert isinstance(Known.evidence, wl.Evidence)


GROUPS = """

def evidence(comments):
    import weaklabel as wl
    half = comments["text"].str.len().gt(22).map({True: "long", False: "short"})
    counts = wl.Count("spam", number={"long": 3, "short": 2})
    known = wl.Evidence(comments.index, classes=CLASSES).with_bags(half, counts)
    return known.with_features(comments["text"].str.len().rename("length").to_frame())
"""


@pytest.mark.parametrize("votes", [True, False])
def test_counts_of_groups_with_and_without_votes(add, folder, run, votes):
    if not votes:
        (folder / "task.py").write_text("CLASSES = ['ham', 'spam']\n")
    add(GROUPS)
    options = ["--index", "id", "--report", "report.html"]
    code, _, err = run("label", "task.py", "comments.csv", "-o", "out.csv", *options)
    assert code == 0
    assert "Known of 10 of 10 items: bags (2 bags: Count of 'spam')." in err
    assert "Known of 10 of 10 items: features (1 features)." in err
    labels = pd.read_csv("out.csv", index_col="id")
    groups = pd.read_csv("comments.csv", index_col="id")["text"].str.len().gt(22)
    assert labels["spam"].groupby(groups).sum().tolist() == pytest.approx([2, 3], abs=1e-6)
    text = (folder / "report.html").read_text()
    assert "items off what is stated of bags" in text
    assert text.count("<img") == 3 * votes + 1
    assert ("Votes in pictures" in text) == votes
