"""The simulator knows no types: the compiler for the card does, and needs no card."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from weaklabel import kernels

TWINS = [name for name in kernels.__all__ if find_spec(f"weaklabel.kernels.gpu.{name}")]

# In a process of its own: numba-cuda takes the place of numba's own `cuda`, and warns of a missing
# driver. What a wrapper would launch is compiled for the types it would be launched on.
PROGRAM = """
import sys, warnings
from importlib import import_module
import numpy as np
from numba import cuda, typeof
from numba.cuda import dispatcher
from weaklabel.kernels.gpu import _launch

warnings.simplefilter("ignore")
np.seterr(all="ignore")
seen = {}


class Card:
    compute_capability = (9, 0)


def compiled(kernel, n_blocks, n_threads, *args):
    dense = [np.ascontiguousarray(a) if isinstance(a, np.ndarray) else a for a in args]
    key = kernel, tuple(map(typeof, dense))
    if key not in seen:
        ptx, _ = cuda.compile(kernel.py_func, key[1], cc=(9, 0), device=False, abi="numba")
        seen[key] = ".local" in ptx


dispatcher.get_current_device = lambda: Card
_launch.launch = compiled
folder, *names = sys.argv[1:]
sys.path[:0] = [folder, folder + "/laws"]
laws = import_module("test_kernels")
for name in names:
    twin = getattr(import_module("weaklabel.kernels.gpu." + name), name)
    doubles = (1, 2, 3, 4, 5) if name == "soft_assign" else ()
    for case in laws.cases(name):
        for each in (case, laws.in_single(case, doubles)):
            twin(*each)
print(sum(seen.values()), "with a stack of", len(seen))
"""


def why_no_compiler() -> str | None:
    """Say what is missing; None if the compiler is there."""
    if find_spec("numba_cuda") is None:
        return "numba-cuda is not installed: pip install weaklabel[cuda12]"
    from cuda import pathfinder

    try:
        pathfinder.load_nvidia_dynamic_lib("nvvm")
    except pathfinder.DynamicLibNotFoundError:
        return "NVVM is not installed: pip install weaklabel[cuda12]"
    return None


def test_every_twin_compiles_for_hopper_without_a_stack():
    reason = why_no_compiler()
    if reason:
        pytest.skip(reason)
    folder = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, folder, *TWINS], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.startswith("0 with a stack of"), done.stdout
