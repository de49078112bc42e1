"""Planted scenes: tags rectify scores (K20); tiles are cut from a folder in the right form."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest

from benchmarks.quality import _scenes, tags_to_pixels


def test_tags_rectify_biased_scores():
    found = {}
    for row in tags_to_pixels._scored(
        _scenes.planted(0), "tags", tags_to_pixels.from_scores(_scenes.planted(0))
    ):
        found[row["method"]] = row
    iou = {method: row["mean_iou"] for method, row in found.items()}
    assert found["argmax"]["out_of_tag"] > 0.1
    assert all(row["out_of_tag"] < 0.01 for method, row in found.items() if method != "argmax")
    assert iou["Tags"] >= iou["argmax"] + 0.2
    assert iou["GaussianMixture, Tags"] >= iou["mask"] + 0.01
    assert iou["GaussianMixture, Tags, shares"] >= iou["GaussianMixture, Tags"]


def test_every_tag_has_a_pixel():
    scenes = _scenes.planted(1)
    solver = tags_to_pixels.BeliefPropagation()
    expected = solver.solve(scenes.scores, scenes.evidence()).probabilities
    counts = np.zeros(scenes.tags.shape)
    np.add.at(counts, scenes.image, expected)
    assert (counts[scenes.tags] >= 1 - 1e-9).all()
    assert (counts[~scenes.tags] == 0).all()


def test_scores_are_those_of_a_hand_made_table():
    scenes = _scenes.planted(0, n_images=2, side=2, n_classes=3)
    scenes = scenes._replace(
        gold=np.array([0, 0, 1, 1, 2, 2, -1, 2]),
        tags=np.array([[True, True, False], [False, False, True]]),
    )
    labels = np.array([0, 1, 1, 1, 2, 0, 1, 2])
    found = tags_to_pixels.score(scenes, labels)
    assert found["accuracy"] == pytest.approx(5 / 7)
    assert found["mean_iou"] == pytest.approx((1 / 3 + 2 / 3 + 2 / 3) / 3)
    assert found["out_of_tag"] == pytest.approx(1 / 7)


@pytest.fixture
def folder(tmp_path):
    """Two pictures whose left half is one class and right half another."""
    image_library = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(0)
    labels = np.zeros((2, 120, 120), dtype=np.uint8)
    labels[:, :, 50:] = 1
    labels[:, :, 90:] = 3  # unlabelled
    packed, offsets = b"", [0]
    for picture in labels:
        color = np.array([[200, 30, 30], [30, 200, 30], [0, 0, 0], [90, 90, 90]])[picture]
        noisy = np.clip(color + rng.normal(scale=20, size=color.shape), 0, 255).astype(np.uint8)
        buffer = io.BytesIO()
        image_library.fromarray(noisy).save(buffer, "jpeg", quality=92)
        packed += buffer.getvalue()
        offsets.append(len(packed))
    home = tmp_path / "street"
    home.mkdir()
    (home / "images.jpgs").write_bytes(packed)
    (home / "meta.json").write_text(
        json.dumps({"n_classes": 3, "class_names": ["red", "green", "never", "Unlabelled"]})
    )
    np.savez(home / "index.npz", labels=labels, offsets=np.array(offsets))
    return tmp_path


def test_the_table_is_written(folder, capsys):
    out = folder / "found.csv"
    arguments = ["--data", str(folder), "--sets", "street", "--tiles", "6", "--seeds", "0"]
    assert tags_to_pixels.main([*arguments, "--out", str(out)]) == 0
    table = _read(out)
    assert table.columns.tolist() == tags_to_pixels.COLUMNS
    best = table.set_index(["setting", "method"])["accuracy"]
    assert best["tags", "GaussianMixture"] > 0.9
    assert best["every pixel", "supervised"] > 0.95
    assert "mean IoU" in capsys.readouterr().out


def _read(path):
    from benchmarks import _results

    return _results.read(path)
