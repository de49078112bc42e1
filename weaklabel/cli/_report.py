"""The report: one HTML file that says what was done, what came out, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from weaklabel import __version__
from weaklabel._device import on_host
from weaklabel.analysis import summary, violation
from weaklabel.cli import _html, _sample
from weaklabel.cli._figures import MISSING, can_draw, figures_of_bags, figures_of_votes
from weaklabel.cli._labeling import Labeling, about_model, known_of
from weaklabel.cli._table import copies_sentence, summary_cells
from weaklabel.posterior import Posterior


def report(labeling: Labeling, *, title: str = "", extra: Sequence[_html.Node] = ()) -> str:
    """Write a report.

    Parameters
    ----------
    labeling : Labeling
    title : str
        Empty: the name of the task.
    extra : sequence of HTML elements
        Sections to put first.

    Returns
    -------
    str
        A page that needs no other file and fetches nothing.
    """
    return _html.page(
        title or f"Labels of {labeling.task.name}",
        *_opening(labeling),
        *extra,
        *([_sources(labeling)] if labeling.votes.shape[1] else []),
        _model(labeling),
        *([_figures(labeling)] if labeling.votes.shape[1] else []),
        *([_bags(labeling)] if labeling.evidence.bags else []),
        _items(labeling),
        _html.element("footer", f"Made by weaklabel {__version__}."),
    )


def _opening(labeling: Labeling) -> list[_html.Node]:
    """Say what was done."""
    covered = on_host(labeling.posterior.covered)
    labeled = int(labeling.posterior.labels().notna().sum())
    return [
        _html.element(
            "p",
            f"A label model fused what {labeling.task.name} knows of {len(covered):,} items into "
            f"probabilities. Something is known of {covered.sum():,} ({covered.mean():.1%}); "
            f"{labeled:,} have a label. Of the others nothing is known, or classes tie.",
        ),
        _html.element("p", " ".join(known_of(labeling))),
    ]


def _sources(labeling: Labeling) -> _html.Node:
    """Tabulate the sources."""
    table = summary(labeling.votes, model=labeling.model)
    header, rows = summary_cells(table)
    return _html.section(
        "Sources",
        _html.element(
            "p",
            "Shares are of all items. Learned: how often the model believes the votes of a source "
            f"to be right; no gold was looked at for it. {copies_sentence(table)}",
        ),
        _html.table(header, rows, left=2, class_="total"),
    )


def _model(labeling: Labeling) -> _html.Node:
    """Say what was chosen and why, and compare class shares."""
    prior = labeling.model.class_prior_
    labels = labeling.posterior.labels().value_counts(sort=False)
    expected = pd.Series(_mean_on_covered(labeling.posterior), index=prior.index)
    rows = [
        [str(name), f"{prior[name]:.1%}", f"{expected[name]:.1%}", f"{labels[name]:,}"]
        for name in prior.index
    ]
    return _html.section(
        "Model",
        *(_html.element("p", line) for line in about_model(labeling.model)),
        _html.table(["class", "class prior", "mean probability", "labels"], rows),
    )


def _mean_on_covered(posterior: Posterior) -> np.ndarray:
    """Mean probability of every class over covered items."""
    return on_host(posterior.probabilities)[on_host(posterior.covered)].mean(axis=0)


def _figures(labeling: Labeling) -> _html.Node:
    """Draw the votes, or say what is missing."""
    if not can_draw():
        return _html.section("Votes in pictures", _html.element("p", MISSING))
    return _html.section("Votes in pictures", *figures_of_votes(labeling))


def _bags(labeling: Labeling) -> _html.Node:
    """Draw what is stated of bags against what is believed, or say what is missing."""
    shown = figures_of_bags(labeling) if can_draw() else [_html.element("p", MISSING)]
    total = violation(labeling.evidence, labeling.posterior)
    said = f"Expected counts are {total:,.1f} items off what is stated of bags, over all of them."
    return _html.section("Bags", _html.element("p", said), *shown)


def _items(labeling: Labeling) -> _html.Node:
    """Show some items: surest, least sure, and those that sources quarrel about."""
    shown: list[Any] = []
    for title, sample in _sample.samples(labeling).items():
        shown.append(_html.element("h3", title))
        if sample.empty:
            shown.append(_html.element("p", "None."))
            continue
        header = [str(sample.index.name or "item"), *map(str, sample.columns)]
        rows = [[str(item), *row] for item, *row in sample.itertuples()]
        shown.append(_html.table(header, rows, left=len(header) - 1, class_="items"))
    return _html.section("Items", *shown)
