"""CUDA twin: a block a bag, a thread a state, in the log domain; both directions at once."""

from __future__ import annotations

import math

from array_api_compat import array_namespace
from numba import cuda

from weaklabel.kernels.gpu._launch import FEW_THREADS, blocks_for, launch
from weaklabel.kernels.gpu._logs import add_logs

__all__ = ["state_messages"]

SCRATCH = 1 << 23  # doubles that all blocks work on at once, so that they stay in the cache


def state_messages(log_weight, log_potential, following, maximize=False):
    xp = array_namespace(log_weight)
    n_bags, size, _ = log_weight.shape
    n_states = log_potential.shape[1]
    message = xp.empty(log_weight.shape, dtype=log_weight.dtype)
    total = xp.empty(n_bags, dtype=log_weight.dtype)
    # which outcome of which state leads to each state, in a fixed order
    leads = xp.reshape(following, (-1,))
    way = xp.argsort(leads, stable=True)
    begins = xp.searchsorted(xp.take(leads, way), xp.arange(n_states + 1, dtype=leads.dtype))
    cells = (size + 1) * n_states
    n_blocks = min(blocks_for(n_bags, 1), max(1, SCRATCH // (2 * cells)))
    scratch = xp.empty((max(n_blocks, 1), 2 * cells), dtype=xp.float64)
    given = log_weight, log_potential, following, way, begins
    launch(_bags, n_blocks, FEW_THREADS, *given, bool(maximize), scratch, message, total)
    return message, total


@cuda.jit
def _bags(log_weight, log_potential, following, way, begins, maximize, scratch, message, total):
    """Recurse over the states before, and after, each member."""
    place, step = cuda.threadIdx.x, cuda.blockDim.x
    n_bags, size, n_outcomes = log_weight.shape
    n = log_potential.shape[1]
    work = scratch[cuda.blockIdx.x]
    before, after = work[: (size + 1) * n], work[(size + 1) * n :]
    for g in range(cuda.blockIdx.x, n_bags, cuda.gridDim.x):
        weight = log_weight[g]
        for s in range(place, n, step):
            before[s] = 0.0 if s == 0 else -math.inf
            after[size * n + s] = log_potential[g, s]
        cuda.syncthreads()
        for i in range(size):
            back = size - 1 - i
            for s in range(place, n, step):
                value = -math.inf
                for k in range(n_outcomes):
                    t = following[k, s]
                    if t >= 0:
                        said = weight[back, k] + after[(back + 1) * n + t]
                        value = add_logs(value, said, maximize)
                after[back * n + s] = value
                value = -math.inf
                for e in range(begins[s], begins[s + 1]):
                    said = before[i * n + way[e] % n] + weight[i, way[e] // n]
                    value = add_logs(value, said, maximize)
                before[(i + 1) * n + s] = value
            cuda.syncthreads()
        for cell in range(place, size * n_outcomes, step):
            i, k = cell // n_outcomes, cell % n_outcomes
            value = -math.inf
            for s in range(n):
                t = following[k, s]
                if t >= 0:
                    said = before[i * n + s] + after[(i + 1) * n + t]
                    value = add_logs(value, said, maximize)
            message[g, i, k] = value
        if place == 0:
            total[g] = after[0]
        cuda.syncthreads()
