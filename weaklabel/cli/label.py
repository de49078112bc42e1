"""``weaklabel label``: probabilities and labels for the items of a task."""

from __future__ import annotations

import argparse
from typing import Any

from weaklabel.cli._errors import say
from weaklabel.cli._files import check_format, check_outputs, read_items, replacing, write_table
from weaklabel.cli._labeling import Labeling, about_model, evidence_of, known_of, label_table, vote
from weaklabel.cli._options import add_apply_options, add_data
from weaklabel.cli._report import report
from weaklabel.cli._task import Task, load_task
from weaklabel.models import LabelModel

EPILOG = """\
examples:
  weaklabel label task.py comments.csv -o labels.csv --index id
  weaklabel label task.py comments.parquet -o labels.parquet --report report.html --n-jobs -1
  cat comments.jsonl | weaklabel label task.py - -o - --quiet > labels.csv

The output has the index of the data, a column of probabilities for each class, `label` (empty
where nothing is known or classes tie) and `covered` (whether anything is known of the item).
"""


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "label",
        parents=[common],
        help="write probabilities and labels for the items of a task",
        description="Apply the functions of a task, fit a label model to their votes and to what\n"
        "else the task knows, and write what it believes of every item. No gold is looked at.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_data(parser)
    parser.add_argument(
        "-o",
        "--out",
        metavar="OUT",
        required=True,
        help="file to write: .csv, .jsonl or .parquet, or - for CSV on standard output",
    )
    parser.add_argument("--report", metavar="HTML", help="also write a report, one HTML file")
    parser.add_argument(
        "--model", metavar="FILE", help="also save the fitted model, for weaklabel.load"
    )
    add_apply_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Label the items."""
    check_format("--out", arguments.out)
    check_outputs(
        [arguments.task, arguments.data],
        {"--out": arguments.out, "--report": arguments.report, "--model": arguments.model},
    )
    task = load_task(arguments.task)
    labeling = _label(task, arguments)
    table = label_table(labeling.posterior)
    write_table(table, arguments.out)
    written = {"labels": arguments.out}
    if arguments.model is not None:
        labeling.model.save(arguments.model)
        written["model"] = arguments.model
    if arguments.report is not None:
        with replacing(arguments.report) as temporary:
            temporary.write_text(report(labeling), encoding="utf-8")
        written["report"] = arguments.report
    if not arguments.quiet:
        _comment(labeling, table, written)


def _label(task: Task, arguments: argparse.Namespace) -> Labeling:
    """Apply the functions and fit the model."""
    frame = read_items(task, arguments.data, arguments.index)
    votes = vote(
        task,
        frame,
        n_jobs=arguments.n_jobs,
        on_error=arguments.on_error,
        progress=False if arguments.quiet else None,
    )
    evidence = evidence_of(task, frame, votes)
    model = LabelModel().fit(evidence)
    posterior = model.posterior(evidence)
    return Labeling(
        task=task, frame=frame, votes=votes, evidence=evidence, model=model, posterior=posterior
    )


def _comment(labeling: Labeling, table: Any, written: dict[str, str]) -> None:
    """Say what was done."""
    for line in [*known_of(labeling), *about_model(labeling.model)]:
        say(line)
    counts = table["label"].value_counts(sort=False)
    shown = ", ".join(f"{name} {n:,}" for name, n in counts.items())
    say(f"Labels: {shown}, none {table['label'].isna().sum():,}.")
    for what, name in written.items():
        if name != "-":
            say(f"wrote {what}: {name}")
