"""Measure how fast this machine reads and writes memory, for kernels that do little else."""

from __future__ import annotations

import time

import numpy as np

NUMBERS = 1 << 24  # in each of three arrays: far more than any cache holds
REPEATS = 5


def triad() -> dict[str, float]:
    """Time ``a = b + 3 c`` on all threads; give bytes a second, of the fastest of several runs."""
    from numba import njit, prange

    @njit(parallel=True)
    def add(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
        for i in prange(a.size):
            a[i] = b[i] + 3.0 * c[i]

    a, b, c = np.zeros(NUMBERS), np.ones(NUMBERS), np.ones(NUMBERS)
    add(a, b, c)
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        add(a, b, c)
        seconds.append(time.perf_counter() - start)
    return {"bytes_per_second": 3 * a.nbytes / min(seconds)}
