"""What transport is for: regions from points, and clusters of very different size."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.special import log_softmax, softmax

from weaklabel.transport import growing_mass, sinkhorn

# ---- points to regions -----------------------------------------------------------------------


def touching_discs(rng) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Two discs of one color that touch, radius 11 and 5, on a background; a point in each."""
    y, x = np.mgrid[:40, :48]
    truth = np.zeros((40, 48), dtype=int)
    truth[(x - 18) ** 2 + (y - 20) ** 2 <= 11**2] = 1
    truth[(x - 34) ** 2 + (y - 20) ** 2 <= 5**2] = 2
    color = (truth > 0) + 0.1 * rng.normal(size=truth.shape)
    truth = truth.ravel()
    return truth, color, [int(rng.choice(np.flatnonzero(truth == k))) for k in range(3)]


def geodesic(color: np.ndarray, points: list[int]) -> np.ndarray:
    """Length of the shortest way from each pixel to each point; color makes it longer."""
    height, width = color.shape
    number = np.arange(color.size).reshape(color.shape)
    pairs = []
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        one = number[: height - down, max(0, -right) : width - max(0, right)].ravel()
        other = number[down:, max(0, right) : width + min(0, right)].ravel()
        length = np.hypot(down, right) + 100 * np.abs(color.flat[one] - color.flat[other])
        pairs.append((length, one, other))
    length, one, other = (np.concatenate(each) for each in zip(*pairs, strict=True))
    graph = coo_matrix((length, (one, other)), shape=(color.size, color.size)).tocsr()
    return dijkstra(graph, directed=False, indices=points).T


def test_supply_turns_points_into_regions():
    """Nearest points alone let one region flow into the other; how large they are decides."""
    shares = {"nearest": [], "true": [], "estimated": [], "uniform": [], "interval": []}
    for seed in range(5):
        truth, color, points = touching_discs(np.random.default_rng(seed))
        cost = geodesic(color, points)
        cost /= cost.max()
        nearest = cost.argmin(axis=1)
        supply = np.bincount(truth, minlength=3) / len(truth)
        given = {
            "true": supply,
            "estimated": np.bincount(nearest, minlength=3) / len(truth),
            "uniform": None,
            "interval": (0.8 * supply, 1.2 * supply),
        }
        shares["nearest"].append(np.mean(nearest == truth))
        for name, column in given.items():
            found = sinkhorn(cost.astype(np.float32), None, column, 1e-3)
            label = found.plan.argmax(axis=1)
            assert found.converged
            assert found.marginal_error < 1e-6
            assert label[points].tolist() == [0, 1, 2]
            shares[name].append(np.mean(label == truth))
    right = {name: np.mean(each) for name, each in shares.items()}
    assert right["true"] > right["nearest"] + 0.05
    assert right["interval"] > right["nearest"] + 0.05
    assert right["estimated"] == pytest.approx(right["nearest"], abs=0.02)
    assert right["uniform"] < right["nearest"]


# ---- labels for clusters ---------------------------------------------------------------------


def uneven_clusters(rng, n_clusters: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian clusters, the largest thirty times the smallest."""
    size = np.round(600 * 30.0 ** (-np.arange(n_clusters) / (n_clusters - 1))).astype(int)
    truth = np.repeat(np.arange(n_clusters), size)
    centers = rng.normal(size=(n_clusters, 8))
    centers *= 4.5 / np.linalg.norm(centers, axis=1, keepdims=True)
    return centers[truth] + rng.normal(size=(len(truth), 8)), truth


def train_head(features, n_clusters, rng, how, n_steps=40) -> np.ndarray:
    """Train a softmax head from random weights on the labels that transport gives it."""
    table = (features - features.mean(axis=0)) / features.std(axis=0)
    table = np.hstack([table, np.ones((len(table), 1))])
    weights, start = 0.1 * rng.normal(size=(table.shape[1], n_clusters)), None
    for step in range(n_steps):
        mass = growing_mass(step, n_steps - 1)
        options = {"mass": mass, "column_slack": 0.3} if how == "partial" else {}
        cost = -log_softmax(table @ weights, axis=1)
        start = sinkhorn(cost, None, None, 0.1, start=start, tol=1e-6, **options)
        plan = start.plan
        assert start.mass == pytest.approx(mass if how == "partial" else 1, abs=1e-3)
        if how == "uniform":
            np.testing.assert_allclose(start.column_marginal, 1 / n_clusters, atol=1e-3)
        sure = plan.sum(axis=1, keepdims=True)
        for _ in range(15):
            slope = table.T @ (sure * softmax(table @ weights, axis=1) - plan)
            weights -= 0.5 * (slope / sure.sum() + 1e-3 * weights)
    return (table @ weights).argmax(axis=1)


def balanced_accuracy(truth, label, n_clusters) -> float:
    """Mean recall under the best one-to-one naming of clusters."""
    table = np.zeros((n_clusters, n_clusters))
    np.add.at(table, (truth, label), 1)
    table /= table.sum(axis=1, keepdims=True)
    return table[linear_sum_assignment(-table)].mean()


def test_progressive_partial_labels_beat_uniform_ones_where_clusters_are_uneven():
    found: dict[str, list[float]] = {"partial": [], "uniform": []}
    for seed in range(4):
        for how, scores in found.items():
            rng = np.random.default_rng(seed)
            features, truth = uneven_clusters(rng)
            label = train_head(features, 6, rng, how)
            assert len(np.unique(label)) == 6
            scores.append(balanced_accuracy(truth, label, 6))
    assert np.mean(found["partial"]) > np.mean(found["uniform"]) + 0.1


@pytest.mark.parametrize("first", [0.1, 0.5, 1.0])
def test_mass_grows_to_one(first):
    masses = [growing_mass(step, 20, first) for step in range(21)]
    assert (np.diff(masses) >= 0).all()
    assert masses[0] == pytest.approx(first, abs=0.01)
    assert masses[-1] == growing_mass(100, 20, first) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 0), "no step 0 of 0"),
        ((-1, 5), "no step -1 of 5"),
        ((0, 5, 0), "first=0 is not a share"),
    ],
)
def test_steps_and_shares_have_a_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        growing_mass(*arguments)
