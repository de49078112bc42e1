"""How many classes nobody named: clusters are split and merged until neither pays."""

# A problem is climbed as the loop does it, by the protected functions of a term.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from math import log, pi
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import gammaln

from weaklabel._device import beside, on_host
from weaklabel.models._em import Climb, Problem, Settings, climb
from weaklabel.models._gaussian_features import features_of
from weaklabel.models._gaussian_first import comparable, cut
from weaklabel.models._gaussian_start import first_posterior
from weaklabel.models._prior import class_prior
from weaklabel.models._units import item_weights
from weaklabel.solvers import Independent

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.models.gaussian_mixture import GaussianMixture

SMALLEST = 5  # items of a cluster
ROUNDS = 100  # of moves; each must pay, so that they end by themselves
TRIALS = 3  # splits, and merges, that are tried in a round before giving up
KAPPA = 1e-4  # items that the prior mean of a cluster is worth
BRIEFLY = Settings(max_iter=60, tol=1e-2, max_drift=1.0, fixed_sweeps=False)


class Wishart(NamedTuple):
    """Normal-inverse-Wishart belief about the mean and covariance of a cluster.

    Parameters
    ----------
    mean : floating array, n_features
    kappa : float
        Items that the mean is worth.
    scatter : floating array, n_features x n_features
    degrees : float
        Degrees of freedom, above n_features - 1.
    """

    mean: np.ndarray
    kappa: float
    scatter: np.ndarray
    degrees: float


def log_marginal(items: np.ndarray, belief: Wishart) -> float:
    """Log density of items of one cluster, whose mean and covariance are integrated out, in nats.

    Parameters
    ----------
    items : floating array, n_items x n_features
    belief : Wishart
    """
    n, d = items.shape
    mean = items.mean(axis=0)
    away = mean - belief.mean
    kappa, degrees = belief.kappa + n, belief.degrees + n
    scatter = (
        belief.scatter
        + (items - mean).T @ (items - mean)
        + belief.kappa * n / kappa * np.outer(away, away)
    )
    return float(
        -n * d / 2 * log(pi)
        + _log_gamma(degrees / 2, d)
        - _log_gamma(belief.degrees / 2, d)
        + belief.degrees / 2 * np.linalg.slogdet(belief.scatter)[1]
        - degrees / 2 * np.linalg.slogdet(scatter)[1]
        + d / 2 * log(belief.kappa / kappa)
    )


def _log_gamma(degrees: float, n_features: int) -> float:
    """Log of the multivariate gamma function."""
    steps = degrees - np.arange(n_features) / 2
    return n_features * (n_features - 1) / 4 * log(pi) + float(gammaln(steps).sum())


def log_split_ratio(one: np.ndarray, other: np.ndarray, belief: Wishart) -> float:
    """How much more probable two clusters are than one, in nats (Chang and Fisher III, 2013)."""
    both = np.concatenate([one, other])
    return (
        float(gammaln(len(one)) + gammaln(len(other)) - gammaln(len(both)))
        + log_marginal(one, belief)
        + log_marginal(other, belief)
        - log_marginal(both, belief)
    )


# ---- one more class, or one less ------------------------------------------------------------


class State(NamedTuple):
    """A fit with some new classes, and what it is worth: lower is better, in nats."""

    evidence: Evidence
    found: Climb
    cost: float

    @property
    def labels(self) -> np.ndarray:
        """Position of the most probable class of every item."""
        return on_host(self.found.posterior.probabilities).argmax(axis=1)


class Search:
    """Looks for the number of new classes that suits the features best.

    A split or merge is kept if the mixture, refitted, has a lower Bayesian information criterion.
    Which to try first is told by the ratio of marginal likelihoods of clusters, as in [1]_. Classes
    that have a name never split or merge.

    References
    ----------
    .. [1] Zhao, Wen and Han, "Learning semi-supervised Gaussian mixture models for generalized
       category discovery", ICCV 2023.
    """

    def __init__(self, model: GaussianMixture, evidence: Evidence, seed: int) -> None:
        self.model = model
        self.evidence = evidence
        self.seed = seed
        self.features = on_host(features_of(evidence)).astype(np.float64)
        self.comparable = comparable(self.features)
        self.filled = np.where(np.isnan(self.features), np.nanmean(self.features, 0), self.features)
        self.survey = model._survey(evidence)
        n_features = self.features.shape[1]
        variance = np.diag(on_host(self.survey.belief.variance) / model.spread)
        self.belief = Wishart(self.filled.mean(axis=0), KAPPA, variance, n_features + 2.0)

    def run(self) -> tuple[Problem, np.ndarray]:
        """Give the problem with the new classes found, and a posterior to start from."""
        known = len(self.evidence.classes)
        state = self._fresh(0, drawn=False)
        for _ in range(ROUNDS):
            better = (move for move in self._moves(state, known) if move.cost < state.cost - 1e-6)
            improved = next(better, None)
            if improved is None:
                break
            state = improved
        problem = self.problem(state.evidence)
        return problem, state.found.posterior.probabilities

    def problem(self, evidence: Evidence) -> Problem:
        """State what is fitted, with the belief of all items."""
        model = self.model
        return Problem(
            terms=(model,),
            prior=class_prior(None, None, evidence.classes, pseudo_items=model._pseudo_items()),
            solver=model._solver(),
            evidence=evidence,
            surveys=(self.survey._replace(classes=evidence.classes),),
            believes=lambda *_: True,
        )

    def _moves(self, state: State, known: int) -> Iterator[State]:
        """Fit what a split, one class more, or a merge would give, the likely ones first."""
        shares = on_host(state.found.posterior.probabilities)
        n_new = shares.shape[1] - known
        splits = sorted(self._splits(state, known), key=lambda split: -split[0])
        for _, k, rows in splits[: TRIALS + 1]:
            moved = np.hstack([shares, np.zeros((len(shares), 1))])
            moved[rows, -1], moved[rows, k] = moved[rows, k], 0
            yield self._fitted(n_new + 1, moved)
        for more, drawn in ((1, False), (1, True), (2, True)):
            yield self._fresh(n_new + more, drawn=drawn)
        labels = state.labels
        merges = [
            (self._ratio(labels == one, labels == other), one, other)
            for one, other in combinations(range(known, shares.shape[1]), 2)
        ]
        for _, one, other in sorted(merges)[:TRIALS]:
            moved = shares.copy()
            moved[:, one] += moved[:, other]
            yield self._fitted(n_new - 1, np.delete(moved, other, axis=1))

    def _splits(self, state: State, known: int) -> Iterator[tuple[float, int, np.ndarray]]:
        """Cut every new class in two, in some ways: how probable, the class, items of one half."""
        labels = state.labels
        blank = replace(self.evidence, bags=(), candidates=None, hints=None, neighbors=None)
        pair = replace(blank, classes=pd.Index(["one", "other"]), features=self.features)
        for k in range(known, len(state.evidence.classes)):
            rows = np.flatnonzero(labels == k)
            if len(rows) < 2 * SMALLEST:
                continue
            inside, features = pair.take(rows), self.comparable[rows]
            starts = [np.eye(2)[cut(features, np.ones(len(rows)), 2)]]
            starts += [
                first_posterior(inside, features, self.seed + n, drawn=True) for n in range(2)
            ]
            for start in starts:
                problem = self.problem(inside)._replace(solver=Independent())
                found = climb(problem, start, BRIEFLY._replace(max_iter=15))
                half = on_host(found.posterior.probabilities).argmax(axis=1) == 1
                if min(half.sum(), (~half).sum()) >= SMALLEST:
                    chosen = np.zeros(len(labels), dtype=bool)
                    chosen[rows[half]] = True
                    yield self._ratio(chosen, (labels == k) & ~chosen), k, rows[half]

    def _ratio(self, one: np.ndarray, other: np.ndarray) -> float:
        """How much more probable two sets of items are as two clusters; a small one is none."""
        if min(one.sum(), other.sum()) < SMALLEST:
            return -np.inf
        return log_split_ratio(self.filled[one], self.filled[other], self.belief)

    def _fresh(self, n_new: int, *, drawn: bool) -> State:
        """Start anew with that many classes."""
        evidence = with_new_classes(self.evidence, n_new)
        start = first_posterior(evidence, self.comparable, self.seed + n_new, drawn=drawn)
        return self._fitted(n_new, start)

    def _fitted(self, n_new: int, start: np.ndarray) -> State:
        """Fit from a start, briefly."""
        evidence = with_new_classes(self.evidence, n_new)
        found = climb(self.problem(evidence), beside(start, evidence.features), BRIEFLY)
        normalizer = on_host(found.posterior.log_normalizer)
        weights = item_weights(evidence)
        likelihood = float(weights @ np.where(np.isfinite(normalizer), normalizer, 0))
        free = sum(int(np.prod(part.shape)) for part in found.parameters.terms[0])
        if self.model.covariance in {"full", "tied"}:  # symmetric: each pair counts once
            covariance = found.parameters.terms[0].covariance
            d = covariance.shape[-1]
            free -= int(np.prod(covariance.shape[:2])) * d * (d - 1) // 2
        return State(evidence, found, free / 2 * log(weights.sum()) - likelihood)


def with_new_classes(evidence: Evidence, n_new: int) -> Evidence:
    """Add classes without a name, "new 1" and so on.

    An item about which candidates rule out any class is taken to be of a class with a name; the
    others may be new.

    Raises
    ------
    ValueError
        If a class is called so already, or candidates are uncertain.
    """
    if n_new == 0:
        return evidence
    names = [f"new {number}" for number in range(1, n_new + 1)]
    taken = [name for name in names if name in evidence.classes]
    if taken:
        msg = f"A class is called {taken[0]!r} already. Rename it, or leave new classes to n_new=."
        raise ValueError(msg)
    if evidence.hints is not None:
        msg = (
            "Candidates with a noise rate say nothing about classes that are found only now. Give "
            "certain candidates with n_new=, or leave it out."
        )
        raise ValueError(msg)
    candidates = evidence.candidates
    if candidates is not None:
        allowed = on_host(candidates)
        new = np.tile(np.all(allowed, axis=1, keepdims=True), n_new)
        candidates = beside(np.hstack([allowed, new]), candidates)
    classes = pd.Index([*evidence.classes.tolist(), *names], tupleize_cols=False)
    return replace(evidence, classes=classes, candidates=candidates, votes=None)
