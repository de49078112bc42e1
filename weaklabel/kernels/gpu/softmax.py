"""CUDA twin: a thread a row, which is read once from memory and once more from the cache."""

from __future__ import annotations

import inspect
import math

from array_api_compat import array_namespace
from numba import cuda

from weaklabel.kernels import softmax as dispatched
from weaklabel.kernels.gpu._launch import THREADS, blocks_for, launch
from weaklabel.kernels.gpu.log_sum_exp import WIDE

__all__ = ["softmax"]


def softmax(scores):
    xp = array_namespace(scores)
    if scores.shape[1] > WIDE:
        return inspect.unwrap(dispatched)(scores)
    shares = xp.empty(scores.shape, dtype=scores.dtype)
    log_sum = xp.empty(scores.shape[0], dtype=scores.dtype)
    launch(_rows, blocks_for(scores.shape[0]), THREADS, scores, shares, log_sum)
    return shares, log_sum


@cuda.jit
def _rows(scores, shares, log_sum):
    """Find the best, then exponentials beside it."""
    for i in range(cuda.grid(1), log_sum.size, cuda.gridsize(1)):
        top, total = -math.inf, 0.0
        for j in range(scores.shape[1]):
            top = max(top, float(scores[i, j]))
        if top > -math.inf:
            for j in range(scores.shape[1]):
                total += math.exp(float(scores[i, j]) - top)
        for j in range(scores.shape[1]):
            shares[i, j] = math.exp(float(scores[i, j]) - top) / total if total > 0 else 0.0
        log_sum[i] = top + math.log(total) if total > 0 else -math.inf
