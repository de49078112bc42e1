"""Where mass goes, and what each side gives and gets beside what it should."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from array_api_compat import is_array_api_obj

from weaklabel._device import on_host
from weaklabel.plots._style import BLACK, BLUE, MOST_NAMES, ORANGE, axes, name_axis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

MOST_ROWS = 500  # a picture has no more lines; more are added up with their neighbors
MOST_NUMBERS = 12  # with more the numbers do not fit into their cells
OFF = 1e-3  # share of the largest marginal by which a bar may miss its target unseen


def transport_plan(
    plan: Any,
    *,
    row: Any = None,
    column: Any = None,
    row_names: Sequence[Any] | None = None,
    column_names: Sequence[Any] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a transport plan as a heat map, with its marginals along the sides.

    Parameters
    ----------
    plan : Transport, or floating array, n_rows x n_columns
        As `weaklabel.transport.sinkhorn` finds it, or a table of moved mass, such as a posterior.
    row, column : floating array, or pair (low, high) of arrays, or None
        What marginals should be, or bounds on them, as given to `sinkhorn`; marked on the bars.
        One number stands for all.
    row_names, column_names : sequence, optional
        Numbers if left out.
    ax : matplotlib Axes, optional
        Where to draw the heat map; None makes a figure. Bars get Axes of their own beside it.

    Returns
    -------
    matplotlib Axes
        That of the heat map; bars of columns are in ``ax.child_axes[0]``, of rows in
        ``ax.child_axes[1]``. Bars that miss their target stand out in another color.

    Raises
    ------
    ValueError
        If names or targets do not fit the plan.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np, weaklabel as wl
    >>> found = wl.transport.sinkhorn(np.array([[0.0, 1.0], [1.0, 0.0]]), epsilon=0.1)
    >>> ax = transport_plan(found, column=0.5, column_names=["spam", "ham"])
    >>> [round(float(bar.get_height()), 2) for bar in ax.child_axes[0].patches]
    [0.5, 0.5]
    """
    table = _table(plan)
    names = _names("row", row_names, len(table)), _names("column", column_names, table.shape[1])
    bounds = [
        _bounds(name, wanted, n)
        for name, wanted, n in zip(("row", "column"), (row, column), table.shape, strict=True)
    ]
    lines, bounds[0] = _fold(table, bounds[0])
    width = 3 + 0.45 * min(table.shape[1], 14)
    ax = axes(ax, width, 2.5 + 0.3 * min(len(lines), 14))
    image = ax.imshow(lines, cmap="Blues", vmin=0, aspect="auto", interpolation="nearest")
    ax.spines[:].set_visible(False)
    name_axis(ax, "x", names[1], rotation=90 if max(map(len, names[1])) > 3 else 0)
    if len(lines) == len(table):
        name_axis(ax, "y", names[0])
    else:
        ax.set_yticks([])
        ax.set_ylabel(f"{len(table):,} rows, {len(lines)} lines")
    if max(lines.shape) <= MOST_NUMBERS:
        _write(ax, lines)
    top = ax.inset_axes((0, 1.03, 1, 0.2), sharex=ax)
    right = ax.inset_axes((1.03, 0, 0.2, 1), sharey=ax)
    _bars(top, lines.sum(axis=0), bounds[1], upright=True)
    _bars(right, lines.sum(axis=1), bounds[0], upright=False)
    bar = ax.figure.colorbar(image, ax=[ax], shrink=0.8, pad=0.02, location="left")
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8)
    bar.set_label("mass moved", fontsize=8)
    return ax


def _table(plan: Any) -> np.ndarray:
    """Read the plan."""
    found = plan if is_array_api_obj(plan) else getattr(plan, "plan", plan)
    table = np.asarray(on_host(found), dtype=np.float64)
    if table.ndim != 2 or not table.size:
        msg = f"A plan is a table, n_rows x n_columns; this one has shape {table.shape}."
        raise ValueError(msg)
    return table


def _names(side: str, names: Sequence[Any] | None, n: int) -> list[str]:
    """Read the names of a side; numbers if there are none."""
    told = [str(name) for name in (range(n) if names is None else names)]
    if len(told) != n:
        msg = f"{side}_names holds {len(told)} names for {n} {side}s of the plan."
        raise ValueError(msg)
    return told


def _bounds(side: str, wanted: Any, n: int) -> np.ndarray | None:
    """Read what a marginal should be, 2 x n."""
    if wanted is None:
        return None
    ends = wanted if isinstance(wanted, tuple) else (wanted, wanted)
    told = [np.asarray(on_host(end), dtype=np.float64) for end in ends]
    if any(end.shape not in {(), (n,)} for end in told):
        shapes = " and ".join(str(end.shape) for end in told)
        msg = f"{side!r} has shape {shapes}; the plan has {n} {side}s."
        raise ValueError(msg)
    return np.stack([np.broadcast_to(end, n) for end in told])


def _fold(table: np.ndarray, bounds: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Add up neighboring rows until they are few enough to be drawn."""
    size = -(-len(table) // MOST_ROWS)
    starts = np.arange(0, len(table), size)
    folded = None if bounds is None else np.add.reduceat(bounds, starts, axis=1)
    return np.add.reduceat(table, starts, axis=0), folded


def _write(ax: Axes, table: np.ndarray) -> None:
    """Write the numbers into the cells that hold any mass to speak of."""
    most = table.max()
    for (i, j), value in np.ndenumerate(table):
        if value > 0.005 * most:
            color = "white" if value > 0.6 * most else BLACK
            ax.text(j, i, f"{value:.2g}", ha="center", va="center", color=color, fontsize=7)


def _bars(ax: Axes, sums: np.ndarray, bounds: np.ndarray | None, *, upright: bool) -> None:
    """Draw a marginal, and marks or spans where it should be."""
    off = np.zeros(len(sums), dtype=bool)
    place = np.arange(len(sums))
    if bounds is not None:
        room = OFF * max(sums.max(), bounds[0].max())
        off = (sums < bounds[0] - room) | (sums > bounds[1] + room)
    color = np.where(off, ORANGE, BLUE).tolist()
    height = 0.8 if len(sums) <= MOST_NAMES else 1.0
    (ax.bar if upright else ax.barh)(place, sums, height, color=color)
    if bounds is not None:
        most = 1.15 * max(sums.max(), bounds[0].max())  # wide bounds leave bars their size
        lines, across = (ax.hlines, ax.vlines) if upright else (ax.vlines, ax.hlines)
        for end in bounds:
            seen = place[end <= most]
            lines(end[seen], seen - height / 2, seen + height / 2, color=BLACK, linewidth=1)
        across(place, *np.minimum(bounds, most), color=BLACK, linewidth=1)
    ax.spines[["top", "right", "left" if upright else "bottom"]].set_visible(False)
    ax.tick_params(labelsize=7, length=2, labelbottom=not upright, labelleft=upright)
    ax.locator_params(axis="y" if upright else "x", nbins=3)
