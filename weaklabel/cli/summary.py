"""``weaklabel summary``: what every function does, and with gold how well."""

from __future__ import annotations

import argparse
from typing import Any

import pandas as pd

from weaklabel.analysis import summary
from weaklabel.analysis._scored import gold_codes
from weaklabel.cli._errors import CommandError
from weaklabel.cli._files import read_items, require_column
from weaklabel.cli._labeling import vote
from weaklabel.cli._options import add_apply_options, add_data
from weaklabel.cli._table import summary_csv, summary_json, summary_text
from weaklabel.cli._task import load_task

EPILOG = """\
examples:
  weaklabel summary labeling_functions.youtube_spam --gold label
  weaklabel summary task.py comments.csv --index id
  weaklabel summary task.py comments.parquet --format csv > summary.csv
"""


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "summary",
        parents=[common],
        help="print what every function does, and with gold how well",
        description="Apply the functions of a task, and print a table with a row for each.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_data(parser)
    parser.add_argument(
        "--gold",
        metavar="COLUMN",
        help="column with the true classes; it is hidden from the functions. Without this option "
        "no gold is looked at, even if the task names some",
    )
    parser.add_argument("--format", choices=["text", "csv", "json"], default="text")
    add_apply_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Print the summary."""
    task = load_task(arguments.task)
    if not task.functions:
        msg = f"Task {task.name!r} has no FUNCTIONS, so that there are no votes to sum up."
        raise CommandError(msg)
    frame = read_items(task, arguments.data, arguments.index)
    gold = None
    if arguments.gold is not None:
        require_column(frame, arguments.gold, "--gold", arguments.data or "The data of the task")
        gold = frame[arguments.gold]
        gold_codes(gold, frame.index, pd.Index(task.classes))  # refuses what is no class
        frame = frame.drop(columns=arguments.gold)
    votes = vote(
        task,
        frame,
        n_jobs=arguments.n_jobs,
        on_error=arguments.on_error,
        progress=False if arguments.quiet else None,
    )
    table = summary(votes, gold)
    if arguments.format == "csv":
        print(summary_csv(table))
    elif arguments.format == "json":
        print(summary_json(table))
    else:
        print(summary_text(table, task.classes))
