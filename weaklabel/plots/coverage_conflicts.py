"""How much every source covers, and how much of that others share or contradict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from weaklabel.analysis import summary
from weaklabel.plots._style import BLUE, RED, SKY, axes, name_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHADES = {"coverage": SKY, "overlaps": BLUE, "conflicts": RED}


def coverage_conflicts(votes: Any, *, ax: Axes | None = None) -> Axes:
    """Draw coverage, overlaps and conflicts of every source as bars from 0, one over the other.

    Conflicts are at most the overlaps, and these at most the coverage, so that all three can be
    read off one bar: where each color ends.

    Parameters
    ----------
    votes : DataFrame, Evidence or Votes
        As `apply` returns them, n_items x n_sources.
    ax : matplotlib Axes, optional
        Where to draw; None makes a figure as high as there are sources.

    Returns
    -------
    matplotlib Axes
        One row a source, the widest coverage on top.

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> ax = coverage_conflicts(pd.DataFrame({"link": [1, 1, -1, -1], "caps": [1, 0, 0, -1]}))
    >>> [name.get_text() for name in ax.get_yticklabels()]
    ['caps', 'link']
    """
    table = summary(votes)
    total, table = table.iloc[-1], table.iloc[:-1]
    table = table.sort_values("coverage", ascending=False, kind="stable")
    ax = axes(ax, 8, 1.3 + max(0.17, 0.3 - 0.002 * len(table)) * len(table))
    rows = np.arange(len(table))
    for what, color in SHADES.items():
        ax.barh(rows, 100 * table[what], height=0.75, color=color, label=what)
    name_axis(ax, "y", table.index)
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.set_xlim(left=0)
    ax.locator_params(axis="x", steps=[1, 2, 5, 10])
    ax.xaxis.set_major_formatter("{x:.3g} %")
    ax.set_xlabel("share of all items")
    ax.spines["left"].set_visible(False)
    ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1), borderaxespad=0)
    ax.set_title(
        f"{total['coverage']:.0%} of the items have a vote, {total['overlaps']:.0%} several, "
        f"{total['conflicts']:.0%} conflicting ones",
        loc="left",
        fontsize=10,
    )
    return ax
