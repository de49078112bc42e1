"""What all tests share: array libraries, tolerances, seeds, and how hypothesis searches."""

from __future__ import annotations

import os

if "PYTEST_XDIST_WORKER" in os.environ:
    # workers share the cores already: threads of each would only wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# "ci" draws the same examples every time, so that a red run can be repeated; "dev" looks for more.
for profile, derandomize in (("ci", True), ("dev", False)):
    settings.register_profile(
        profile,
        deadline=None,
        max_examples=40,
        derandomize=derandomize,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# Relative error that a few thousand additions of numbers of a kind may leave behind.
TOLERANCE = {"float32": 1e-4, "float64": 1e-10}


class Library(NamedTuple):
    """An array library, and how an array of numpy gets there."""

    name: str
    asarray: Callable[[np.ndarray], Any]


def _plain(array: np.ndarray) -> np.ndarray:
    return np.array(array)


def _read_only(array: np.ndarray) -> np.ndarray:
    copy = np.array(array)
    copy.setflags(write=False)
    return copy


def _strict(array: np.ndarray) -> Any:
    import array_api_strict

    return array_api_strict.asarray(np.array(array))


def _torch(array: np.ndarray) -> Any:
    import torch

    return torch.asarray(np.array(array))


def _cupy(array: np.ndarray) -> Any:
    import cupy

    return cupy.asarray(array)


LIBRARIES = {
    "numpy": Library("numpy", _plain),
    "numpy-read-only": Library("numpy", _read_only),
    "array_api_strict": Library("array_api_strict", _strict),
    "torch": Library("torch", _torch),
    "cupy": Library("cupy", _cupy),
}


@pytest.fixture(
    params=[
        pytest.param(name, marks=pytest.mark.gpu if name == "cupy" else ()) for name in LIBRARIES
    ]
)
def xp(request: pytest.FixtureRequest) -> Library:
    """Every array library in turn."""
    library = LIBRARIES[request.param]
    if find_spec(library.name) is None:
        pytest.skip(f"{library.name} is not installed")
    return library


@pytest.fixture
def tolerance() -> dict[str, float]:
    """Relative tolerance by the name of the dtype."""
    return TOLERANCE


@pytest.fixture
def rng() -> np.random.Generator:
    """Randomness that is the same in every run."""
    return np.random.default_rng(20240607)


def why_no_gpu() -> str | None:
    """Say why nothing can run on a GPU here; None if it can."""
    if find_spec("cupy") is None:
        return "CuPy is not installed"
    import cupy

    try:
        n_devices = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        return f"no CUDA device: {error}"
    return None if n_devices else "no CUDA device"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a GPU where there is none."""
    on_gpu = [item for item in items if item.get_closest_marker("gpu")]
    reason = why_no_gpu() if on_gpu else None
    if reason:
        for item in on_gpu:
            item.add_marker(pytest.mark.skip(reason=reason))
