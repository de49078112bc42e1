"""CUDA twin: one read of the scores, by a thread a row, or by a block where rows are wide."""

from __future__ import annotations

import math

import numpy as np
from array_api_compat import array_namespace
from numba import cuda

from weaklabel.kernels.gpu._launch import FEW_THREADS, THREADS, blocks_for, launch
from weaklabel.kernels.gpu._logs import take_in
from weaklabel.kernels.gpu._reduce import add_exponentials

__all__ = ["log_sum_exp"]

WIDE = 32  # columns above which a block reads a row


def log_sum_exp(scores):
    xp = array_namespace(scores)
    n_rows, n_columns = scores.shape
    out = xp.empty(n_rows, dtype=scores.dtype)
    if n_columns <= WIDE:
        launch(_thin, blocks_for(n_rows), THREADS, scores, out)
    else:
        launch(_wide, blocks_for(n_rows, 1), FEW_THREADS, scores, out)
    return out


@cuda.jit
def _thin(scores, out):
    """One row a thread."""
    for i in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        top, total = -math.inf, 0.0
        for j in range(scores.shape[1]):
            top, total = take_in(top, total, float(scores[i, j]))
        out[i] = top + math.log(total) if total > 0 else -math.inf


@cuda.jit
def _wide(scores, out):
    """One row a block."""
    tops = cuda.shared.array(FEW_THREADS, np.float64)
    totals = cuda.shared.array(FEW_THREADS, np.float64)
    place = cuda.threadIdx.x
    for i in range(cuda.blockIdx.x, out.size, cuda.gridDim.x):
        top, total = -math.inf, 0.0
        for j in range(place, scores.shape[1], FEW_THREADS):
            top, total = take_in(top, total, float(scores[i, j]))
        tops[place], totals[place] = top, total
        add_exponentials(tops, totals)
        if place == 0:
            out[i] = tops[0] + math.log(totals[0]) if totals[0] > 0 else -math.inf
        cuda.syncthreads()
