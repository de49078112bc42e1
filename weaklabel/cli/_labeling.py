"""From a task and its items to votes, a fitted model and a table of labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from weaklabel._check import first_few
from weaklabel._device import on_host
from weaklabel.cli._errors import CommandError
from weaklabel.cli._task import Task
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
    model : LabelModel
        Fitted to some or all of the items.
    posterior : Posterior
        Of all items.
    """

    task: Task
    frame: pd.DataFrame
    votes: pd.DataFrame
    model: LabelModel
    posterior: Posterior


def vote(task: Task, frame: pd.DataFrame, **settings: Any) -> pd.DataFrame:
    """Apply the functions of a task; settings are those of `apply`.

    Raises
    ------
    CommandError
        If a function fails.
    """
    try:
        return apply(task.functions, frame, classes=task.classes, **settings)
    except LabelingFunctionError as error:
        text = str(error).replace("on_error='abstain'", "--on-error abstain")
        if isinstance(error.__cause__, KeyError) and "columns are" not in text:
            text += f" The columns of the data are {first_few(frame.columns, 12)}."
        raise CommandError(text) from error


def evidence_of(task: Task, votes: pd.DataFrame) -> Evidence:
    """Make evidence of votes."""
    return Evidence(votes.index, classes=pd.Index(task.classes)).with_votes(votes)


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
