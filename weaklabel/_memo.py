"""Remember what was made of an object that never changes, until other parts are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def remembered(owner: object, name: str, parts: tuple[object, ...], make: Callable[[], T]) -> T:
    """Give what was made last time of the very same parts, or make it.

    Parameters
    ----------
    owner : object
        Immutable; holds what was made as long as it lives.
    name : str
        What is made.
    parts : tuple
        What else it is made of: arrays are compared by identity.
    make : callable
    """
    kept = vars(owner).get(name)
    if kept is not None and all(map(_same, kept[0], parts)):
        return kept[1]
    made = make()
    vars(owner)[name] = (parts, made)
    return made


def _same(one: object, other: object) -> bool:
    return one is other or (isinstance(one, bytes) and one == other)
