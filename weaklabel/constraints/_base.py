"""What every constraint is: one class, and bounds on how many members of a bag have it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from array_api_compat import array_namespace, is_array_api_obj
from pandas.api.types import is_numeric_dtype

from weaklabel._check import as_index, first_few
from weaklabel._device import take_rows


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
        xp = array_namespace(count, low)
        outside = xp.maximum(low - count, count - high)
        return xp.where(outside > 0, outside, xp.zeros_like(outside))

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
            If a Series mentions a bag that does not exist or mentions it twice, an array has
            another length, or a value is no number.
        """
        return self._with(lambda name, value: _one_a_bag(value, names, name))

    def take(self, bags: np.ndarray) -> Self:
        """Keep some bags, by position, once every field has one value a bag."""
        return self._with(lambda _, value: take_rows(value, bags))

    def map_arrays(self, move: Any) -> Self:
        """Apply a function to every array."""
        return self._with(lambda _, value: move(value) if is_array_api_obj(value) else value)

    def _with(self, change: Any) -> Self:
        """Change every field that may differ from bag to bag."""
        return replace(self, **{name: change(name, value) for name, value in self.values.items()})

    def _refuse_outside(self, field: str, most: float, remedy: str) -> None:
        """Refuse values of a field below 0 or above `most`; NaN states nothing."""
        value = _series(getattr(self, field))
        if value is None:
            return
        if not is_numeric_dtype(value.dtype):
            msg = (
                f"{type(self).__name__} of {self.of!r}: {field!r} is a number, or a Series or "
                f"mapping of numbers by bag, not {value.iloc[0]!r}. Convert it first."
            )
            raise TypeError(msg)
        wrong = value[(value < 0) | (value > most)]
        if len(wrong):
            lone = len(value) == 1 and value.index[0] == 0
            where = "" if lone else f" (bags {first_few(wrong.index)})"
            allowed = "at least 0" if np.isinf(most) else f"between 0 and {most:g}"
            msg = (
                f"{type(self).__name__} of {self.of!r}: {field!r} is {allowed}, not "
                f"{wrong.iloc[0]:g}{where}. {remedy}"
            )
            raise ValueError(msg)


def counts(size: Any) -> tuple[Any, Any]:
    """Give the library of the sizes, and the sizes as floating numbers."""
    xp = array_namespace(size)
    return xp, xp.astype(size, xp.float64)


def within_bag(low: Any, high: Any, size: Any) -> tuple[Any, Any]:
    """Keep bounds between 0 and the size of the bag; where nothing is stated, give these.

    Parameters
    ----------
    low, high, size : floating array, n_bags
    """
    xp = array_namespace(size)
    zero = xp.zeros_like(size)
    return (
        xp.where(xp.isnan(low) | (low < 0), zero, low),
        xp.where(xp.isnan(high) | (high > size), size, high),
    )


def _series(value: Any) -> pd.Series | None:
    """Give stated numbers by name of bag; None for arrays of other libraries, checked before."""
    if is_array_api_obj(value) and not isinstance(value, np.ndarray):
        return None
    if isinstance(value, Mapping):
        value = pd.Series(dict(value))
    return value if isinstance(value, pd.Series) else pd.Series(np.atleast_1d(np.asarray(value)))


def _one_a_bag(value: Any, names: pd.Index, field: str) -> np.ndarray:
    """Spread one value over the bags, or match a Series by name."""
    if isinstance(value, Mapping):
        value = pd.Series(dict(value))
    if isinstance(value, pd.Series):
        return _by_name(value, names, field)
    array = np.asarray(value, dtype=np.float64)
    if array.ndim and array.shape != (len(names),):
        msg = (
            f"{field!r} has {len(array)} values for {len(names)} bags. Pass one number for all, or "
            "a Series indexed by the names of the bags."
        )
        raise ValueError(msg)
    return np.broadcast_to(array, (len(names),)).copy()


def _by_name(value: pd.Series, names: pd.Index, field: str) -> np.ndarray:
    """Match a Series to the bags by name."""
    if not value.index.is_unique:
        twice = value.index[value.index.duplicated()].unique()
        msg = (
            f"{field!r} is stated twice for bags {first_few(twice)}. Probably the rows are items, "
            "not bags. State it once a bag, for instance by groupby(...).first()."
        )
        raise ValueError(msg)
    place = names.get_indexer(as_index(value.index))
    if (place < 0).any():
        strangers = value.index[place < 0]
        msg = (
            f"{field!r} is stated for {len(strangers)} bags that have no members: "
            f"{first_few(strangers)}. Probably names differ in spelling or type. "
            f"The bags are {first_few(names)}. Rename them, or leave the others out."
        )
        raise ValueError(msg)
    stated = np.full(len(names), np.nan)
    stated[place] = value.to_numpy(dtype=np.float64, na_value=np.nan)
    return stated
