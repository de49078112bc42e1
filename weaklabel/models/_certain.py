"""What is certain of the items, and how likely it is given what classifiers say of them."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
from scipy.special import logsumexp
from sklearn.exceptions import ConvergenceWarning

from weaklabel._device import on_host
from weaklabel.models._units import item_weights
from weaklabel.solvers import BeliefPropagation, Independent

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.solvers import Solver

SWEEPS = 20  # of messages, where bags overlap


class Certain(NamedTuple):
    """Bags, candidates and hints, and a solver that tells how likely they are."""

    evidence: Evidence
    solver: Solver

    @classmethod
    def of(cls, evidence: Evidence) -> Self | None:
        """Leave out what may be wrong; None if nothing is left."""
        known = replace(evidence, votes=None, neighbors=None, features=None)
        if known.bags:
            return cls(known, BeliefPropagation(max_iter=SWEEPS))
        told = known.candidates is not None or known.hints is not None
        return cls(known, Independent()) if told else None

    def solve(self, log_p: np.ndarray) -> tuple[float, np.ndarray]:
        """Log-likelihood of what is certain, and the posterior, n_items x n_classes.

        Parameters
        ----------
        log_p : floating array, n_items x n_classes
            Log probabilities of the classes.
        """
        hints = self.evidence.hints
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            found = self.solver.solve(
                log_p if hints is None else log_p + on_host(hints), self.evidence
            )
        each = on_host(found.log_normalizer)
        value = np.where(np.isfinite(each), each, 0.0) @ (np.isfinite(each) * self.weights)
        return float(value), on_host(found.probabilities)

    @property
    def weights(self) -> np.ndarray:
        """How much each item counts."""
        return item_weights(self.evidence)

    def log_likelihood(self, logits: np.ndarray) -> tuple[float, np.ndarray]:
        """Log-likelihood, and its slope along the logits, n_items x n_classes."""
        log_p = logits - logsumexp(logits, axis=1, keepdims=True)
        value, posterior = self.solve(log_p)
        return value, (posterior - np.exp(log_p)) * self.weights[:, None]
