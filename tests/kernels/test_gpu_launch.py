"""Kernels are launched in CuPy's stream, on its arrays as they are, without advice."""

from __future__ import annotations

import sys
import types
import warnings

import numpy as np
import pytest
from numba.core.errors import NumbaPerformanceWarning

from weaklabel.kernels.gpu import _launch


class Kernel:
    """Writes down how it was launched; numba warns of small grids."""

    def __init__(self):
        self.launched = []

    def __getitem__(self, grid):
        warnings.warn("Grid size 1: low occupancy", NumbaPerformanceWarning, stacklevel=2)
        return lambda *args: self.launched.append((grid, args))


@pytest.fixture
def card(monkeypatch):
    """CuPy with a stream that has a number, and numba's view of both."""
    kind = type("ndarray", (), {})
    stream = types.SimpleNamespace(ptr=0)
    cuda = types.SimpleNamespace(get_current_stream=lambda: stream)
    monkeypatch.setitem(sys.modules, "cupy", types.SimpleNamespace(ndarray=kind, cuda=cuda))
    seen = types.SimpleNamespace(
        as_cuda_array=lambda array, sync: ("seen", array, sync),
        external_stream=lambda number: f"stream {number}",
        default_stream=lambda: "default",
    )
    monkeypatch.setattr(_launch, "cuda", seen)
    return types.SimpleNamespace(array=kind(), stream=stream)


def test_arrays_of_cupy_are_seen_and_never_waited_for(card):
    kernel = Kernel()
    _launch.launch(kernel, 2, 64, card.array, 0.5)
    assert kernel.launched == [((2, 64, "default"), (("seen", card.array, False), 0.5))]


def test_kernels_queue_up_in_the_stream_of_cupy(card):
    kernel = Kernel()
    card.stream.ptr = 7
    _launch.launch(kernel, 1, 64, 0.5)
    assert kernel.launched[0][0] == (1, 64, "stream 7")


def test_nothing_is_launched_where_there_is_nothing(card):
    kernel = Kernel()
    _launch.launch(kernel, 0, 64, card.array)
    assert not kernel.launched


def test_grids_have_no_end_of_blocks():
    assert _launch.blocks_for(0) == 0
    assert _launch.blocks_for(_launch.THREADS + 1) == 2
    assert _launch.blocks_for(10**12) == _launch.BLOCKS


def test_arrays_of_numpy_stay_theirs(card):
    strided = np.arange(6)[::2]
    kernel = Kernel()
    _launch.launch(kernel, 1, 1, strided)
    assert kernel.launched[0][1][0].tolist() == [0, 2, 4]
