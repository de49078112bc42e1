"""The command line: ``weaklabel demo``, ``weaklabel label`` and ``weaklabel summary``.

Results go to standard output, messages and progress to standard error.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

from weaklabel import __version__
from weaklabel.cli import demo, label, summary
from weaklabel.cli._errors import CommandError, say

__all__ = ["main"]

COMMANDS = (demo, label, summary)

EPILOG = """\
examples:
  weaklabel demo                                     see everything on 1,956 comments
  weaklabel summary task.py comments.csv             what every function does
  weaklabel label task.py comments.csv -o out.csv    probabilities and labels

A task file is Python: CLASSES, a list of class names, and FUNCTIONS, a list of labeling functions;
evidence(frame) may say what else is known, as weaklabel.Evidence.

exit codes: 0 fine, 1 a problem with data or task, 2 wrong usage, 130 interrupted,
141 the reader of the output went away
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, or None
        Arguments; None takes those of the process.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    SystemExit
        With code 2 for wrong usage, 0 after ``--help`` and ``--version``.

    Examples
    --------
    >>> main(["summary", "labeling_functions.youtube_spam", "--format", "csv"])
    source,polarity,coverage,overlaps,conflicts,n_votes,near_copies,faults
    subscribe,spam,...
    0
    """
    parser = _parser()
    arguments = parser.parse_args(argv)
    if arguments.command is None:
        parser.print_help(sys.stderr)
        return 2
    return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    """Run the command that was chosen; turn what goes wrong into one message and a code."""
    try:
        with _warnings_as_messages():
            arguments.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        _close_stdout()
        return 141
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    except Exception as error:
        _explain(error, debug=hasattr(arguments, "debug"))
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser = argparse.ArgumentParser(
        prog="weaklabel",
        description="From what you know about labels to labels.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common],
    )
    parser.add_argument("--version", action="version", version=f"weaklabel {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for command in COMMANDS:
        command.add_to(commands, common)
    return parser


def _explain(error: Exception, *, debug: bool) -> None:
    """Say what went wrong, with the traceback if it is wanted."""
    if debug:
        traceback.print_exc()
        return
    if isinstance(error, CommandError):
        say(f"error: {error}")
        return
    kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
    say(f"error: {kind}{error} (--debug shows where)")


@contextmanager
def _warnings_as_messages() -> Generator[None]:
    """Show what the library and task files warn of as messages, each once."""
    seen: set[str] = set()

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        if str(message) not in seen:
            seen.add(str(message))
            say(f"warning: {message}")

    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show
        yield


def _close_stdout() -> None:
    """Let what is still buffered go nowhere, or Python complains at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
