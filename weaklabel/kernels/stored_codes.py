"""Turn a matrix of what sources said into votes that are stored row by row, without silences."""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

from weaklabel._device import device_of
from weaklabel.kernels._dispatch import kernel


@kernel
def stored_codes(matrix: Any, table: Any, low: int) -> tuple[Any, Any, Any, int]:
    """Look every cell up in a table of codes, and store those that are no silence.

    Parameters
    ----------
    matrix : integer array, n_rows x n_columns
        From `low` to ``low + len(table) - 1``.
    table : signed integer array, n_values
        Code of each value; -1 is silence. Wide enough to hold numbers of columns, too.
    low : int
        Value of the first entry of the table.

    Returns
    -------
    starts : integer array, n_rows + 1
        Entries ``starts[i]`` to ``starts[i + 1] - 1`` are those of row i.
    column, code : integer array, n_stored
        Of the type of `table`.
    n_others : int
        How many cells have a code below -1; they are left out.

    Examples
    --------
    >>> import numpy as np
    >>> said = np.array([[0, -1], [-1, -1], [1, 0]])
    >>> stored_codes(said, np.array([-1, 0, 1]), -1)
    (array([0, 1, 1, 3]), array([0, 0, 1]), array([0, 1, 0]), 0)
    """
    xp = array_namespace(matrix, table)
    place = xp.reshape(xp.astype(matrix, xp.int64) - low, (-1,))
    codes = xp.reshape(xp.take(table, place), matrix.shape)
    stored = codes >= 0
    counts = xp.cumulative_sum(xp.sum(xp.astype(stored, xp.int64), axis=1))
    starts = xp.concat([xp.zeros(1, dtype=counts.dtype, device=device_of(counts)), counts])
    column = xp.nonzero(stored)[1]
    others = int(xp.sum(xp.astype(codes < -1, xp.int64)))
    return starts, xp.astype(column, table.dtype), codes[stored], others
