"""Tell what each pixel of a picture shows, from what is known of whole pictures.

People tag pictures quickly ("sky, grass, a house"), and trace the outlines of things slowly. So
tags are what there is: every class of a picture's tags is somewhere in it, and no other class is.
Which pixel is which follows from colors, since pictures have different tags, and from pixels next
to each other, which mostly show the same.
"""

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.preprocessing import StandardScaler

import weaklabel as wl
from weaklabel.datasets import scenes

CLASSES = ["sky", "water", "grass", "tree", "house", "road"]
GOLD = "label"

COLORS = ["red", "green", "blue"]
ALIKE = 1.0  # by how much two pixels side by side speak for one class, in nats


def next_to_each_other(pixels: pd.DataFrame) -> sparse.csr_array:
    """Join each pixel to the one on its right and the one below, in the same picture."""
    number = pd.Series(np.arange(len(pixels)), pixels.set_index(["image", "row", "column"]).index)
    pairs = []
    for down, right in ((1, 0), (0, 1)):
        place = pixels[["image", "row", "column"]] + [0, down, right]
        other = number.reindex(pd.MultiIndex.from_frame(place)).to_numpy()
        there = np.flatnonzero(~np.isnan(other))
        pairs.append((there, other[there].astype(int)))
    one, other = np.concatenate(pairs, axis=1)
    weights = np.full(len(one), ALIKE)
    return sparse.csr_array((weights, (one, other)), shape=(len(pixels), len(pixels)))


def evidence(pixels: pd.DataFrame) -> wl.Evidence:
    """Say what is known: tags of pictures, colors of pixels, and which are side by side."""
    tags = pixels.groupby("image")["tags"].first().str.split()
    return (
        wl.Evidence(pixels.index, classes=CLASSES)
        .with_bags(pixels["image"], wl.Tags(tags))
        .with_features(features().fit_transform(pixels[COLORS].astype(float)))
        .with_neighbors(next_to_each_other(pixels))
    )


def load() -> pd.DataFrame:
    """Draw forty pictures of 12 by 12 pixels."""
    return scenes(40, side=12, random_state=0)


def features() -> StandardScaler:
    """Scale the colors."""
    return StandardScaler()
