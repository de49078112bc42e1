"""Count: a number of members of each bag has the class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace

from weaklabel.constraints._number import Number


@dataclass(frozen=True, eq=False, kw_only=True)
class Count(Number):
    """A stated number of members has the class: exactly, give or take `within`, or with noise.

    Parameters
    ----------
    of : hashable
        Name of the class.
    number : float, Series or mapping by bag
        Number of members. With noise it may be negative.
    within : float, Series or mapping by bag
        How far the true number may be from it.
    scale : float, Series or mapping by bag, or None
        Scale of the noise of the number, in items: the standard deviation of Gaussian noise, the
        scale (mean absolute deviation) of Laplace noise. None: the number carries no noise.
    noise : {"gaussian", "laplace"}
        Kind of the noise: Gaussian for estimates, Laplace for counts published under differential
        privacy (scale = 1 / privacy budget).

    Raises
    ------
    ValueError
        If a number is negative without noise, a scale is not positive, or `within` and `scale`
        are both given.

    Examples
    --------
    >>> import numpy as np
    >>> Count("bad", number=3).bounds(np.array([10]))
    (array([3.]), array([3.]))
    >>> noisy = Count("bad", number=-0.5, scale=1.0, noise="laplace")
    >>> noisy.log_potential(np.array([0, 1, 2]), 10).round(2).tolist()
    [-1.19, -2.19, -3.19]
    """

    number: Any

    def __post_init__(self) -> None:
        self._check_numbers("number", np.inf, "Numbers are of items; for shares use Proportion.")

    @property
    def _value(self) -> Any:
        return self.number

    def _unit(self, size: Any) -> Any:
        return array_namespace(size).ones_like(size)
