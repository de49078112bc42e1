"""Numba twin: each row is read once; rows in parallel."""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

__all__ = ["softmax"]


@njit(parallel=True, cache=True)
def softmax(scores):
    n_rows, n_columns = scores.shape
    shares = np.empty((n_rows, n_columns), dtype=scores.dtype)
    log_sum = np.empty(n_rows, dtype=scores.dtype)
    for i in prange(n_rows):
        top = -np.inf
        for y in range(n_columns):
            top = max(top, scores[i, y])
        if not np.isfinite(top):
            log_sum[i] = top
            shares[i, :] = 0.0
            continue
        total = 0.0
        for y in range(n_columns):
            x = scores[i, y] - top
            likely = math.exp(x) if x < 0.0 else 1.0
            shares[i, y] = likely
            total += likely
        log_sum[i] = top + math.log(total)
        for y in range(n_columns):
            shares[i, y] /= total
    return shares, log_sum
