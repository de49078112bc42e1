"""The class of every pixel over the image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from weaklabel.plots._style import TEN, axes, class_colors
from weaklabel.posterior import Posterior

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def segmentation_overlay(
    image: Any,
    posterior: Posterior | pd.DataFrame,
    *,
    alpha: float = 0.55,
    ax: Axes | None = None,
) -> Axes:
    """Draw an image and the most probable class of its pixels over it.

    Parameters
    ----------
    image : array, height x width (x 3)
        Gray or color; of whole numbers up to 255, or of fractions up to 1.
    posterior : Posterior or DataFrame, n_pixels x n_classes
        Of all its pixels in rows from top to bottom; or of every so many-th along both axes, as
        long as its shape is that of the image: the map is stretched over it.
    alpha : float
        How much the map covers where a pixel is certain, 0 to 1. Where the model is unsure the
        image shows through, down to none where all classes are alike.
    ax : matplotlib Axes, optional
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib Axes
        With a legend of the classes that are there, and their shares.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If the pixels do not fill the image.

    Examples
    --------
    >>> shares = pd.DataFrame({"sky": [0.9, 0.8, 0.1, 0.2], "road": [0.1, 0.2, 0.9, 0.8]})
    >>> ax = segmentation_overlay(np.zeros((2, 2, 3)), shares)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['sky 50 %', 'road 50 %']
    """
    from matplotlib.patches import Patch

    image = np.asarray(image)
    frame = posterior.frame() if isinstance(posterior, Posterior) else posterior
    shape = _shape(image, len(frame))
    probabilities = frame.to_numpy()
    ax = axes(ax, 5, 5 * image.shape[0] / image.shape[1])
    extent = (0, image.shape[1], image.shape[0], 0)
    ax.imshow(image, extent=extent, cmap="gray", interpolation="nearest")
    best = probabilities.argmax(axis=1)
    counts = np.bincount(best, minlength=frame.shape[1])
    colors = _colors(counts)
    even = 1 / frame.shape[1]
    sure = (probabilities.max(axis=1) - even) / (1 - even)
    layer = np.column_stack([colors[best], alpha * sure])
    ax.imshow(layer.reshape(*shape, 4), extent=extent, interpolation="nearest")
    patches = [
        Patch(
            color=colors[k],
            alpha=0.5 + alpha / 2,
            label=f"{frame.columns[k]} {100 * counts[k] / len(best):.0f} %",
        )
        for k in np.flatnonzero(counts).tolist()
    ]
    ax.legend(handles=patches, frameon=False, loc="upper left", bbox_to_anchor=(1, 1), fontsize=9)
    ax.set_axis_off()
    return ax


def _colors(counts: np.ndarray) -> np.ndarray:
    """Colors as numbers, n_classes x 3; of many classes those that are there get distinct ones."""
    from matplotlib.colors import to_rgb

    there = np.flatnonzero(counts) if len(counts) > len(TEN) else np.arange(len(counts))
    colors = np.zeros((len(counts), 3))
    colors[there] = [to_rgb(color) for color in class_colors(len(there))]
    return colors


def _shape(image: np.ndarray, n_pixels: int) -> tuple[int, int]:
    """Height and width of the map: those of the image over a whole number.

    Raises
    ------
    ValueError
        If there are none.
    """
    if image.ndim not in {2, 3}:
        message = (
            f"An image is height x width, or height x width x 3; this array has {image.ndim} "
            "dimensions. Pass one image."
        )
        raise ValueError(message)
    height, width = image.shape[:2]
    step = max(round((height * width / max(n_pixels, 1)) ** 0.5), 1)
    shape = -(-height // step), -(-width // step)
    for found in (shape, (height // step, width // step)):
        if found[0] * found[1] == n_pixels:
            return found
    message = (
        f"{n_pixels} pixels do not fill an image of {height} x {width}, nor every so many-th of "
        "its pixels. Probably the posterior holds several images: take the pixels of one."
    )
    raise ValueError(message)
