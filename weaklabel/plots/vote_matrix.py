"""All votes at a glance: items down, sources across, a color a class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from weaklabel.analysis._votes import as_votes, one_each
from weaklabel.plots._style import BLACK, MIDDLE, SILENT, axes, class_colors, name_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from weaklabel.votes import Votes


def vote_matrix(votes: Any, *, max_items: int = 1000, ax: Axes | None = None) -> Axes:
    """Draw the votes as an image, items with equal votes side by side.

    Parameters
    ----------
    votes : DataFrame, Evidence or Votes
        As `apply` returns them, n_items x n_sources. A soft vote has the color of its most
        probable class; votes for several classes have a color of their own.
    max_items : int
        Of more items, this many are shown, at equal distances in the caller's order. A figure
        has some hundred rows of pixels, so that more items would hide each other.
    ax : matplotlib Axes, optional
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib Axes
        One column a source, in the given order. Items are sorted by what the first source said,
        then the second and so on; those without any vote come last.

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> votes = pd.DataFrame({"link": ["spam", None, "spam"], "thanks": [None, "ham", None]})
    >>> vote_matrix(votes).images[0].get_array().filled(-1).tolist()  # positions of classes
    [[1, -1], [1, -1], [-1, 0]]
    """
    found, _ = as_votes(votes)
    shown = np.unique(np.linspace(0, found.n_items - 1, min(max_items, found.n_items)).astype(int))
    codes = _sorted_codes(one_each(found.take(shown)))
    ax = axes(ax, min(14, 3 + 0.3 * found.n_sources), 7)
    _draw(ax, codes, found)
    name_axis(ax, "x", found.sources, rotation=90)
    ax.set_yticks([])
    ax.spines[["left", "bottom"]].set_visible(False)
    more = "" if len(shown) == found.n_items else f" of {found.n_items:,}"
    ax.set_ylabel(f"{len(shown):,}{more} items, sorted by votes")
    return ax


def _sorted_codes(votes: Votes) -> np.ndarray:
    """Write the votes out, n_items x n_sources; sets become n_classes, silence n_classes + 1."""
    n_classes = len(votes.classes)
    codes = np.full((votes.n_items, votes.n_sources), n_classes + 1)
    codes[votes.item, votes.source] = np.minimum(votes.code, n_classes)
    return codes[np.lexsort(codes.T[::-1])] if votes.n_sources else codes


def _draw(ax: Axes, codes: np.ndarray, votes: Votes) -> None:
    """Paint the image, and say what the colors mean."""
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    n_classes = len(votes.classes)
    colors = [*class_colors(n_classes), BLACK]
    image = ax.imshow(
        np.ma.masked_greater(codes, n_classes),
        cmap=ListedColormap(colors).with_extremes(bad=SILENT),
        vmin=-0.5,
        vmax=n_classes + 0.5,
        aspect="auto",
        interpolation="none",
    )
    image.set_rasterized(True)
    seen = np.unique(codes)
    keys = [Patch(color=colors[y], label=str(votes.classes[y])) for y in range(n_classes)]
    if n_classes in seen:
        keys.append(Patch(color=BLACK, label="several classes"))
    if n_classes + 1 in seen:
        keys.append(Patch(facecolor=SILENT, edgecolor=MIDDLE, linewidth=0.5, label="silent"))
    ax.legend(
        handles=keys, frameon=False, loc="upper left", bbox_to_anchor=(1, 1), borderaxespad=0.5
    )
