"""Scenes: drawn as described, and tags are what is in them."""

import numpy as np
import pandas as pd
import pytest

from weaklabel.datasets import scenes
from weaklabel.datasets.scenes import CLASSES, COLORS, NOISE


@pytest.fixture(scope="module")
def pixels():
    return scenes(200, random_state=0)


def test_columns_and_order(pixels):
    assert pixels.shape == (200 * 16 * 16, 8)
    assert pixels.index.name == "pixel"
    place = pixels[["image", "row", "column"]]
    assert place.drop_duplicates().equals(place)
    assert place.equals(place.sort_values(["image", "row", "column"]))
    assert pixels[["row", "column"]].agg(["min", "max"]).to_numpy().tolist() == [[0, 0], [15, 15]]


def test_tags_are_the_classes_in_the_picture(pixels):
    for _, picture in pixels.groupby("image"):
        assert len(set(picture["tags"])) == 1
        assert set(picture["tags"].iloc[0].split()) == set(picture["label"])


def test_pictures_differ_and_every_class_is_in_some_and_not_in_others(pixels):
    tags = pixels.groupby("image")["tags"].first().str.get_dummies(" ")
    assert set(tags) == set(CLASSES)
    assert tags.mean().between(0.1, 0.9).all()
    assert len(tags.drop_duplicates()) > 15


def test_colors_are_those_of_the_class_with_noise(pixels):
    for name, color in COLORS.items():
        seen = pixels.loc[pixels["label"] == name, ["red", "green", "blue"]].astype(float)
        assert np.abs(seen.mean() - np.array(color)).max() < 12  # the light of pictures differs
        assert (seen.std() > NOISE * 0.9).all()


def test_sky_is_above_what_is_below_it(pixels):
    row = pixels.groupby("label", observed=True)["row"].mean()
    assert row["sky"] < row.drop("sky").min()


def test_the_same_random_state_draws_the_same():
    pd.testing.assert_frame_equal(scenes(3, random_state=1), scenes(3, random_state=1))
    assert not scenes(3, random_state=1).equals(scenes(3, random_state=2))


def test_sizes():
    assert len(scenes(3, side=9, random_state=0)) == 3 * 81
    assert len(scenes(0)) == 0
    with pytest.raises(ValueError, match=r"Pictures of 7 pixels have no room.*side=8 or more"):
        scenes(1, side=7)
