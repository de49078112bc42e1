"""From a task and its items to votes, a fitted model and a table of labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from weaklabel._check import first_few
from weaklabel._device import on_host
from weaklabel.cli._errors import CommandError
from weaklabel.cli._task import Task, guarded_call
from weaklabel.evidence import Evidence
from weaklabel.functions import LabelingFunctionError, apply
from weaklabel.models import LabelModel
from weaklabel.posterior import Posterior

LABEL, COVERED = "label", "covered"


@dataclass(frozen=True, kw_only=True)
class Labeling:
    """Items of a task, what was said of them, and what is believed of them.

    Parameters
    ----------
    task : Task
    frame : DataFrame, n_items x n_columns
    votes : DataFrame, n_items x n_functions
        As `apply` returns them.
    evidence : Evidence
        The votes, and what else is known.
    model : LabelModel
        Fitted to some or all of the items.
    posterior : Posterior
        Of all items.
    """

    task: Task
    frame: pd.DataFrame
    votes: pd.DataFrame
    evidence: Evidence
    model: LabelModel
    posterior: Posterior


def vote(task: Task, frame: pd.DataFrame, **settings: Any) -> pd.DataFrame:
    """Apply the functions of a task; settings are those of `apply`.

    Raises
    ------
    CommandError
        If a function fails.
    """
    if not task.functions:
        return pd.DataFrame(index=frame.index)
    try:
        return apply(task.functions, frame, classes=task.classes, **settings)
    except LabelingFunctionError as error:
        text = str(error).replace("on_error='abstain'", "--on-error abstain")
        if isinstance(error.__cause__, KeyError) and "columns are" not in text:
            text += f" The columns of the data are {first_few(frame.columns, 12)}."
        raise CommandError(text) from error


def evidence_of(task: Task, frame: pd.DataFrame, votes: pd.DataFrame) -> Evidence:
    """Put votes and what else the task knows together.

    Raises
    ------
    CommandError
        If `evidence` of the task fails, or is not about these items and classes.
    """
    known = Evidence(votes.index, classes=pd.Index(task.classes))
    if task.evidence is not None:
        make = task.evidence
        known = guarded_call(task, lambda: _checked(make(frame), known), "evidence()")
    return known.with_votes(votes) if task.functions else known


def _checked(found: Any, expected: Evidence) -> Evidence:
    """Refuse what is no evidence, or evidence of other items or classes."""
    if not isinstance(found, Evidence):
        msg = (
            f"it returned {type(found).__name__}, not Evidence. Write return "
            "weaklabel.Evidence(frame.index, classes=CLASSES) with what is known added"
        )
        raise TypeError(msg)
    for what in ("index", "classes"):
        if not getattr(found, what).equals(getattr(expected, what)):
            msg = (
                f"its {what} are {first_few(getattr(found, what))}, not "
                f"{first_few(getattr(expected, what))}. Make it of frame.index and CLASSES, in "
                "their order"
            )
            raise ValueError(msg)
    return found


def known_of(labeling: Labeling) -> list[str]:
    """Say in sentences what is known of the items."""
    n_items = len(labeling.frame)
    sentences = []
    if labeling.votes.shape[1]:
        voted = int(labeling.votes.notna().any(axis=1).sum())
        sentences.append(
            f"{labeling.votes.shape[1]} functions voted on {voted:,} of {n_items:,} items."
        )
    for name, row in labeling.evidence.summary().iterrows():
        if name != "votes":
            sentences.append(
                f"Known of {row['items']:,} of {n_items:,} items: {name} ({row['what']})."
            )
    return sentences


def label_table(posterior: Posterior) -> pd.DataFrame:
    """Put probabilities, label and whether anything is known of an item into one frame.

    Returns
    -------
    DataFrame, n_items x (n_classes + 2)
        One column a class, named like it; then `label`, missing where classes tie or nothing is
        known, and `covered`.

    Raises
    ------
    CommandError
        If a class has the name of another column.
    """
    table = posterior.frame().rename(columns=str)
    taken = table.columns.intersection([LABEL, COVERED, *map(str, posterior.index.names)])
    if len(taken):
        msg = (
            f"A class is named {first_few(taken)}, like another column of the output. Rename the "
            "class in the task, or the column that names the items."
        )
        raise CommandError(msg)
    return table.assign(**{LABEL: posterior.labels(), COVERED: on_host(posterior.covered)})


def about_model(model: LabelModel) -> list[str]:
    """Say in sentences what the model chose, why, and what it found of the classes."""
    prior = ", ".join(f"{name} {share:.0%}" for name, share in model.class_prior_.items())
    lines = [f"Chosen: {model.model_!r}, because {model.why_}.", f"Estimated classes: {prior}."]
    if model.hedge_:
        lines.append(f"Plain votes make up {model.hedge_:.0%} of the posterior.")
    if len(model.copies_):
        pairs = [f"{pair.source} = {pair.other}" for pair in model.copies_.itertuples()]
        lines.append(f"Counted as one voice: {', '.join(pairs)}.")
    return lines
