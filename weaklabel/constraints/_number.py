"""Number: what constraints share that state a number, exactly, give or take, or with noise."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from math import log, pi
from typing import Any, Literal

from array_api_compat import array_namespace

from weaklabel.constraints._base import Constraint, counts, numbers, within_bag
from weaklabel.constraints._fields import largest

Noise = Literal["gaussian", "laplace"]

FAR = 30.0  # scales of noise beyond which a number is more likely of another unit


@dataclass(frozen=True, eq=False, kw_only=True)
class Number(Constraint):
    """A stated number. Its kinds tell the number and its unit, in items.

    Parameters
    ----------
    of : hashable
        Name of the class.
    within : float, Series or mapping by bag
        How far the true number may be from it.
    scale : float, Series or mapping by bag, or None
        Scale of the noise that the number carries. None: it carries none.
    noise : {"gaussian", "laplace"}
        Kind of the noise.
    """

    within: Any = 0.0
    scale: Any = None
    noise: Noise = "gaussian"

    @property
    @abstractmethod
    def _value(self) -> Any:
        """The stated number, in its unit."""

    @abstractmethod
    def _unit(self, size: Any) -> Any:
        """One unit of the number, in items."""

    @property
    def exact(self) -> bool:
        return self.scale is None

    def noise_scale(self, size: Any) -> Any:
        xp, size = counts(size)
        return xp.zeros_like(size) if self.scale is None else self.scale * self._unit(size)

    def bounds(self, size: Any) -> tuple[Any, Any]:
        xp, size = counts(size)
        unit = self._unit(size)
        if self.scale is not None:
            # noise takes numbers below 0 and above the size: the nearest count that can be
            stated = (self._value + 0.0 * self.scale) * unit
            low, high = within_bag(stated, stated, size)
            return xp.minimum(low, size), xp.maximum(high, xp.zeros_like(size))
        low, high = (self._value - self.within) * unit, (self._value + self.within) * unit
        # 0.3 * 10 is 3.0000000000000004 in some orders of operation: a count of 3 must pass
        return within_bag(_rounded(xp, low), _rounded(xp, high), size)

    def log_potential(self, count: Any, size: Any) -> Any:
        if self.scale is None:
            return super().log_potential(count, size)
        count, size = numbers(count, size)
        xp = array_namespace(count)
        unit = self._unit(xp.where(size > 0, size, xp.ones_like(size)))
        stated, width = self._value * unit + 0.0 * unit, self.scale * unit
        scale = self.scale + 0.0 * unit
        if count.ndim > stated.ndim:
            stated, width, scale = stated[..., None], width[..., None], scale[..., None]
        off = (count - stated) / width
        density = self._log_density(off) - xp.log(scale)
        return xp.where(xp.isnan(density), xp.zeros_like(density), density)

    def _log_density(self, off: Any) -> Any:
        """Log density of noise of scale 1."""
        if self.noise == "gaussian":
            return -0.5 * off**2 - 0.5 * log(2 * pi)
        return -array_namespace(off).abs(off) - log(2.0)

    def _check_numbers(self, field: str, most: float, remedy: str) -> None:
        """Refuse numbers that cannot be, and noise that is none."""
        if self.noise not in {"gaussian", "laplace"}:
            msg = (
                f"{type(self).__name__} of {self.of!r}: noise={self.noise!r} is unknown. Choose "
                "'gaussian' or 'laplace'."
            )
            raise ValueError(msg)
        self._refuse_outside("within", most, remedy)
        if self.scale is None:
            self._refuse_outside(field, most, remedy)
            return
        positive = "It is the spread of the noise; without noise leave it out."
        self._refuse("scale", lambda scale: scale <= 0, "above 0", positive)
        far = FAR * largest(self.scale)
        self._refuse_outside(field, most + far, remedy, least=-far)
        if largest(self.within) > 0:
            msg = (
                f"{type(self).__name__} of {self.of!r} has within= and scale=. A number is exact "
                "within an interval, or carries noise. Choose one of them."
            )
            raise ValueError(msg)


def _rounded(xp: Any, count: Any) -> Any:
    """Round to nine digits after the point."""
    return xp.round(count * 1e9) / 1e9
