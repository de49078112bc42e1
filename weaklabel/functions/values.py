"""What a labeling function may return besides a class: silence, and what an item is not."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final, final

import numpy as np
import pandas as pd


@final
class Abstain:
    """The type of `ABSTAIN`; there is one instance, in every process."""

    _only: Abstain | None = None

    def __new__(cls) -> Abstain:
        """Give the one instance."""
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __repr__(self) -> str:
        return "ABSTAIN"

    def __reduce__(self) -> str:
        return "ABSTAIN"  # copies and other processes get the one instance back

    def __bool__(self) -> bool:
        return False


ABSTAIN: Final = Abstain()


@final
class Not:
    """The vote "it is none of these classes".

    Parameters
    ----------
    *classes : hashable
        One class or more, by name (or by code, where classes are declared).

    Attributes
    ----------
    classes : frozenset
        The excluded classes.

    Raises
    ------
    ValueError
        If no class is given.

    Examples
    --------
    >>> Not("cat")
    Not('cat')
    >>> Not("cat", "dog") == Not("dog", "cat")
    True
    """

    __slots__ = ("classes",)
    classes: frozenset[Hashable]

    def __init__(self, *classes: Hashable) -> None:
        if not classes:
            msg = (
                "Not() excludes nothing. Name the classes that the item does not have: Not('cat')."
            )
            raise ValueError(msg)
        object.__setattr__(self, "classes", frozenset(classes))

    def __setattr__(self, name: str, value: object) -> None:
        msg = f"Not(...) cannot be changed, so {name!r} cannot be set. Make a new one."
        raise AttributeError(msg)

    def __reduce__(self) -> tuple[type[Not], tuple[Hashable, ...]]:
        return Not, tuple(self.classes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Not) and self.classes == other.classes

    def __hash__(self) -> int:
        return hash((Not, self.classes))

    def __repr__(self) -> str:
        return f"Not({', '.join(map(repr, in_order(self.classes)))})"


def in_order(classes: object) -> list[Hashable]:
    """Sort classes by value where they compare, else by type and text: never by first sight."""
    unique = list(dict.fromkeys(classes))  # pyright: ignore[reportArgumentType, reportCallIssue]
    try:
        return sorted(unique)
    except TypeError:
        return sorted(unique, key=lambda value: (type(value).__name__, repr(value)))


def as_python(value: object) -> object:
    """Turn a numpy scalar into the Python value that users wrote."""
    return value.item() if isinstance(value, np.generic) else value


def is_missing(value: Any) -> bool:
    """Say whether a value is None, NaN, ``pd.NA`` or ``pd.NaT``."""
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))
