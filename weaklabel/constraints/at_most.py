"""AtMost: no more than some members of each bag have the class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from weaklabel.constraints._base import Constraint, at_least_zero, at_most_size


@dataclass(frozen=True, eq=False, kw_only=True)
class AtMost(Constraint):
    """At most `number` members have the class (0: the class is absent).

    Parameters
    ----------
    of : hashable
        Name of the class.
    number : float, Series or mapping by bag
        Largest number of members.

    Examples
    --------
    >>> import numpy as np
    >>> AtMost("car", number=0).bounds(np.array([5]))
    (array([0.]), array([0.]))
    """

    number: Any

    def bounds(self, size: Any) -> tuple[Any, Any]:
        return at_least_zero(0.0 * size), at_most_size(self.number + 0.0 * size, size)
