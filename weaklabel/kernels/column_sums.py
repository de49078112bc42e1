"""Add up the columns of a long table."""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

from weaklabel.kernels._dispatch import kernel

FOLD = 64  # rows that are laid side by side


@kernel
def column_sums(table: Any) -> Any:
    """Sum each column, as ``xp.sum(table, axis=0)``, several times faster for few columns.

    Parameters
    ----------
    table : floating array, n_rows x n_columns

    Returns
    -------
    floating array, n_columns

    Examples
    --------
    >>> import numpy as np
    >>> column_sums(np.ones((100, 2)))
    array([100., 100.])
    """
    xp = array_namespace(table)
    n_rows, n_columns = table.shape
    n_folds = n_rows // FOLD
    folded = xp.reshape(table[: n_folds * FOLD, :], (n_folds, FOLD * n_columns))
    sums = xp.reshape(xp.sum(folded, axis=0), (FOLD, n_columns))
    return xp.sum(sums, axis=0) + xp.sum(table[n_folds * FOLD :, :], axis=0)
