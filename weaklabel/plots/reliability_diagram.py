"""Whether items that are 80 % sure are right in 80 % of the cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from weaklabel.analysis import ece, reliability
from weaklabel.plots._style import MIDDLE, axes, class_colors

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROOM = 0.2  # part of the height that the counts may take


def reliability_diagram(
    gold: Any, probabilities: Any, *, bins: int = 10, ax: Axes | None = None
) -> Axes:
    """Draw accuracy against confidence, bin by bin, with the number of items in each.

    Parameters
    ----------
    gold : Series or array, n_items
        Gold classes; missing ones are left out.
    probabilities : Posterior, DataFrame or array, n_items x n_classes, or a dict of them by name
        Ties count in expectation, see `weaklabel.analysis.metrics`.
    bins : int
        Number of equal bins of the top probability.
    ax : matplotlib Axes, optional
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib Axes
        One line for each of `probabilities`: points above the diagonal are too modest, points
        below it too sure; large points stand for many items. Bars at the bottom show how many
        items a bin has. The expected calibration error stands in the title, or in the legend if
        there are several.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If there are no probabilities, or gold does not fit (see `weaklabel.analysis.metrics`).

    Examples
    --------
    >>> ax = reliability_diagram([1, 1, 0], [[0.2, 0.8], [0.3, 0.7], [0.1, 0.9]])
    >>> ax.get_title(loc="left")
    'ECE 0.467, 3 items'
    """
    named = dict(probabilities) if isinstance(probabilities, Mapping) else {"": probabilities}
    if not named:
        message = (
            "There are no probabilities to draw: the dict is empty. Probably a loop added none. "
            "Pass a posterior, or a dict of them by name."
        )
        raise ValueError(message)
    tables = {name: reliability(gold, p, bins=bins) for name, p in named.items()}
    errors = {name: ece(gold, p, bins=bins) for name, p in named.items()}
    ax = axes(ax, 5.5, 5)
    low = min(table.index[table["n"] > 0][0].left for table in tables.values())
    ax.plot([low, 1], [low, 1], color=MIDDLE, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    _counts(ax, tables)
    _lines(ax, tables, errors)
    ax.set(xlim=(low, 1.01), ylim=(0, 1.02))
    ax.set(xlabel="confidence (probability of the best class)", ylabel="accuracy")
    return ax


def _lines(ax: Axes, tables: dict[Any, pd.DataFrame], errors: dict[Any, float]) -> None:
    """Draw a line for each table, named with its error."""
    colors = class_colors(len(tables))
    for color, (name, table) in zip(colors, tables.items(), strict=True):
        filled = table[table["n"] > 0]
        points = filled["confidence"], filled["accuracy"]
        ax.plot(*points, color=color, linewidth=1, alpha=0.6, zorder=3)
        size = 10 + 90 * filled["n"] / filled["n"].max()
        ax.scatter(*points, size, color=color, label=f"{name}, ECE {errors[name]:.3f}", zorder=4)
    if len(tables) == 1:
        ((name, table),) = tables.items()
        called = f"{name}: " if name else ""
        ax.set_title(
            f"{called}ECE {errors[name]:.3f}, {table['n'].sum():,} items", loc="left", fontsize=10
        )
    else:
        ax.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), fontsize=9)


def _counts(ax: Axes, tables: dict[Any, pd.DataFrame]) -> None:
    """Draw bars of the counts at the bottom, side by side; with one table write them above."""
    most = max(table["n"].max() for table in tables.values())
    colors = class_colors(len(tables))
    for k, (color, table) in enumerate(zip(colors, tables.values(), strict=True)):
        width = 0.9 / len(table) / len(tables)
        left = (np.arange(len(table)) + 0.05) / len(table) + k * width
        height = ROOM * table["n"].to_numpy() / most
        ax.bar(left, height, width, align="edge", color=color, alpha=0.3, linewidth=0, zorder=2)
        if len(tables) == 1:
            for x, y, n in zip(left + width / 2, height, table["n"], strict=True):
                if n:
                    ax.text(x, y + 0.01, f"{n:,}", ha="center", va="bottom", fontsize=7, zorder=5)
