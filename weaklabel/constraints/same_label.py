"""SameLabel: all members of a bag have the same class."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pandas as pd
from array_api_compat import array_namespace

from weaklabel.constraints._base import Constraint, numbers


@dataclass(frozen=True, eq=False)
class SameLabel(Constraint):
    """All members have the class, or none has: the counts 0 and `size`, and nothing between.

    Frames of one object, copies of one text, pixels of one region. It is no interval, so that
    solvers that keep expected counts within bounds refuse it.

    Parameters
    ----------
    of : hashable or None
        Name of the class; None: it holds for every class, so that all members share one label.

    Examples
    --------
    >>> import numpy as np
    >>> SameLabel("car").log_potential(np.array([0, 1, 2, 3]), 3).tolist()
    [0.0, -inf, -inf, 0.0]
    """

    of: Any = None

    bounded: ClassVar[bool] = False

    def bounds(self, size: Any) -> tuple[Any, Any]:  # noqa: ARG002 - as in the base
        msg = (
            "SameLabel has no bounds: it allows all members or none, and nothing between. Use a "
            "solver of counts, such as BeliefPropagation, or leave the constraint out."
        )
        raise TypeError(msg)

    def expand(self, classes: pd.Index) -> tuple[Constraint, ...]:
        if self.of is None:
            return tuple(replace(self, of=name) for name in classes.tolist())
        return super().expand(classes)

    def excess(self, count: Any, size: Any) -> Any:
        count, size = self._together(count, size)
        return array_namespace(count).minimum(count, size - count)

    def log_potential(self, count: Any, size: Any) -> Any:
        count, size = self._together(count, size)
        xp = array_namespace(count)
        allowed = (count == 0) | (count == size)
        zero = xp.zeros_like(count + size)
        return xp.where(allowed, zero, zero - xp.inf)

    @staticmethod
    def _together(count: Any, size: Any) -> tuple[Any, Any]:
        """Let one size a bag meet a row of counts a bag."""
        count, size = numbers(count, size)
        return count, size[..., None] if count.ndim > size.ndim else size
