"""LogOdds: soft votes, each source calibrated by where its log odds lie for every class."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from array_api_compat import array_namespace

from weaklabel._device import beside, device_of, on_host
from weaklabel.kernels import gather_sum
from weaklabel.models._base import TermModel
from weaklabel.models._dirichlet import refuse_weights
from weaklabel.models._units import item_weights
from weaklabel.models._votes import VoteTerm, votes_of

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.solvers import Solver
    from weaklabel.votes import Votes

LEAST_SHARE = 0.01  # of a class in a soft vote; a hard vote is 0.99 sure
USUAL_ALIGNMENT = 0.5  # of a vote with the class, as a correlation


class _Looks(NamedTuple):
    """One entry a source that looked at an item, by item."""

    item: Any  # n_looks
    source: Any  # n_looks
    odds: Any  # n_looks x n_classes: log shares less their mean
    of_item: Any  # n_items + 1: where the entries of each item start
    by_source: Any  # n_looks: the entries source by source
    of_source: Any  # n_sources + 1: where those of each source start there


class _Survey(NamedTuple):
    """Where sources lie that are somewhat better than chance."""

    mean: np.ndarray  # n_sources x n_classes (of the item) x n_classes
    variance: np.ndarray  # n_sources


class _Parameters(NamedTuple):
    """Where the log odds of each source lie."""

    mean: Any  # n_sources x n_classes (of the item) x n_classes
    log_variance: Any  # n_sources: log of the variance in each direction


class LogOdds(VoteTerm, TermModel):
    r"""Soft votes, calibrated: what a source says of an item of a class scatters about a mean.

    The log shares of a soft vote, less their mean, are a point :math:`z`; for source j and class y
    it is normal about :math:`\mu_{jy}` with one variance a source. What a vote then adds to the
    score of a class is linear in its log odds, :math:`z^T \mu_{jy} / \sigma_j^2` plus a constant:
    each source is stretched, shrunk and shifted as its agreement with the others says. One that
    says .99 to everything counts little, one that wavers between .4 and .6 may count much.

    Found by EM. A hard vote is a share of .99, a vote for a set shares it evenly; silence says
    nothing here. For sources whose votes are all hard, `DawidSkene` is the better model.

    Parameters
    ----------
    smoothing : float
        Pseudo-votes a class of a source whose votes are aligned with the class half way.
    class_prior, prior_strength, solver, n_init, max_iter, max_drift, random_state
        As in `DawidSkene`.
    tol : float
        Stop when neither the prior nor any mean, in deviations, nor any log variance moves more
        than this.

    Attributes
    ----------
    calibration_ : DataFrame, (source, class) x class
        The mean log shares, less their mean, of what a source says of items of a class (a row).
    deviation_ : Series, n_sources
        Of the log shares from that mean, in nats.
    class_prior_, source_accuracy_, converged_, n_iter_, objective_trace_, ending_
        As in `DawidSkene`.

    Examples
    --------
    >>> import numpy as np, pandas as pd, weaklabel as wl
    >>> rng = np.random.default_rng(0)
    >>> spam = np.repeat([0.2, 0.8], 50) + rng.uniform(-0.15, 0.15, (3, 100))
    >>> votes = {name: pd.DataFrame({"ham": 1 - p, "spam": p}) for name, p in zip("abc", spam)}
    >>> evidence = wl.Evidence(range(100), classes=["ham", "spam"]).with_votes(votes)
    >>> LogOdds().fit(evidence).predict(evidence).iloc[[0, 99]].tolist()
    ['ham', 'spam']
    """

    def __init__(
        self,
        *,
        smoothing: float = 10.0,
        class_prior: Any = None,
        prior_strength: float | None = None,
        solver: Solver | None = None,
        n_init: int = 1,
        max_iter: int = 500,
        tol: float = 1e-3,
        max_drift: float = 0.25,
        random_state: Any = None,
    ) -> None:
        self.smoothing = smoothing
        self.class_prior = class_prior
        self.prior_strength = prior_strength
        self.solver = solver
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.max_drift = max_drift
        self.random_state = random_state

    def _survey(self, evidence: Evidence) -> _Survey:
        refuse_weights(smoothing=self.smoothing)
        votes = votes_of(evidence)
        looks = looks_of(votes)
        weights = item_weights(evidence)
        source, odds = on_host(looks.source), on_host(looks.odds)
        weight = weights[on_host(looks.item)]
        count = np.bincount(source, weight, votes.n_sources)
        length = np.bincount(source, weight * (odds**2).sum(axis=1), votes.n_sources)
        square = np.divide(length, count, out=np.ones_like(count), where=length > 0)
        n_classes = len(evidence.classes)
        toward = np.eye(n_classes) - 1 / n_classes
        toward /= np.sqrt((toward**2).sum(axis=1, keepdims=True))
        mean = USUAL_ALIGNMENT * np.sqrt(square)[:, None, None] * toward
        return _Survey(mean, square * (1 - USUAL_ALIGNMENT**2) / max(n_classes - 1, 1))

    def _statistics(self, evidence: Evidence, posterior: Any, parameters: Any) -> Any:
        """Weight, sums and squares of log odds, by source and class of the item."""
        votes = votes_of(evidence)
        looks = looks_of(votes)
        xp = array_namespace(posterior)
        belief = xp.take(posterior, looks.item, axis=0)
        n_looks, n_classes = belief.shape
        length = xp.sum(looks.odds**2, axis=1)
        toward = xp.reshape(belief[:, :, None] * looks.odds[:, None, :], (n_looks, n_classes**2))
        each = xp.concat([belief, toward, belief * length[:, None]], axis=1)
        sums = gather_sum(each, looks.by_source, xp.ones_like(length), looks.of_source)
        first = xp.reshape(sums[:, n_classes:-n_classes], (-1, n_classes, n_classes))
        return sums[:, :n_classes], first, sums[:, -n_classes:]

    def _maximize(self, statistics: Any, survey: _Survey, log_prior: Any) -> _Parameters:
        mass, first, second = (on_host(part) for part in statistics)
        n_classes, pseudo = mass.shape[1], float(self.smoothing)
        total = mass + pseudo
        mean = (first + pseudo * survey.mean) / total[:, :, None]
        usual = (survey.mean**2).sum(axis=2) + (n_classes - 1) * survey.variance[:, None]
        scatter = second + pseudo * usual - total * (mean**2).sum(axis=2)
        variance = scatter.sum(axis=1) / (max(n_classes - 1, 1) * total.sum(axis=1))
        return _Parameters(mean, np.log(np.maximum(variance, 1e-9 * survey.variance)))

    def _score(self, evidence: Evidence, parameters: _Parameters) -> Any:
        votes = votes_of(evidence)
        looks = looks_of(votes)
        xp = array_namespace(votes.weight)
        mean, log_variance = (beside(on_host(part), votes.weight) for part in parameters)
        off = looks.odds[:, None, :] - xp.take(mean, looks.source, axis=0)
        # n_classes - 1 directions, since log shares less their mean add up to nothing
        n_free = mean.shape[1] - 1
        logs = xp.take(log_variance, looks.source)
        near = xp.sum(off**2, axis=2) * xp.exp(-logs)[:, None] / 2
        density = -near - n_free / 2 * (math.log(2 * math.pi) + logs)[:, None]
        every = xp.arange(logs.shape[0], device=device_of(logs))
        return gather_sum(density, every, xp.ones_like(logs), looks.of_item)

    def _log_belief(self, parameters: _Parameters, survey: _Survey) -> float:
        mean, logs = (on_host(part) for part in parameters)
        n_free = mean.shape[1] - 1
        off = ((mean - survey.mean) ** 2).sum(axis=2) + n_free * survey.variance[:, None]
        near = off * np.exp(-logs)[:, None] / 2
        return -float(self.smoothing) * float((near + n_free / 2 * logs[:, None]).sum())

    def _moved(self, after: _Parameters, before: _Parameters) -> float:
        new, old = [on_host(part) for part in after], [on_host(part) for part in before]
        means = np.abs(new[0] - old[0]) * np.exp(-old[1] / 2)[:, None, None]
        return float(max(means.max(), np.abs(new[1] - old[1]).max()))

    @property
    def calibration_(self) -> pd.DataFrame:
        """Mean log shares, less their mean, of what a source says of items of a class."""
        mean = on_host(self._learned().terms[0].mean)
        index = pd.MultiIndex.from_product(
            [self.sources_, self.classes_], names=["source", "class"]
        )
        return pd.DataFrame(mean.reshape(-1, mean.shape[2]), index, self.classes_)

    @property
    def deviation_(self) -> pd.Series:
        """Deviation of log shares from their mean, in nats."""
        logs = on_host(self._learned().terms[0].log_variance)
        return pd.Series(np.exp(logs / 2), self.sources_, name="deviation")


# Sorted once, not in every sweep.
_LOOKS: WeakKeyDictionary[Votes, _Looks] = WeakKeyDictionary()


def looks_of(votes: Votes) -> _Looks:
    """Put the entries of every soft vote together.

    Parameters
    ----------
    votes : Votes
        Repeated votes of a source on an item are averaged.
    """
    if votes not in _LOOKS:
        _LOOKS[votes] = _put_together(votes)
    return _LOOKS[votes]


def _put_together(votes: Votes) -> _Looks:
    """Sort entries by item and source, and add up those of one look."""
    xp = array_namespace(votes.weight)
    device = device_of(votes.weight)
    allows = xp.astype(votes.statements, votes.weight.dtype)
    parts = allows / xp.sum(allows, axis=1, keepdims=True)
    keys = xp.astype(votes.item, xp.int64) * votes.n_sources + xp.astype(votes.source, xp.int64)
    order = xp.argsort(keys, stable=True)
    keys = xp.take(keys, order)
    last = xp.concat([keys[1:] != keys[:-1], xp.ones_like(keys[:1], dtype=xp.bool)])
    ends = xp.nonzero(last)[0] + 1
    starts = xp.concat([xp.zeros_like(ends[:1]), ends])
    shares = gather_sum(parts, xp.take(votes.code, order), xp.take(votes.weight, order), starts)
    shares = shares / xp.sum(shares, axis=1, keepdims=True)
    least = LEAST_SHARE / max(parts.shape[1] - 1, 1)
    logs = xp.log(xp.where(shares > least, shares, least))
    keys = xp.take(keys, ends - 1)
    item, source = keys // votes.n_sources, keys % votes.n_sources
    by_source = xp.argsort(source, stable=True)
    items, sources = (
        xp.arange(n + 1, dtype=xp.int64, device=device) for n in (votes.n_items, votes.n_sources)
    )
    return _Looks(
        item=item,
        source=source,
        odds=logs - xp.mean(logs, axis=1, keepdims=True),
        of_item=xp.searchsorted(item, items),
        by_source=by_source,
        of_source=xp.searchsorted(xp.take(source, by_source), sources),
    )
