"""Where arrays live: on the host, or on a GPU through CuPy."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_array_api_obj, is_cupy_array

ON_CUDA = {"CuPy": "cupy", "numba-cuda": "numba_cuda"}  # what a GPU needs, and its module
EXTRAS = "weaklabel[cuda12] or weaklabel[cuda13]"


def on_host(array: Any) -> np.ndarray:
    """Copy an array to NumPy, whatever library it is of."""
    return array.get() if is_cupy_array(array) else np.asarray(array)


def device_of(array: Any) -> Any:
    """Name the device of an array, for arrays that are made beside it."""
    return getattr(array, "device", None)


def beside(array: Any, like: Any) -> Any:
    """Put an array into the library and on the device of another."""
    if is_array_api_obj(array) and not isinstance(array, np.ndarray) and _elsewhere(array, like):
        array = on_host(array)
    return array_namespace(like).asarray(array, device=device_of(like))


def _elsewhere(array: Any, like: Any) -> bool:
    """Tell whether two arrays differ in library or device."""
    return array_namespace(array) is not array_namespace(like) or device_of(array) != device_of(
        like
    )


def take_rows(array: Any, rows: np.ndarray) -> Any:
    """Select rows of an array of any library; None stays None."""
    if array is None:
        return None
    return array_namespace(array).take(array, beside(rows, array), axis=0)


def mover(device: str) -> Any:
    """Give the function that moves an array to ``"cpu"`` or ``"cuda"``.

    Raises
    ------
    ValueError
        If the device has another name.
    ImportError
        If CuPy or numba-cuda is not installed; says which extra holds it.
    RuntimeError
        If CUDA finds no card that it can use; says what to look at.
    """
    if device == "cpu":
        return on_host
    if device != "cuda":
        msg = f"There is no device {device!r}. Choose 'cpu' or 'cuda'."
        raise ValueError(msg)
    missing = [name for name, module in ON_CUDA.items() if find_spec(module) is None]
    if missing:
        msg = (
            f"Evidence cannot move to 'cuda': {' and '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} not installed. Install the extra that fits "
            f"your driver, {EXTRAS}."
        )
        raise ImportError(msg)
    import cupy  # pyright: ignore[reportMissingImports]

    try:
        n_cards = cupy.cuda.runtime.getDeviceCount()
    except RuntimeError as error:  # of CUDA: no driver, one too old, no card
        msg = (
            f"Evidence cannot move to 'cuda': {error}. Does nvidia-smi show a card, and a version "
            f"of CUDA that is not below that of the extra you installed, {EXTRAS}?"
        )
        raise RuntimeError(msg) from error
    if not n_cards:
        msg = "Evidence cannot move to 'cuda': there is no card. Is CUDA_VISIBLE_DEVICES set?"
        raise RuntimeError(msg)
    return cupy.asarray
