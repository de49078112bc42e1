"""What every label model and solver promises on a device: nothing of the size of items leaves it.

Arrays of the standard's strict library live on a device from which only `on_host` gets them: what
takes them for NumPy's, or puts a new array on the wrong device, fails as it would with CuPy.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
import warnings
from typing import Any

import array_api_strict as strict
import numpy as np
import pandas as pd
import pytest
from laws._cases import VARIANTS, evidence_of, no_advice, quick
from scipy import sparse

import weaklabel as wl
from weaklabel import _device, models, solvers, transport
from weaklabel.models import BaseLabelModel
from weaklabel.models._chunks import Loop, is_additive, sum_over

AWAY, HERE = strict.Device("device1"), strict.Device("CPU_DEVICE")
N_ITEMS = 2000  # more than any parameter has numbers
SOLVERS = [getattr(solvers, name) for name in solvers.__all__]
SOLVERS = [each for each in SOLVERS if not inspect.isabstract(each)]

ON_FEATURES = [
    name
    for name in models.__all__
    if inspect.isclass(member := getattr(models, name))
    and issubclass(member, BaseLabelModel)
    and not inspect.isabstract(member)
    and "votes" not in getattr(member, "_uses", {"votes"})
]
# scikit-learn fits on the host: features cross in every sweep, and cannot but
ON_HOST = ["Classifier"]
# how often scores, or what came of them, are fetched: to estimate how strong neighbors are, and
# since labels spread between a start and an end on the host
FETCHED = {"MeanField": 1, "RandomWalk": 2, "Spreading": 2}


def away(array: Any) -> Any:
    """Put an array on the device."""
    return strict.asarray(np.array(array), device=AWAY)


class Fetched(list[tuple[int, bool]]):
    """Arrays that were copied to the host: their size, and whether they hold what is computed."""

    def __call__(self, array: Any) -> np.ndarray:
        if getattr(array, "device", None) != AWAY:
            return np.asarray(array)
        self.append((array.size, array.dtype == strict.float64))
        return np.array(array.to_device(HERE))

    def large(self) -> int:
        """How many were of the size of items."""
        return sum(size >= N_ITEMS for size, _ in self)

    def computed(self) -> int:
        """How many of those are no positions of items, which never change."""
        return sum(size >= N_ITEMS for size, floating in self if floating)


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> Fetched:
    """Let `on_host` get arrays from the device, and write down how large they were."""
    for folder in ("analysis", "constraints", "graph", "models", "solvers", "transport"):
        package = importlib.import_module(f"weaklabel.{folder}")
        for each in pkgutil.iter_modules(package.__path__, f"weaklabel.{folder}."):
            importlib.import_module(each.name)
    found, usual = Fetched(), _device.on_host
    for name, module in list(sys.modules.items()):
        if name.startswith("weaklabel") and getattr(module, "on_host", None) is usual:
            # the plain version of a kernel may work on the host: on a GPU its twin does
            counts = not name.startswith("weaklabel.kernels")
            monkeypatch.setattr(module, "on_host", found if counts else Fetched())
    return found


def fitted_in(model: BaseLabelModel, evidence: wl.Evidence, sweeps: int) -> BaseLabelModel:
    """Fit with so many sweeps."""
    model = quick(model, sweeps)
    for part in [model, *(getattr(model, "terms", None) or ())]:
        if "tol" in part.get_params(deep=False):
            part.set_params(tol=0.0)
    with no_advice():
        return model.fit(evidence)


def hold(model: BaseLabelModel, here: wl.Evidence, fetched: Fetched) -> None:
    """Fit on the device: more sweeps fetch no more items, and the answer is that of NumPy."""
    large = []
    for sweeps in (2, 4):
        there = here.map_arrays(away)  # what was worked out of another may be remembered
        fetched.clear()
        fit = fitted_in(model, there, sweeps)
        large.append(fetched.large())
    assert large[0] == large[1], "items leave the device in every sweep"
    fetched.clear()
    posterior = fit.posterior(there)
    assert posterior.probabilities.device == AWAY
    expected = fitted_in(model, here, 4).predict_proba(here)
    pd.testing.assert_frame_equal(posterior.frame(), expected, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", VARIANTS)
def test_items_stay_on_the_device_while_a_model_fits(name, fetched):
    hold(VARIANTS[name], evidence_of(0, n_items=N_ITEMS, weights=True), fetched)


@pytest.mark.parametrize("name", [name for name in ON_FEATURES if name not in ON_HOST])
def test_so_do_features(name, fetched, rng):
    hold(getattr(models, name)(), with_features(rng), fetched)


@pytest.mark.parametrize("name", ON_HOST)
def test_what_is_fitted_on_the_host_takes_evidence_from_the_device(name, fetched, rng):
    here = with_features(rng, n_items=60)
    there = here.map_arrays(away)
    found, expected = (fitted_in(getattr(models, name)(), each, 2) for each in (there, here))
    pd.testing.assert_frame_equal(found.predict_proba(there), expected.predict_proba(here))


@pytest.mark.parametrize("name", [name for name, model in VARIANTS.items() if is_additive(model)])
def test_so_do_parts(name, fetched):
    """One part after the other on the device, and nothing but sums is kept."""
    whole = evidence_of(3, n_items=90, kinds=("hard", "set"), coverage=0.3)
    parts = [whole.take(np.arange(first, 90, 3)) for first in range(3)]
    there = [part.map_arrays(away) for part in parts]
    fits = []
    for each in (there, parts):
        model = quick(VARIANTS[name])
        with no_advice():
            Loop(model, each[0], lambda function, each=each: sum_over(each, function)).fit()
        fits.append(model)
    answers = [model.predict_proba(whole) for model in fits]
    pd.testing.assert_frame_equal(*answers, rtol=1e-7, atol=1e-9)


def with_features(rng: np.random.Generator, n_items: int = N_ITEMS) -> wl.Evidence:
    """Three clouds of items, and the classes of some."""
    truth = rng.integers(3, size=n_items)
    names = np.array(["a", "b", "c"])
    evidence = wl.Evidence([f"r{i}" for i in range(n_items)], classes=list(names))
    evidence = evidence.with_features(rng.normal(size=(n_items, 3)) + 3 * np.eye(3)[truth])
    return evidence.with_candidates(pd.Series(names[truth], evidence.index)[: n_items // 10])


STATEMENTS = {
    "bags": (wl.Proportion("x", share=0.3, within=0.1),),
    "several": (wl.AtLeast("x"), wl.AtMost("y", number=10)),
}


@pytest.mark.parametrize("what", ["blank", "graph", *STATEMENTS])
@pytest.mark.parametrize("kind", SOLVERS, ids=lambda kind: kind.__name__)
def test_a_solver_fetches_items_once(kind, what, fetched, rng):
    """Where bags are is read once; no sweep fetches more."""
    here = wl.Evidence([f"r{i}" for i in range(N_ITEMS)], classes=["x", "y", "z"])
    if what == "graph":
        here = here.with_neighbors(sparse_graph(rng))
    elif what != "blank":
        here = here.with_bags([f"b{i // 20}" for i in range(N_ITEMS)], *STATEMENTS[what])
    if what != "blank" and ("neighbors" if what == "graph" else "bags") not in kind.respects:
        pytest.skip("reads no such evidence")
    scores, large = rng.normal(size=(N_ITEMS, 3)), []
    for sweeps in (1, 3):
        solver = kind()
        if hasattr(solver, "max_iter"):
            solver.max_iter = sweeps
        there = here.map_arrays(away)
        fetched.clear()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = solver.solve(away(scores), there)
            expected = solver.solve(scores, here)
        large.append(fetched.large())
        assert fetched.computed() <= FETCHED.get(kind.__name__, 0)
        assert found.probabilities.device == AWAY
        pd.testing.assert_frame_equal(found.frame(), expected.frame(), rtol=1e-8, atol=1e-10)
    assert large[0] == large[1] <= 3


def sparse_graph(rng: np.random.Generator) -> Any:
    """About four neighbors an item."""
    ends = rng.integers(N_ITEMS, size=(2, 2 * N_ITEMS))
    one = sparse.coo_array((np.ones(2 * N_ITEMS), tuple(ends)), shape=(N_ITEMS, N_ITEMS)).tocsr()
    return one + one.T


@pytest.mark.parametrize("settings", [{}, {"row_slack": 1.0}, {"column_slack": 1.0}])
def test_transport_stays_where_costs_are(settings, fetched, rng):
    """Costs and plans, which are as large as items times columns, never leave."""
    cost, column = rng.random((N_ITEMS, 5)), rng.dirichlet(np.ones(5))
    arrays = cost, np.full(N_ITEMS, 1 / N_ITEMS), column
    found = transport.sinkhorn(*map(away, arrays), 0.05, **settings)
    expected = transport.sinkhorn(*arrays, 0.05, **settings)
    assert fetched.large() == 0
    assert found.plan.device == AWAY
    np.testing.assert_allclose(fetched(found.plan), expected.plan, rtol=1e-8, atol=1e-15)


def test_so_does_transport_in_groups(fetched, rng):
    group = rng.integers(40, size=N_ITEMS)
    shares = np.repeat(np.bincount(group)[:, None] / 5, 5, axis=1)
    arrays = rng.random((N_ITEMS, 5)), group, np.ones(N_ITEMS), shares
    found = transport.sinkhorn_groups(*map(away, arrays), 0.1)
    expected = transport.sinkhorn_groups(*arrays, 0.1)
    assert fetched.computed() == 0
    np.testing.assert_allclose(fetched(found.plan), expected.plan, rtol=1e-8)


@pytest.mark.parametrize("mode", ["sum", "max"])
@pytest.mark.parametrize("schedule", ["flooding", "sequential", "residual"])
def test_messages_are_the_same_on_a_device(schedule, mode, fetched, rng):
    """Exact counts, an automaton, and moments on the host, in bags that overlap."""
    bags = [f"b{i // 10}" for i in range(120)], [f"c{i % 2}" for i in range(120)]
    here = wl.Evidence([f"r{i}" for i in range(120)], classes=list("vwxyz"))
    here = here.with_bags(bags[0], wl.AtLeast("v"), wl.AtMost("w", number=4))
    here = here.with_bags(bags[1], *(wl.Count(name, number=10) for name in "vwxy"))
    scores = rng.normal(size=(120, 5))
    solver = wl.BeliefPropagation(schedule=schedule, mode=mode, max_iter=4, damping=0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = solver.solve(away(scores), here.map_arrays(away))
        expected = solver.solve(scores, here)
    pd.testing.assert_frame_equal(found.frame(), expected.frame(), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(fetched(found.log_normalizer), expected.log_normalizer, rtol=1e-7)
