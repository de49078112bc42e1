"""Add up probabilities that are given as logarithms."""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

from weaklabel.kernels._dispatch import kernel


@kernel
def log_sum_exp(scores: Any) -> Any:
    """Give the log of the sum of exponentials of each row, without overflow.

    Parameters
    ----------
    scores : floating array, n_rows x n_columns
        In nats; ``-inf`` is an ordinary value.

    Returns
    -------
    floating array, n_rows
        ``-inf`` where the whole row is.

    Examples
    --------
    >>> import numpy as np
    >>> log_sum_exp(np.array([[0.0, 0.0], [-np.inf, -np.inf]])).round(3)
    array([0.693,  -inf])
    """
    xp = array_namespace(scores)
    top = xp.max(scores, axis=1)
    top = xp.where(xp.isfinite(top), top, xp.zeros_like(top))
    total = xp.sum(xp.exp(scores - top[:, None]), axis=1)
    some = total > 0
    logs = xp.log(xp.where(some, total, xp.ones_like(total)))
    return xp.where(some, top + logs, xp.full_like(total, -xp.inf))
