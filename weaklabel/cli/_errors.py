"""Messages on standard error, and the error whose text is the whole message."""

from __future__ import annotations

import sys


class CommandError(Exception):
    """Something is wrong with the data, the task or a file; the text says what, why, what to do."""


def say(text: str) -> None:
    """Write a message to standard error."""
    print(f"weaklabel: {text}", file=sys.stderr)
