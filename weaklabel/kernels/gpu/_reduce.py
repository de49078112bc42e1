"""Reductions within a block, in one order whatever the number of threads that take part."""

from __future__ import annotations

import math

from numba import cuda


@cuda.jit(device=True)
def add_lanes(values, lane, n_lanes, step):
    """Add up entries that are `step` apart, each lane holding one; the sum is in that of lane 0.

    All threads of the block must call it.
    """
    place = cuda.threadIdx.x
    width = n_lanes
    cuda.syncthreads()
    while width > 1:
        half = (width + 1) // 2
        if lane < width - half:
            values[place] += values[place + half * step]
        cuda.syncthreads()
        width = half


@cuda.jit(device=True)
def add_exponentials(tops, totals):
    """Add up sums of exponentials, one a thread, given relative to tops; thread 0 has the sum.

    All threads of the block must call it.
    """
    place = cuda.threadIdx.x
    width = cuda.blockDim.x
    cuda.syncthreads()
    while width > 1:
        half = (width + 1) // 2
        if place < width - half:
            top = max(tops[place], tops[place + half])
            if top > -math.inf:
                totals[place] = totals[place] * math.exp(tops[place] - top) + totals[
                    place + half
                ] * math.exp(tops[place + half] - top)
            tops[place] = top
        cuda.syncthreads()
        width = half
