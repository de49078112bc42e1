"""Messages from counts, held against enumeration, high precision and closed forms."""

from __future__ import annotations

import inspect
import itertools
import math
from importlib import import_module

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import binom

from weaklabel import kernels
from weaklabel.kernels import _count_tree, count_messages

count_module = import_module("weaklabel.kernels.cpu.count_messages")
plain = inspect.unwrap(count_messages)
# where function and file share a name, the folder gives the function
by_bags = inspect.getmodule(plain)
twin = count_module.count_messages
VERSIONS = [pytest.param(plain, id="plain"), pytest.param(twin, id="twin")]
each_version = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture
def always_tree(monkeypatch):
    """Take the tree for bags of every size."""
    monkeypatch.setattr(by_bags, "LARGE", 0)


def one_bag(log_odds, table):
    """Arguments for one bag with a log potential for every count."""
    n = len(log_odds)
    return log_odds, np.array([0, n]), table, np.array([0, n + 1]), np.array([0])


def exactly(log_odds, number):
    n = len(log_odds)
    return log_odds, np.array([0, n]), np.zeros(1), np.array([0, 1]), np.array([number])


def logs(values):
    with np.errstate(divide="ignore"):
        return np.log(values)


def weights(log_odds, maximize):
    """Log weights of not being and of being counted."""
    if maximize:
        return np.minimum(-log_odds, 0), np.minimum(log_odds, 0)
    return -np.logaddexp(0, log_odds), -np.logaddexp(0, -log_odds)


def enumerated(log_odds, table, maximize):
    """Messages and normalizer by trying all labelings."""
    n = len(log_odds)
    log_weight = np.stack(weights(log_odds, maximize), axis=1)
    add = np.maximum if maximize else np.logaddexp
    sums, total = np.full((n, 2), -np.inf), -np.inf
    for labels in itertools.product((0, 1), repeat=n):
        parts = log_weight[np.arange(n), labels]
        total = add(total, parts.sum() + table[sum(labels)])
        for i, y in enumerate(labels):
            rest = np.delete(parts, i).sum() + table[sum(labels)]
            sums[i, y] = add(sums[i, y], rest)
    neither = np.isneginf(sums).all(axis=1)
    sums[neither] = 0
    return sums[:, 1] - sums[:, 0], total


def marginals(log_odds, message):
    return expit(log_odds + message)


@st.composite
def bags(draw):
    """A small bag: log-odds tame, extreme or infinite; potentials flat, ragged or forbidding."""
    n = draw(st.integers(1, 8))
    odds = st.sampled_from([0.0, 1.5, -2.0, 40.0, -300.0, 800.0, -900.0, np.inf, -np.inf])
    tame = st.floats(-5, 5)
    log_odds = draw(st.lists(st.one_of(tame, odds), min_size=n, max_size=n))
    entry = st.sampled_from([0.0, 0.0, -np.inf, -1.0, 2.0])
    table = draw(st.lists(entry, min_size=n + 1, max_size=n + 1))
    return np.array(log_odds), np.array(table)


@each_version
@pytest.mark.parametrize("maximize", [False, True], ids=["sum", "max"])
@settings(max_examples=300)
@given(bag=bags())
@example(bag=(np.array([np.inf, -np.inf, 0.0]), np.array([0.0, -np.inf, -np.inf, -np.inf])))
def test_small_bags_equal_enumeration(version, maximize, bag):
    expected, log_z = enumerated(*bag, maximize)
    message, (total,) = version(*one_bag(*bag), maximize)
    if np.isneginf(log_z):
        assert np.isneginf(total)
    else:
        assert total == pytest.approx(log_z, rel=1e-12, abs=1e-11)
        np.testing.assert_allclose(message, expected, rtol=1e-11, atol=1e-11)
    assert not np.isnan(message).any()


@each_version
@settings(max_examples=100)
@given(bag=bags())
def test_the_tree_equals_enumeration_in_marginals(version, bag):
    """Messages are cut off far out, where marginals no longer feel them."""
    log_odds, table = bag
    log_odds = np.where(np.isfinite(log_odds), np.clip(log_odds, -5, 5), log_odds)
    expected, log_z = enumerated(log_odds, table, False)
    before = by_bags.LARGE
    try:
        by_bags.LARGE = 0
        message, (total,) = version(*one_bag(log_odds, table))
    finally:
        by_bags.LARGE = before
    if np.isneginf(log_z):
        assert np.isneginf(total)
        return
    assert total == pytest.approx(log_z, rel=1e-12, abs=1e-11)
    np.testing.assert_array_equal(np.isinf(message), np.isinf(expected))
    np.testing.assert_allclose(message, expected, rtol=1e-10, atol=1e-10)


@each_version
@pytest.mark.parametrize("n", [65, 129, 300])
@pytest.mark.parametrize("kind", ["exact", "least", "ramp", "two", "ends"])
def test_the_tree_equals_the_recursion(version, n, kind, rng, monkeypatch):
    counts = np.arange(n + 1)
    table = {
        "exact": np.where(counts == n // 3, 0.0, -np.inf),
        "least": np.where(counts >= 1, 0.0, -np.inf),
        "ramp": -np.abs(counts - 0.9 * n) / 2,
        "two": np.where((counts == n // 4) | (counts == n // 2), 0.0, -np.inf),
        "ends": np.where((counts == 0) | (counts == n), 0.0, -np.inf),
    }[kind]
    log_odds = rng.normal(scale=2, size=n)
    log_odds[:2] = 0.0 if kind == "ends" else (np.inf, -np.inf)
    log_odds -= log_odds[2:].mean() if kind == "ends" else 0.0
    expected, log_z = version(*one_bag(log_odds, table))
    monkeypatch.setattr(by_bags, "LARGE", 0)
    message, total = version(*one_bag(log_odds, table))
    np.testing.assert_allclose(total, log_z, rtol=1e-12, atol=1e-12)
    p, q = marginals(log_odds, message), marginals(log_odds, expected)
    np.testing.assert_allclose(p, q, rtol=1e-9, atol=1e-15)


def high_precision(log_odds, number, some):
    """Messages from an exact count to some members, by 60 digits."""
    from mpmath import exp, mp, mpf

    with mp.workdps(60):
        odds = [exp(mpf(float(x))) for x in log_odds]
        total = [mpf(0)] * (number + 1)  # elementary symmetric polynomials
        total[0] = mpf(1)
        for o in odds:
            for c in range(number, 0, -1):
                total[c] += o * total[c - 1]
        found = []
        for i in some:
            rest = [mpf(1)]  # divide one member out; 60 digits bear it
            for c in range(1, number + 1):
                rest.append(total[c] - odds[i] * rest[c - 1])
            found.append(float(mp.log(rest[number - 1] / rest[number])))
        log_z = mp.log(total[number]) - sum(mp.log(1 + o) for o in odds)
        return np.array(found), float(log_z)


@each_version
def test_ten_thousand_members_equal_high_precision(version, rng):
    pytest.importorskip("mpmath")
    n, number = 10_000, 60
    log_odds = rng.normal(scale=1.5, size=n) - 2  # a thousand or so are expected
    some = [0, 1, 2, int(log_odds.argmax()), int(log_odds.argmin())]
    expected, log_z = high_precision(log_odds, number, some)
    assert n * (number + 1) < by_bags.LARGE
    for large in (by_bags.LARGE, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(by_bags, "LARGE", large)
            if version is plain and large:
                continue  # the plain recursion would take a table of all counts
            message, total = version(*exactly(log_odds, number))
        np.testing.assert_allclose(message[some], expected, rtol=1e-10)
        np.testing.assert_allclose(total, log_z, rtol=1e-12)
        assert marginals(log_odds, message).sum() == pytest.approx(number, abs=1e-9)


def test_half_of_ten_thousand_by_tree_is_the_recursion(rng, monkeypatch):
    n = 10_000
    log_odds = rng.normal(scale=2, size=n)
    by_tree, total = twin(*exactly(log_odds, n // 2))
    monkeypatch.setattr(by_bags, "LARGE", 1 << 60)
    expected, log_z = twin(*exactly(log_odds, n // 2))
    np.testing.assert_allclose(by_tree, expected, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(total, log_z, rtol=1e-11)
    assert marginals(log_odds, by_tree).sum() == pytest.approx(n / 2, abs=1e-10 * n)


@pytest.mark.parametrize("n", [100_000, 1_000_000])
def test_very_large_bags_of_equals(n):
    """Alike members have the marginal c / n, and the normalizer is the binomial's."""
    number = n // 5
    message, total = count_messages(*exactly(np.full(n, -3.0), number))
    np.testing.assert_allclose(marginals(-3.0, message), number / n, rtol=1e-9)
    assert total[0] == pytest.approx(binom.logpmf(number, n, expit(-3.0)), rel=1e-9)


@each_version
@given(seed=st.integers(0, 2**20), n=st.integers(2, 40))
def test_marginals_sum_to_an_exact_count(version, seed, n):
    rng = np.random.default_rng(seed)
    log_odds, number = rng.normal(scale=4, size=n), int(rng.integers(0, n + 1))
    message, _ = version(*exactly(log_odds, number))
    assert marginals(log_odds, message).sum() == pytest.approx(number, abs=1e-10)


@each_version
@given(seed=st.integers(0, 2**20), n=st.integers(1, 30))
def test_a_positive_bag_in_closed_form(version, seed, n):
    """P = 1 - prod(1 - p_i), and the marginal of a member is p_i / P."""
    p = np.random.default_rng(seed).uniform(0.001, 0.9, n)
    log_odds = np.log(p) - np.log1p(-p)
    table = np.where(np.arange(n + 1) >= 1, 0.0, -np.inf)
    message, total = version(*one_bag(log_odds, table))
    some = 1 - np.prod(1 - p)
    np.testing.assert_allclose(np.exp(total), some, rtol=1e-12)
    np.testing.assert_allclose(marginals(log_odds, message), p / some, rtol=1e-11)


@each_version
@given(seed=st.integers(0, 2**20), n=st.integers(1, 9))
def test_the_normalizer_of_a_share_is_the_poisson_binomial(version, seed, n):
    rng = np.random.default_rng(seed)
    p, number = rng.random(n), int(rng.integers(0, n + 1))
    expected = math.fsum(
        math.prod(p[i] if i in chosen else 1 - p[i] for i in range(n))
        for chosen in map(set, itertools.combinations(range(n), number))
    )
    _, total = version(*exactly(np.log(p) - np.log1p(-p), number))
    np.testing.assert_allclose(np.exp(total), expected, rtol=1e-11)


@each_version
def test_certain_members_decide(version):
    """Of one certain and one open member, exactly one: the other is not."""
    message, total = version(*exactly(np.array([np.inf, 0.0, -np.inf]), 1))
    assert message[1] == -np.inf
    assert message[2] == -np.inf
    assert total == pytest.approx(np.log(0.5))


@each_version
def test_hopelessly_improbable_counts_keep_their_digits(version):
    """All of 64 members with log-odds -40 each: probability 1e-1112."""
    log_odds = np.full(64, -40.0)
    log_odds[0] = -41.0
    message, total = version(*exactly(log_odds, 63))
    left = np.exp(-log_odds - np.logaddexp.reduce(-log_odds))  # one is left out
    np.testing.assert_allclose(marginals(log_odds, message), 1 - left, rtol=1e-12)
    assert total == pytest.approx(
        log_odds.sum() + np.logaddexp.reduce(-log_odds), rel=1e-12, abs=1e-9
    )


@each_version
@pytest.mark.parametrize("number", [0, 200])
def test_nobody_and_everybody_in_the_tree(version, number, always_tree, rng):
    log_odds = rng.normal(size=200)
    message, total = version(*exactly(log_odds, number))
    assert (message == (np.inf if number else -np.inf)).all()
    sign = -1 if number else 1
    np.testing.assert_allclose(total, -np.logaddexp(0, sign * log_odds).sum(), rtol=1e-12)


@each_version
def test_impossible_large_bags_say_so(version, always_tree):
    log_odds = np.concatenate([np.full(100, np.inf), np.zeros(30)])
    message, total = version(*exactly(log_odds, 20))
    assert total == -np.inf
    assert (message == 0).all()


@each_version
def test_large_bags_beside_small_ones(version, rng, monkeypatch):
    sizes = [3, 200, 5, 300]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    log_odds = rng.normal(size=starts[-1])
    arguments = log_odds, starts, np.zeros(4), np.arange(5), np.array([1, 90, 2, 100])
    expected, log_z = version(*arguments)
    monkeypatch.setattr(by_bags, "LARGE", 1000)
    message, total = version(*arguments)
    np.testing.assert_allclose(message, expected, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(total, log_z, rtol=1e-12)


@pytest.mark.parametrize("maximize", [False, True])
def test_twins_agree_on_many_bags(rng, maximize):
    sizes = rng.integers(0, 50, 200)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    first = rng.integers(0, sizes + 1)
    lengths = rng.integers(1, sizes - first + 2)
    arguments = (
        rng.normal(scale=3, size=starts[-1]),
        starts,
        rng.normal(size=lengths.sum()),
        np.concatenate([[0], np.cumsum(lengths)]),
        first,
        maximize,
    )
    for one, other in zip(plain(*arguments), twin(*arguments), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-11)


@each_version
def test_the_kind_of_numbers_stays(version):
    message, total = version(*exactly(np.zeros(4, dtype=np.float32), 1))
    assert message.dtype == total.dtype == np.float32


def test_the_tilt_aims_at_the_count(rng):
    log_odds = rng.normal(scale=3, size=500)
    for number in (1, 30, 250, 499):
        chance = expit(log_odds + _count_tree._tilt(log_odds, number))
        assert chance.sum() == pytest.approx(number, abs=0.51)


def test_it_is_a_kernel_of_the_folder():
    assert "count_messages" in kernels.__all__
