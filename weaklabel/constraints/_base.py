"""What every constraint is: one class, and how many members of a bag may have it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import pandas as pd
from array_api_compat import array_namespace, is_array_api_obj

from weaklabel._device import device_of, on_host, take_rows
from weaklabel.constraints._fields import one_a_bag, refuse

if TYPE_CHECKING:
    from weaklabel.bags import Bags
    from weaklabel.posterior import Posterior


class Statement(ABC):
    """What a user says about bags; it may be about several classes at once."""

    @abstractmethod
    def expand(self, classes: pd.Index) -> tuple[Constraint, ...]:
        """Say the same by constraints of one class each.

        Parameters
        ----------
        classes : pandas.Index
            Names of all classes.

        Raises
        ------
        ValueError
            If a class is named that does not exist.
        """


@dataclass(frozen=True, eq=False)
class Constraint(Statement):
    """A statement about the number of members of a bag that have a class.

    A kind of constraint states one truth, `bounds`; what solvers, training and reports need
    follows from it. A kind that is no interval says so (`bounded` is False), has no `bounds`, and
    gives `excess` and `log_potential` itself.

    Parameters
    ----------
    of : hashable
        Name of the class that is counted.
    """

    of: Any

    bounded: ClassVar[bool] = True
    _shared: ClassVar[frozenset[str]] = frozenset({"of", "noise"})

    # ---- the truth --------------------------------------------------------------------------

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
            NaN in a field (a bag about which nothing is stated) gives 0 and `size`. They need not
            be whole: they bound the expected count, too. ``low > high`` if nothing is allowed.

        Raises
        ------
        TypeError
            If the kind is no interval.
        """

    @property
    def exact(self) -> bool:
        """Whether what is outside is impossible, and not only improbable."""
        return True

    def noise_scale(self, size: Any) -> Any:
        """Scale of the noise that the stated number carries, in items; 0 where it carries none.

        Parameters
        ----------
        size : integer array, n_bags
        """
        (size,) = numbers(size)
        return array_namespace(size).zeros_like(size)

    # ---- what follows from it ---------------------------------------------------------------

    def excess(self, count: Any, size: Any) -> Any:
        """Distance of a count from what is allowed; 0 where it is allowed.

        Parameters
        ----------
        count : array, n_bags, or n_bags x anything, or of any length for one bag
            Number of members with the class, or its expectation.
        size : integer array, n_bags
        """
        count, size = numbers(count, size)
        low, high = _beside(count, *self.bounds(size))
        xp = array_namespace(count, low)
        outside = xp.maximum(low - count, count - high)
        return xp.where(outside > 0, outside, xp.zeros_like(outside))

    def log_potential(self, count: Any, size: Any) -> Any:
        """Log of how far each whole count is allowed, in nats; the message of a count factor.

        0 where the count is allowed, ``-inf`` where it is not. Where the bounds hold no whole
        number (a share of 0.3 among 5), the whole numbers beside them are allowed, the nearer the
        more: one minus its distance from the middle, so that their mean is what was stated.
        Whatever expected counts can meet, whole counts can then meet, too.

        Parameters
        ----------
        count : integer array, n_bags, or n_bags x anything, or of any length for one bag
        size : integer array, n_bags

        Returns
        -------
        floating array, shaped like `count`
        """
        count, size = numbers(count, size)
        low, high = _beside(count, *self.bounds(size))
        xp = array_namespace(count, low)
        between = (low <= high) & (xp.ceil(low) > xp.floor(high))
        near = 1.0 - xp.abs(count - (low + high) / 2)
        allowed = (low <= count) & (count <= high)
        weight = xp.where(between & (near > 0), near, xp.astype(allowed, near.dtype))
        positive = weight > 0
        logs = xp.log(xp.where(positive, weight, xp.ones_like(weight)))
        return xp.where(positive, logs, xp.full_like(logs, -xp.inf))

    def penalty(self, count: Any, size: Any) -> Any:
        """Squared excess as a share of the bag, for training; torch differentiates it as it stands.

        Parameters
        ----------
        count : floating array, n_bags
            Expected number of members with the class.
        size : integer array, n_bags
        """
        count, size = numbers(count, size)
        xp = array_namespace(count, size)
        (divisor,) = _beside(count, xp.where(size > 0, size, xp.ones_like(size)))
        return (self.excess(count, size) / divisor) ** 2

    def violation(self, posterior: Posterior, bags: Bags) -> pd.Series:
        """Excess of the expected count in each bag.

        Parameters
        ----------
        posterior : Posterior
        bags : Bags
            The block that the constraint belongs to.

        Returns
        -------
        pandas.Series
            By name of bag; in items.
        """
        share = on_host(posterior.probabilities)[:, posterior.classes.get_loc(self.of)]
        expected, size = bags.sum_members(share), on_host(bags.sizes)
        excess = self.map_arrays(on_host).excess(expected, size)
        return pd.Series(excess, index=bags.names, name="excess")

    # ---- fields -----------------------------------------------------------------------------

    @property
    def values(self) -> dict[str, Any]:
        """The fields that may differ from bag to bag, where given; what is special comes first."""
        found = {field.name: getattr(self, field.name) for field in reversed(fields(self))}
        return {
            name: value
            for name, value in found.items()
            if name not in self._shared and value is not None
        }

    def stated(self, n_bags: int) -> np.ndarray:
        """Boolean array, n_bags: something is stated about the bag (no field is NaN)."""
        there = np.ones(n_bags, dtype=bool)
        for value in self.values.values():
            there &= ~np.isnan(on_host(value))
        return there

    def expand(self, classes: pd.Index) -> tuple[Constraint, ...]:
        refuse_unknown_classes(f"{type(self).__name__} counts", [self.of], classes)
        return (self,)

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
        return self._with(lambda name, value: one_a_bag(value, names, name))

    def take(self, bags: np.ndarray) -> Self:
        """Keep some bags, by position, once every field has one value a bag."""
        return self._with(lambda _, value: take_rows(value, bags))

    def map_arrays(self, move: Any) -> Self:
        """Apply a function to every array."""
        return self._with(lambda _, value: move(value) if is_array_api_obj(value) else value)

    def _with(self, change: Any) -> Self:
        """Change every field that may differ from bag to bag."""
        return replace(self, **{name: change(name, value) for name, value in self.values.items()})

    def _refuse_outside(self, field: str, most: float, remedy: str, least: float = 0.0) -> None:
        """Refuse values of a field below `least` or above `most`; NaN states nothing."""
        allowed = f"at least {least:g}" if np.isinf(most) else f"between {least:g} and {most:g}"
        self._refuse(field, lambda value: (value < least) | (value > most), allowed, remedy)

    def _refuse(self, field: str, wrong: Any, allowed: str, remedy: str) -> None:
        """Refuse values of a field, naming this statement and the bags."""
        who = f"{type(self).__name__} of {self.of!r}: {field!r}"
        refuse(getattr(self, field), wrong, who=who, allowed=allowed, remedy=remedy)


def refuse_unknown_classes(who: str, names: Iterable[Any], classes: pd.Index) -> None:
    """Refuse names that are no class; `who` starts the sentence."""
    unknown = [name for name in names if name not in classes]
    if unknown:
        msg = (
            f"{who} {', '.join(map(repr, unknown[:3]))}, but the classes are {classes.tolist()}. "
            "Name one of them."
        )
        raise ValueError(msg)


def numbers(*values: Any) -> tuple[Any, ...]:
    """Make floating arrays of one library of counts and sizes; plain numbers may be among them."""
    arrays: list[Any] = [value for value in values if is_array_api_obj(value)]
    xp: Any = array_namespace(*(arrays or [np.zeros(0)]))
    where = device_of(arrays[0]) if arrays else None

    def floating(value: Any) -> Any:
        dtype = getattr(value, "dtype", None)
        if dtype is None:
            return xp.asarray(value, dtype=xp.float64, device=where)
        return value if xp.isdtype(dtype, "real floating") else xp.astype(value, xp.float64)

    return tuple(floating(value) for value in values)


def _beside(count: Any, *values: Any) -> tuple[Any, ...]:
    """Let one value a bag meet a row of counts a bag."""
    return tuple(value[..., None] if count.ndim > value.ndim else value for value in values)


def counts(size: Any) -> tuple[Any, Any]:
    """Give the library of the sizes, and the sizes as floating numbers."""
    (size,) = numbers(size)
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
