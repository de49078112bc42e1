"""What a returned value says: every vote is checked here, and named by its classes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd

from weaklabel._check import first_few
from weaklabel.functions.values import ABSTAIN, Not, as_python, is_missing

KINDS = (
    "A vote is a class, a set of classes, Not(...), None, or a dict of probabilities. "
    "For a confidence return {example}."
)
TOLERANCE = 1e-6  # how far probabilities may sum from one


class InvalidVoteError(ValueError):
    """A value is no vote; the text says why."""


class Classes:
    """The declared classes, or None where any name may come.

    Parameters
    ----------
    declared : iterable of hashable, or None
        Class names in order. None: names stay as they are and integers are codes for later.
    """

    def __init__(self, declared: Iterable[Hashable] | None) -> None:
        self.declared = None if declared is None else _distinct(declared)
        names = self.declared or []
        # True equals 1 for Python, not for a vote: keep booleans apart
        self._by_name = {_key(name): name for name in names}
        self._codes = not any(_is_integer(name) for name in names)

    def resolve(self, value: Any) -> Any:
        """Turn a returned value into None, a class, a frozenset, `Not`, or a dict of floats.

        Raises
        ------
        InvalidVoteError
            If the value is none of them.
        """
        if isinstance(value, (set, frozenset)):
            return self._one_of(value)
        if isinstance(value, Not):
            return self._none_of(value)
        if isinstance(value, Mapping):
            return self._soft(value)
        return self._hard(value)

    def example(self) -> str:
        """Show a soft vote over the first two classes."""
        if self.declared is None or len(self.declared) < 2:
            return '{"bad": 0.9, "fine": 0.1}'
        first, second = self.declared[:2]
        return f"{{{first!r}: 0.9, {second!r}: 0.1}}"

    def _hard(self, value: Any) -> Any:
        """Resolve one class, or silence."""
        if value is None or value is ABSTAIN:
            return None
        value = _scalar(as_python(value))
        if value is None or _key(value) in self._by_name:
            return None if value is None else self._by_name[_key(value)]
        value = _whole(value)
        if _is_integer(value):
            return self._code(value)
        if self.declared is not None:
            msg = f"The classes are {first_few(self.declared, 10)}; return one of them."
            raise InvalidVoteError(msg)
        return value

    def _code(self, value: int) -> Any:
        """Resolve a code, which is the position of a class."""
        if value == -1:  # what a labeling function of Snorkel returns to abstain
            return None
        if value < 0:
            msg = "A code is not negative; to abstain return None."
            raise InvalidVoteError(msg)
        if self.declared is None:
            return int(value)
        if not self._codes or value >= len(self.declared):
            what = (
                "name one of them" if not self._codes else f"codes end at {len(self.declared) - 1}"
            )
            msg = f"The classes are {first_few(self.declared, 10)}; {what}."
            raise InvalidVoteError(msg)
        return self.declared[value]

    def _member(self, value: Any) -> Any:
        """Resolve a class within a set, `Not` or dict, where silence makes no sense."""
        resolved = self._hard(value)
        if resolved is None:
            msg = f"{value!r} within it is not a class."
            raise InvalidVoteError(msg)
        return resolved

    def _one_of(self, value: set[Any] | frozenset[Any]) -> Any:
        """Resolve "one of": a set of one is that class."""
        if not value:
            msg = "An empty set allows no class; to abstain return None."
            raise InvalidVoteError(msg)
        members = frozenset(map(self._member, value))
        return next(iter(members)) if len(members) == 1 else members

    def _none_of(self, value: Not) -> Not:
        """Resolve "none of", which has to leave a class."""
        members = frozenset(map(self._member, value.classes))
        if self.declared is not None and len(members) == len(self.declared):
            msg = "It excludes every class; to abstain return None."
            raise InvalidVoteError(msg)
        return Not(*members)

    def _soft(self, value: Mapping[Any, Any]) -> dict[Any, float]:
        """Resolve probabilities of classes."""
        probabilities = {self._member(name): as_probability(p) for name, p in value.items()}
        if len(probabilities) < len(value):
            msg = "It names a class twice."
            raise InvalidVoteError(msg)
        total = sum(probabilities.values())
        if not abs(total - 1) <= TOLERANCE:
            msg = f"Its probabilities sum to {total:.6g}, not 1."
            raise InvalidVoteError(msg)
        return probabilities


def as_probability(value: Any) -> float:
    """Check one probability."""
    if not isinstance(value, Real) or isinstance(value, (bool, np.bool_)) or not float(value) >= 0:
        msg = f"{as_python(value)!r} within it is not a probability."
        raise InvalidVoteError(msg)
    return float(value)


def _scalar(value: Any) -> Any:
    """Turn every missing value into None, and refuse what cannot name a class."""
    try:
        hash(value)
    except TypeError:
        msg = f"A {type(value).__name__} cannot name a class."
        raise InvalidVoteError(msg) from None
    return None if is_missing(value) else value


def _whole(value: Any) -> Any:
    """Read 1.0 as 1, refuse other floats and booleans that are not declared."""
    if isinstance(value, bool):
        msg = "True and False are votes only where they are declared as classes."
        raise InvalidVoteError(msg)
    if isinstance(value, float):
        if not value.is_integer():
            msg = "A number that is not whole names no class."
            raise InvalidVoteError(msg)
        return int(value)
    return value


def _is_integer(value: Any) -> bool:
    """Tell integers from booleans, which Python counts among them."""
    return isinstance(value, Integral) and not isinstance(value, (bool, np.bool_))


def _key(name: Any) -> tuple[bool, Any]:
    """Keep True and 1 apart in a dict."""
    return isinstance(name, bool), name


def _distinct(declared: Iterable[Hashable]) -> list[Any]:
    """Check the declared classes."""
    if isinstance(declared, (str, bytes)):
        msg = f"classes={declared!r} is one string. Give a list of names: classes=[{declared!r}]."
        raise TypeError(msg)
    names = [as_python(name) for name in declared]
    missing = [name for name in names if name is ABSTAIN or is_missing(name)]
    if missing:
        msg = (
            f"classes hold {first_few(pd.Index(missing, dtype=object))}, which means no vote. "
            "Name only real classes."
        )
        raise ValueError(msg)
    twice = [name for position, name in enumerate(names) if name in names[:position]]
    if twice or not names:
        what = f"classes name {first_few(twice)} more than once." if twice else "classes are empty."
        msg = f"{what} Give every class once."
        raise ValueError(msg)
    return names
