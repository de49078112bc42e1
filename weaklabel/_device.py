"""Where arrays live: on the host, or on a GPU through CuPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_cupy_array


def on_host(array: Any) -> np.ndarray:
    """Copy an array to NumPy, whatever library it is of."""
    return array.get() if is_cupy_array(array) else np.asarray(array)


def device_of(array: Any) -> Any:
    """Name the device of an array, for arrays that are made beside it."""
    return getattr(array, "device", None)


def beside(array: Any, like: Any) -> Any:
    """Put a NumPy array into the library and on the device of another."""
    return array_namespace(like).asarray(array, device=device_of(like))


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
        If CuPy is not installed; says which extra holds it.
    """
    if device == "cpu":
        return on_host
    if device != "cuda":
        msg = f"There is no device {device!r}. Choose 'cpu' or 'cuda'."
        raise ValueError(msg)
    try:
        import cupy  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        msg = (
            "Evidence cannot move to 'cuda': CuPy is not installed. Install the extra that fits "
            "your driver, weaklabel[cuda12] or weaklabel[cuda13]."
        )
        raise ImportError(msg) from error
    return cupy.asarray
