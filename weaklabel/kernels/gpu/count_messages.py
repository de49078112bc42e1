"""CUDA twin: a block a bag, a thread a count, in the log domain; both directions at once.

Bags for which the recursion is too long, which the tree does in thousands of small pieces, are
rare and large: they, and all beside them, are done on the host.
"""

from __future__ import annotations

import inspect
import math

from array_api_compat import array_namespace
from numba import cuda

from weaklabel.kernels import count_messages as dispatched
from weaklabel.kernels.count_messages import LARGE
from weaklabel.kernels.gpu._launch import FEW_THREADS, THREADS, blocks_for, launch
from weaklabel.kernels.gpu._logs import add_logs

__all__ = ["count_messages"]

SCRATCH = 1 << 23  # doubles that all blocks work on at once, so that they stay in the cache


def count_messages(log_odds, starts, log_potential, potential_starts, first, maximize=False):
    xp = array_namespace(log_odds)
    n_members, n_bags = log_odds.shape[0], starts.shape[0] - 1
    message = xp.zeros(n_members, dtype=log_odds.dtype)
    total = xp.empty(n_bags, dtype=log_odds.dtype)
    if n_bags == 0:
        return message, total
    bags = log_odds, starts, log_potential, potential_starts, first
    size = starts[1:] - starts[:-1]
    n_counts = xp.minimum(first + potential_starts[1:] - potential_starts[:-1], size + 1)
    # all that the host has to know
    longest, cells = (int(xp.max(each)) for each in (size * n_counts, (size + 1) * (n_counts + 1)))
    if longest > LARGE:
        return inspect.unwrap(dispatched)(*bags, maximize)
    need = 2 * cells + 2 * int(xp.max(size))
    n_blocks = min(blocks_for(n_bags, 1), max(1, SCRATCH // need))
    scratch = xp.empty((n_blocks, need), dtype=xp.float64)
    n_threads = FEW_THREADS if n_members <= FEW_THREADS * n_bags else THREADS
    out = message, total
    launch(_bags, n_blocks, n_threads, *bags, bool(maximize), cells, scratch, *out)
    return message, total


@cuda.jit
def _bags(
    log_odds,
    starts,
    log_potential,
    potential_starts,
    first,
    maximize,
    cells,
    scratch,
    message,
    total,
):
    """Recurse over the counts of members before, and of members after, each member."""
    place, step = cuda.threadIdx.x, cuda.blockDim.x
    work = scratch[cuda.blockIdx.x]
    before, after, counted = work[:cells], work[cells:], work[2 * cells :]
    for g in range(cuda.blockIdx.x, total.size, cuda.gridDim.x):
        here = log_odds[starts[g] : starts[g + 1]]
        said = message[starts[g] : starts[g + 1]]
        stated = log_potential[potential_starts[g] : potential_starts[g + 1]]
        size, at = here.size, first[g]
        low, top, live = _allowed(stated, at, size)
        if low < 0:
            if place == 0:
                total[g] = -math.inf
            continue
        n = top + 1
        left = work[2 * cells + size :]
        for i in range(place, size, step):
            counted[i] = _log_chance(float(here[i]), maximize)
            left[i] = _log_chance(-float(here[i]), maximize)
        for s in range(place, n, step):
            before[s] = 0.0 if s == 0 else -math.inf
            inside = s >= low and s - at < stated.size and (s < top or live)
            after[size * n + s] = float(stated[s - at]) if inside else -math.inf
        cuda.syncthreads()
        for i in range(size):
            back = size - 1 - i
            for s in range(place, n, step):
                _count_back(after, back, n, s, counted[back], left[back], maximize)
                _count_on(before, i, n, s, counted[i], left[i], live, maximize)
            cuda.syncthreads()
        log_z = after[0]
        for i in range(place, size, step):
            if log_z > -math.inf:
                said[i] = _told(before, after, i, n, maximize)
        if place == 0:
            total[g] = log_z
        cuda.syncthreads()


@cuda.jit(device=True)
def _allowed(stated, first, size):
    """Find counts 0 to top; all counts from top on are alike, or (not live) ruled out."""
    last = min(first + stated.size - 1, size)
    while last >= first and stated[last - first] == -math.inf:
        last -= 1
    low = first
    while low <= last and stated[low - first] == -math.inf:
        low += 1
    top = last + 1
    live = last == size
    if low > last:
        low = -1
    elif live:
        top = size
        while top > low and stated[top - 1 - first] == stated[size - first]:
            top -= 1
    return low, top, live


@cuda.jit(device=True)
def _log_chance(log_odds, maximize):
    """Log of the probability of being counted; the better of both is one for the best labels."""
    if maximize:
        return min(log_odds, 0.0)
    if log_odds < 0:
        return log_odds - math.log1p(math.exp(log_odds))
    return -math.log1p(math.exp(-log_odds))


@cuda.jit(device=True)
def _count_back(after, i, n, s, counted, left, maximize):
    """Expect the potential, given the count up to member i; the last state is never left."""
    later = (i + 1) * n
    if s == n - 1:
        after[i * n + s] = after[later + s]
    else:
        after[i * n + s] = add_logs(
            left + after[later + s], counted + after[later + s + 1], maximize
        )


@cuda.jit(device=True)
def _count_on(before, i, n, s, counted, left, live, maximize):
    """Count member i; the last state, if it is live, is never left."""
    value = before[i * n + s]
    if s < n - 1:
        value += left
    elif not live:
        value = -math.inf
    if s > 0 and (s < n - 1 or live):
        value = add_logs(value, counted + before[i * n + s - 1], maximize)
    before[(i + 1) * n + s] = value


@cuda.jit(device=True)
def _told(before, after, i, n, maximize):
    """Log-odds of member i, from the counts of all others."""
    counted, left = -math.inf, -math.inf
    for s in range(n):
        value = before[i * n + s]
        left = add_logs(left, value + after[(i + 1) * n + s], maximize)
        counted = add_logs(counted, value + after[(i + 1) * n + min(s + 1, n - 1)], maximize)
    return counted - left
