"""Whether the share of a class in each bag is what was stated of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from weaklabel._check import first_few
from weaklabel.analysis import bag_report
from weaklabel.plots._style import BLACK, BLUE, MIDDLE, ORANGE, SKY, axes, pyplot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from weaklabel.evidence import Evidence
    from weaklabel.posterior import Posterior

NOISE = 2.0  # scales of its noise that a stated number may be off
SMALLEST, LARGEST = 12.0, 140.0  # areas of points, in square points
APART = 0.055  # names stand apart by this part of the height
ROOM = 0.35  # part of the width that a name may take
MOST_CLASSES = 9  # more small pictures are too small


def bag_shares(
    evidence: Evidence,
    posterior: Posterior,
    *,
    of: Any = None,
    tolerance: float = 0.01,
    names: int = 3,
    ax: Axes | None = None,
) -> Any:
    """Draw the share of a class in each bag under a posterior against what is stated of it.

    Parameters
    ----------
    evidence : Evidence
        With bags.
    posterior : Posterior
        Of the same items, in the same order.
    of : hashable or None
        Name of the class. None: the class that statements are about; if they are about several,
        a small picture for each.
    tolerance : float
        How far a share may be off its statement and still hold.
    names : int
        How many of the broken statements are named: those furthest off, in items.
    ax : matplotlib Axes, optional
        Where to draw one class; None makes a figure.

    Returns
    -------
    matplotlib Axes, or array of them, one a class
        One point a bag and statement; its area is the size of the bag. On the diagonal the
        statement holds; of an interval the nearest number counts. Lines show what is allowed by
        intervals and by noise (two scales on both sides). Diamonds are off by more than
        `tolerance`.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If nothing is stated about the class, or `ax` is given for several classes.

    Examples
    --------
    >>> import weaklabel as wl
    >>> shop = pd.Series(["A", "A", "B", "B"])
    >>> evidence = wl.Evidence(shop.index, classes=["bad", "fine"])
    >>> evidence = evidence.with_bags(shop, wl.Proportion("bad", share={"A": 0.5, "B": 0.1}))
    >>> posterior = wl.Independent().solve(np.log([[0.4, 0.6]] * 2 + [[0.1, 0.9]] * 2), evidence)
    >>> bag_shares(evidence, posterior).get_title(loc="left")
    "'bad': 1 of 2 statements broken by more than 1%"
    """
    table = _statements(evidence, posterior, tolerance)
    classes = _classes(table, of, evidence.classes)
    if len(classes) > 1 and ax is not None:
        msg = (
            f"Statements are about several classes ({first_few(classes)}), which do not fit into "
            "one Axes. Choose one by of=, or leave ax= out."
        )
        raise ValueError(msg)
    if len(classes) > 1:
        return _small(table, classes, names)
    ax = axes(ax, 6.8, 5)
    table = table[table["class"] == classes[0]]
    _draw(ax, table, _limits(table), names)
    ax.set(xlabel="share stated", ylabel="share under the posterior")
    n_broken = int(table["broken"].sum())
    ax.set_title(
        f"{classes[0]!r}: {n_broken:,} of {len(table):,} statements broken by more than "
        f"{100 * tolerance:g}%",
        loc="left",
        fontsize=10,
    )
    ax.legend(
        handles=_keys(table), frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1),
        borderaxespad=0, fontsize=9, labelspacing=0.7,
    )  # fmt: skip
    return ax


def _statements(evidence: Evidence, posterior: Posterior, tolerance: float) -> pd.DataFrame:
    """Tabulate in shares: what is stated, what of it is allowed, and whether it is broken."""
    report = bag_report(evidence, posterior)
    size, share, noise = report["size"], report["share"], NOISE * report["scale"]
    # "all or none" has no bounds: the nearer of the two
    low, high = (report[end].div(size).fillna(share.round()) for end in ("low", "high"))
    stated = share.clip(low, high)
    low, high = (low - noise / size).clip(0, 1), (high + noise / size).clip(0, 1)
    off = (share - share.clip(low, high)).abs()
    return report.assign(
        low=low,
        high=high,
        stated=stated,
        off=off * size,
        broken=off > tolerance,
        band=(report["scale"] > 0) | ((low < high) & (low > 0) & (high < 1)),
        area=SMALLEST + (_largest(len(report)) - SMALLEST) * size / size.max(),
    )


def _largest(n_points: int) -> float:
    """Area of the largest point: smaller where there are many."""
    return float(np.clip(7000 / max(n_points, 1), 50, LARGEST))


def _classes(table: pd.DataFrame, of: Any, classes: pd.Index) -> list[Any]:
    """Give the classes to draw, in the order of the evidence."""
    stated = [name for name in classes if (table["class"] == name).any()]
    if of is None and 0 < len(stated) <= MOST_CLASSES:
        return stated
    if of in stated:
        return [of]
    if of is None and stated:
        msg = f"Statements are about {len(stated)} classes. Choose one by of=."
        raise ValueError(msg)
    msg = (
        f"Nothing is stated about {'any class' if of is None else repr(of)} in a bag; statements "
        f"are about {first_few(stated) if stated else 'none'}. Add some by with_bags."
    )
    raise ValueError(msg)


def _limits(table: pd.DataFrame) -> tuple[float, float]:
    """Give the range of both axes."""
    shown = table[["share", "stated"]].to_numpy()
    low, high = float(shown.min()), float(shown.max())
    margin = 0.06 * max(high - low, 0.1)
    return low - margin, high + margin


def _draw(ax: Axes, table: pd.DataFrame, limits: tuple[float, float], names: int) -> None:
    """Draw points of one class, their bands, the diagonal, and the names of the worst."""
    ax.plot(limits, limits, color=MIDDLE, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    band = table[table["band"]]
    ax.hlines(band["share"], band["low"], band["high"], color=SKY, linewidth=1, alpha=0.6, zorder=2)
    for broken, color, marker in ((False, BLUE, "o"), (True, ORANGE, "D")):
        part = table[table["broken"] == broken]
        ax.scatter(
            part["stated"], part["share"], part["area"], color=color, marker=marker,
            edgecolor=BLACK if broken else "white", linewidth=0.5, alpha=0.85, zorder=3 + broken,
        )  # fmt: skip
    ax.set(xlim=limits, ylim=limits)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda x, _: f"{100 * x:.3g} %" if -1e-9 <= x <= 1 + 1e-9 else "")
    _name_worst(ax, table[table["broken"]].nlargest(names, "off"))


def _name_worst(ax: Axes, worst: pd.DataFrame) -> None:
    """Write the names of bags beside their points, away from the diagonal where there is room."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2.5, foreground="white")]  # names may lie over points
    low, high = ax.get_ylim()
    across = (worst["stated"] - low) / (high - low)
    above = worst["share"] > worst["stated"]
    left = (across > ROOM) & (above | (across > 1 - ROOM))
    for side, sign, align in ((worst[left], -1, "right"), (worst[~left], 1, "left")):
        rising = side.sort_values("share")
        heights = _spread(rising["share"].to_numpy(), APART * (high - low), high)
        for (_, row), height in zip(rising.iterrows(), heights, strict=True):
            beside = row["stated"] + sign * 0.045 * (high - low)
            ax.annotate(
                str(row["bag"]), (row["stated"], row["share"]), (beside, height),
                ha=align, va="center", fontsize=8, path_effects=halo, zorder=5,
                arrowprops={"arrowstyle": "-", "color": BLACK, "linewidth": 0.5, "shrinkB": 3},
            )  # fmt: skip


def _spread(heights: np.ndarray, apart: float, top: float) -> list[float]:
    """Move rising heights up so that they stand apart, and down again from the top."""
    moved = heights.copy()
    for k in range(1, len(moved)):
        moved[k] = max(moved[k], moved[k - 1] + apart)
    for k in range(len(moved) - 1, -1, -1):
        moved[k] = min(moved[k], top - apart / 2 - apart * (len(moved) - 1 - k))
    return moved.tolist()


def _keys(table: pd.DataFrame) -> list[Any]:
    """Explain shapes, lines and sizes."""
    from matplotlib.lines import Line2D

    def point(area: float, marker: str, color: str, edge: str, label: str) -> Line2D:
        return Line2D(
            [], [], linestyle="", marker=marker, markersize=np.sqrt(area), color=color,
            markeredgecolor=edge, markeredgewidth=0.5, label=label,
        )  # fmt: skip

    middle = min(float(table["area"].median()), 60.0)
    keys = [point(middle, "o", BLUE, "white", "holds")]
    if table["broken"].any():
        keys.append(point(middle, "D", ORANGE, BLACK, "broken"))
    if table["band"].any():
        noisy = (table["scale"] > 0)[table["band"]].all()
        what = f"± {NOISE:g} scales of noise" if noisy else "what is allowed"
        keys.append(Line2D([], [], color=SKY, linewidth=1, label=what))
    ends = table.set_index("size")["area"].sort_index()
    for size, area in dict(zip(ends.index[[0, -1]], ends.iloc[[0, -1]], strict=True)).items():
        items = "item" if size == 1 else "items"
        keys.append(point(area, "o", MIDDLE, "white", f"{size:,} {items}"))
    return keys


def _small(table: pd.DataFrame, classes: list[Any], names: int) -> np.ndarray:
    """Draw a small picture for each class, all to one scale, in a new figure."""
    n_columns = min(3, len(classes))
    n_rows = -(-len(classes) // n_columns)
    figure, grid = pyplot().subplots(
        n_rows, n_columns, figsize=(3.4 * n_columns, 3.2 * n_rows + 0.4), layout="constrained",
        squeeze=False,
    )  # fmt: skip
    pictures = grid.ravel()
    for unused in pictures[len(classes) :]:
        unused.set_axis_off()
    for name, small in zip(classes, pictures, strict=False):
        part = table[table["class"] == name]
        _draw(axes(small, 0, 0), part, _limits(table), names)
        small.set_title(
            f"{name!r}: {part['broken'].sum():,} of {len(part):,} broken", loc="left", fontsize=10
        )
    figure.supxlabel("share stated", fontsize=10)
    figure.supylabel("share under the posterior", fontsize=10)
    keys = _keys(table)
    figure.legend(
        handles=keys, frameon=False, loc="outside upper left", ncols=len(keys), fontsize=9
    )
    return pictures[: len(classes)]
