"""Time Gaussian mixtures beside scikit-learn: so many sweeps from a start by nearest centers.

The points are ten clusters that overlap a little. Seconds are those of one fit of twenty sweeps,
predictions included; `agrees` is the share of points that both put into the same cluster.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.speed._processes import cpu_repeated, run_alone

SWEEPS = 20
WARM_UP = 5000  # points of a fit that is not timed: it loads libraries and compiled code
N_CLUSTERS, N_FEATURES = 10, 32
SYSTEMS = {"weaklabel GaussianMixture": "ours", "scikit-learn GaussianMixture": "scikit_learn"}


def points(n_items: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw points around ten centers."""
    rng = np.random.default_rng(0)
    centers = 1.2 * rng.normal(size=(N_CLUSTERS, N_FEATURES))
    x = centers[rng.integers(N_CLUSTERS, size=n_items)]
    return x + rng.normal(size=x.shape), centers


def ours(covariance: str, n_items: int) -> dict[str, Any]:
    """Time `weaklabel.GaussianMixture`, which is shown a point of each cluster."""
    import weaklabel as wl

    def evidence_of(number: int) -> Any:
        x, centers = points(number)
        nearest = [int(((x - center) ** 2).sum(axis=1).argmin()) for center in centers]
        evidence = wl.Evidence(range(number), classes=range(N_CLUSTERS)).with_features(x)
        return evidence.with_candidates({item: name for name, item in enumerate(nearest)})

    def fit(evidence: Any) -> np.ndarray:
        model = wl.GaussianMixture(covariance=covariance, smoothing=0, max_iter=SWEEPS, tol=0)
        return model.fit(evidence).predict_proba(evidence).to_numpy()

    return _timed(evidence_of, fit, n_items)


def scikit_learn(covariance: str, n_items: int) -> dict[str, Any]:
    """Time scikit-learn's, which starts at the true centers."""
    from sklearn.mixture import GaussianMixture

    def fit(drawn: Any) -> np.ndarray:
        x, centers = drawn
        model = GaussianMixture(
            N_CLUSTERS,
            covariance_type=covariance,
            means_init=centers,
            init_params="random_from_data",
            max_iter=SWEEPS,
            tol=0,
            random_state=0,
        )
        return model.fit(x).predict_proba(x)

    return _timed(points, fit, n_items)


def _timed(prepare: Any, fit: Any, n_items: int) -> dict[str, Any]:
    """Time a fit, after one on little data, and give the label of every hundredth point."""
    data = prepare(n_items)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged, as asked for
        fit(prepare(min(n_items, WARM_UP)))
        probabilities, seconds, cpu = cpu_repeated(lambda: fit(data), 1)
    labels = probabilities[::100].argmax(axis=1).tolist()
    return {"seconds": seconds, "cpu_seconds": cpu, "labels": labels}


def table(n_items: int) -> Iterator[dict[str, Any]]:
    """Measure both on both kinds of covariance."""
    for covariance in ("diag", "full"):
        first: dict[str, Any] = {}
        for system, function in SYSTEMS.items():
            found = run_alone(
                f"benchmarks.speed.mixture:{function}", covariance=covariance, n_items=n_items
            )
            first = first or found
            yield {
                "case": f"mixture, {covariance}, {n_items:,} x {N_FEATURES} x {N_CLUSTERS}",
                "system": system,
                "seconds": found["seconds"],
                "ratio_to_ours": found["seconds"] / first["seconds"],
                "cpu_seconds": found["cpu_seconds"],
                "peak_mb": found["peak_mb"],
                "agrees": float(np.mean(np.equal(found["labels"], first["labels"]))),
            }
