"""Proportion: a share of each bag has the class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from weaklabel.constraints._base import Constraint, counts, within_bag


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
        If a share or `within` is not between 0 and 1: probably a percentage.

    Examples
    --------
    >>> import numpy as np
    >>> low, high = Proportion("bad", share=0.3, within=0.1).bounds(np.array([10, 20]))
    >>> low.tolist(), high.tolist()
    ([2.0, 4.0], [4.0, 8.0])
    """

    share: Any
    within: Any = 0.0

    def __post_init__(self) -> None:
        remedy = "Divide percentages by 100; for numbers of items use Count."
        self._refuse_outside("share", 1.0, remedy)
        self._refuse_outside("within", 1.0, remedy)

    def bounds(self, size: Any) -> tuple[Any, Any]:
        xp, size = counts(size)
        low, high = (self.share - self.within) * size, (self.share + self.within) * size
        # 0.3 * 10 is 3.0000000000000004 in some orders of operation: a count of 3 must pass
        return within_bag(_rounded(xp, low), _rounded(xp, high), size)


def _rounded(xp: Any, count: Any) -> Any:
    """Round to nine digits after the point."""
    return xp.round(count * 1e9) / 1e9
