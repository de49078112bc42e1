"""AtMost: no more than some members of each bag have the class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from weaklabel.constraints._base import Constraint, counts, within_bag


@dataclass(frozen=True, eq=False, kw_only=True)
class AtMost(Constraint):
    """At most `number` members have the class (0: the class is absent).

    Parameters
    ----------
    of : hashable
        Name of the class.
    number : float, Series or mapping by bag
        Largest number of members.

    Raises
    ------
    ValueError
        If a number is negative.

    Examples
    --------
    >>> import numpy as np
    >>> AtMost("car", number=0).bounds(np.array([5]))
    (array([0.]), array([0.]))
    """

    number: Any

    def __post_init__(self) -> None:
        self._refuse_outside("number", np.inf, "0 says that the class is absent.")

    def bounds(self, size: Any) -> tuple[Any, Any]:
        _, size = counts(size)
        return within_bag(0.0 * size, self.number + 0.0 * size, size)
