"""CUDA twin: a thread for each sum that is short; long ones are cut and shared by blocks."""

from __future__ import annotations

import numpy as np
from array_api_compat import array_namespace
from numba import cuda

from weaklabel.kernels.gpu._launch import SIMULATED, THREADS, blocks_for, launch
from weaklabel.kernels.gpu._reduce import add_lanes

__all__ = ["gather_sum"]

SHORT = 4 if SIMULATED else 64  # votes a segment, on average, up to which one thread adds them up
PIECE = 8 if SIMULATED else 4096  # votes of a long segment that one block adds up


def gather_sum(table, row, weight, starts):
    xp = array_namespace(table, row, weight, starts)
    n_segments, n_columns = starts.shape[0] - 1, table.shape[1]
    n_votes = row.shape[0]
    out = xp.empty((n_segments, n_columns), dtype=xp.result_type(table, weight))
    if n_votes <= SHORT * n_segments:
        work = n_segments * n_columns
        launch(_short, blocks_for(work), THREADS, table, row, weight, starts, out)
        return out
    begins = xp.zeros(n_segments + 1, dtype=xp.int64)
    begins[1:] = xp.cumulative_sum((starts[1:] - starts[:-1] + PIECE - 1) // PIECE)
    # of pieces there are no more than this; to count them would be to wait for the card
    n_pieces = n_votes // PIECE + n_segments
    part = xp.empty((n_pieces, n_columns), dtype=xp.float64)
    pieces = table, row, weight, starts, begins, part
    launch(_pieces, blocks_for(n_pieces, 1), THREADS, *pieces)
    launch(_join, blocks_for(n_segments, 1), THREADS, part, begins, out)
    return out


@cuda.jit
def _short(table, row, weight, starts, out):
    """Add up one column of a segment, one vote after the other."""
    n_columns = out.shape[1]
    for place in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        s, column = place // n_columns, place % n_columns
        total = 0.0
        for v in range(starts[s], starts[s + 1]):
            total += float(weight[v if weight.size > 1 else 0]) * table[row[v], column]
        out[s, column] = total


@cuda.jit
def _pieces(table, row, weight, starts, begins, part):
    """Add up pieces of segments; neighboring threads take neighboring columns of a vote."""
    shared = cuda.shared.array(THREADS, np.float64)
    place, n_columns = cuda.threadIdx.x, table.shape[1]
    for piece in range(cuda.blockIdx.x, begins[begins.size - 1], cuda.gridDim.x):
        s = _segment_of(begins, piece)
        first = starts[s] + (piece - begins[s]) * PIECE
        last = min(first + PIECE, starts[s + 1])
        for left in range(0, n_columns, THREADS):
            width = min(n_columns - left, THREADS)
            n_lanes = THREADS // width
            lane, column = place // width, place % width
            total = 0.0
            if lane < n_lanes:
                for v in range(first + lane, last, n_lanes):
                    total += (
                        float(weight[v if weight.size > 1 else 0]) * table[row[v], left + column]
                    )
            shared[place] = total
            add_lanes(shared, lane, n_lanes, width)
            if place < width:
                part[piece, left + place] = shared[place]
            cuda.syncthreads()


@cuda.jit(device=True)
def _segment_of(begins, piece):
    """Find the segment that a piece is of, by halves."""
    low, high = 0, begins.size - 1
    while high - low > 1:
        middle = (low + high) // 2
        if begins[middle] <= piece:
            low = middle
        else:
            high = middle
    return low


@cuda.jit
def _join(part, begins, out):
    """Add up the pieces of each segment."""
    shared = cuda.shared.array(THREADS, np.float64)
    place = cuda.threadIdx.x
    for s in range(cuda.blockIdx.x, out.shape[0], cuda.gridDim.x):
        for column in range(out.shape[1]):
            total = 0.0
            for piece in range(begins[s] + place, begins[s + 1], THREADS):
                total += part[piece, column]
            shared[place] = total
            add_lanes(shared, place, THREADS, 1)
            if place == 0:
                out[s, column] = shared[0]
            cuda.syncthreads()
