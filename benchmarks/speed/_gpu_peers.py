"""What others do on the same card: torch as it is usually written, POT, geomloss and Snorkel."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

Peers = dict[str, Callable[[], Any]]
EPSILON = 0.05


def tensor_of(array: Any) -> Any:
    """See an array as one of torch without a copy; None if torch cannot."""
    if find_spec("torch") is None:
        return None
    import torch

    if not isinstance(array, np.ndarray) and not torch.cuda.is_available():
        return None
    return torch.from_dlpack(array)


def of_transport(cost: Any) -> Peers:
    """Sweep once in the log domain: plain torch, and a single iteration of libraries."""
    table = tensor_of(cost)
    if table is None:
        return {}
    import torch

    n, k = table.shape
    one = {"dtype": torch.float64, "device": table.device}
    row, column = torch.full((n,), 1 / n, **one), torch.full((k,), 1 / k, **one)

    def sweep() -> Any:
        scores = -table.double() / EPSILON
        potential = -np.log(n) - torch.logsumexp(scores, 1)
        return torch.logsumexp(scores + potential[:, None], 0)

    def pot() -> Any:
        import ot

        cost = table.double()
        return ot.bregman.sinkhorn_log(row, column, cost, EPSILON, numItermax=1, warn=False)

    def geomloss() -> Any:
        from geomloss import sinkhorn_samples

        softmin = sinkhorn_samples.softmin_tensorized
        return softmin(EPSILON, table.double()[None], torch.log(column)[None])

    found: Peers = {"torch.logsumexp": sweep}
    if find_spec("ot") is not None:
        found["POT sinkhorn_log, 1 iteration"] = pot
    if find_spec("geomloss") is not None:
        found["geomloss softmin, half a sweep"] = geomloss
    return found


def of_rows(array: Any) -> Peers:
    """Normalize rows."""
    table = tensor_of(array)
    return {} if table is None else {"torch.logsumexp": lambda: table.logsumexp(1)}


def of_smallest(array: Any, k: int) -> Peers:
    """Find the k smallest of each row."""
    table = tensor_of(array)
    return {} if table is None else {"torch.topk": lambda: table.topk(k, dim=1, largest=False)}


def of_mixture(features: Any, n_classes: int, n_sweeps: int) -> Peers:
    """Run EM with full covariances as scikit-learn writes it, all items at once, in torch."""
    X = tensor_of(features)
    if X is None:
        return {}
    import torch

    n_items, n_features = X.shape

    def fit() -> Any:
        share = torch.nn.functional.one_hot(torch.arange(n_items) % n_classes).double()
        share = share.to(X.device)
        eye = 1e-6 * torch.eye(n_features, dtype=X.dtype, device=X.device)
        for _ in range(n_sweeps):
            mass = share.sum(0)
            means = share.T @ X / mass[:, None]
            logs = []
            for y in range(n_classes):
                off = X - means[y]
                root = torch.linalg.cholesky((share[:, y : y + 1] * off).T @ off / mass[y] + eye)
                white = torch.linalg.solve_triangular(root, off.T, upper=False)
                logs.append(-(white**2).sum(0) / 2 - root.diagonal().log().sum() + mass[y].log())
            share = torch.softmax(torch.stack(logs, 1), 1)
        return share

    return {"torch, as scikit-learn": fit}


def of_votes(votes: Any, n_epochs: int = 100) -> Peers:
    """Fit Snorkel's label model to its dense matrix."""
    if find_spec("snorkel") is None or find_spec("torch") is None:
        return {}

    def fit() -> Any:
        import torch
        from snorkel.labeling.model import LabelModel

        from weaklabel._device import on_host

        device = "cuda" if torch.cuda.is_available() else "cpu"
        dense = np.full((votes.n_items, votes.n_sources), -1)
        dense[on_host(votes.item), on_host(votes.source)] = on_host(votes.code)
        model = LabelModel(cardinality=2, verbose=False, device=device)
        model.fit(dense, n_epochs=n_epochs, progress_bar=False)

    return {"Snorkel, 100 epochs": fit}
