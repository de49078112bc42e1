"""Count: a number of members of each bag has the class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from weaklabel.constraints._base import Constraint, at_least_zero, at_most_size


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

    Examples
    --------
    >>> import numpy as np
    >>> Count("bad", number=3).bounds(np.array([10]))
    (array([3.]), array([3.]))
    """

    number: Any
    within: Any = 0.0

    def bounds(self, size: Any) -> tuple[Any, Any]:
        return (
            at_least_zero(self.number - self.within + 0.0 * size),
            at_most_size(self.number + self.within + 0.0 * size, size),
        )
