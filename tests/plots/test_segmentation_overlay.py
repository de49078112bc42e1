import numpy as np
import pandas as pd
import pytest

import weaklabel as wl
from weaklabel.plots import segmentation_overlay


def shares(height, width, n_classes=3):
    """Certain classes in columns from left to right."""
    best = np.arange(width) * n_classes // width
    return pd.DataFrame(
        np.tile(np.eye(n_classes)[best], (height, 1)),
        columns=[f"class {k}" for k in range(n_classes)],
    )


def test_the_map_covers_the_image():
    ax = segmentation_overlay(np.zeros((4, 6)), shares(4, 6), alpha=0.4)
    image, layer = ax.images
    assert image.get_extent() == layer.get_extent()
    drawn = np.asarray(layer.get_array())
    assert drawn.shape == (4, 6, 4)
    np.testing.assert_allclose(drawn[..., 3], 0.4)
    assert (drawn[:, :2] == drawn[0, 0]).all()
    assert (drawn[:, 2] != drawn[:, 1]).any()
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts == ["class 0 33 %", "class 1 33 %", "class 2 33 %"]


def test_where_the_model_is_unsure_the_image_shows_through():
    frame = shares(2, 2, 2)
    frame.iloc[0] = [0.5, 0.5]
    frame.iloc[1] = [0.25, 0.75]
    layer = np.asarray(
        segmentation_overlay(np.zeros((2, 2, 3)), frame, alpha=1).images[1].get_array()
    )
    np.testing.assert_allclose(layer[..., 3], [[0, 0.5], [1, 1]])


@pytest.mark.parametrize("step", [1, 2, 3])
def test_every_so_many_th_pixel_will_do(step):
    picture = np.zeros((60, 90, 3), dtype=np.uint8)
    height, width = (len(range(step // 2, length, step)) for length in (60, 90))
    ax = segmentation_overlay(picture, shares(height, width))
    assert np.asarray(ax.images[1].get_array()).shape[:2] == (height, width)


def test_a_posterior_will_do_and_many_classes_have_distinct_colors():
    names = [f"class {k}" for k in range(12)]
    evidence = wl.Evidence(range(4), classes=names)
    scores = 50 * np.eye(12)[[0, 0, 1, 11]]
    ax = segmentation_overlay(np.zeros((2, 2)), wl.Independent().solve(scores, evidence))
    layer = np.asarray(ax.images[1].get_array())
    assert len(np.unique(layer.reshape(4, 4), axis=0)) == 3
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts == ["class 0 50 %", "class 1 25 %", "class 11 25 %"]


def test_pixels_that_do_not_fill_the_image_are_refused():
    with pytest.raises(ValueError, match="25 pixels do not fill an image of 4 x 6"):
        segmentation_overlay(np.zeros((4, 6)), shares(5, 5))
    with pytest.raises(ValueError, match="this array has 4 dimensions"):
        segmentation_overlay(np.zeros((1, 4, 6, 3)), shares(4, 6))
