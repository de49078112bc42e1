"""Models and solvers on the twins for CUDA, from end to end, in the simulator of numba."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from laws._cases import VARIANTS, evidence_of, no_advice, probabilities, quick
from scipy import sparse

import weaklabel as wl
from weaklabel import solvers, transport
from weaklabel.kernels import _dispatch

SIMULATED = os.environ.get("NUMBA_ENABLE_CUDASIM") == "1"
in_the_simulator = pytest.mark.skipif(not SIMULATED, reason="run by the test of all")
if SIMULATED:
    import laws.test_kernels  # noqa: F401 - mends the simulator

SOLVERS = [getattr(solvers, name) for name in solvers.__all__]
SOLVERS = [each for each in SOLVERS if not inspect.isabstract(each)]


@pytest.mark.skipif(SIMULATED, reason="this is the simulator")
def test_all_in_a_process_of_its_own():
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__],
        env=environment | {"NUMBA_ENABLE_CUDASIM": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(VARIANTS) + len(SOLVERS) + 1} passed" in done.stdout, done.stdout


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    """Hold what the twins for CUDA give against what the usual ones do."""

    def compare(call: Callable[[], Any]) -> None:
        expected = call()
        with monkeypatch.context() as patched:
            patched.setattr(_dispatch, "folder_for", lambda array, work: "gpu")
            found = call()
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)

    return compare


@in_the_simulator
@pytest.mark.parametrize("name", VARIANTS)
def test_models(name, hold):
    evidence = evidence_of(1, n_items=9)

    def fit() -> np.ndarray:
        model = quick(VARIANTS[name], 2)
        with no_advice():
            return probabilities(model.fit(evidence), evidence)

    hold(fit)


@in_the_simulator
@pytest.mark.parametrize("kind", SOLVERS, ids=lambda kind: kind.__name__)
def test_solvers(kind, hold, rng):
    blank = wl.Evidence(range(12), classes=list("xyz"))
    pairs = np.triu(rng.random((12, 12)) < 0.3, 1)
    knows = {
        "bags": blank.with_bags(np.arange(12) // 4, wl.AtLeast("x"), wl.AtMost("y", number=2)),
        "neighbors": blank.with_neighbors(sparse.csr_array(pairs.astype(np.float64))),
    }
    scores = rng.normal(size=(12, 3))
    for what in [blank, *(knows[part] for part in sorted(kind.respects))]:
        solver = kind()
        if hasattr(solver, "max_iter"):
            solver.max_iter = 2

        def solve(solver: Any = solver, what: wl.Evidence = what) -> np.ndarray:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return solver.solve(scores, what).probabilities

        hold(solve)


@in_the_simulator
def test_transport_and_neighbors(hold, rng):
    cost, points = rng.random((9, 3)), rng.normal(size=(9, 2))
    hold(lambda: transport.sinkhorn(cost, np.full(9, 1 / 9), np.full(3, 1 / 3), 0.1).plan)
    hold(lambda: wl.neighbors(points, 2).toarray())
