"""CUDA twin: the cost is read once, with one exponential an entry.

Few columns: a row a thread, all in registers. More: a row a block, in shared memory. Columns are
added up as numbers, each block its own; where those leave the range of doubles, which is rare, a
column is added up once more from logarithms.
"""

from __future__ import annotations

import inspect
import math
from functools import cache

import numpy as np
from array_api_compat import array_namespace
from numba import cuda

from weaklabel.kernels import soft_assign as dispatched
from weaklabel.kernels.gpu._launch import FEW_THREADS, SIMULATED, THREADS, blocks_for, launch
from weaklabel.kernels.gpu._logs import take_in
from weaklabel.kernels.gpu._reduce import add_exponentials, add_lanes
from weaklabel.kernels.gpu.log_sum_exp import log_sum_exp

__all__ = ["soft_assign"]

THIN = 4 if SIMULATED else 16  # columns up to which a thread holds a row
WIDEST = 2048  # columns that fit the shared memory of a block
FEW = 256  # columns up to which a block has few threads
CHUNKS = 2 if SIMULATED else 64  # blocks that share a column that is added up again
TINY, HUGE = 1e-200, 1e200  # sums outside are taken again
LARGEST = 700.0  # an exponential above leaves the range of doubles


def soft_assign(cost, epsilon, column, log_low, log_high, damping):
    n_rows, n_columns = cost.shape[0], column.shape[0]
    if n_columns > WIDEST:
        return inspect.unwrap(dispatched)(cost, epsilon, column, log_low, log_high, damping)
    xp = array_namespace(cost, column)
    inverse, sides = 1.0 / float(epsilon), (log_low, log_high, damping)
    row = xp.empty(n_rows, dtype=column.dtype)
    thin = n_columns <= THIN
    n_blocks = blocks_for(n_rows) if thin else blocks_for(n_rows, 1)
    part = xp.empty((n_blocks, n_columns), dtype=column.dtype)
    widest = 1 << (n_columns - 1).bit_length()
    n_threads = FEW_THREADS if not thin and widest <= FEW else THREADS
    sweep = _thin(n_columns) if thin else _wide(widest, n_threads)
    launch(sweep, n_blocks, n_threads, cost, inverse, column, *sides, row, part)
    total = xp.sum(part, axis=0)
    logs = xp.full((n_columns, CHUNKS), -xp.inf, dtype=column.dtype)
    n_again = blocks_for(n_columns * CHUNKS, 1)
    launch(_again, n_again, THREADS, total, cost, inverse, column, row, logs)
    safe = _is_safe(total) & xp.isfinite(column)
    sums = xp.log(xp.where(safe, total, 1.0)) - xp.where(safe, column, 0.0)
    return row, xp.where(safe, sums, log_sum_exp(logs))


def _is_safe(total):
    """Tell sums that lost nothing."""
    return (total > TINY) & (total < HUGE)


@cuda.jit(device=True)
def _score(cost, inverse, column, i, j):
    """Log of an entry of the plan without the potential of its row; a spare column costs zero."""
    return column[j] - float(cost[i, j]) * inverse if j < cost.shape[1] else column[j]


@cuda.jit(device=True)
def _potential(i, top, total, log_low, log_high, damping):
    """Move the logarithm of a row's sum towards its bounds."""
    if top == -math.inf:
        return -math.inf
    low = log_low[i if log_low.size > 1 else 0]
    high = log_high[i if log_high.size > 1 else 0]
    push = damping[i if damping.size > 1 else 0]
    s = top + math.log(total)
    return push * min(max(0.0, low - s), high - s)


@cache
def _thin(n_columns):
    """Make the kernel for so many columns: only loops of known length stay in registers."""

    @cuda.jit
    def sweep(cost, inverse, column, log_low, log_high, damping, row, part):
        likely = cuda.local.array(n_columns, np.float64)
        share = cuda.local.array(n_columns, np.float64)
        shared = cuda.shared.array(THREADS, np.float64)
        for j in range(n_columns):
            share[j] = 0.0
        for i in range(cuda.grid(1), row.size, cuda.gridsize(1)):
            top, total = -math.inf, 0.0
            for j in range(n_columns):
                likely[j] = _score(cost, inverse, column, i, j)
                top = max(top, likely[j])
            if top > -math.inf:
                for j in range(n_columns):
                    likely[j] = math.exp(likely[j] - top)
                    total += likely[j]
            row[i] = _potential(i, top, total, log_low, log_high, damping)
            if top > -math.inf:
                weight = math.exp(min(row[i] + top, LARGEST))
                for j in range(n_columns):
                    share[j] += weight * likely[j]
        place = cuda.threadIdx.x
        for j in range(n_columns):
            shared[place] = share[j]
            add_lanes(shared, place, THREADS, 1)
            if place == 0:
                part[cuda.blockIdx.x, j] = shared[0]
            cuda.syncthreads()

    return sweep


@cache
def _wide(widest, n_threads):
    """Make the kernel for up to so many columns; each thread has its own, in every row."""

    @cuda.jit
    def sweep(cost, inverse, column, log_low, log_high, damping, row, part):
        likely = cuda.shared.array(widest, np.float64)
        share = cuda.shared.array(widest, np.float64)
        tops = cuda.shared.array(n_threads, np.float64)
        totals = cuda.shared.array(n_threads, np.float64)
        place = cuda.threadIdx.x
        for j in range(place, column.size, n_threads):
            share[j] = 0.0
        for i in range(cuda.blockIdx.x, row.size, cuda.gridDim.x):
            top, total = -math.inf, 0.0
            for j in range(place, column.size, n_threads):
                likely[j] = _score(cost, inverse, column, i, j)
                top = max(top, likely[j])
            if top > -math.inf:
                for j in range(place, column.size, n_threads):
                    likely[j] = math.exp(likely[j] - top)
                    total += likely[j]
            tops[place], totals[place] = top, total
            add_exponentials(tops, totals)
            moved = _potential(i, tops[0], totals[0], log_low, log_high, damping)
            cuda.syncthreads()
            if place == 0:
                row[i] = moved
            if top > -math.inf:
                weight = math.exp(min(moved + top, LARGEST))
                for j in range(place, column.size, n_threads):
                    share[j] += weight * likely[j]
        for j in range(place, column.size, n_threads):
            part[cuda.blockIdx.x, j] = share[j]

    return sweep


@cuda.jit
def _again(total, cost, inverse, column, row, logs):
    """Add up from logarithms what was not safe as numbers: a share of the rows a block."""
    tops = cuda.shared.array(THREADS, np.float64)
    totals = cuda.shared.array(THREADS, np.float64)
    place = cuda.threadIdx.x
    for where in range(cuda.blockIdx.x, logs.size, cuda.gridDim.x):
        j, chunk = where // CHUNKS, where % CHUNKS
        if total[j] > TINY and total[j] < HUGE and column[j] > -math.inf:
            continue
        top, some = -math.inf, 0.0
        for i in range(chunk * THREADS + place, row.size, CHUNKS * THREADS):
            value = row[i]
            if j < cost.shape[1]:
                value -= float(cost[i, j]) * inverse
            top, some = take_in(top, some, value)
        tops[place], totals[place] = top, some
        add_exponentials(tops, totals)
        if place == 0 and totals[0] > 0:
            logs[j, chunk] = tops[0] + math.log(totals[0])
        cuda.syncthreads()
