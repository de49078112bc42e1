"""What independent errors explain of the outcomes of pairs of sources, some pairs left out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from weaklabel.analysis._outcomes import Outcomes

LEAST_COMMON = 30  # weight of common items from which on a pair is looked at
CLEAR = 3  # standard errors from which on an agreement is divided by
ALIKE = (1.5, 2.0, 3.0)  # starts leave out pairs so many times more alike than the usual one
WITHIN_CHANCE = 3  # times the usual residual of a pair, up to which nothing is left to explain
SETTLED = 1e-10  # of the largest loading: a step so small is the last
LEAST_ROOM = 5  # standard errors: with less room above what is explained, nothing can be told
NEIGHBORS = 60  # sources beside which one is judged in the start: the most clearly correlated


class Dependence(NamedTuple):
    """What pairs of sources do alike beyond independent errors; each n_sources x n_sources."""

    strength: np.ndarray  # share of items on which, as it were, one copies the other; 0 to 1
    errors: np.ndarray  # standard errors that `same` is above `expected`
    expected: np.ndarray  # share of common items on which independent sources do the same
    unexplained: np.ndarray  # mean square of what is left, in standard errors; NaN: too few items

    def clear(self, errors: float = 5.0) -> np.ndarray:
        """Tell which pairs depend beyond doubt, boolean, n_sources x n_sources."""
        return (self.errors >= errors) & (self.strength > 0)


def dependence(found: Outcomes, n_classes: int) -> Dependence:
    r"""Fit all pairs by sources that err independently given the class, but for some pairs.

    The covariance of what two such sources do has rank ``n_classes - 1`` across all sources, so
    that few numbers a source explain all pairs. They are found by alternating least squares whose
    weights fall with the residual of a pair (L1 over pairs), and with how much of a source others
    repeat: a copied source is one voice. Many copies may still look like the class, so that
    several starts leave out pairs that are most alike; the one that needs the fewest dependent
    pairs wins.

    Parameters
    ----------
    found : Outcomes
    n_classes : int
    """
    varies = np.abs(found.covariance).reshape(len(found.same), -1).any(axis=1)
    usable = (found.n_common >= LEAST_COMMON) & np.outer(varies, varies)
    np.fill_diagonal(usable, val=False)
    kept = np.flatnonzero(usable.sum(axis=1) >= 3)
    strength, errors = np.zeros(usable.shape), np.zeros(usable.shape)
    expected, unexplained = found.chance.copy(), np.full(usable.shape, np.nan)
    if len(kept) >= 4:  # three sources fit always
        among = np.ix_(kept, kept)
        part = _Fit(_select(found, kept), usable[among], n_classes)
        loading = part.best()
        explained = part.explained(loading)
        strength[among], expected[among] = part.strength(loading), expected[among] + explained
        above = found.same[among] - expected[among]
        errors[among] = np.where(usable[among], above / found.same_error[among], 0)
        left = (part.residual(loading) / part.noise) ** 2
        unexplained[among] = np.where(usable[among], left, np.nan)
    return Dependence(strength, errors, expected, unexplained)


def _select(found: Outcomes, kept: np.ndarray) -> Outcomes:
    """Keep some sources."""
    return Outcomes(
        *(value[kept][:, :, kept] if value.ndim == 4 else value[kept][:, kept] for value in found)
    )


class _Fit:
    """Loadings of what sources do, n_units x (n_classes - 1); a unit is an outcome that occurs."""

    def __init__(self, found: Outcomes, usable: np.ndarray, n_classes: int) -> None:
        n, n_outcomes = found.covariance.shape[:2]
        flat = found.covariance.reshape(n * n_outcomes, -1)
        occurs = np.flatnonzero(np.abs(flat).max(axis=1) > 0)
        self.found, self.usable, self.n_classes = found, usable, n_classes
        self.covariance = flat[np.ix_(occurs, occurs)]
        self.owner, self.outcome = np.divmod(occurs, n_outcomes)
        self.noise = np.sqrt((found.error**2).sum(axis=(1, 3)))
        self.excess = found.same - found.chance
        self.room = found.most - found.chance

    def best(self) -> np.ndarray:
        """Fit from several starts; the one with the fewest dependent pairs."""
        everything = self.usable.astype(float)
        start = self._start(self.usable)
        best = self._settled(self._sweeps(start, everything, 50))
        if (self.residual(best) <= WITHIN_CHANCE * self.noise)[self.usable].all():
            return best
        others = [self._without(best, (1 - self.strength(best)) ** 6 * everything)]
        clear = self.usable & (self.excess > CLEAR * self.found.same_error)
        alike = np.divide(self.excess, self.room, out=np.zeros_like(self.room), where=clear)
        usual = np.median(alike[clear]) if clear.any() else np.inf
        for times in ALIKE:
            mild = self.usable & (alike <= times * usual)
            others.append(self._without(self._start(mild), mild.astype(float)))
        least = self._n_dependent(best)
        for other in others:
            number = self._n_dependent(other)
            if number < least - 0.01 * (1 + least):  # by more than rounding or an unfinished fit
                best, least = other, number
        return best

    def explained(self, loading: np.ndarray) -> np.ndarray:
        """Agreement beyond chance that the classes explain, n_sources x n_sources."""
        by_outcome = np.zeros((len(self.usable), self.outcome.max() + 1, loading.shape[1]))
        by_outcome[self.owner, self.outcome] = loading
        flat = by_outcome.reshape(len(by_outcome), -1)
        return flat @ flat.T

    def strength(self, loading: np.ndarray) -> np.ndarray:
        """Agreement beyond the explained one over the most there could be."""
        explained = self.explained(loading)
        room = np.maximum(self.room - explained, LEAST_ROOM * self.found.same_error)
        share = (self.excess - explained) / room
        return np.where(self.usable, np.clip(share, 0, 1), 0)

    def _without(self, loading: np.ndarray, trust: np.ndarray) -> np.ndarray:
        """Fit with given weights of pairs, then with all."""
        loading = self._sweeps(loading, trust, 60, robust=False)
        return self._settled(self._sweeps(loading, trust, 20))

    def _settled(self, loading: np.ndarray) -> np.ndarray:
        """Sweep on with sources that repeat each other taken as one voice."""
        for _ in range(3):
            voices = 1 / (1 + self.strength(loading).sum(axis=1))
            loading = self._sweeps(loading, self.usable * voices[None, :], 30)
        return loading

    def _sweeps(
        self, loading: np.ndarray, trust: np.ndarray, number: int, *, robust: bool = True
    ) -> np.ndarray:
        """Weighted least squares for each source, all others as they were; half a step each."""
        eye = np.eye(loading.shape[1])
        for _ in range(number):
            size = np.maximum(self.residual(loading), self.noise) if robust else self.noise
            weight = trust / size
            squares = self._by_source(loading[:, :, None] * loading[:, None, :])
            left = np.tensordot(weight, squares, 1)
            right = (self.covariance * weight[np.ix_(self.owner, self.owner)]) @ loading
            ridge = 1e-3 * np.trace(left, axis1=1, axis2=2) / len(eye) + 1e-12
            left = (left + ridge[:, None, None] * eye)[self.owner]
            new = np.linalg.solve(left, right[:, :, None])[:, :, 0]
            step = (new - loading) / 2
            loading = loading + step
            if np.abs(step).max() <= SETTLED * np.abs(loading).max():
                break
        return loading

    def _by_source(self, by_unit: np.ndarray) -> np.ndarray:
        """Sum over the units of each source; sources whose outcomes never vary have none."""
        total = np.zeros((len(self.usable), *by_unit.shape[1:]))
        there, first = np.unique(self.owner, return_index=True)
        total[there] = np.add.reduceat(by_unit, first, axis=0)
        return total

    def residual(self, loading: np.ndarray) -> np.ndarray:
        """Norm of what is left of the covariance of each pair, n_sources x n_sources."""
        left = (self.covariance - loading @ loading.T) ** 2
        return np.sqrt(self._by_source(self._by_source(left).T))

    def _n_dependent(self, loading: np.ndarray) -> float:
        """Count pairs that are not explained, softly."""
        square = self.residual(loading) ** 2
        return float((self.usable * square / (square + 9 * self.noise**2)).sum() / 2)

    def _start(self, pairs: np.ndarray) -> np.ndarray:
        """Take each class against the rest: medians over triplets of sources; silence 0."""
        loading = np.zeros((len(self.owner), self.n_classes - 1))
        corners = _simplex(self.n_classes)
        for k in range(self.n_classes):
            covariance = self.found.covariance[:, k, :, k]
            clear = covariance / self.found.error[:, k, :, k]
            size = _triplet_medians(covariance, np.where(pairs & (clear > CLEAR), clear, 0))
            mine = self.outcome == k
            loading[mine] = size[self.owner[mine], None] * corners[k]
        return loading


def _triplet_medians(covariance: np.ndarray, clear: np.ndarray) -> np.ndarray:
    """Covariance of each source with the class, n_sources; 0 where no triplet tells."""
    found = np.zeros(len(covariance))
    for source, beside in enumerate(clear):
        near = np.argsort(-beside, kind="stable")[: min(NEIGHBORS, np.count_nonzero(beside))]
        one, other = np.triu_indices(len(near), 1)
        one, other = near[one], near[other]
        known = clear[one, other] > 0
        one, other = one[known], other[known]
        if len(one):
            squares = covariance[source, one] * covariance[source, other] / covariance[one, other]
            found[source] = np.median(np.sqrt(squares))
    return found


def _simplex(n_classes: int) -> np.ndarray:
    """Corners of a regular simplex around 0, n_classes x (n_classes - 1)."""
    corners = np.eye(n_classes) - 1 / n_classes
    flat = corners @ np.linalg.svd(corners)[0][:, : n_classes - 1]
    return flat / np.linalg.norm(flat, axis=1, keepdims=True)
