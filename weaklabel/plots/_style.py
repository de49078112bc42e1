"""Colors and axes that all figures share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# up to seven classes: Okabe and Ito's colors, told apart with every kind of color vision
BLUE, ORANGE, GREEN, PINK = "#0072B2", "#E69F00", "#009E73", "#CC79A7"
SKY, RED, YELLOW, BLACK = "#56B4E9", "#D55E00", "#F0E442", "#000000"
SEVEN = (BLUE, ORANGE, GREEN, PINK, SKY, RED, YELLOW)  # black is for sets of classes
# up to ten: Petroff's (2021), found by search over simulated color vision
TEN = (
    "#3F90DA", "#FFA90E", "#BD1F01", "#94A4A2", "#832DB6",
    "#A96B59", "#E76300", "#B9AC70", "#717581", "#92DADD",
)  # fmt: skip

SILENT = "#F4F4F4"
NEVER = "#D6D6D6"
MIDDLE = "#8C8C8C"
MOST_NAMES = 100  # more names along an axis are not legible


def class_colors(n_classes: int) -> list[Any]:
    """Give every class its color; beyond ten they run through a map of rising lightness."""
    if n_classes <= len(SEVEN):
        return list(SEVEN[:n_classes])
    if n_classes <= len(TEN):
        return list(TEN[:n_classes])
    return list(pyplot().get_cmap("viridis")(np.linspace(0, 1, n_classes)))


def axes(ax: Axes | None, width: float, height: float) -> Axes:
    """Give the Axes to draw on, in a new figure (inches) if there is none, without its frame."""
    drawn: Axes = ax or pyplot().subplots(figsize=(width, height), layout="constrained")[1]
    drawn.spines[["top", "right"]].set_visible(False)
    return drawn


def name_axis(ax: Axes, which: str, names: Any, *, rotation: float = 0) -> None:
    """Write names along the "x" or "y" axis, smaller if there are many, none if far too many."""
    axis = getattr(ax, f"{which}axis")
    if len(names) > MOST_NAMES:
        axis.set_ticks([])
        axis.set_label_text(f"{len(names)} sources")
        return
    size = float(np.interp(len(names), [12, 70], [9, 5.5]))
    axis.set_ticks(np.arange(len(names)), [str(name) for name in names])
    axis.set_tick_params(length=0, labelsize=size, labelrotation=rotation)


def pyplot() -> Any:
    """Import matplotlib's pyplot, or say how to get it."""
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        message = (
            "Figures need matplotlib, which is not installed. It is an extra of this package. "
            "Install it with pip install 'weaklabel[plots]'."
        )
        raise ImportError(message) from error
    return plt
