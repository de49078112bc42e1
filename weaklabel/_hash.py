"""Scatter integers, so that sums and remainders of them are as good as random."""

from __future__ import annotations

import numpy as np


def scatter(numbers: np.ndarray) -> np.ndarray:
    """Scatter integers over 64 bits (the finalizer of SplitMix64, Steele et al. 2014).

    Parameters
    ----------
    numbers : uint64 array

    Returns
    -------
    uint64 array
        A permutation of all 64-bit numbers: different numbers stay different.
    """
    numbers = numbers + np.uint64(0x9E3779B97F4A7C15)
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))
