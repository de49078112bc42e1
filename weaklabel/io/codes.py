"""What a value says: from a user's votes to codes, and the only place where -1 means silence."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
import pandas as pd

from weaklabel.functions.values import ABSTAIN, Not

SILENT = -1
UNKNOWN = -2
SPREAD = -3  # a dict of probabilities: several entries


class Codes:
    """Codes of everything that is said: classes first, then sets of classes as they turn up.

    Parameters
    ----------
    classes : pandas.Index
        Names of the classes.

    Attributes
    ----------
    numbered : bool
        Class names are numbers or truth values: a number is a name, never a position.

    Examples
    --------
    >>> codes = Codes(pd.Index(["ham", "spam", "promo"]))
    >>> codes.of("spam"), codes.of(1), codes.of({"spam", "promo"}), codes.of(Not("ham"))
    (1, 1, 3, 3)
    >>> codes.of(None), codes.of("eggs")
    (-1, -2)
    """

    def __init__(self, classes: pd.Index) -> None:
        self.classes = classes
        self._class: dict[tuple[type, Any], int] = {
            _key(name): position for position, name in enumerate(classes.tolist())
        }
        self.numbered = any(isinstance(name, numbers.Number) for name in classes.tolist())
        self._sets: dict[frozenset[int], int] = {
            frozenset([position]): position for position in range(len(classes))
        }

    def of(self, value: Any) -> int:
        """Give the code of a value; negative if it is silence, a dict, or unknown."""
        if isinstance(value, dict):
            return SPREAD
        if isinstance(value, Not):
            return self._of_set(value.classes, exclude=True)
        if isinstance(value, (set, frozenset)):
            return self._of_set(value, exclude=False)
        return self._of_class(value)

    def _of_class(self, value: Any) -> int:
        """Give the position of a class by name, else by number; silence and strangers below 0."""
        if isinstance(value, np.generic):
            value = value.item()
        try:
            position = self._class.get(_key(value))
        except TypeError:  # not hashable: a list, an array
            return UNKNOWN
        if position is not None:
            return position
        if value is ABSTAIN or value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
            return SILENT
        return self._of_number(value)

    def _of_number(self, value: Any) -> int:
        """Give the position of a class by number; -1 is silence."""
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value % 1 != 0:
            return UNKNOWN  # NaN and infinities leave NaN as remainder
        if value == SILENT:
            return SILENT
        return int(value) if not self.numbered and 0 <= value < len(self.classes) else UNKNOWN

    def _of_set(self, names: Any, *, exclude: bool) -> int:
        """Give the code of a set of classes, or of all but these."""
        positions = {self._of_class(name) for name in names}
        if not positions or min(positions) < 0:
            return UNKNOWN
        members = set(range(len(self.classes))) - positions if exclude else positions
        if not members:
            return UNKNOWN
        if len(members) == len(self.classes):  # all classes are possible: nothing was said
            return SILENT
        return self._sets.setdefault(frozenset(members), len(self._sets))

    @property
    def statements(self) -> np.ndarray:
        """Boolean array, n_codes x n_classes: the classes that each code allows."""
        table = np.zeros((len(self._sets), len(self.classes)), dtype=bool)
        for members, code in self._sets.items():
            table[code, list(members)] = True
        return table

    def spread(self, value: dict[Any, Any]) -> list[tuple[int, float]] | None:
        """Give (code, probability) for a dict of probabilities; None if it is none."""
        if not all(isinstance(share, numbers.Real) for share in value.values()):
            return None
        # by code, so that the order in which a dict was filled makes no difference
        pairs = sorted((self._of_class(name), float(share)) for name, share in value.items())
        sound = all(code >= 0 and share >= 0 for code, share in pairs)
        if not sound or not abs(sum(share for _, share in pairs) - 1) < 1e-6:
            return None
        return [(code, share) for code, share in pairs if share > 0]


def _key(value: Any) -> tuple[type, Any]:
    """Tell True from 1, which Python takes for equal, but not 1 from 1.0."""
    return (bool if isinstance(value, (bool, np.bool_)) else object, value)
