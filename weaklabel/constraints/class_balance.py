"""ClassBalance: the shares of the classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from weaklabel.constraints._base import Constraint, Statement, refuse_unknown_classes
from weaklabel.constraints._number import Noise
from weaklabel.constraints.proportion import Proportion

TOLERANCE = 1e-6  # of the sum of all shares


@dataclass(frozen=True, eq=False)
class ClassBalance(Statement):
    """The shares of several classes; the same in every bag.

    For all items together use `Evidence.with_class_balance`, which makes one bag of them.

    Parameters
    ----------
    shares : Series or mapping by class
        Share of each class, 0 to 1; nothing is stated about classes left out.
    within : float
        How far each true share may be from it.
    scale : float or None
        Scale of the noise of each share; None: no noise. See `Proportion`.
    noise : {"gaussian", "laplace"}
        Kind of the noise.

    Raises
    ------
    ValueError
        If shares are no shares, or exact ones sum to more than 1 (all classes: to anything else).

    Examples
    --------
    >>> balance = ClassBalance({"bad": 0.2, "fine": 0.8})
    >>> [constraint.of for constraint in balance.expand(pd.Index(["bad", "fine"]))]
    ['bad', 'fine']
    """

    shares: Any
    within: float = 0.0
    scale: float | None = None
    noise: Noise = "gaussian"

    def expand(self, classes: pd.Index) -> tuple[Constraint, ...]:
        shares = self._by_class()
        refuse_unknown_classes("ClassBalance has a share of", shares, classes)
        constraints = tuple(
            Proportion(name, share=share, within=self.within, scale=self.scale, noise=self.noise)
            for name, share in shares.items()
        )
        total = sum(shares.values())
        complete = len(shares) == len(classes)
        exact = self.scale is None and not self.within
        if exact and (total > 1 + TOLERANCE or (complete and total < 1 - TOLERANCE)):
            msg = (
                f"The shares of {'all classes' if complete else 'classes'} sum to {total:g}, not "
                f"{'1' if complete else 'at most 1'}: {shares}. Probably they are rounded or of "
                "other classes. Divide them by their sum, or allow for rounding by within=."
            )
            raise ValueError(msg)
        return constraints

    def _by_class(self) -> dict[Any, float]:
        """Shares by name of class."""
        if not isinstance(self.shares, Mapping | pd.Series):
            msg = (
                "ClassBalance takes a Series or mapping of shares by class, not a "
                f"{type(self.shares).__name__}. Name the classes: {{'bad': 0.2, 'fine': 0.8}}."
            )
            raise TypeError(msg)
        return {name: share for name, share in self.shares.items() if not pd.isna(share)}
