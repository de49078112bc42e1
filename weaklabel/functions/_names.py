"""Names for declared functions, made from what they say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from weaklabel.functions.values import ABSTAIN, is_missing


def readable(kind: str, parts: Sequence[object], most: int = 3) -> str:
    """Join kind and parts to a name like a Python one.

    >>> readable("keywords", ["Check out", "subscribe", "channel", "href"])
    'keywords_check_out_subscribe_channel_and_1_more'
    """
    more = [f"and_{len(parts) - most}_more"] if len(parts) > most else []
    words = [re.sub(r"\W+", "_", str(part)).strip("_").lower() for part in parts[:most]]
    return "_".join(filter(None, [kind, *words, *more]))


def checked(name: str | None, default: str) -> str:
    """Take the given name, or the default where it is None."""
    if name is None:
        return default
    if not isinstance(name, str) or not name:  # pyright: ignore[reportUnnecessaryIsInstance]
        msg = (
            f"name={name!r} cannot name a column of votes. Give a string, or None for {default!r}."
        )
        raise TypeError(msg)
    return name


def checked_vote(vote: Any, of: str) -> Any:
    """Refuse a vote that says nothing; make a set unchangeable."""
    if isinstance(vote, (set, frozenset)):
        vote = frozenset(vote)
    empty = isinstance(vote, (frozenset, dict)) and not vote
    if empty or vote is ABSTAIN or is_missing(vote):
        msg = f"{of} has vote={vote!r}, so it would never vote. Give a class, a set, or Not(...)."
        raise ValueError(msg)
    return vote
