"""What every constraint is: one class, and bounds on how many members of a bag have it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from weaklabel._check import first_few


@dataclass(frozen=True, eq=False)
class Constraint(ABC):
    """A statement about the number of members of a bag that have a class.

    A kind of constraint states one truth, `bounds`; what solvers and reports need follows from it.

    Parameters
    ----------
    of : hashable
        Name of the class that is counted.
    """

    of: Any

    @abstractmethod
    def bounds(self, size: Any) -> tuple[Any, Any]:
        """Give the smallest and largest count allowed.

        Parameters
        ----------
        size : integer array, n_bags
            Number of members.

        Returns
        -------
        low, high : floating array, n_bags
            NaN in a field (a bag about which nothing is stated) gives 0 and `size`.
        """

    def excess(self, count: Any, size: Any) -> Any:
        """Distance of a count from what is allowed; 0 where it is allowed.

        Parameters
        ----------
        count : floating array, n_bags
            Number of members with the class, or its expectation.
        size : integer array, n_bags
        """
        low, high = self.bounds(size)
        return np.maximum(0.0, np.maximum(low - count, count - high))

    @property
    def values(self) -> dict[str, Any]:
        """The fields that may differ from bag to bag."""
        return {
            field.name: getattr(self, field.name) for field in fields(self) if field.name != "of"
        }

    def for_bags(self, names: pd.Index) -> Self:
        """Give every field one value a bag, matched by name.

        Parameters
        ----------
        names : pandas.Index
            Names of the bags.

        Returns
        -------
        Constraint
            Bags that a Series does not mention get NaN: nothing is stated about them.

        Raises
        ------
        ValueError
            If a Series mentions a bag that does not exist, or an array has another length.
        """
        return replace(
            self, **{name: _one_a_bag(value, names, name) for name, value in self.values.items()}
        )

    def take(self, bags: Any) -> Self:
        """Keep some bags, once every field has one value a bag."""
        return replace(self, **{name: value[bags] for name, value in self.values.items()})


def _one_a_bag(value: Any, names: pd.Index, field: str) -> np.ndarray:
    """Spread one value over the bags, or match a Series by name."""
    if isinstance(value, dict):
        value = pd.Series(value)
    if isinstance(value, pd.Series):
        strangers = value.index.difference(names)
        if len(strangers):
            msg = (
                f"{field!r} is stated for {len(strangers)} bags that have no members: "
                f"{first_few(strangers)}. Probably names differ in spelling or type. "
                f"The bags are {first_few(names)}."
            )
            raise ValueError(msg)
        return value.reindex(names).to_numpy(dtype=np.float64)
    array = np.asarray(value, dtype=np.float64)
    if array.ndim and len(array) != len(names):
        msg = (
            f"{field!r} has {len(array)} values for {len(names)} bags. Pass one number for all, or "
            "a Series indexed by the names of the bags."
        )
        raise ValueError(msg)
    return np.broadcast_to(array, (len(names),)).copy()


def at_least_zero(low: Any) -> Any:
    """Give a lower bound on a count; nothing stated means 0."""
    return np.where(np.isnan(low), 0.0, np.maximum(low, 0.0))


def at_most_size(high: Any, size: Any) -> Any:
    """Give an upper bound on a count; nothing stated means the size of the bag."""
    return np.where(np.isnan(high), size, np.minimum(high, size))
