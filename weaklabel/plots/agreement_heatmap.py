"""Which sources say the same, which contradict each other, and which are copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from weaklabel.analysis import agreement, near_copies
from weaklabel.plots._style import BLACK, BLUE, NEVER, RED, axes, name_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_NUMBERS = 12  # with more sources the numbers do not fit into their cells


def agreement_heatmap(votes: Any, *, ax: Axes | None = None) -> Axes:
    """Draw how often two sources agree where both vote.

    Parameters
    ----------
    votes : DataFrame, Evidence or Votes
        As `apply` returns them, n_items x n_sources.
    ax : matplotlib Axes, optional
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib Axes
        Sources that agree stand together (hierarchical clustering of the disagreement). Gray
        cells: the two never vote on the same item. Framed cells: near-copies.

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> votes = pd.DataFrame({"link": [1, 1, 0], "caps": [0, 0, 0], "free": [1, 1, -1]})
    >>> ax = agreement_heatmap(votes)
    >>> ax.images[0].get_array().round(2).tolist()
    [[1.0, 0.33, 0.0], [0.33, 1.0, 1.0], [0.0, 1.0, 1.0]]
    """
    table = agreement(votes)
    order = _order(table.to_numpy())
    table = table.iloc[order, order]
    side = 3 + 0.4 * min(len(table), 10) + 0.1 * min(max(0, len(table) - 10), 60)
    ax = axes(ax, side + 1, side)
    image = _draw(ax, table)
    _frame_copies(ax, table.index, near_copies(votes))
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.8, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.yaxis.set_major_formatter("{x:.0%}")
    bar.set_label("agreement where both vote\n(gray: they never do)", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    return ax


def _order(table: np.ndarray) -> np.ndarray:
    """Put sources that agree side by side; never meeting counts as half agreeing."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    if len(table) < 3:
        return np.arange(len(table))
    apart = 1 - np.where(np.isnan(table), 0.5, table)
    np.fill_diagonal(apart, 0)
    return leaves_list(linkage(squareform(apart, checks=False), "average"))


def _draw(ax: Axes, table: pd.DataFrame) -> Any:
    """Paint the cells and, if they are few, write the numbers into them."""
    from matplotlib.colors import LinearSegmentedColormap

    colors = LinearSegmentedColormap.from_list("agreement", [RED, "white", BLUE])
    values = table.to_numpy()
    image = ax.imshow(
        np.ma.masked_invalid(values), cmap=colors.with_extremes(bad=NEVER), vmin=0, vmax=1
    )
    name_axis(ax, "x", table.columns, rotation=90)
    name_axis(ax, "y", table.index)
    ax.spines[:].set_visible(False)
    if len(table) <= MOST_NUMBERS:
        for (i, j), value in np.ndenumerate(values):
            color = "white" if abs(value - 0.5) > 0.35 else "black"
            if not np.isnan(value) and i != j:
                ax.text(j, i, f"{value:.0%}", ha="center", va="center", color=color, fontsize=7)
    return image


def _frame_copies(ax: Axes, names: pd.Index, copies: pd.DataFrame) -> None:
    """Frame the cells of near-copies, on both sides of the diagonal."""
    from matplotlib.patches import Rectangle

    for pair in copies[["source", "other"]].itertuples(index=False):
        i, j = names.get_indexer(pd.Index(pair)).tolist()
        for x, y in ((i, j), (j, i)):
            frame = Rectangle((x - 0.5, y - 0.5), 1, 1, fill=False, edgecolor=BLACK, linewidth=1.2)
            ax.add_patch(frame)
