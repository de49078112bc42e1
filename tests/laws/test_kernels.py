"""What every kernel promises: all its twins give what the plain version gives."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaklabel import kernels
from weaklabel._device import on_host
from weaklabel.kernels import _dispatch, gather_sum, log_sum_exp

NASTY = [0.0, 1.0, -1.0, 1e16, -1e16, 1e-300, -np.inf]


def gather_case(
    rng: np.random.Generator, sizes: list[int], *, n_columns: int = 3, values: Any = NASTY
) -> tuple[np.ndarray, ...]:
    """Segments of the given sizes over a table of five rows."""
    n_votes = sum(sizes)
    return (
        rng.choice(values, (5, n_columns)),
        rng.integers(5, size=n_votes),
        rng.choice([0.25, 1.0, 3.0], n_votes),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
    )


def score_case(rng: np.random.Generator, n_rows: int, n_columns: int) -> tuple[np.ndarray]:
    return (rng.choice([*NASTY, 700.0, -745.0], (n_rows, n_columns)),)


def count_case(rng: np.random.Generator, sizes: list[int], values: Any) -> tuple[np.ndarray, ...]:
    """Bags of the given sizes, each with some counts allowed."""
    first = rng.integers(0, np.array(sizes, dtype=np.int64) + 1)
    lengths = [rng.integers(1, size + 2 - low) for size, low in zip(sizes, first, strict=True)]
    return (
        rng.choice(values, sum(sizes)),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        rng.choice([0.0, 0.0, -1.0, 2.0, -np.inf], sum(lengths)),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        first.astype(np.int64),
    )


def potts_case(rng: np.random.Generator, n_items: int, n_classes: int) -> tuple[np.ndarray, ...]:
    """A graph of every pair, with beliefs that hold the messages; one class is log-odds of two."""
    receiver, sender = np.nonzero(~np.eye(n_items, dtype=bool))
    weight = rng.choice([0.1, 1.0, 50.0, 700.0], (n_items, n_items))
    belief = rng.choice([0.0, 1.0, -3.0, -800.0, -np.inf], (n_items, n_classes))
    if n_classes > 1:
        belief[:, 0] = 0.0
    weight = (weight + weight.T)[receiver, sender]
    message = rng.random((len(sender), n_classes))
    order = np.lexsort((receiver, sender))
    starts = np.arange(n_items + 1) * (n_items - 1)
    return belief, message, weight, sender, order, starts, np.array(0.3)[()]


def state_case(
    rng: np.random.Generator, n_bags: int, size: int, *, extreme: bool = False
) -> tuple[np.ndarray, ...]:
    """A random automaton of five states on bags of three outcomes."""
    far = [0.0, -1.0, -40.0, -900.0, -np.inf]
    weight = rng.choice(far if extreme else [0.0, -1.0, -2.0], (n_bags, size, 3))
    potential = rng.choice([0.0, 3.0, -2.0, -np.inf], (n_bags, 5))
    return weight - 1.1, potential, rng.integers(-1, 5, (3, 5))


def assign_case(
    rng: np.random.Generator,
    n_rows: int,
    n_columns: int,
    *,
    spread: float = 3.0,
    spare: bool = False,
    nasty: bool = False,
) -> tuple[np.ndarray, ...]:
    """Costs over epsilon up to `spread` times 20; nasty ones forbid pairs and empty rows."""
    cost = spread * rng.random((n_rows, n_columns))
    column = spread * rng.normal(size=n_columns + spare)
    low = np.log(rng.random(n_rows))
    high = low + rng.choice([0.0, 1.0, np.inf], n_rows)
    if nasty:
        cost[rng.random(cost.shape) < 0.3] = np.inf
        column[rng.random(column.shape) < 0.2] = -np.inf
        low[rng.random(n_rows) < 0.2] = -np.inf
        low = np.minimum(low, high)
    return cost, np.array(0.05)[()], column, low, high, rng.random(1)


def close(found: Any, expected: Any, rtol: float = 1e-11) -> None:
    """Hold several arrays against several; numbers of any size may cancel."""
    arrays = (all_of(each) for each in (found, expected))
    for one, other in zip(*arrays, strict=True):
        assert one.shape == other.shape
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(np.isneginf(one), np.isneginf(other))
        size = np.abs(other[np.isfinite(other)]).max(initial=1.0)
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol * size)


def cases(name: str) -> Iterator[tuple[np.ndarray, ...]]:
    """Arguments for a kernel: empty, single, many, nasty."""
    if name not in CASES:
        pytest.fail(f"Write cases for the kernel {name!r}: small, empty and nasty ones.")
    yield from CASES[name](np.random.default_rng(5))


def score_cases(rng: np.random.Generator) -> Iterator[tuple[np.ndarray, ...]]:
    for shape in [(0, 2), (1, 1), (1, 4), (50, 3), (3, 50)]:
        yield score_case(rng, *shape)
    yield (np.full((3, 2), -np.inf),)


def gather_cases(rng: np.random.Generator) -> Iterator[tuple[np.ndarray, ...]]:
    for sizes in ([], [0], [1], [0, 0, 0], [7], [0, 1, 0, 2, 3, 0], [1] * 20, [0, 64, 0, 63]):
        yield gather_case(rng, sizes)
    for _ in range(10):
        yield gather_case(rng, rng.integers(0, 9, 30).tolist())
    table, row, _, starts = gather_case(rng, [2, 0, 3])
    yield table, row, np.ones(1), starts
    yield gather_case(rng, [4, 5], n_columns=1)
    yield gather_case(rng, [30, 0, 50], n_columns=5)


def count_cases(rng: np.random.Generator) -> Iterator[tuple[np.ndarray, ...]]:
    for sizes in ([], [0], [1], [3, 0, 2], [7], [1] * 20, [40, 3]):
        yield count_case(rng, sizes, values=rng.normal(size=50))
        yield count_case(rng, sizes, values=[0.0, 1.0, -30.0, 700.0, -1e4, np.inf, -np.inf])


def potts_cases(rng: np.random.Generator) -> Iterator[tuple[np.ndarray, ...]]:
    for n_items, n_classes in [(1, 2), (2, 1), (5, 3), (30, 2), (30, 1)]:
        yield potts_case(rng, n_items, n_classes)


def assign_cases(rng: np.random.Generator) -> Iterator[tuple[np.ndarray, ...]]:
    for shape in [(1, 1), (3, 2), (70, 3), (200, 1), (5000, 12)]:
        yield assign_case(rng, *shape)
        yield assign_case(rng, *shape, spare=True, nasty=True)
    yield assign_case(rng, 300, 4, spread=1e4)
    yield assign_case(rng, 9, 40, spare=True, nasty=True)


def top_cases(rng: np.random.Generator) -> Iterator[tuple[np.ndarray, ...]]:
    """Blocks after others: none kept yet, some, ties, and fewer columns than are wanted."""
    for n_rows, n_columns, k in [(0, 3, 2), (3, 0, 2), (4, 2, 3), (50, 300, 7), (3, 64, 1)]:
        for values in (rng.normal(size=99), np.array([0.0, 1.0, 1.0, -np.inf, np.inf, np.nan])):
            best = np.sort(rng.choice([0.5, 1.0, 2.0, np.inf], (n_rows, k)), axis=1)
            found = np.where(np.isfinite(best), rng.integers(1000, size=best.shape), -1)
            name = rng.permutation(n_columns)
            yield rng.choice(values, (n_rows, n_columns)), name, best, found


def state_cases(rng: np.random.Generator) -> Iterator[tuple[np.ndarray, ...]]:
    for shape in [(0, 3), (2, 0), (1, 1), (3, 7), (2, 200)]:
        yield state_case(rng, *shape)
        yield state_case(rng, *shape, extreme=True)
    weight, potential, _ = state_case(rng, 3, 4)
    yield weight, np.full_like(potential, -np.inf), np.full((3, 5), -1)


def color_cases(rng: np.random.Generator) -> Iterator[tuple[np.ndarray, ...]]:
    for n_nodes, density in [(0, 0.0), (1, 1.0), (4, 1.0), (40, 0.1), (60, 0.5)]:
        near = rng.random((n_nodes, n_nodes)) < density
        near |= near.T
        yield np.nonzero(near)[1], np.concatenate([[0], np.cumsum(near.sum(axis=1))])


def vote_case(
    rng: np.random.Generator, shape: tuple[int, int, int], tile: int, *, alike: bool = False
) -> tuple[Any, ...]:
    """Votes on items, of so many units and classes; some items have none, some no class."""
    n_items, n_units, n_classes = shape
    item = np.sort(rng.integers(n_items, size=3 * n_items)) if n_items else np.zeros(0, int)
    unit = rng.integers(n_units, size=len(item))
    one = np.ones(1)
    weight = one if alike else rng.choice([0.25, 1.0, 3.0], len(item))
    items = one if alike else rng.random(n_items)
    n_tiles = -(-n_items // tile)
    order = np.lexsort((np.arange(len(item)), unit, item // tile))
    key = (item // tile * n_units + unit)[order]
    return (
        rng.choice([0.0, -1.0, -2.5, -700.0, -np.inf], (n_units, n_classes)),
        rng.choice([0.0, -1.0], n_classes),
        unit,
        weight,
        np.searchsorted(item, np.arange(n_items + 1)),
        items,
        (item % tile)[order],
        one if alike else weight[order],
        np.searchsorted(key, np.arange(n_tiles * n_units + 1)),
        np.array(tile)[()],
    )


def vote_cases(rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    for shape in [(1, 1, 2), (20, 3, 2), (41, 4, 3), (41, 30, 16), (9, 2, 17), (3, 900, 3)]:
        yield vote_case(rng, shape, tile=16)
        yield vote_case(rng, shape, tile=5, alike=True)
    yield vote_case(rng, (0, 2, 2), tile=3)
    # as few bytes as can be, as votes on a GPU have them
    table, prior, unit, *weights, place, weight, runs, tile = vote_case(rng, (41, 4, 2), tile=16)
    unit, place = unit.astype(np.int32), place.astype(np.uint16)
    yield table, prior, unit, *weights, place, weight, runs, tile


def segments(rng: np.random.Generator, n_segments: int) -> tuple[np.ndarray, ...]:
    """Rows and weights of segments, many of which are the same."""
    sizes = rng.integers(0, 4, n_segments)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    n_votes = int(starts[-1])
    row = rng.integers(3, size=n_votes, dtype=np.int32)
    return row, rng.choice([0.25, 1.0], n_votes), starts


def column_cases(rng: np.random.Generator) -> Iterator[tuple[np.ndarray]]:
    for shape in [(0, 2), (1, 1), (63, 3), (64, 3), (1000, 2)]:
        yield (rng.integers(-9, 9, shape) / 4,)  # sums are exact


def scatter_cases(rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    for n_segments, n_columns in [(0, 2), (1, 1), (30, 3), (500, 2)]:
        row, weight, starts = segments(rng, n_segments)
        table = rng.normal(size=(n_segments, n_columns))
        yield table, row, weight, starts, 5
        yield table, row, np.ones(1), starts, 3


def pair_cases(rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    for n_segments in (0, 1, 30, 500):
        row, weight, starts = segments(rng, n_segments)
        yield row, weight, starts, rng.random(n_segments), 4
        yield row, np.ones(1), starts, np.ones(1), 3


def order_cases(rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    for n_votes, n_segments in [(0, 0), (0, 3), (1, 1), (50, 9), (500, 3)]:
        keys = (rng.integers(n, size=n_votes, dtype=np.int32) for n in (max(1, n_segments), 4, 2))
        yield *keys, n_segments


def same_cases(rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    for n_segments in (0, 1, 30, 500):
        row, weight, starts = segments(rng, n_segments)
        yield row, weight, starts, rng.integers(-1, 2, n_segments)
        yield row, np.ones(1), starts, np.zeros(1, dtype=np.int64)


def code_cases(rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    for shape in [(0, 3), (3, 0), (1, 1), (70, 5), (5000, 3)]:
        matrix = rng.integers(-2, 3, shape).astype(np.int8)
        yield matrix, np.array([-1, -2, 1, -1, 0], dtype=np.int16), -2
        yield np.asfortranarray(matrix), np.array([-1, -1, 0, 1, 40], dtype=np.int16), -2


CASES = {
    "column_sums": column_cases,
    "count_messages": count_cases,
    "gather_sum": gather_cases,
    "graph_colors": color_cases,
    "log_sum_exp": score_cases,
    "pair_sum": pair_cases,
    "potts_messages": potts_cases,
    "same_segments": same_cases,
    "scatter_sum": scatter_cases,
    "segment_order": order_cases,
    "soft_assign": assign_cases,
    "softmax": score_cases,
    "state_messages": state_cases,
    "stored_codes": code_cases,
    "top_k": top_cases,
    "vote_sums": vote_cases,
}

# The simulator of numba runs the twins for CUDA, on arrays of NumPy.
SIMULATED = os.environ.get("NUMBA_ENABLE_CUDASIM") == "1"
if SIMULATED:
    from numba.cuda.simulator import kernelapi

    def shared_array(self: Any, shape: int, dtype: Any) -> np.ndarray:
        """One array for all threads: of two that come first, numba gives each its own."""
        line = sys._getframe(1)
        key = line.f_code.co_filename, line.f_lineno
        return self._allocations.setdefault(key, np.empty(shape, dtype))

    kernelapi.FakeCUDAShared.array = shared_array
    sys.setswitchinterval(1e-5)  # its threads wait for each other at every barrier
SMALL = 1200  # numbers in the arguments of cases that it is given

TWINS = [
    pytest.param(name, folder, marks=pytest.mark.gpu if folder == "gpu" and not SIMULATED else ())
    for name in kernels.__all__
    for folder in ("cpu", "gpu")
    if find_spec(f"weaklabel.kernels.{folder}.{name}")
]


def twin_cases(name: str, folder: str) -> Iterator[tuple[np.ndarray, ...]]:
    """Arguments for a twin; those that are not small would take the simulator minutes."""
    for case in cases(name):
        if folder != "gpu" or not SIMULATED or sum(map(np.size, case)) < SMALL:
            yield case


def in_single(case: tuple[np.ndarray, ...], doubles: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    """The same arguments in single precision, but for some that are always double."""
    return tuple(
        array.astype(np.float32)
        if np.asarray(array).dtype == float and place not in doubles
        else array
        for place, array in enumerate(case)
    )


def all_of(answer: Any) -> tuple[Any, ...]:
    """What a kernel gives, be it one array or several, on the host."""
    return tuple(map(on_host, answer if isinstance(answer, tuple) else (answer,)))


def twin_of(name: str, folder: str) -> Any:
    """The twin; one for CUDA is given arrays of CuPy, but for the simulator."""
    twin = getattr(import_module(f"weaklabel.kernels.{folder}.{name}"), name)
    if folder != "gpu" or SIMULATED:
        return twin
    import cupy

    def on_card(*case: Any) -> Any:
        return twin(
            *(cupy.asarray(each) if isinstance(each, np.ndarray) else each for each in case)
        )

    return on_card


def plain(name: str) -> Any:
    """The version in the array standard."""
    return inspect.unwrap(getattr(kernels, name))


def add_up(case: tuple[np.ndarray, ...]) -> np.ndarray:
    """Sum segment by segment, exactly, in Python's own integers of unlimited precision."""
    from fractions import Fraction

    table, row, weight, starts = case
    weight = np.broadcast_to(weight, row.shape)
    out = np.zeros((len(starts) - 1, table.shape[1]))
    for s, column in np.ndindex(out.shape):
        votes = range(starts[s], starts[s + 1])
        parts = [weight[v] * table[row[v], column] for v in votes]
        finite = all(map(np.isfinite, parts))
        out[s, column] = float(sum(map(Fraction, parts))) if finite else -np.inf
    return out


def rounding(case: tuple[np.ndarray, ...]) -> np.ndarray:
    """What adding up doubles may lose in each segment: eps times the sum of sizes."""
    table, row, weight, starts = case
    sizes = np.abs(np.where(np.isfinite(table), table, 0))
    return 64 * np.finfo(float).eps * add_up((sizes, row, weight, starts))


@pytest.mark.parametrize("name", kernels.__all__)
def test_every_kernel_has_cases(name):
    assert len(list(cases(name))) > 3


@pytest.mark.parametrize(("name", "folder"), TWINS)
def test_twin_equals_plain(name, folder):
    twin = getattr(import_module(f"weaklabel.kernels.{folder}.{name}"), name)
    assert list(inspect.signature(getattr(twin, "py_func", twin)).parameters) == list(
        inspect.signature(plain(name)).parameters
    )
    twin = twin_of(name, folder)
    for case in twin_cases(name, folder):
        if name == "soft_assign":  # sums of exponentials of any size
            close(twin(*case), plain(name)(*case))
            continue
        answers = (map(np.asarray, all_of(run(*case))) for run in (plain(name), twin))
        for expected, found in zip(*answers, strict=True):
            assert found.shape == expected.shape
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(np.isneginf(found), np.isneginf(expected))
            finite = np.isfinite(expected)
            lost = rounding(case) if name == "gather_sum" else 1e-12 * np.maximum(abs(expected), 1)
            assert (np.abs(found[finite] - expected[finite]) <= lost[finite]).all()


@pytest.mark.parametrize(("name", "folder"), TWINS)
def test_twin_takes_single_precision(name, folder):
    """What is in it is added up in double precision, or nearly so, and comes back in single."""
    twin = twin_of(name, folder)
    doubles = (1, 2, 3, 4, 5) if name == "soft_assign" else ()
    for case in twin_cases(name, folder):
        single = in_single(case, doubles)
        answers = (all_of(each(*single)) for each in (twin, plain(name)))
        found, expected = (tuple(map(np.asarray, each)) for each in answers)
        for one, other in zip(found, expected, strict=True):
            assert one.dtype == other.dtype
        if name == "gather_sum":  # in what order 1e16 and -1e16 are added shows in single
            single = (np.abs(single[0]), *single[1:])
            found, expected = all_of(twin(*single)), all_of(plain(name)(*single))
        with np.errstate(over="ignore"):
            close(found, expected, rtol=1e-5)


@pytest.mark.skipif(SIMULATED, reason="this is the simulator")
def test_the_simulator_runs_the_twins_for_cuda():
    """In a process of its own: numba reads the setting once."""
    chosen = "test_twin and gpu or gpu_twins"
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", chosen, __file__],
        env=environment | {"NUMBA_ENABLE_CUDASIM": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    n_twins = sum(param.values[1] == "gpu" for param in TWINS)
    assert f"{2 * n_twins} passed" in done.stdout, done.stdout


@pytest.mark.parametrize("name", kernels.__all__)
def test_every_library_runs_the_plain_version(name, xp, monkeypatch):
    """Strict and torch arrays have no twins; numpy arrays, if they are few, need none."""
    if xp.name == "cupy":
        pytest.skip("has twins")
    monkeypatch.setattr(_dispatch, "WORTH_A_TWIN", 1 << 20)
    called = []
    monkeypatch.setattr(_dispatch, "import_module", called.append)  # what a twin would need
    for case in cases(name):
        if name in {"soft_assign", "vote_sums"}:  # libraries differ in the last digit of exp
            close(getattr(kernels, name)(*map(xp.asarray, case)), plain(name)(*case))
            continue
        arrays = (xp.asarray(part) if isinstance(part, np.ndarray) else part for part in case)
        found = all_of(getattr(kernels, name)(*arrays))
        for one, other in zip(found, all_of(plain(name)(*case)), strict=True):
            np.testing.assert_array_equal(one, other)
    assert not called


@given(
    sizes=st.lists(st.integers(0, 9), max_size=12),
    seed=st.integers(0, 2**20),
    n_columns=st.integers(1, 4),
)
def test_gather_sum_is_the_sum(sizes, seed, n_columns):
    case = gather_case(np.random.default_rng(seed), sizes, n_columns=n_columns)
    found, expected = gather_sum(*case), add_up(case)
    np.testing.assert_array_equal(np.isneginf(found), np.isneginf(expected))
    finite = np.isfinite(expected)
    assert (np.abs(found[finite] - expected[finite]) <= rounding(case)[finite]).all()
    assert not np.isnan(found).any()


def test_gather_sum_keeps_one_beside_large_numbers_of_other_segments():
    """Where differences of a cumulative sum would lose it."""
    table = np.array([[1e16], [1.0], [-np.inf]])
    row = np.array([0, 0, 1, 2, 1, 1])
    found = gather_sum(table, row, np.ones(6), np.array([0, 2, 3, 4, 6]))
    np.testing.assert_array_equal(found[:, 0], [2e16, 1.0, -np.inf, 2.0])


@pytest.mark.parametrize("folder", ["", "cpu"])
def test_potts_messages_keep_what_underflows(folder):
    """A neighbor that is surely of one class, and a weight that outweighs it."""
    path = ".".join(filter(None, ["weaklabel.kernels", folder, "potts_messages"]))
    send = inspect.unwrap(import_module(path).potts_messages)
    belief = np.array([[0.0, -800.0], [0.0, 0.0]])
    pair = np.full(2, 1400.0), np.array([1, 0]), np.array([1, 0]), np.array([0, 1, 2])
    new, _, _ = send(belief, np.zeros((2, 2)), *pair, 0.0)
    np.testing.assert_allclose(new[1], [1400.0, 600.0])


def test_gather_sum_keeps_the_dtype():
    case = gather_case(np.random.default_rng(0), [2, 0, 3], values=[0.5, 2.0])
    table, row, weight, starts = case
    found = gather_sum(table.astype(np.float32), row, weight.astype(np.float32), starts)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, gather_sum(*case), rtol=1e-6)


@given(seed=st.integers(0, 2**20), n_rows=st.integers(0, 5), n_columns=st.integers(1, 5))
def test_log_sum_exp_is_the_log_of_the_sum(seed, n_rows, n_columns):
    import math

    (scores,) = score_case(np.random.default_rng(seed), n_rows, n_columns)
    found = log_sum_exp(scores)
    for row, value in zip(scores, found, strict=True):
        top = row.max()
        if np.isneginf(top):
            assert np.isneginf(value)
        else:
            exact = top + math.log(math.fsum(math.exp(score - top) for score in row))
            assert value == pytest.approx(exact, rel=1e-14, abs=1e-14)


def big_case() -> tuple[np.ndarray, ...]:
    """Large enough for numpy arrays to be handed to the numba twin."""
    rng = np.random.default_rng(1)
    sizes = rng.integers(0, 40, _dispatch.WORTH_A_TWIN // 16)
    sizes[:3] = [0, 20_000, 0]
    return gather_case(rng, sizes.tolist(), values=rng.normal(size=50))


def test_much_work_is_handed_to_the_twin(monkeypatch):
    case = big_case()
    assert max(array.size for array in case) >= _dispatch.WORTH_A_TWIN
    taken = []
    monkeypatch.setattr(_dispatch, "folder_for", lambda array, work: taken.append(work) or "cpu")
    expected = plain("gather_sum")(*case)
    assert (np.abs(gather_sum(*case) - expected) <= rounding_of_normal(case)).all()
    assert taken == [max(array.size for array in case)]


def rounding_of_normal(case: tuple[np.ndarray, ...]) -> float:
    """Bound for adding up n numbers in any order: eps times n times the sum of their sizes."""
    most = np.diff(case[3]).max()
    return float(np.finfo(float).eps * most * most * (case[2].max() * np.abs(case[0]).max()))


@pytest.mark.parametrize(("work", "folder"), [(10, ""), (_dispatch.WORTH_A_TWIN, "cpu")])
def test_the_data_decide(work, folder):
    assert _dispatch.folder_for(np.zeros(1), work) == folder


def test_foreign_arrays_have_no_twin(xp):
    if xp.name.startswith("numpy") or xp.name == "cupy":
        pytest.skip("has twins")
    assert _dispatch.folder_for(xp.asarray(np.zeros(1)), 10**9) == ""


@pytest.mark.parametrize("name", [param.values[0] for param in TWINS if param.values[1] == "cpu"])
def test_results_do_not_depend_on_the_number_of_threads(name):
    import numba

    twin = getattr(import_module(f"weaklabel.kernels.cpu.{name}"), name)
    case = big_case() if name == "gather_sum" else list(cases(name))[-1]
    before = numba.get_num_threads()
    answers = []
    try:
        for n_threads in range(1, min(4, numba.config.NUMBA_NUM_THREADS) + 1):
            numba.set_num_threads(n_threads)
            answers.append(all_of(twin(*case)))
    finally:
        numba.set_num_threads(before)
    for answer in answers[1:]:
        for one, other in zip(answer, answers[0], strict=True):
            np.testing.assert_array_equal(one, other)
