"""Count: a number of members of each bag has the class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from weaklabel.constraints._base import Constraint, counts, within_bag


@dataclass(frozen=True, eq=False, kw_only=True)
class Count(Constraint):
    """A stated number of members has the class, give or take `within`.

    Parameters
    ----------
    of : hashable
        Name of the class.
    number : float, Series or mapping by bag
        Number of members.
    within : float, Series or mapping by bag
        How far the true number may be from it.

    Raises
    ------
    ValueError
        If a number is negative.

    Examples
    --------
    >>> import numpy as np
    >>> Count("bad", number=3).bounds(np.array([10]))
    (array([3.]), array([3.]))
    """

    number: Any
    within: Any = 0.0

    def __post_init__(self) -> None:
        self._refuse_outside("number", np.inf, "It is how many members have the class.")
        self._refuse_outside("within", np.inf, "It is how far the true number may be from it.")

    def bounds(self, size: Any) -> tuple[Any, Any]:
        _, size = counts(size)
        number = self.number + 0.0 * size
        return within_bag(number - self.within, number + self.within, size)
