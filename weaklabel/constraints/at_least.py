"""AtLeast: some members of each bag have the class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from weaklabel.constraints._base import Constraint, counts, within_bag


@dataclass(frozen=True, eq=False, kw_only=True)
class AtLeast(Constraint):
    """At least `number` members have the class (1: multiple-instance learning).

    Parameters
    ----------
    of : hashable
        Name of the class.
    number : float, Series or mapping by bag
        Smallest number of members.

    Raises
    ------
    ValueError
        If a number is negative.

    Examples
    --------
    >>> import numpy as np
    >>> AtLeast("car").bounds(np.array([5]))
    (array([1.]), array([5.]))
    """

    number: Any = 1.0

    def __post_init__(self) -> None:
        self._refuse_outside("number", np.inf, "To limit how many there are use AtMost.")

    def bounds(self, size: Any) -> tuple[Any, Any]:
        _, size = counts(size)
        return within_bag(self.number + 0.0 * size, size, size)
