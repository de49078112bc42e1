"""How votes, silences and all else that is known add up to the label of an item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from weaklabel.analysis import explain
from weaklabel.plots._style import BLUE, MIDDLE, ORANGE, axes, name_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from weaklabel.evidence import Evidence

RULED_OUT = 1.15  # how far a bar reaches that rules a class out, in widths of all others


def waterfall(
    model: Any, evidence: Evidence, item: Any, *, most: int = 12, ax: Axes | None = None
) -> Axes:
    """Draw what every source adds to the log odds of an item's label, one bar after the other.

    Parameters
    ----------
    model : label model
        Fitted.
    evidence : Evidence
        Holds the item.
    item : hashable
        Label of the item in the evidence's index.
    most : int
        Number of sources shown by name: those that move most. The others are one bar.
    ax : matplotlib Axes, optional
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib Axes
        From the class prior at the top to the log odds at the bottom, in nats: bars to the right
        speak for the label, bars to the left for the class that comes second.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If `most` is below 1; also as `explain`.
    KeyError, NotFittedError
        As `explain`.

    See Also
    --------
    weaklabel.explain : the table behind the figure.

    Examples
    --------
    >>> import weaklabel as wl
    >>> case = wl.datasets.independent(n_items=2000, random_state=0)
    >>> evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    >>> ax = waterfall(wl.OneCoin().fit(evidence), evidence, 5, most=2)
    >>> [name.get_text() for name in ax.get_yticklabels()]
    ['class prior', 'source_4: positive', 'source_0: positive', '4 more', 'in all']
    """
    if most < 1:
        msg = f"most={most} leaves no source to show. Pass 1 or more."
        raise ValueError(msg)
    table = explain(model, evidence, item)
    label, second = _leaders(table)
    names, told = _bars(table, most)
    steps = _within(told)
    ends = np.cumsum(steps)
    ax = axes(ax, 7, 1.3 + 0.32 * (len(steps) + 1))
    rows = np.arange(len(steps))
    colors = [MIDDLE, *(BLUE if step > 0 else ORANGE for step in steps[1:])]
    ax.barh(rows, steps, left=ends - steps, color=colors, height=0.7)
    ax.barh(len(steps), ends[-1], color=BLUE if ends[-1] > 0 else ORANGE, height=0.7)
    for row, end in zip(rows, ends, strict=True):  # lead the eye to the next bar
        ax.plot([end, end], [row - 0.35, row + 1.35], color=MIDDLE, linewidth=0.8)
    right = np.maximum([*ends, ends[-1]], [*(ends - steps), 0.0])
    for row, (x, nats) in enumerate(zip(right, [*told, told.sum()], strict=True)):
        words = f"{nats:+.2f}" if np.isfinite(nats) else "certain"
        at = (float(x), row)
        ax.annotate(words, at, (4, 0), textcoords="offset points", va="center", fontsize=8)
    name_axis(ax, "y", [*names, "in all"])
    ax.use_sticky_edges = False
    ax.margins(x=0.12)
    ax.set_ylim(len(steps) + 0.6, -0.6)
    ax.axvline(0, color="black", linewidth=0.8, zorder=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(f"log odds of {label} against {second}, nats")
    ax.set_title(f"Item {item}: {label}", loc="left", fontsize=10)
    return ax


def _leaders(table: pd.DataFrame) -> tuple[str, str]:
    """Name the two most probable classes of an explanation."""
    classes = [column for column in table if str(column).startswith("nats[")]
    total = table[classes].sum().to_numpy()
    second, best = np.argsort(total, kind="stable")[-2:]
    return classes[best][5:-1], classes[second][5:-1]


def _bars(table: pd.DataFrame, most: int) -> tuple[list[str], np.ndarray]:
    """Name and size every bar; the prior first, small moves of sources in one."""
    own = table["part"].isin(["vote", "silence"])
    moves = table[own & (table["margin"] != 0)]
    moves = moves.iloc[np.argsort(-moves["margin"].abs().to_numpy(), kind="stable")]
    named, small = moves.iloc[:most], moves.iloc[most:]
    rest = table[~own]
    prior, others = rest[rest["part"] == "prior"], rest[rest["part"] != "prior"]
    names = [str(name) for name in prior.index]
    names += [_words(*row) for row in zip(named.index, named["part"], named["says"], strict=True)]
    steps = [*prior["margin"], *named["margin"]]
    if len(small):
        names.append(f"{len(small)} more")
        steps.append(small["margin"].sum())
    names += [str(name) for name in others.index[others["margin"] != 0]]
    return names, np.array([*steps, *others["margin"][others["margin"] != 0]], dtype=float)


def _words(name: Any, part: str, says: Any) -> str:
    """Say who said what."""
    if part == "silence":
        return f"{name} silent"
    if isinstance(says, dict):
        says = ", ".join(f"{one} {weight:.2g}" for one, weight in says.items())
    if isinstance(says, set):
        says = " or ".join(sorted(map(str, says)))
    return f"{name}: {says}"


def _within(steps: np.ndarray) -> np.ndarray:
    """Shorten bars that rule a class out so that the others can be seen."""
    finite = np.isfinite(steps)
    longest = RULED_OUT * max(1.0, float(np.abs(steps[finite]).sum()))
    return np.where(finite, steps, np.sign(steps) * longest)
