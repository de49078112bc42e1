"""What messages need of arrays, wherever those live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from array_api_compat import (
    array_namespace,
    is_array_api_strict_namespace,
    is_numpy_array,
)

from weaklabel._device import device_of


def adder(like: Any, *, maximize: bool) -> Callable[[Any, Any], Any]:
    """Give what adds up exponentials, or takes the best, element by element."""
    if is_numpy_array(like):
        return np.maximum if maximize else np.logaddexp
    return array_namespace(like).maximum if maximize else _log_add


def _log_add(a: Any, b: Any) -> Any:
    """Log of the sum of exponentials, for ``-inf`` too: libraries differ on two of them."""
    xp = array_namespace(a)
    high, low = xp.maximum(a, b), xp.minimum(a, b)
    some = low > -xp.inf
    gap = xp.where(some, low - xp.where(some, high, xp.zeros_like(high)), xp.zeros_like(high))
    return xp.where(some, high + xp.log1p(xp.exp(gap)), high)


def folded(add: Any, table: Any) -> Any:
    """Add up the columns one by one: few and long, `reduce` is much slower."""
    total = table[:, 0]
    for column in range(1, table.shape[1]):
        total = add(total, table[:, column])
    return total if table.shape[1] > 1 else array_namespace(table).asarray(total, copy=True)


def add_rows(table: Any, rows: Any, values: Any) -> Any:
    """Add values to rows of a table, each of which stands once; in place if the library can."""
    xp = array_namespace(table)
    if not is_array_api_strict_namespace(xp):
        table[rows] += values
        return table
    order = xp.argsort(rows)
    there = xp.take(rows, order)
    every = xp.arange(table.shape[0], dtype=there.dtype, device=device_of(table))
    place = xp.searchsorted(there, every)
    inside = xp.searchsorted(there, every, side="right") > place
    chosen = xp.take(xp.concat([order, order[:1]]), place)
    return xp.where(
        inside if table.ndim == 1 else inside[:, None],
        table + xp.take(values, chosen, axis=0),
        table,
    )


def set_rows(table: Any, rows: Any, values: Any) -> Any:
    """Set rows of a table, each of which stands once; in place if the library can."""
    xp = array_namespace(table)
    if not is_array_api_strict_namespace(xp):
        table[rows] = values
        return table
    return add_rows(table, rows, values - xp.take(table, rows, axis=0))


def largest(values: Any) -> float:
    """Largest of values that are at least 0; 0 if there are none."""
    return float(array_namespace(values).max(values)) if values.shape[0] else 0.0


def upper_half(values: Any) -> Any:
    """Tell which values are at least the median."""
    if is_numpy_array(values):
        return values >= np.median(values)
    xp, n = array_namespace(values), values.shape[0]
    ranked = xp.sort(values)
    return values >= (ranked[(n - 1) // 2] + ranked[n // 2]) / 2


def safe_ratio(part: Any, whole: Any) -> Any:
    """Divide by what is positive; 0 elsewhere."""
    xp, some = array_namespace(part), whole > 0
    return xp.where(some, part / xp.where(some, whole, xp.ones_like(whole)), xp.zeros_like(part))
