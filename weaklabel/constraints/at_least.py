"""AtLeast: some members of each bag have the class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from weaklabel.constraints._base import Constraint, at_least_zero, at_most_size


@dataclass(frozen=True, eq=False, kw_only=True)
class AtLeast(Constraint):
    """At least `number` members have the class (1: multiple-instance learning).

    Parameters
    ----------
    of : hashable
        Name of the class.
    number : float, Series or mapping by bag
        Smallest number of members.

    Examples
    --------
    >>> import numpy as np
    >>> AtLeast("car").bounds(np.array([5]))
    (array([1.]), array([5.]))
    """

    number: Any = 1.0

    def bounds(self, size: Any) -> tuple[Any, Any]:
        return at_least_zero(self.number + 0.0 * size), at_most_size(1.0 * size, size)
