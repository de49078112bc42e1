"""Keep the smallest of a table that comes block by block: nearest neighbors from distances."""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

from weaklabel._device import device_of
from weaklabel.kernels._dispatch import kernel


@kernel
def top_k(table: Any, name: Any, best: Any, found: Any) -> tuple[Any, Any]:
    """Merge the columns of a block into the k smallest values that each row had before.

    Parameters
    ----------
    table : floating array, n_rows x n_columns
        New values; infinite ones and NaN are never kept.
    name : integer array, n_columns
        What each column is called.
    best : floating array, n_rows x k
        Smallest values so far, rising; ``inf`` where there were fewer.
    found : integer array, n_rows x k
        Names of their columns; -1 where there were fewer.

    Returns
    -------
    best, found
        Of all columns seen. Among equal values the one that came first is kept.

    Examples
    --------
    >>> import numpy as np
    >>> nothing = np.full((1, 2), np.inf), np.full((1, 2), -1)
    >>> top_k(np.array([[3.0, 1.0, 2.0, 1.0]]), np.array([10, 11, 12, 13]), *nothing)
    (array([[1., 1.]]), array([[11, 13]]))
    """
    xp = array_namespace(table, name, best, found)
    new = xp.where(table < xp.inf, table, xp.full_like(table, xp.inf))
    values = xp.concat([best, new], axis=1)
    names = xp.concat(
        [found, xp.broadcast_to(xp.astype(name, found.dtype)[None, :], new.shape)], axis=1
    )
    n_rows, k = best.shape
    kept = xp.argsort(values, axis=1, stable=True)[:, :k]
    row = xp.arange(n_rows, dtype=kept.dtype, device=device_of(kept))
    place = xp.reshape(kept + row[:, None] * values.shape[1], (-1,))
    best = xp.reshape(xp.take(xp.reshape(values, (-1,)), place), (n_rows, k))
    found = xp.reshape(xp.take(xp.reshape(names, (-1,)), place), (n_rows, k))
    return best, xp.where(best < xp.inf, found, xp.full_like(found, -1))
