"""Ready tasks: every one loads, votes as it says and never looks at gold."""

import warnings
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

import labeling_functions
import weaklabel as wl
from weaklabel.cli._task import load_task
from weaklabel.functions import apply

FOLDER = Path(labeling_functions.__file__).parent
TASKS = sorted(file.stem for file in FOLDER.glob("[!_]*.py"))

VOTING = [name for name in TASKS if "FUNCTIONS" in (FOLDER / f"{name}.py").read_text()]
KNOWING = [name for name in TASKS if "def evidence(" in (FOLDER / f"{name}.py").read_text()]

# Share of items that at least one function votes on. A task that says less is of little use as an
# example; the floors are round numbers below what the tasks reach.
COVERAGE = {"adult_income": 0.8, "youtube_spam": 0.9}


def module(request):
    return import_module(f"labeling_functions.{request.param}")


any_task = pytest.fixture(scope="module", params=TASKS)(module)
task = pytest.fixture(scope="module", params=VOTING)(module)
knowing = pytest.fixture(scope="module", params=KNOWING)(module)


@pytest.fixture(scope="module")
def frame(task):
    return task.load()


@pytest.fixture(scope="module")
def votes(task, frame):
    return apply(task.FUNCTIONS, frame)


def test_there_are_tasks():
    assert set(VOTING) == set(COVERAGE)
    assert set(TASKS) == {*VOTING, *KNOWING}


def test_names_of_the_protocol(task):
    assert len(task.CLASSES) == len(set(task.CLASSES)) >= 2
    names = [function.name for function in task.FUNCTIONS]
    assert 10 <= len(names) == len(set(names))


def test_gold_is_in_the_embedded_data_and_holds_the_classes(any_task):
    assert any_task.load()[any_task.GOLD].cat.categories.tolist() == any_task.CLASSES


def test_the_command_line_loads_every_task(any_task):
    found = load_task(any_task.__name__)
    assert found.classes == any_task.CLASSES
    assert (found.evidence is not None) == any_task.__name__.endswith(tuple(KNOWING))


def test_evidence_is_about_the_frame_and_never_reads_gold(knowing):
    frame = knowing.load()
    evidence = knowing.evidence(frame)
    pd.testing.assert_index_equal(evidence.index, frame.index)
    assert evidence.classes.tolist() == knowing.CLASSES
    assert evidence.votes is None
    assert evidence.candidates is None
    assert evidence.bags
    blind = knowing.evidence(frame.drop(columns=knowing.GOLD))
    for one, other in zip(evidence.bags, blind.bags, strict=True):
        assert one.names.equals(other.names)
        np.testing.assert_array_equal(one.member, other.member)
        for first, second in zip(one.constraints, other.constraints, strict=True):
            np.testing.assert_equal(first.values, second.values)
    np.testing.assert_array_equal(evidence.features, blind.features)


def test_evidence_is_true(knowing):
    """What is stated of bags holds for the true classes."""
    frame = knowing.load()
    evidence = knowing.evidence(frame)
    truth = frame[knowing.GOLD].cat.codes.to_numpy()[:, None] == np.arange(len(knowing.CLASSES))
    with np.errstate(divide="ignore"):
        gold = wl.Independent().solve(np.log(truth.astype(float)), evidence)
    assert wl.violation(evidence, gold) == pytest.approx(0, abs=1e-6)


def test_evidence_of_some_rows_and_of_new_ones(knowing):
    some = knowing.load().tail(700)
    evidence = knowing.evidence(some)
    assert len(evidence) == 700
    assert np.isfinite(np.asarray(evidence.features)).all()


def test_published_groups_are_not_small_and_their_shares_whole_per_cent():
    from labeling_functions import adult_shares

    people = adult_shares.load()
    groups = adult_shares.group(people)
    table = adult_shares.shares()
    size = groups.value_counts()
    assert set(table.index) == set(size.index[size >= 30])
    counted = (people["label"] == ">50K").groupby(groups).mean()[table.index]
    np.testing.assert_allclose(table, (100 * counted).round() / 100, atol=1e-12)
    assert groups.isin(table.index).mean() > 0.95


def test_tags_of_pictures_become_pixels():
    """Of planted scenes, nearly all pixels are right, without a pixel that anybody labelled."""
    from labeling_functions import image_tags

    pixels = wl.datasets.scenes(24, side=9, random_state=1)
    gold = pixels.pop("label")
    evidence = replace(image_tags.evidence(pixels), neighbors=None)
    mixture = wl.GaussianMixture(solver=wl.BeliefPropagation(), max_iter=15, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        posterior = mixture.fit(evidence).posterior(evidence)
    assert wl.metrics.accuracy(gold, posterior) > 0.85
    allowed = pixels["tags"].str.get_dummies(" ").reindex(columns=evidence.classes, fill_value=0)
    assert posterior.frame().where(allowed.to_numpy() == 0, 0).to_numpy().max() < 1e-9


def test_pixels_side_by_side_are_joined_in_their_picture_only():
    from labeling_functions import image_tags

    pixels = image_tags.load()
    # another order of rows joins the same pixels
    shuffled = pixels.sample(frac=1, random_state=0)
    for frame in (pixels, shuffled):
        graph = image_tags.next_to_each_other(frame).tocoo()
        assert graph.nnz == 40 * 2 * 12 * 11
        one, other = frame.iloc[graph.row], frame.iloc[graph.col]
        assert (one["image"].to_numpy() == other["image"].to_numpy()).all()
        steps = sum(
            np.abs(one[axis].to_numpy() - other[axis].to_numpy()) for axis in ("row", "column")
        )
        assert (steps == 1).all()


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
