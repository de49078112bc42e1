"""Beliefs about distributions: expected logarithms, and how far votes moved them."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import digamma, gammaln

from weaklabel._device import beside, on_host


def expected_logs(pseudo: Any, axis: int) -> Any:
    """Give expected log probabilities under Dirichlet beliefs; ``-inf`` for 0.

    Parameters
    ----------
    pseudo : floating array
        Pseudo-counts along `axis`; a 0 is a symbol that does not exist.
    axis : int
    """
    counts = on_host(pseudo)
    there = counts > 0
    total = counts.sum(axis=axis, keepdims=True)
    logs = digamma(np.where(there, counts, 1.0)) - digamma(np.where(total > 0, total, 1.0))
    return beside(np.where(there, logs, -np.inf), pseudo)


def divergence(after: Any, before: Any, axis: int) -> float:
    """Sum of Kullback-Leibler divergences of Dirichlet beliefs from earlier ones, in nats.

    Parameters
    ----------
    after, before : floating array
        Pseudo-counts along `axis`; a symbol exists in both or in neither.
    axis : int
    """
    new, old = on_host(after), on_host(before)
    there = old > 0
    moved = np.where(there, new - old, 0.0)
    logs = on_host(expected_logs(new, axis))
    return float(
        _log_volume(old, axis).sum()
        - _log_volume(new, axis).sum()
        + (moved * np.where(there, logs, 0.0)).sum()
    )


def refuse_weights(**weights: float) -> None:
    """Refuse numbers that are no weights."""
    for name, weight in weights.items():
        if not 0 < weight < np.inf:
            msg = f"{name} is a weight, above 0 and finite; not {weight!r}."
            raise ValueError(msg)


def _log_volume(pseudo: np.ndarray, axis: int) -> np.ndarray:
    """Log of the normalizer of a Dirichlet density, the multivariate beta function."""
    there = pseudo > 0
    total = pseudo.sum(axis=axis)
    parts = np.where(there, gammaln(np.where(there, pseudo, 1.0)), 0.0).sum(axis=axis)
    return parts - np.where(total > 0, gammaln(np.where(total > 0, total, 1.0)), 0.0)
