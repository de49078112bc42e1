"""Small pictures drawn from known truth: what is in them is told, where it is is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from weaklabel._check import generator

# mean red, green and blue, 0 to 255
COLORS = {
    "sky": (135, 180, 230),
    "water": (80, 120, 180),
    "grass": (110, 160, 70),
    "tree": (60, 105, 55),
    "house": (180, 110, 90),
    "road": (125, 125, 125),
}
CLASSES = list(COLORS)
SKY, WATER, GRASS, TREE, HOUSE, ROAD = range(6)
NOISE = 22.0  # standard deviation of a pixel around the color of its class, for each color
LIGHT = 0.12  # standard deviation of the light of a picture, as a share

Pixels = npt.NDArray[np.int64]  # side x side, position in CLASSES


def scenes(n_images: int = 60, *, side: int = 16, random_state: Any = None) -> pd.DataFrame:
    """Draw landscapes with noisy colors, what each shows, and what each pixel is of.

    The sky, in most pictures; below it grass or water; in front of these a road, a house, trees,
    each in some of the pictures. Pixels of all classes are so noisy that colors overlap, and some
    pictures are darker than others.

    Parameters
    ----------
    n_images : int
        How many pictures.
    side : int
        Their height and width, in pixels; at least 8.
    random_state : int, Generator, RandomState, SeedSequence or None
        Where the randomness comes from; None draws new pictures every time.

    Returns
    -------
    DataFrame, (n_images * side * side) x 8
        One row a pixel, indexed by `pixel`, picture by picture and row by row:

        - `image`, `row` (from the top) and `column`;
        - `red`, `green`, `blue`, 0 to 255;
        - `tags`: names of all classes that the picture shows, separated by spaces;
        - `label`: the true class of the pixel, Categorical. No model may see it.

    Raises
    ------
    ValueError
        If pictures are too small.

    Examples
    --------
    >>> pixels = scenes(2, side=8, random_state=0)
    >>> pixels.groupby("image")["tags"].first().tolist()
    ['sky grass road', 'grass house']
    """
    if side < 8:
        message = f"Pictures of {side} pixels have no room for things. Use side=8 or more."
        raise ValueError(message)
    rng = generator(random_state)
    drawn = np.zeros((n_images, side, side), dtype=np.int64)
    for picture in drawn:
        picture[:] = _landscape(rng, side)
    light = 1 + LIGHT * rng.standard_normal((n_images, 1, 1, 1))
    color = np.array(list(COLORS.values()))[drawn] * light + NOISE * rng.standard_normal(
        (*drawn.shape, 3)
    )
    image, row, column = (axis.ravel() for axis in np.indices(drawn.shape))
    tags = [" ".join(name for y, name in enumerate(CLASSES) if (one == y).any()) for one in drawn]
    red, green, blue = np.clip(np.rint(color), 0, 255).astype(np.uint8).reshape(-1, 3).T
    frame = {
        "image": image,
        "row": row,
        "column": column,
        "red": red,
        "green": green,
        "blue": blue,
        "tags": np.repeat(np.array(tags, dtype=object), side * side),
        "label": pd.Categorical.from_codes(drawn.ravel(), categories=pd.Index(CLASSES)),
    }
    return pd.DataFrame(frame, pd.RangeIndex(len(image), name="pixel"))


def _landscape(rng: np.random.Generator, side: int) -> Pixels:
    """Draw the classes of one picture, from back to front."""
    picture = np.full((side, side), GRASS if rng.random() < 0.7 else WATER)
    horizon = int(rng.integers(side // 4, side // 2 + 1)) if rng.random() < 0.75 else 0
    picture[:horizon] = SKY
    if rng.random() < 0.45:
        _road(rng, picture, horizon)
    if rng.random() < 0.5:
        _box(rng, picture, horizon)
    for _ in range(rng.integers(1, 4) if rng.random() < 0.5 else 0):
        _crown(rng, picture, horizon)
    return picture


def _road(rng: np.random.Generator, picture: Pixels, horizon: int) -> None:
    """Draw a road that comes towards the viewer, wider below."""
    side = len(picture)
    start, end = rng.uniform(0.2, 0.8, 2) * side
    for row in range(horizon, side):
        near = (row - horizon + 1) / (side - horizon)
        middle, half = start + (end - start) * near, 0.5 + 0.18 * side * near
        picture[row, max(0, int(middle - half)) : int(middle + half) + 1] = ROAD


def _box(rng: np.random.Generator, picture: Pixels, horizon: int) -> None:
    """Draw a house whose foot is below the horizon."""
    side = len(picture)
    height, width = rng.integers(side // 4, side // 2 + 1, 2)
    foot = int(rng.integers(max(horizon, height), side))
    left = int(rng.integers(0, side - width + 1))
    picture[foot - height : foot, left : left + width] = HOUSE


def _crown(rng: np.random.Generator, picture: Pixels, horizon: int) -> None:
    """Draw a round tree around the horizon or below."""
    side = len(picture)
    radius = rng.uniform(1.2, side / 6)
    row, column = rng.uniform(max(horizon - radius, 0), side - 1), rng.uniform(0, side - 1)
    rows, columns = np.indices(picture.shape)
    picture[(rows - row) ** 2 + (columns - column) ** 2 <= radius**2] = TREE
