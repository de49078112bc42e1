"""Turn log scores into probabilities."""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

from weaklabel.kernels._dispatch import kernel
from weaklabel.kernels.log_sum_exp import log_sum_exp


@kernel
def softmax(scores: Any) -> tuple[Any, Any]:
    """Give the exponentials of each row over their sum, and the log of that sum.

    Parameters
    ----------
    scores : floating array, n_rows x n_columns
        In nats; ``-inf`` is an ordinary value.

    Returns
    -------
    shares : floating array, n_rows x n_columns
        Zeros in a row that is ``-inf`` everywhere.
    log_sum : floating array, n_rows
        ``-inf`` for such a row.

    Examples
    --------
    >>> import numpy as np
    >>> softmax(np.array([[0.0, 0.0], [-np.inf, -np.inf]]))[0]
    array([[0.5, 0.5],
           [0. , 0. ]])
    """
    xp = array_namespace(scores)
    log_sum = log_sum_exp(scores)
    top = xp.where(xp.isfinite(log_sum), xp.max(scores, axis=1), xp.zeros_like(log_sum))
    # divided by their own sum: beside 1e16 the log of the sum cannot hold a log 2
    likely = xp.exp(scores - top[:, None])
    total = xp.sum(likely, axis=1, keepdims=True)
    return likely / xp.where(total > 0, total, xp.ones_like(total)), log_sum
