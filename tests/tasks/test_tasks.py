"""Ready tasks: every one loads, votes as it says and never looks at gold."""

from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
from sklearn.base import clone

import labeling_functions
from weaklabel.functions import apply

FOLDER = Path(labeling_functions.__file__).parent
TASKS = sorted(file.stem for file in FOLDER.glob("[!_]*.py"))

# Share of items that at least one function votes on. A task that says less is of little use as an
# example; the floors are round numbers below what the tasks reach.
COVERAGE = {"adult_income": 0.8, "youtube_spam": 0.9}


@pytest.fixture(scope="module", params=TASKS)
def task(request):
    return import_module(f"labeling_functions.{request.param}")


@pytest.fixture(scope="module")
def frame(task):
    return task.load()


@pytest.fixture(scope="module")
def votes(task, frame):
    return apply(task.FUNCTIONS, frame)


def test_there_are_tasks():
    assert set(TASKS) == set(COVERAGE)


def test_names_of_the_protocol(task):
    assert len(task.CLASSES) == len(set(task.CLASSES)) >= 2
    names = [function.name for function in task.FUNCTIONS]
    assert 10 <= len(names) == len(set(names))


def test_gold_is_in_the_embedded_data_and_holds_the_classes(task, frame):
    assert frame[task.GOLD].cat.categories.tolist() == task.CLASSES


def test_votes_are_on_the_index_of_the_data(task, frame, votes):
    pd.testing.assert_index_equal(votes.index, frame.index)
    assert votes.columns.tolist() == [function.name for function in task.FUNCTIONS]


def test_every_function_votes_and_for_its_classes_only(task, votes):
    for name, column in votes.items():
        said = set(column.dropna().unique())
        assert said, f"{name} never votes"
        assert said <= set(task.CLASSES), f"{name} votes for {said - set(task.CLASSES)}"


def test_no_function_votes_on_everything(votes):
    assert (votes.notna().mean() < 1).all()


def test_every_class_has_several_functions(task, votes):
    for class_ in task.CLASSES:
        assert (votes == class_).any().sum() >= 3


def test_coverage_is_above_its_floor(task, votes):
    assert votes.notna().any(axis=1).mean() > COVERAGE[task.__name__.rpartition(".")[2]]


def test_no_function_fails(votes):
    assert sum(votes.attrs["faults"].values()) == 0


def test_no_function_reads_gold(task, frame, votes):
    blind = apply(task.FUNCTIONS, frame.drop(columns=task.GOLD))
    pd.testing.assert_frame_equal(blind, votes)


def test_votes_do_not_depend_on_the_other_items(task, frame, votes):
    some = frame.sample(500, random_state=0)
    voted = apply(task.FUNCTIONS, some)
    for name in votes:
        assert voted[name].astype(object).equals(votes.loc[some.index, name].astype(object))


def test_features_are_fresh_and_blind(task, frame):
    features = clone(task.features())
    some = frame.drop(columns=task.GOLD).sample(1_000, random_state=0)
    matrix = features.fit_transform(some)
    assert matrix.shape[0] == len(some)
    assert matrix.shape[1] > len(frame.columns)
    # what was not seen in fitting does not stop it
    assert features.transform(frame.drop(columns=task.GOLD)).shape == (len(frame), matrix.shape[1])
    assert task.features() is not task.features()
