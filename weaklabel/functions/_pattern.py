"""A Python regular expression taken apart: what it must contain, and how RE2 would write it.

Arrow searches with RE2, ten times faster than `re`, but reads some patterns otherwise. So the
pattern is parsed by Python and written anew for RE2, from those parts alone that mean the same
there. Whatever is not listed here is left to `re`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

_ALLOWED = re.ASCII | re.IGNORECASE | re.MULTILINE | re.DOTALL | re.UNICODE | re.VERBOSE
_MOST_LITERALS = 32
_MOST_REPEATS = 1000  # RE2 refuses more

# On ASCII text without control characters, which is all that RE2 gets to see (`Text.plain`).
_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}
_PLACES = {
    "AT_BEGINNING": "^",
    "AT_BEGINNING_STRING": r"\A",
    "AT_BOUNDARY": r"\b",
    "AT_END": "$",
    "AT_END_STRING": r"\z",
}


class _NotForRe2Error(Exception):
    """The pattern holds something that RE2 lacks or reads otherwise."""


def parse(pattern: re.Pattern[str]) -> Any:
    """Parse with the parser of `re` itself; None where this Python has none to offer."""
    try:
        parser = import_module("re._parser")
    except ImportError:
        return None
    return parser.parse(pattern.pattern, pattern.flags)


def to_re2(pattern: re.Pattern[str]) -> str | None:
    r"""Write the pattern for RE2, or None where only `re` can search it.

    The two agree on whether a text matches, for texts that are plain (`Text.plain`).

    >>> to_re2(re.compile(r"(?i)check\s+out"))
    '(?i)check(?:[\\s]){1,}out'
    >>> to_re2(re.compile(r"(?<!not )good")) is None
    True
    """
    tree = parse(pattern)
    if tree is None or pattern.flags & ~_ALLOWED:
        return None
    flags = "".join(
        letter for flag, letter in ((re.I, "i"), (re.M, "m"), (re.S, "s")) if pattern.flags & flag
    )
    try:
        body = _sequence(tree)
    except _NotForRe2Error:
        return None
    if "i" in flags and not body.isascii():
        return None  # the two fold case otherwise there
    return f"(?{flags}){body}" if flags else body


def _sequence(tree: Any) -> str:
    """Write parts that follow each other."""
    return "".join(_part(str(op), argument) for op, argument in tree)


def _part(op: str, argument: Any) -> str:
    """Write one part."""
    if op not in _WRITERS:
        raise _NotForRe2Error(op)
    return _WRITERS[op](argument)


def _place(place: Any) -> str:
    r"""Write a place. ``\B`` is not among them: in empty text the two differ."""
    if str(place) not in _PLACES:
        raise _NotForRe2Error(place)
    return _PLACES[str(place)]


def _character(code: int) -> str:
    """Write one character."""
    character = chr(code)
    if character.isascii() and not character.isalnum() and character != "_":
        return rf"\x{{{code:x}}}" if code <= 32 or code == 127 else "\\" + character
    if 0xD800 <= code < 0xE000:
        raise _NotForRe2Error(character)  # half of a surrogate pair is no character
    return character


def _set(items: Any) -> str:
    """Write a set of characters."""
    parts: list[str] = []
    for op, argument in items:
        if str(op) == "NEGATE":
            parts.append("^")
        elif str(op) == "LITERAL":
            parts.append(_character(argument))
        elif str(op) == "RANGE":
            parts.append("-".join(map(_character, argument)))
        elif str(op) == "CATEGORY":
            parts.append(_CATEGORIES[str(argument)])
        else:
            raise _NotForRe2Error(op)
    return f"[{''.join(parts)}]"


def _repeat(argument: Any) -> str:
    """Write a repetition; greedy or lazy makes no difference to whether there is a match."""
    low, high, body = argument
    endless = str(high) == "MAXREPEAT"
    if low > _MOST_REPEATS or (not endless and high > _MOST_REPEATS):
        raise _NotForRe2Error
    return f"(?:{_sequence(body)}){{{low},{'' if endless else high}}}"


def _group(argument: Any) -> str:
    """Write a group, with the flags that it switches."""
    _, on, off, body = argument
    if (on | off) & ~(re.M | re.S):  # (?i:...) is rare and would need the folding of a part
        raise _NotForRe2Error
    letters = [
        "".join(letter for flag, letter in ((re.M, "m"), (re.S, "s")) if flags & flag)
        for flags in (on, off)
    ]
    switches = letters[0] + (f"-{letters[1]}" if letters[1] else "")
    return f"(?{switches}:{_sequence(body)})"


_WRITERS: dict[str, Callable[[Any], str]] = {
    "LITERAL": _character,
    "NOT_LITERAL": lambda code: f"[^{_character(code)}]",
    "ANY": lambda _: ".",
    "IN": _set,
    "AT": _place,
    "BRANCH": lambda argument: f"(?:{'|'.join(map(_sequence, argument[1]))})",
    "MAX_REPEAT": _repeat,
    "MIN_REPEAT": _repeat,
    "SUBPATTERN": _group,
}


def literals(pattern: re.Pattern[str]) -> list[str] | None:
    r"""List literals of which every match contains one, or None where there is no such list.

    They are ASCII, lower case, without blanks; a match holds one in some mixture of cases.

    >>> literals(re.compile("check out|subscrib(e|ing)"))
    ['check', 'subscrib']
    >>> literals(re.compile(r"(.)\1+")) is None
    True
    """
    tree = parse(pattern)
    return None if tree is None else _required(tree)


def _required(tree: Any) -> list[str] | None:
    """Choose, of the lists that each part of a sequence requires, the most telling."""
    options: list[list[str]] = []
    run = ""
    for op, argument in tree:
        if str(op) == "LITERAL" and _tells(argument):
            run += chr(argument).lower()
            continue
        options += [[run]] if run else []
        run = ""
        inner = _required_part(str(op), argument)
        options += [inner] if inner else []
    options += [[run]] if run else []
    return max(options, key=_telling, default=None)


def _tells(code: int) -> bool:
    """Say whether a character can be looked for within a piece of text."""
    return 32 < code < 127


def _telling(options: Sequence[str]) -> tuple[int, int]:
    """Rank a list of literals: the shortest of them decides, then how few they are."""
    return min(map(len, options)), -len(options)


def _required_part(op: str, argument: Any) -> list[str] | None:
    """List the literals of which a part that is no literal requires one."""
    if op in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        return _required(argument[2]) if argument[0] >= 1 else None
    if op == "SUBPATTERN":
        return _required(argument[3])
    if op == "ATOMIC_GROUP":
        return _required(argument)
    if op == "BRANCH":
        return _union([_required(branch) for branch in argument[1]])
    return None


def _union(branches: Sequence[list[str] | None]) -> list[str] | None:
    """List what some branch requires, if each requires something."""
    found: list[str] = []
    for branch in branches:
        if branch is None:
            return None
        found += branch
    return found if len(found) <= _MOST_LITERALS else None


def within_piece(pattern: re.Pattern[str]) -> bool:
    r"""Say whether every match is free of blanks, and asks for nothing beyond blanks around it.

    Then a text matches if one of its pieces does (`Text`).

    >>> within_piece(re.compile(r"\bhttps?://\S+")), within_piece(re.compile("check out"))
    (True, False)
    """
    tree = None if _ascii_only(pattern.flags) else parse(pattern)
    return tree is not None and tree.getwidth()[0] > 0 and _has_no_blank(tree)


def _ascii_only(flags: int) -> bool:
    r"""Say whether ``\S`` matches the separators \x1c to \x1f, which are blanks otherwise."""
    return bool(flags & re.ASCII)


def _has_no_blank(tree: Any) -> bool:
    """Say whether no part of a sequence can match a blank or looks around."""
    return all(_part_has_no_blank(str(op), argument) for op, argument in tree)


def _part_has_no_blank(op: str, argument: Any) -> bool:
    """Say whether a part cannot match a blank and does not look around."""
    if op in {"LITERAL", "AT"}:
        return str(argument) == "AT_BOUNDARY" if op == "AT" else argument > 32
    if op == "IN":
        return _set_has_no_blank([(str(kind), str(member), member) for kind, member in argument])
    if op == "BRANCH":
        return all(map(_has_no_blank, argument[1]))
    if op == "SUBPATTERN" and _ascii_only(argument[1]):  # (?a:...)
        return False
    inner = {"MAX_REPEAT": 2, "MIN_REPEAT": 2, "POSSESSIVE_REPEAT": 2, "SUBPATTERN": 3}.get(op)
    return inner is not None and _has_no_blank(argument[inner])


def _set_has_no_blank(items: list[tuple[str, str, Any]]) -> bool:
    """Say whether a set of characters holds no blank."""
    kinds = [kind for kind, _, _ in items]
    names = {name for kind, name, _ in items if kind == "CATEGORY"}
    if "NEGATE" in kinds:
        return "CATEGORY_SPACE" in names
    starts = [member[0] if kind == "RANGE" else member for kind, _, member in items]
    return names <= {"CATEGORY_DIGIT", "CATEGORY_WORD", "CATEGORY_NOT_SPACE"} and all(
        start > 32 for kind, start in zip(kinds, starts, strict=True) if kind != "CATEGORY"
    )
