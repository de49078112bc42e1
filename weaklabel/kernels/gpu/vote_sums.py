"""CUDA twin: votes are read twice, once by item and once by unit, and nothing else is moved.

A block takes tile after tile. Of each, a thread an item puts its posterior into shared memory; then
each thread adds up, over the votes of one unit, the probabilities of one class: nobody adds to what
is another's, so that the order of all sums is fixed.
"""

from __future__ import annotations

import inspect
import math
from functools import cache

import numpy as np
from array_api_compat import array_namespace
from numba import cuda

from weaklabel.kernels import vote_sums as dispatched
from weaklabel.kernels.gpu._launch import THREADS, blocks_for, launch
from weaklabel.kernels.gpu._reduce import add_lanes
from weaklabel.kernels.vote_sums import CELLS

__all__ = ["vote_sums"]

SLOTS = 2048  # sums of units and classes that a block holds
MOST_CLASSES = 16  # up to which a thread holds those of an item


def vote_sums(table, log_prior, unit, weight, starts, items, place, place_weight, runs, tile):
    votes = unit, weight, starts, items
    tiled = place, place_weight, runs
    n_units, n_classes = table.shape
    few = n_classes <= MOST_CLASSES and tile * n_classes <= CELLS
    if not few or n_units * n_classes > SLOTS or unit.shape[0] == 0:
        return inspect.unwrap(dispatched)(table, log_prior, *votes, *tiled, tile)
    xp = array_namespace(table)
    n_blocks = blocks_for((runs.shape[0] - 1) // n_units, 1)
    said = xp.empty((n_blocks, n_units * n_classes), dtype=xp.float64)
    sums = xp.empty((n_blocks, n_classes + 2), dtype=xp.float64)
    given = table, log_prior, *votes, *tiled, tile
    launch(_step(n_classes), n_blocks, THREADS, *given, said, sums)
    said, sums = (xp.astype(xp.sum(each, axis=0), table.dtype) for each in (said, sums))
    return sums[0], sums[1], sums[2:], xp.reshape(said, (n_units, n_classes))


@cache
def _step(n_classes):
    """Make the kernel for so many classes: only loops of known length stay in registers."""
    n_sums = n_classes + 2

    @cuda.jit
    def step(
        table, log_prior, unit, weight, starts, items, place, place_weight, runs, tile, said, sums
    ):
        posterior = cuda.shared.array(CELLS, np.float64)
        added = cuda.shared.array(SLOTS, np.float64)
        shared = cuda.shared.array(THREADS, np.float64)
        score = cuda.local.array(n_classes, np.float64)
        own = cuda.local.array(n_sums, np.float64)  # likelihood, silent, mass of each class
        thread, n_units, n_items = cuda.threadIdx.x, table.shape[0], starts.size - 1
        cells = n_units * n_classes
        n_slices = max(THREADS // cells, 1)
        for y in range(n_sums):
            own[y] = 0.0
        for slot in range(thread, cells * n_slices, THREADS):
            added[slot] = 0.0
        for t in range(cuda.blockIdx.x, (runs.size - 1) // n_units, cuda.gridDim.x):
            for i in range(t * tile + thread, min(t * tile + tile, n_items), THREADS):
                for y in range(n_classes):
                    score[y] = log_prior[y]
                for v in range(starts[i], starts[i + 1]):
                    heavy, u = float(weight[v if weight.size > 1 else 0]), unit[v]
                    for y in range(n_classes):
                        score[y] += heavy * float(table[u, y])
                counts = float(items[i if items.size > 1 else 0])
                top, total, explained = -math.inf, 0.0, 0.0
                for y in range(n_classes):
                    top = max(top, score[y])
                if top > -math.inf:
                    for y in range(n_classes):
                        score[y] = math.exp(score[y] - top)
                        total += score[y]
                    explained = counts / total
                voted = starts[i + 1] > starts[i]
                if not voted:
                    own[1] += counts
                elif top > -math.inf:
                    own[0] += counts * (top + math.log(total))
                for y in range(n_classes):
                    q = score[y] * explained if explained > 0 else 0.0
                    posterior[(i - t * tile) * n_classes + y] = q
                    if voted:
                        own[y + 2] += q
            cuda.syncthreads()
            for slot in range(thread, cells * n_slices, THREADS):
                part, cell = slot // cells, slot % cells
                run, y = t * n_units + cell // n_classes, cell % n_classes
                total = 0.0
                for v in range(runs[run] + part, runs[run + 1], n_slices):
                    heavy = float(place_weight[v if place_weight.size > 1 else 0])
                    total += heavy * posterior[int(place[v]) * n_classes + y]
                added[slot] += total
            cuda.syncthreads()
        for y in range(n_sums):
            shared[thread] = own[y]
            add_lanes(shared, thread, THREADS, 1)
            if thread == 0:
                sums[cuda.blockIdx.x, y] = shared[0]
            cuda.syncthreads()
        for cell in range(thread, cells, THREADS):
            total = 0.0
            for part in range(n_slices):
                total += added[part * cells + cell]
            said[cuda.blockIdx.x, cell] = total

    return step
