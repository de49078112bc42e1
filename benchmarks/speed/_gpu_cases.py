"""What is timed on a GPU: each kernel, and whole fits, with the fewest bytes they must move."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import weaklabel as wl
from benchmarks.speed import _gpu_peers
from weaklabel import kernels, solvers
from weaklabel.votes import Votes


@dataclass(frozen=True, kw_only=True)
class Work:
    """Something to call, on arrays of a library."""

    call: Callable[[], Any]
    n_bytes: int  # each input read once, each output written once
    n_exponentials: int = 0  # and logarithms, in double precision
    peers: _gpu_peers.Peers = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One line of the table."""

    title: str
    make: Callable[[Any, int, np.random.Generator], Work]  # library, size, randomness
    full: int
    quick: int
    tolerance: float = 1e-10


def size_of(*arrays: Any) -> int:
    """Count the bytes of arrays."""
    return sum(array.size * array.dtype.itemsize for array in arrays)


def votes_on(xp: Any, n_items: int, rng: np.random.Generator) -> Votes:
    """Draw ten votes an item, of twenty sources, on two classes."""
    import pandas as pd

    n_votes, n_sources = 10 * n_items, 20
    first = rng.integers(2, size=n_items)
    source = (np.tile(np.arange(10), n_items) * 2 + np.repeat(first, 10)).astype(np.int32)
    code = (rng.random(n_votes) < 0.3 + 0.4 * np.repeat(rng.integers(2, size=n_items), 10)).astype(
        np.int32
    )
    votes = Votes(
        item=np.repeat(np.arange(n_items), 10),
        source=source,
        code=code,
        weight=np.ones(n_votes),
        n_items=n_items,
        sources=pd.RangeIndex(n_sources),
        classes=pd.Index(["a", "b"]),
        statements=np.eye(2, dtype=bool),
        informative_silence=np.zeros(n_sources, dtype=bool),
    )
    return votes.map_arrays(xp.asarray)


def em_step(xp: Any, n_items: int, rng: np.random.Generator) -> Work:
    """Sweep over votes once: the kernel `vote_sums`."""
    votes = votes_on(xp, n_items, rng)
    table = xp.asarray(np.log(rng.dirichlet([3, 3], (20, 2)).transpose(0, 2, 1)))
    prior = xp.asarray(np.log([0.5, 0.5]))
    read = [each for each in votes._compact if hasattr(each, "dtype")]
    return Work(
        call=lambda: votes.step(table, prior),
        n_bytes=size_of(*read),
        n_exponentials=3 * n_items,
    )


def sum_by_item(xp: Any, n_items: int, rng: np.random.Generator) -> Work:
    """Turn votes into scores."""
    votes, table = votes_on(xp, n_items, rng), xp.asarray(rng.normal(size=(20, 2, 2)))
    n_bytes = size_of(votes.unit, votes.brief_weight, votes.starts) + 16 * n_items
    return Work(call=lambda: votes.sum_by_item(table), n_bytes=n_bytes)


def sum_by_unit(xp: Any, n_items: int, rng: np.random.Generator) -> Work:
    """Turn a posterior into statistics; its rows are gathered, so that they move often."""
    votes, table = votes_on(xp, n_items, rng), xp.asarray(rng.random((n_items, 2)))
    n_bytes = size_of(votes.unit, votes.brief_weight, table)
    return Work(call=lambda: votes.sum_by_unit(table), n_bytes=n_bytes)


def transport(n_columns: int, dtype: str) -> Callable[[Any, int, np.random.Generator], Work]:
    """Sweep once over the cost of entropic transport."""

    def make(xp: Any, n_rows: int, rng: np.random.Generator) -> Work:
        cost = rng.random((n_rows, n_columns), dtype=np.float32).astype(dtype)
        here, column = xp.asarray(cost), xp.zeros(n_columns)
        side = xp.full(1, -np.log(n_rows))
        given = here, 0.05, column, side, side, xp.ones(1)
        return Work(
            call=lambda: kernels.soft_assign(*given),
            n_bytes=size_of(here) + 8 * n_rows,
            n_exponentials=here.size + 2 * n_rows,
            peers=_gpu_peers.of_transport(here),
        )

    return make


def log_sums(xp: Any, n_rows: int, rng: np.random.Generator) -> Work:
    """Normalize scores of ten classes."""
    scores = xp.asarray(rng.normal(size=(n_rows, 10)))
    return Work(
        call=lambda: kernels.log_sum_exp(scores),
        n_bytes=size_of(scores) + 8 * n_rows,
        n_exponentials=scores.size,
        peers=_gpu_peers.of_rows(scores),
    )


def counts(xp: Any, n_bags: int, rng: np.random.Generator) -> Work:
    """Send messages from exact counts to members of bags of 64."""
    log_odds = xp.asarray(rng.normal(size=64 * n_bags))
    starts, ends = xp.arange(n_bags + 1) * 64, xp.arange(n_bags + 1)
    given = log_odds, starts, xp.zeros(n_bags), ends, xp.asarray(rng.integers(10, 50, n_bags))
    return Work(
        call=lambda: kernels.count_messages(*given),
        n_bytes=2 * size_of(log_odds),
        n_exponentials=64 * n_bags * 30 * 8,
    )


def neighbors(xp: Any, n_items: int, rng: np.random.Generator) -> Work:
    """Send messages about two classes along five pairs an item."""
    ends = np.stack([np.repeat(np.arange(n_items), 5), rng.integers(n_items, size=5 * n_items)])
    sender, receiver = np.concatenate([ends, ends[::-1]], axis=1)
    order = np.lexsort((sender, receiver))
    sender, receiver = sender[order], receiver[order]
    # the pair of an edge, from its other end, wherever pairs repeat
    pair = np.argsort(np.lexsort((receiver, sender)))
    arrays = pair, np.searchsorted(receiver, np.arange(n_items + 1))
    reverse, starts = (xp.asarray(each) for each in arrays)
    belief, message = xp.asarray(rng.normal(size=(n_items, 1))), xp.zeros((len(sender), 1))
    graph = xp.ones(len(sender)), xp.asarray(sender), reverse, starts
    return Work(
        call=lambda: kernels.potts_messages(belief, message, *graph, 0.3),
        n_bytes=size_of(belief, message, message, *graph) + 16 * n_items,
        n_exponentials=3 * len(sender),
    )


def states(xp: Any, n_bags: int, rng: np.random.Generator) -> Work:
    """Send messages from an automaton, which has seen each of three classes or not."""
    weight = xp.asarray(np.log(rng.dirichlet(np.ones(4), (n_bags, 64))))
    seen = np.arange(8)
    following = np.stack([*(seen | 1 << k for k in range(3)), seen])
    given = weight, xp.zeros((n_bags, 8)), xp.asarray(following)
    return Work(
        call=lambda: kernels.state_messages(*given),
        n_bytes=2 * size_of(weight),
        n_exponentials=64 * n_bags * 8 * 4 * 3,
    )


def nearest(xp: Any, n_rows: int, rng: np.random.Generator) -> Work:
    """Find the ten smallest of each row of a block of distances."""
    table = xp.asarray(rng.random((n_rows, 16 * n_rows)))
    nothing = xp.full((n_rows, 10), xp.inf), xp.full((n_rows, 10), -1)
    name = xp.arange(16 * n_rows)
    return Work(
        call=lambda: kernels.top_k(table, name, *nothing),
        n_bytes=size_of(table),
        peers=_gpu_peers.of_smallest(table, 10),
    )


def _quietly(call: Callable[[], Any]) -> Callable[[], Any]:
    """Say nothing of fits that a few sweeps do not end."""

    def run() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call()

    return run


def fit_votes(xp: Any, n_items: int, rng: np.random.Generator) -> Work:
    """Fit DawidSkene, five sweeps."""
    votes = votes_on(xp, n_items, rng)
    evidence = wl.Evidence(np.arange(n_items), classes=["a", "b"], votes=votes)
    model = wl.DawidSkene(max_iter=5, tol=0.0)

    def call() -> Any:
        return model.fit(evidence).posterior(evidence).probabilities

    n_bytes = 7 * size_of(votes.unit, votes.brief_weight, votes.starts)
    return Work(call=_quietly(call), n_bytes=n_bytes, peers=_gpu_peers.of_votes(votes))


def fit_mixture(xp: Any, n_items: int, rng: np.random.Generator) -> Work:
    """Fit a Gaussian mixture of ten classes in 32 dimensions, three sweeps."""
    truth = rng.integers(10, size=n_items)
    features = rng.normal(size=(n_items, 32)) + 2 * rng.normal(size=(10, 32))[truth]
    known = np.where(np.arange(n_items) < n_items // 10, truth, -1)
    evidence = wl.Evidence(np.arange(n_items), classes=list(range(10))).with_features(features)
    candidates = (known[:, None] < 0) | (known[:, None] == np.arange(10))
    evidence = wl.Evidence(
        evidence.index,
        classes=evidence.classes,
        features=xp.asarray(features),
        candidates=xp.asarray(candidates),
    )
    model = wl.GaussianMixture(max_iter=3, tol=0.0, random_state=0)

    def call() -> Any:
        return model.fit(evidence).posterior(evidence).probabilities

    n_bytes, peers = 4 * size_of(evidence.features), _gpu_peers.of_mixture(evidence.features, 10, 3)
    return Work(call=_quietly(call), n_bytes=n_bytes, peers=peers)


def solve_bags(kind: str) -> Callable[[Any, int, np.random.Generator], Work]:
    """Make bags of 64 agree with their counts, and neighbors with each other."""

    def make(xp: Any, n_items: int, rng: np.random.Generator) -> Work:
        from scipy import sparse

        gold, bag = rng.integers(2, size=n_items), np.arange(n_items) // 64
        stated = wl.Count("b", number=np.bincount(bag, gold))
        evidence = wl.Evidence(np.arange(n_items), classes=["a", "b"]).with_bags(bag, stated)
        solver: Any = solvers.Sinkhorn()
        if kind == "BeliefPropagation":
            sender = np.repeat(np.arange(n_items), 5)
            ends = sender, rng.integers(n_items, size=len(sender))
            graph = sparse.coo_array((np.full(len(sender), 0.1), ends), (n_items, n_items))
            evidence = evidence.with_neighbors(graph.tocsr())
            solver = solvers.BeliefPropagation(max_iter=20, tol=0.0)
        scores = xp.asarray(rng.normal(size=(n_items, 2)) + np.eye(2)[gold])
        there = evidence.map_arrays(xp.asarray)
        call = _quietly(lambda: solver.solve(scores, there).probabilities)
        return Work(call=call, n_bytes=2 * size_of(scores))

    return make


CASES = (
    Case(title="EM step, 10 votes an item", make=em_step, full=10_000_000, quick=300),
    Case(title="votes to scores", make=sum_by_item, full=10_000_000, quick=300),
    Case(title="posterior to statistics", make=sum_by_unit, full=10_000_000, quick=300),
    Case(
        title="transport, 10 columns, float64",
        make=transport(10, "float64"),
        full=10_000_000,
        quick=500,
    ),
    Case(
        title="transport, 10 columns, float32",
        make=transport(10, "float32"),
        full=10_000_000,
        quick=500,
    ),
    Case(
        title="transport, 1000 columns, float32",
        make=transport(1000, "float32"),
        full=1_000_000,
        quick=50,
    ),
    Case(title="log_sum_exp, 10 columns", make=log_sums, full=10_000_000, quick=500),
    Case(title="counts, bags of 64", make=counts, full=15_625, quick=5, tolerance=1e-9),
    Case(title="neighbors, 10 edges an item", make=neighbors, full=1_000_000, quick=200),
    Case(title="automaton of 8 states, bags of 64", make=states, full=15_625, quick=5),
    Case(title="top 10 of 16 columns a row", make=nearest, full=8192, quick=20),
    Case(title="fit DawidSkene, 5 sweeps", make=fit_votes, full=10_000_000, quick=300),
    Case(
        title="fit GaussianMixture, 32 x 10, 3 sweeps",
        make=fit_mixture,
        full=10_000_000,
        quick=600,
        tolerance=1e-6,
    ),
    Case(
        title="Sinkhorn, bags of 64",
        make=solve_bags("Sinkhorn"),
        full=1_000_000,
        quick=640,
        tolerance=1e-6,
    ),
    Case(
        title="BeliefPropagation, bags of 64 and 5 neighbors, 20 sweeps",
        make=solve_bags("BeliefPropagation"),
        full=1_000_000,
        quick=640,
        tolerance=1e-8,
    ),
)
