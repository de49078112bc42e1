"""Proportion: a share of each bag has the class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from weaklabel.constraints._base import Constraint, at_least_zero, at_most_size


@dataclass(frozen=True, eq=False, kw_only=True)
class Proportion(Constraint):
    """A stated share of the members has the class, give or take `within`.

    Parameters
    ----------
    of : hashable
        Name of the class.
    share : float, Series or mapping by bag
        Share of the members, 0 to 1.
    within : float, Series or mapping by bag
        How far the true share may be from it.

    Raises
    ------
    ValueError
        If a share is not between 0 and 1: probably a percentage.

    Examples
    --------
    >>> low, high = Proportion("bad", share=0.3, within=0.1).bounds(np.array([10, 20]))
    >>> low.tolist(), high.tolist()
    ([2.0, 4.0], [4.0, 8.0])
    """

    share: Any
    within: Any = 0.0

    def __post_init__(self) -> None:
        share = np.asarray(
            list(self.share.values()) if isinstance(self.share, dict) else self.share
        )
        wrong = (share < 0) | (share > 1)
        if wrong.any():
            msg = (
                f"A share of {self.of!r} is between 0 and 1, not {float(share[wrong].flat[0]):g}. "
                "Divide percentages by 100; for numbers of items use Count."
            )
            raise ValueError(msg)

    def bounds(self, size: Any) -> tuple[Any, Any]:
        low, high = (self.share - self.within) * size, (self.share + self.within) * size
        # 0.3 * 10 is 3.0000000000000004 in some orders of operation: a count of 3 must pass
        return at_least_zero(np.round(low, 9)), at_most_size(np.round(high, 9), size)
