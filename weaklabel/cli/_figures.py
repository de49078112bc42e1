"""Figures as PNG images, drawn without a window."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from weaklabel.cli import _html
from weaklabel.cli._labeling import Labeling
from weaklabel.plots import agreement_heatmap, bag_shares, coverage_conflicts, vote_matrix

DPI = 144
CSS_DPI = 96
MOST_CLASSES = 12
MOST_INCHES = 16.0  # more sources than that has room for are drawn thinner

MISSING = "Figures need matplotlib, which is not installed: pip install 'weaklabel[plots]'."


def can_draw() -> bool:
    """Tell whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def figure(
    draw: Callable[[Any], Any], caption: str, *, width: float = 8, height: float = 5
) -> _html.Node:
    """Draw on new axes of this size, in inches, and make an HTML figure of it."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure  # not pyplot: no window system is asked, no state kept

    drawn = Figure(figsize=(width, height), layout="constrained")
    plain: dict[Any, Any] = {
        "text.parse_math": False,
        "text.usetex": False,
    }  # names may hold dollars
    with warnings.catch_warnings(), rc_context(plain):
        # names in letters that the font lacks are drawn as boxes; the tables have them right
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        draw(drawn.add_subplot())
        buffer = io.BytesIO()
        drawn.savefig(buffer, format="png", dpi=DPI)
    return _html.figure(buffer.getvalue(), caption, round(width * CSS_DPI))


def figures_of_bags(labeling: Labeling) -> list[_html.Node]:
    """Draw the share of each class in the bags, against what is stated of it."""
    evidence, posterior = labeling.evidence, labeling.posterior
    stated = {constraint.of for block in evidence.bags for constraint in block.constraints}
    drawn = [name for name in labeling.task.classes if name in stated][:MOST_CLASSES]
    return [
        figure(
            lambda ax, name=name: bag_shares(evidence, posterior, of=name, ax=ax),
            f"Share of {name!s} in each bag: on the line what is stated holds.",
            width=7,
        )
        for name in drawn
    ]


def figures_of_votes(labeling: Labeling) -> list[_html.Node]:
    """Draw how much the sources say, what they say, and whether they agree."""
    votes, n_sources = labeling.votes, labeling.votes.shape[1]
    side = min(MOST_INCHES / 2, 3.5 + 0.3 * n_sources)
    return [
        figure(
            lambda ax: coverage_conflicts(votes, ax=ax),
            "Shares of all items: the whole bar is what a source votes on, up to the end of dark "
            "blue others vote as well, and up to the end of red others contradict it.",
            height=min(MOST_INCHES, 1.3 + 0.28 * n_sources),
        ),
        figure(
            lambda ax: vote_matrix(votes, ax=ax),
            "All votes: items down, sources across. Items with equal votes stand together.",
            height=6,
        ),
        figure(
            lambda ax: agreement_heatmap(votes, ax=ax),
            "How often two sources agree where both vote; sources that agree stand together, and "
            "near-copies are framed.",
            width=side + 1,
            height=side,
        ),
    ]
