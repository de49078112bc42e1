"""Proportion: a share of each bag has the class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from weaklabel.constraints._number import Number


@dataclass(frozen=True, eq=False, kw_only=True)
class Proportion(Number):
    """A stated share of the members has the class: exactly, give or take `within`, or with noise.

    Where no whole number of members has the share (0.3 among 5), expected counts meet it, and
    whole counts may be those beside it, the nearer the more.

    Parameters
    ----------
    of : hashable
        Name of the class.
    share : float, Series or mapping by bag
        Share of the members, 0 to 1. With noise it may be outside.
    within : float, Series or mapping by bag
        How far the true share may be from it.
    scale : float, Series or mapping by bag, or None
        Scale of the noise of the share: the standard deviation of Gaussian noise, the scale (mean
        absolute deviation) of Laplace noise. None: the share carries no noise.
    noise : {"gaussian", "laplace"}
        Kind of the noise: Gaussian for surveys and estimates, Laplace for shares published under
        differential privacy (scale = 1 / (size x privacy budget)).

    Raises
    ------
    ValueError
        If a share or `within` is not between 0 and 1 (probably a percentage), a scale is not
        positive, or `within` and `scale` are both given.

    Examples
    --------
    >>> import numpy as np
    >>> low, high = Proportion("bad", share=0.3, within=0.1).bounds(np.array([10, 20]))
    >>> low.tolist(), high.tolist()
    ([2.0, 4.0], [4.0, 8.0])
    >>> Proportion("bad", share=0.3).log_potential(np.array([0, 1, 2, 3]), 5).round(2).tolist()
    [-inf, -0.69, -0.69, -inf]
    """

    share: Any

    def __post_init__(self) -> None:
        remedy = "Divide percentages by 100; for numbers of items use Count."
        self._check_numbers("share", 1.0, remedy)

    @property
    def _value(self) -> Any:
        return self.share

    def _unit(self, size: Any) -> Any:
        return size
