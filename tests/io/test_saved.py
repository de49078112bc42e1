"""Saved models: whole round trips, one step, clear errors, and no code from files."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.validation import check_is_fitted

import weaklabel as wl
from weaklabel import models
from weaklabel.io import saved

MODELS = sorted(
    name
    for name in models.__all__
    if isinstance(getattr(models, name), type)
    and issubclass(getattr(models, name), models.BaseLabelModel)
    and name != "BaseLabelModel"
)
CLASSES = [["ham", "spam"], [3, 1], [False, True], [("a", 1), ("b", 2)], [1, "x"], [0.5, 1.5]]


def evidence(classes=("ham", "spam"), columns=None) -> wl.Evidence:
    """Six sources that saw 400 items; sets too."""
    rng = np.random.default_rng(0)
    classes = list(classes)
    truth = rng.integers(2, size=400)
    frame = pd.DataFrame(index=pd.RangeIndex(400))
    for j, accuracy in enumerate([0.9, 0.8, 0.7, 0.8, 0.6, 0.75]):
        right = rng.random(400) < accuracy
        cells = np.empty(400, dtype=object)
        for i, k in enumerate(np.where(right, truth, 1 - truth)):
            cells[i] = classes[k] if rng.random() < 0.6 else None
        frame[f"s{j}"] = pd.Series(cells, index=frame.index, dtype=object)
    if columns is not None:
        frame.columns = columns
    return wl.Evidence(frame.index, classes=classes).with_votes(frame)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("classes", CLASSES, ids=str)
def test_a_model_predicts_as_it_did(tmp_path, name, classes):
    known = evidence(classes)
    kind = getattr(models, name)
    if "features" in getattr(kind, "_uses", ()):
        known = known.with_features(np.random.default_rng(1).normal(size=(400, 2)))
        known = replace(known, votes=None).with_candidates({0: classes[0], 1: classes[1]})
    model = kind().fit(known)
    model.save(tmp_path / "model.wl")
    again = wl.load(tmp_path / "model.wl")
    assert type(again) is type(model)
    assert repr(again) == repr(model)
    pd.testing.assert_frame_equal(again.predict_proba(known), model.predict_proba(known))
    pd.testing.assert_series_equal(again.predict(known), model.predict(known))
    assert set(vars(again)) == set(vars(model))
    for key, value in vars(model).items():
        same_value(getattr(again, key), value, key)


SAME = {
    pd.Series: pd.testing.assert_series_equal,
    pd.DataFrame: pd.testing.assert_frame_equal,
    pd.Index: lambda found, expected: pd.testing.assert_index_equal(found, expected, exact=True),
    np.ndarray: np.testing.assert_array_equal,
}


def same_value(found, expected, name) -> None:
    """Check that a part came back as what it was."""
    assert type(found) is type(expected) or isinstance(expected, np.generic), name
    compare = next((SAME[kind] for kind in SAME if isinstance(expected, kind)), None)
    if compare is not None:
        compare(found, expected)
    elif isinstance(expected, tuple | list):
        for one, other in zip(found, expected, strict=True):
            same_value(one, other, name)
    elif hasattr(expected, "get_params"):
        assert repr(found) == repr(expected)
    else:
        assert found == expected, name


@pytest.mark.parametrize(
    "columns",
    [
        pd.RangeIndex(6),
        pd.Index([f"w{j}" for j in range(6)], name=("worker", 1)),
        pd.Index([f"w{j}" for j in range(6)], dtype=object),
        pd.Index([f"w{j}" for j in range(6)], dtype="string"),
        pd.Index([1, "a", ("b", 2), 2.5, "d", "c"], tupleize_cols=False),
        pd.MultiIndex.from_product([["a", "b"], [1, 2, 3]]),
    ],
    ids=["range", "named", "object", "string", "mixed", "levels"],
)
def test_names_of_sources_of_any_kind(tmp_path, columns):
    model = models.DawidSkene().fit(evidence(columns=columns))
    model.save(tmp_path / "model.wl")
    again = wl.load(tmp_path / "model.wl")
    assert again.sources_.equals(model.sources_)
    assert again.sources_.names == model.sources_.names
    assert again.sources_.dtype == model.sources_.dtype


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        2.5,
        np.inf,
        -np.inf,
        "text",
        [1, [2]],
        (1, ("a",)),
        {"a": 1, ("b", 2): [None], 3: 4.0},
        np.arange(3),
        np.array([True]),
        np.float32(0.5),
        np.array(2.0),
        pd.Series([1.0, 2.0], index=["a", "b"], name=("x", 1)),
        pd.Index([1, 2], name="n"),
        pd.MultiIndex.from_tuples([("a", 1)], names=["x", None]),
        pd.DataFrame({"a": [1, 2], "b": ["x", None]}),
        pd.DataFrame({"source": [], "other": []}, dtype=object),
        models._em.Ending.CONVERGED,
    ],
    ids=repr,
)
def test_every_value_comes_back(tmp_path, value):
    model = models.MajorityVote().fit(evidence())
    model.extra_ = value
    model.save(tmp_path / "model.wl")
    same_value(wl.load(tmp_path / "model.wl").extra_, value, "extra_")


def test_nan_comes_back(tmp_path):
    model = models.MajorityVote().fit(evidence())
    model.extra_ = [float("nan")]
    model.save(tmp_path / "model.wl")
    assert np.isnan(wl.load(tmp_path / "model.wl").extra_[0])


def test_an_unfitted_model_is_not_saved(tmp_path):
    with pytest.raises(Exception, match="not fitted") as caught:
        models.DawidSkene().save(tmp_path / "model.wl")
    with pytest.raises(type(caught.value)):
        check_is_fitted(models.DawidSkene())
    assert list(tmp_path.iterdir()) == []


# ---- one step ------------------------------------------------------------------------------------


def test_names_that_are_objects_are_refused_and_nothing_is_written(tmp_path):
    known = evidence(classes=[pd.Timestamp("2024"), pd.Timestamp("2025")])
    with pytest.raises(
        TypeError,
        match=r"Timestamp.* cannot be saved: .*numbers, strings, tuples.*rename them to strings",
    ):
        models.MajorityVote().fit(known).save(tmp_path / "model.wl")
    model = models.MajorityVote().fit(evidence())
    model.extra_ = np.array([None])
    with pytest.raises(TypeError, match=r"cannot be saved"):
        model.save(tmp_path / "model.wl")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", [OSError("no space left"), KeyboardInterrupt()], ids=repr)
def test_a_save_that_fails_leaves_the_old_file_alone(tmp_path, monkeypatch, fault):
    path = tmp_path / "model.wl"
    model = models.MajorityVote().fit(evidence())
    model.save(path)
    before = path.read_bytes()

    def broken(*args, **kwargs):
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(saved.np, "save", broken)
        with pytest.raises(type(fault)):
            model.save(path)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["model.wl"]
    model.save(path)
    assert [found.name for found in tmp_path.iterdir()] == ["model.wl"]


def test_a_file_has_the_rights_of_any_new_file(tmp_path):
    (tmp_path / "plain").touch()
    models.MajorityVote().fit(evidence()).save(tmp_path / "model.wl")
    assert (tmp_path / "model.wl").stat().st_mode == (tmp_path / "plain").stat().st_mode


# ---- files that are none -------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path):
    """A saved model."""
    models.DawidSkene().fit(evidence()).save(tmp_path / "model.wl")
    return tmp_path / "model.wl"


def rewritten(path, change=None, **members) -> None:
    """Write a saved model again with another state, or other members."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    state = json.loads(parts["model.json"])
    if change is not None:
        state = change(state)
    parts["model.json"] = json.dumps(state).encode()
    parts |= {name.replace("__", "/"): part for name, part in members.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            if part is not None:
                archive.writestr(name, part)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_short(path, share):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(
        ValueError,
        match=r"model\.wl' is no whole weaklabel model: .*cut short\. Save the model again",
    ):
        wl.load(path)


def test_a_file_with_damage_inside(path):
    with zipfile.ZipFile(path) as archive:
        part = archive.getinfo("model.json")
    whole = bytearray(path.read_bytes())
    # inside the data of a part: its header is 30 bytes and its name
    whole[part.header_offset + 30 + len(part.filename) + part.compress_size // 2] ^= 0xFF
    path.write_bytes(whole)
    with pytest.raises(ValueError, match=r"is no whole weaklabel model: .*(damaged|CRC|magic)"):
        wl.load(path)


def test_other_files(tmp_path):
    path = tmp_path / "other"
    path.write_text("hello")
    with pytest.raises(ValueError, match=r"no whole weaklabel model: File is not a zip file"):
        wl.load(path)
    for members in (
        {"a.txt": "x"},
        {"model.json": "no json"},
        {"model.json": b"\xff"},
        {"model.json": "[]"},
        {"model.json": "{}"},
        {"model.json": '{"format": "other", "version": 1, "model": 1}'},
        {"model.json": '{"format": "weaklabel model", "version": "1", "model": 1}'},
    ):
        with zipfile.ZipFile(path, "w") as archive:
            for name, part in members.items():
                archive.writestr(name, part)
        with pytest.raises(ValueError, match=r"no whole weaklabel model"):
            wl.load(path)
    with pytest.raises(FileNotFoundError):
        wl.load(tmp_path / "none")


def test_files_of_a_later_version(path):
    rewritten(path, lambda state: state | {"version": 99})
    with pytest.raises(
        ValueError,
        match=r"written by a later weaklabel \(format 99; .*up to 1\)\. Update weaklabel",
    ):
        wl.load(path)


def test_arrays_of_objects_are_never_unpickled(path):
    import io

    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    rewritten(path, arrays__0=None, **{"arrays__0.npy": buffer.getvalue()})
    with pytest.raises(
        ValueError, match=r"no whole weaklabel model: Object arrays cannot be loaded"
    ):
        wl.load(path)


def test_a_missing_array_is_told(path):
    rewritten(path, **{"arrays__0.npy": None})
    with pytest.raises(
        ValueError, match=r"cannot rebuild: KeyError\('arrays/0\.npy'\).*fit and save again"
    ):
        wl.load(path)


@pytest.mark.parametrize(
    "model",
    [
        {"named": ["os", "system"], "items": ["true"]},
        {"named": ["weaklabel.io.saved", "load"], "items": ["x"]},
        {"named": ["weaklabel.models._base", "generator"], "items": [0]},
        {"named": ["weaklabel.models._base", "Posterior"], "items": []},
        {"named": ["weaklabel.models.dawid_skene", "pd"], "items": []},
        {"named": ["weaklabel.models._em", "missing"], "items": []},
        {"named": ["weaklabel.models.majority_vote", "NamedTuple"], "items": []},
        {"enum": ["os", "system"], "name": "x"},
        {"enum": ["weaklabel.models._em", "Settings"], "name": "x"},
    ],
    ids=str,
)
def test_names_outside_are_refused(path, model):
    rewritten(path, lambda state: state | {"model": model})
    with pytest.raises(
        ValueError, match=r"A saved model names .* which is none of weaklabel's.*origin you know"
    ):
        wl.load(path)


def test_only_models_are_made(path):
    for name in ("Pipeline", "load", "clone", "Posterior"):
        rewritten(
            path,
            lambda state, name=name: (
                state | {"model": {"estimator": name, "settings": {}, "learned": {}}}
            ),
        )
        with pytest.raises(
            ValueError,
            match=rf"A saved model names '{name}', which is no model of this version\. Update",
        ):
            wl.load(path)


@pytest.mark.parametrize(
    "model",
    [
        {},
        {"strange": 1},
        {"estimator": "MajorityVote"},
        {
            "estimator": "MajorityVote",
            "settings": {"dict": [["later", 1]]},
            "learned": {"dict": []},
        },
        {"named": ["weaklabel.models.none", "x"], "items": []},
        {"enum": ["weaklabel.models._em", "Ending"], "name": "LATER"},
    ],
    ids=str,
)
def test_models_of_another_version_are_told(path, model):
    rewritten(path, lambda state: state | {"model": model})
    with pytest.raises(
        ValueError,
        match=r"model\.wl' holds a model that this version of weaklabel cannot rebuild: .*Load it",
    ):
        wl.load(path)


def test_nothing_learned_replaces_a_method(path):
    rewritten(
        path,
        lambda state: state | {"model": state["model"] | {"learned": {"dict": [["predict", 1]]}}},
    )
    with pytest.raises(ValueError, match=r"cannot rebuild: .*predict"):
        wl.load(path)


class OwnVote(models.MajorityVote):
    """A subclass that `load` does not know."""


def test_what_could_not_be_loaded_is_not_saved(tmp_path):
    with pytest.raises(TypeError, match=r"OwnVote cannot be saved: .*subclass of yours\. Save"):
        OwnVote().fit(evidence()).save(tmp_path / "model.wl")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no folder '.*nowhere' to save .*Create it"):
        models.MajorityVote().fit(evidence()).save(tmp_path / "nowhere" / "model.wl")
