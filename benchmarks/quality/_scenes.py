"""Scenes with a class for every pixel: street tiles, and planted ones; features of pixels."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import ndimage, sparse

import weaklabel as wl

SIDE = 60  # pixels of a tile
STEP = 3  # every third pixel of it, along both axes, is an item
ENOUGH = 0.01  # share of a tile that a class covers to be one of its tags
ACROSS = 0.5  # nats by which neighbors prefer the same class


class Scenes(NamedTuple):
    """Pixels of some images.

    Parameters
    ----------
    features : floating array, n_pixels x n_features
    gold : integer array, n_pixels
        Class of the pixel, -1 where it has none.
    image : integer array, n_pixels
    tags : boolean array, n_images x n_classes
    classes : list of str
    grid : scipy.sparse array, n_pixels x n_pixels
        Weight of every pair of neighbors in an image, once.
    scores : floating array, n_pixels x n_classes, or None
        Scores of a biased classifier, in nats.
    """

    features: np.ndarray
    gold: np.ndarray
    image: np.ndarray
    tags: np.ndarray
    classes: list[str]
    grid: sparse.csr_array
    scores: np.ndarray | None = None

    def evidence(self) -> wl.Evidence:
        """Give what is known: features, and the tags of each image."""
        names = np.array(self.classes, dtype=object)
        tags = {image: set(names[present]) for image, present in enumerate(self.tags)}
        known = wl.Evidence(range(len(self.gold)), classes=self.classes)
        return known.with_features(self.features).with_bags(self.image, wl.Tags(tags))

    def masked(self) -> wl.Evidence:
        """Give what is known, of tags only that others are absent: a mask of every pixel."""
        known = wl.Evidence(range(len(self.gold)), classes=self.classes)
        return known.with_features(self.features).with_candidates(self.allowed())

    def allowed(self) -> np.ndarray:
        """Classes among the tags of its image, n_pixels x n_classes."""
        return self.tags[self.image]


def planted(seed: int, *, n_images: int = 80, side: int = 8, n_classes: int = 6) -> Scenes:
    """Draw images of two classes, and scores that favor some classes everywhere (K20)."""
    rng = np.random.default_rng(seed)
    bias = rng.normal(scale=0.8, size=n_classes)
    gold = np.zeros((n_images, side, side), dtype=np.int64)
    for image in gold:
        present = rng.choice(n_classes, 2, replace=False)
        centers = rng.uniform(0, side, (len(present), 2))
        place = np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="ij"), axis=-1)
        away = ((place[:, :, None, :] - centers) ** 2).sum(axis=-1)
        image[:] = present[away.argmin(axis=-1)]
    hot = np.eye(n_classes)[gold.ravel()]
    scores = 2.2 * hot + bias + rng.normal(size=hot.shape)
    images = np.repeat(np.arange(n_images), side * side)
    tags = np.zeros((n_images, n_classes), dtype=bool)
    tags[images, gold.ravel()] = True
    return Scenes(
        features=scores,
        gold=gold.ravel(),
        image=images,
        tags=tags,
        classes=[f"class {k}" for k in range(n_classes)],
        grid=_grid(n_images, side),
        scores=scores,
    )


def tiles(folder: Path, name: str, seed: int, n_tiles: int) -> Scenes:
    """Cut tiles from random pictures; a tag is a class that covers enough of a tile."""
    meta = json.loads((folder / name / "meta.json").read_text(encoding="utf-8"))
    classes = meta["class_names"][: int(meta["n_classes"])]
    with np.load(folder / name / "index.npz") as index:
        labels, offsets = index["labels"], index["offsets"]
    rng = np.random.default_rng(seed)
    rows, columns = (np.arange(length // SIDE) * SIDE for length in labels.shape[1:])
    chosen = []
    pictures: dict[int, np.ndarray] = {}
    while len(chosen) < n_tiles:
        picture = int(rng.integers(len(labels)))
        corner = picture, int(rng.choice(rows)), int(rng.choice(columns))
        present = _shares(_window(labels, corner), len(classes)) >= ENOUGH
        if present.any() and corner not in chosen:
            chosen.append(corner)
            pictures.setdefault(picture, _picture(folder / name, offsets, picture))
    of_pictures = {picture: pixel_features(pixels) for picture, pixels in pictures.items()}
    middle = slice(STEP // 2, None, STEP)
    parts = [_window(of_pictures[c[0]][None], (0, *c[1:]))[middle, middle] for c in chosen]
    gold = np.stack([_window(labels, corner)[middle, middle] for corner in chosen]).astype(int)
    tags = np.stack([_shares(_window(labels, corner), len(classes)) >= ENOUGH for corner in chosen])
    side = gold.shape[1]
    return Scenes(
        features=np.concatenate([part.reshape(side * side, -1) for part in parts]),
        gold=np.where(gold < len(classes), gold, -1).ravel(),
        image=np.repeat(np.arange(n_tiles), side * side),
        tags=tags,
        classes=classes,
        grid=_grid(n_tiles, side),
    )


def pixel_features(picture: np.ndarray) -> np.ndarray:
    """Describe the pixels of a picture, height x width x n_features.

    Color as it is and smoothed over two widths, edges at two widths, roughness, and place.
    """
    color = picture.astype(np.float64) / 255
    gray = color.mean(axis=2)
    layers = [color]
    for width in (2, 5):
        layers.append(ndimage.gaussian_filter(color, (width, width, 0)))
        edge = ndimage.gaussian_gradient_magnitude(gray, width)
        layers.append(np.log(edge + 1e-3)[:, :, None])
    rough = ndimage.gaussian_filter(gray**2, 3) - ndimage.gaussian_filter(gray, 3) ** 2
    layers.append(np.log(np.maximum(rough, 0) + 1e-5)[:, :, None])
    height, width = gray.shape
    down, right = np.meshgrid(np.linspace(0, 1, height), np.linspace(0, 1, width), indexing="ij")
    return np.concatenate([*layers, down[:, :, None], np.abs(right - 0.5)[:, :, None]], axis=2)


def _window(pictures: np.ndarray, corner: tuple[int, int, int]) -> np.ndarray:
    """Cut one tile."""
    picture, row, column = corner
    return pictures[picture, row : row + SIDE, column : column + SIDE]


def _shares(tile: np.ndarray, n_classes: int) -> np.ndarray:
    """Share of a tile that each class covers, n_classes."""
    return np.bincount(tile.ravel(), minlength=n_classes)[:n_classes] / tile.size


def _picture(folder: Path, offsets: np.ndarray, number: int) -> np.ndarray:
    """Read one of the pictures, which lie one after another in a file."""
    from PIL import Image

    with (folder / "images.jpgs").open("rb") as file:
        file.seek(int(offsets[number]))
        packed = file.read(int(offsets[number + 1] - offsets[number]))
    return np.asarray(Image.open(io.BytesIO(packed)))


def _grid(n_images: int, side: int) -> sparse.csr_array:
    """Neighbors to the right and below, within each image."""
    pixel = np.arange(n_images * side * side).reshape(n_images, side, side)
    one = np.concatenate([pixel[:, :, :-1].ravel(), pixel[:, :-1, :].ravel()])
    other = np.concatenate([pixel[:, :, 1:].ravel(), pixel[:, 1:, :].ravel()])
    weight = np.full(len(one), ACROSS)
    return sparse.csr_array((weight, (one, other)), shape=(pixel.size, pixel.size))


def points(scenes: Scenes, seed: int, n_each: int) -> pd.Series:
    """Gold of a few pixels of each class."""
    rng = np.random.default_rng(seed)
    rows = np.concatenate(
        [
            rng.permutation(np.flatnonzero(scenes.gold == k))[:n_each]
            for k in range(len(scenes.classes))
        ]
    )
    # a class that is too small to be a tag of its image would contradict the tags
    rows = rows[scenes.allowed()[rows, scenes.gold[rows]]]
    return pd.Series(np.array(scenes.classes, dtype=object)[scenes.gold[rows]], index=rows)
