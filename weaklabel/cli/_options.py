"""Options that several commands share."""

from __future__ import annotations

import argparse


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add the task and its data."""
    parser.add_argument(
        "task",
        metavar="TASK",
        help="task.py, or a module such as labeling_functions.youtube_spam",
    )
    parser.add_argument(
        "data",
        metavar="DATA",
        nargs="?",
        help=".csv, .jsonl or .parquet file with the items, or - for CSV or JSON lines on "
        "standard input; left out: what the load() of the task returns",
    )
    parser.add_argument(
        "--index",
        metavar="COLUMN",
        help="column that names the items (default: the index that Parquet stores, or row numbers)",
    )


def add_apply_options(parser: argparse.ArgumentParser) -> None:
    """Add how functions are applied."""
    parser.add_argument(
        "--n-jobs",
        metavar="N",
        type=_n_jobs,
        default=1,
        help="processes to use, -1 for all processors (default: 1)",
    )
    parser.add_argument(
        "--on-error",
        choices=["raise", "abstain"],
        default="raise",
        help="where a function fails, stop (default) or let it abstain and warn",
    )
    add_quiet(parser)


def add_quiet(parser: argparse.ArgumentParser) -> None:
    """Add the option to say less."""
    parser.add_argument("--quiet", "-q", action="store_true", help="no progress, no comments")


def _n_jobs(text: str) -> int:
    """Read a number of processes."""
    number = int(text)
    if number == 0:
        message = "0 processes do no work; give 1 or more, or -1 for all processors"
        raise argparse.ArgumentTypeError(message)
    return number
