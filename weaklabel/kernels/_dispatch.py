"""Let the data decide which twin of a kernel runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from importlib import import_module
from importlib.util import find_spec
from typing import Any, ParamSpec, TypeVar

from array_api_compat import is_cupy_array, is_numpy_array

P = ParamSpec("P")
R = TypeVar("R")

# Below this many elements the plain version is done before numba is imported.
WORTH_A_TWIN = 1 << 15


def kernel(plain: Callable[P, R], work: Callable[..., float] | None = None) -> Callable[P, R]:
    """Let `plain` be replaced by the faster function of the same name.

    ``inspect.unwrap`` gives the plain version back. `work` tells from the positional arguments
    how much there is to do, where that is not the size of the largest array.
    """
    much = largest if work is None else work
    name = plain.__name__

    @cache
    def choose(folder: str) -> Callable[P, R]:
        module = f"{__package__}.{folder}.{name}"
        if folder and find_spec(module):
            return getattr(import_module(module), name)
        return plain

    @wraps(plain)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        return choose(folder_for(args[0], much(*args)))(*args, **kwargs)

    return run


def largest(*arrays: Any) -> int:
    """Size of the largest array of numpy: in torch, size is a method."""
    return max((array.size for array in arrays if is_numpy_array(array)), default=0)


def folder_for(array: Any, work: float) -> str:
    """Name the folder of twins for `array`: none for little work and for other libraries."""
    if is_cupy_array(array):
        return "gpu"
    return "cpu" if is_numpy_array(array) and work >= WORTH_A_TWIN else ""
