"""LogOdds: soft votes, each source calibrated by where its log odds lie for every class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from weaklabel._device import beside, on_host
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
    """One entry a source that looked at an item."""

    item: np.ndarray  # n_looks
    source: np.ndarray  # n_looks
    odds: np.ndarray  # n_looks x n_classes: log shares less their mean


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
        weight = weights[looks.item]
        count = np.bincount(looks.source, weight, votes.n_sources)
        length = np.bincount(looks.source, weight * (looks.odds**2).sum(axis=1), votes.n_sources)
        square = np.divide(length, count, out=np.ones_like(count), where=length > 0)
        n_classes = len(evidence.classes)
        toward = np.eye(n_classes) - 1 / n_classes
        toward /= np.sqrt((toward**2).sum(axis=1, keepdims=True))
        mean = USUAL_ALIGNMENT * np.sqrt(square)[:, None, None] * toward
        return _Survey(mean, square * (1 - USUAL_ALIGNMENT**2) / max(n_classes - 1, 1))

    def _statistics(self, evidence: Evidence, posterior: Any, parameters: Any) -> Any:
        """Weight, sums and squares of log odds, by source and class of the item."""
        looks = looks_of(votes_of(evidence))
        belief = on_host(posterior)[looks.item]
        n_sources, n_classes = votes_of(evidence).n_sources, belief.shape[1]
        mass, first, second = (
            np.zeros((n_sources, n_classes)),
            np.zeros((n_sources, n_classes, n_classes)),
            np.zeros((n_sources, n_classes)),
        )
        length = (looks.odds**2).sum(axis=1)
        for y in range(n_classes):
            mass[:, y] = np.bincount(looks.source, belief[:, y], n_sources)
            second[:, y] = np.bincount(looks.source, belief[:, y] * length, n_sources)
            for k in range(n_classes):
                toward = belief[:, y] * looks.odds[:, k]
                first[:, y, k] = np.bincount(looks.source, toward, n_sources)
        return mass, first, second

    def _maximize(self, statistics: Any, survey: _Survey, log_prior: Any) -> _Parameters:
        mass, first, second = statistics
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
        mean, log_variance = (on_host(part) for part in parameters)
        off = looks.odds[:, None, :] - mean[looks.source]
        # n_classes - 1 directions, since log shares less their mean add up to nothing
        n_free = mean.shape[1] - 1
        logs = log_variance[looks.source]
        near = (off**2).sum(axis=2) * np.exp(-logs)[:, None] / 2
        density = -near - n_free / 2 * (np.log(2 * np.pi) + logs)[:, None]
        scores = np.column_stack(
            [np.bincount(looks.item, column, len(evidence)) for column in density.T]
        )
        return beside(scores, votes.weight)

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


def looks_of(votes: Votes) -> _Looks:
    """Put the entries of every soft vote together.

    Parameters
    ----------
    votes : Votes
        Repeated votes of a source on an item are averaged.
    """
    statements = on_host(votes.statements)
    parts = statements / statements.sum(axis=1, keepdims=True)
    item, source, code, weight = (
        on_host(part) for part in (votes.item, votes.source, votes.code, votes.weight)
    )
    keys, look = np.unique(item.astype(np.int64) * votes.n_sources + source, return_inverse=True)
    shares = np.column_stack(
        [np.bincount(look, weight * parts[code, k], len(keys)) for k in range(statements.shape[1])]
    )
    shares = shares / shares.sum(axis=1, keepdims=True)
    least = LEAST_SHARE / max(statements.shape[1] - 1, 1)
    logs = np.log(np.maximum(shares, least))
    return _Looks(
        keys // votes.n_sources, keys % votes.n_sources, logs - logs.mean(axis=1, keepdims=True)
    )
