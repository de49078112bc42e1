"""MultiLabelModel: items with several classes, or none."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from weaklabel._check import first_few
from weaklabel._device import on_host
from weaklabel.models._advice import refuse_labels, refuse_other_things
from weaklabel.models._class_pairs import (
    MOST_NATS,
    ClassPairs,
    class_pairs,
    four_shares,
    told_by_others,
)
from weaklabel.models._units import item_weights
from weaklabel.models._votes import votes_of

if TYPE_CHECKING:
    from os import PathLike

    from weaklabel.evidence import Evidence

YES_FOR_NO = 1.5  # times more often a code is said where it is true, in the belief
BELIEF = 2.0  # items of the belief about a source


class _Grid(NamedTuple):
    """Pairs of item and class, as positions in a table of items by classes."""

    items: pd.Index
    classes: pd.Index
    item: np.ndarray  # n_pairs
    column: np.ndarray  # n_pairs


class MultiLabelModel(BaseEstimator):
    r"""Items that have several classes, or none: a yes-or-no question for each class.

    Sources err independently given the answer, each by its own rates for each class. A class that
    is rarely named tells little about a source; its rates there are shrunk towards the source's
    rates over all classes. Then classes speak for each other: where there is a beach there is
    often a sea. How often two go together is learned from the votes as well, and what they say of
    one class moves the odds of the other.

    Parameters
    ----------
    couplings : bool
        Whether classes speak for each other.
    smoothing : float
        Pseudo-items of each class, at which a source has its rates over all classes.
    max_iter : int
        Most sweeps of EM.
    tol : float
        Stop when no probability moves more than this.

    Attributes
    ----------
    classes_ : Index, n_classes
    sources_ : Index, n_sources
    class_share_ : Series, n_classes
        Share of the items that have the class.
    rates_ : DataFrame, (source, class)
        P(the source says yes), of what it says, where the item has the class ("present") and where
        it has not ("absent").
    couplings_ : DataFrame, n_classes x n_classes
        How much more likely a class is (log odds, in nats) where an item has another than where it
        has not, as far as no third class explains it. Symmetric; 0 where classes are unrelated.
    n_iter_, converged_
        How the fit went.

    See Also
    --------
    multilabel_evidence : evidence from votes for several classes.
    multilabel_score : metrics.

    Notes
    -----
    Candidates ("yes" or "no" of a pair, certain or not) are heard, and teach. Bags, features and
    neighbors of pairs are not read.

    Examples
    --------
    >>> import weaklabel as wl
    >>> votes = pd.DataFrame(
    ...     {
    ...         "caption": [{"sea", "beach"}, {"sea"}, {"dog"}, set()],
    ...         "tags": [{"sea"}, {"sea", "beach"}, {"dog"}, None],
    ...         "crowd": [{"sea", "beach"}, {"beach"}, {"dog", "sea"}, set()],
    ...     },
    ...     index=["a", "b", "c", "d"],
    ... )
    >>> evidence = wl.multilabel_evidence(votes)
    >>> model = wl.MultiLabelModel().fit(evidence)
    >>> model.predict(evidence).loc["a"].to_dict()
    {'beach': True, 'dog': False, 'sea': True}
    """

    classes_: pd.Index
    sources_: pd.Index
    class_share_: pd.Series
    rates_: pd.DataFrame
    couplings_: pd.DataFrame
    n_iter_: int
    converged_: bool
    log_rates_: np.ndarray
    pairs_: ClassPairs

    def __init__(
        self,
        *,
        couplings: bool = True,
        smoothing: float = 20.0,
        max_iter: int = 200,
        tol: float = 1e-4,
    ) -> None:
        self.couplings = couplings
        self.smoothing = smoothing
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, evidence: Evidence, y: Any = None) -> Self:
        """Learn how sources err and which classes go together.

        Parameters
        ----------
        evidence : Evidence
            About pairs (item, class), as `multilabel_evidence` makes it.
        y : None
            Not used.

        Raises
        ------
        ValueError
            If the evidence is not about all pairs of some items and classes, of the answers "no"
            and "yes", or has no votes; or `smoothing` is not above 0.

        Warns
        -----
        sklearn.exceptions.ConvergenceWarning
            If probabilities were still moving after `max_iter` sweeps.
        """
        refuse_labels(self, evidence, y)
        if not self.smoothing > 0:
            msg = f"smoothing is a number of pseudo-items, above 0; not {self.smoothing!r}."
            raise ValueError(msg)
        grid = _grid(evidence)
        table = _Answers(evidence, grid, len(grid.classes))
        rates, share, sweeps, done = table.learn(self.smoothing, self.max_iter, self.tol)
        if not done:
            msg = (
                f"MultiLabelModel took {sweeps} sweeps and probabilities were still moving. Raise "
                "max_iter, or tol."
            )
            warnings.warn(msg, ConvergenceWarning, stacklevel=2)
        n_classes = len(grid.classes)
        none = ClassPairs(np.outer(share, share), np.zeros((n_classes, n_classes)))
        said = grid_of(grid, table.heard(rates))
        pairs = class_pairs(said, share, table.item_weights()) if self.couplings else none
        yes = np.exp(rates[:, :, 1, :])  # n_sources x n_classes x 2: absent, present
        total = np.exp(rates[:, :, :2, :]).sum(axis=2)
        named = pd.MultiIndex.from_product([table.votes.sources, grid.classes])
        learned = {
            "classes_": grid.classes,
            "sources_": table.votes.sources,
            "class_share_": pd.Series(share, grid.classes, name="share"),
            "rates_": pd.DataFrame(
                (yes / total)[:, :, ::-1].reshape(-1, 2), named, columns=["present", "absent"]
            ),
            "couplings_": pd.DataFrame(
                _log_ratio(pairs, share), index=grid.classes, columns=grid.classes
            ),
            "n_iter_": sweeps,
            "converged_": done,
            "log_rates_": rates,
            "pairs_": pairs,
        }
        vars(self).update(learned)
        return self

    def predict_proba(self, evidence: Evidence) -> pd.DataFrame:
        """Give the probability that an item has a class.

        Parameters
        ----------
        evidence : Evidence
            About the classes of the fit, and sources of it; items may be others.

        Returns
        -------
        DataFrame, n_items x n_classes
            Each between 0 and 1; rows need not sum to one. Classes that nobody votes on keep what
            other classes say, and else their share.

        Raises
        ------
        ValueError
            If classes or sources are others.
        """
        check_is_fitted(self)
        refuse_other_things(self, evidence)
        grid = _grid(evidence)
        if len(grid.classes.symmetric_difference(self.classes_)):
            msg = (
                f"The model was fitted to classes {first_few(self.classes_, 12)}, this evidence "
                f"has {first_few(grid.classes, 12)}. Make evidence about the same classes."
            )
            raise ValueError(msg)
        grid = grid._replace(
            classes=self.classes_, column=self.classes_.get_indexer(grid.classes)[grid.column]
        )
        votes = votes_of(evidence)
        unknown = votes.sources.difference(self.sources_, sort=False)
        if len(unknown):
            msg = (
                f"{len(unknown)} sources are unknown to the model: {first_few(unknown)}. Fit again "
                "with them, or leave them out."
            )
            raise ValueError(msg)
        rates = self.log_rates_[self.sources_.get_indexer(votes.sources)]
        table = _Answers(evidence, grid, len(self.classes_))
        share = self.class_share_.to_numpy()
        said = table.log_odds(rates)
        told = told_by_others(grid_of(grid, table.heard(rates)), share, self.pairs_)
        p = table.kept(expit(logit(share)[grid.column] + said + told[grid.item, grid.column]))
        return pd.DataFrame(grid_of(grid, p), index=grid.items, columns=self.classes_)

    def predict(self, evidence: Evidence) -> pd.DataFrame:
        """Tell which classes an item has: those more likely than not.

        Returns
        -------
        DataFrame of booleans, n_items x n_classes
        """
        return self.predict_proba(evidence) > 0.5

    def save(self, path: str | PathLike[str]) -> None:
        """Write the fitted model to a file, no pickle; read it by `weaklabel.load`."""
        from weaklabel.io.saved import save

        check_is_fitted(self)
        save(self, path)


class _Answers:
    """Votes on pairs, as counts by source, class, answer, and what is true."""

    def __init__(self, evidence: Evidence, grid: _Grid, n_classes: int) -> None:
        self.votes = votes_of(evidence).map_arrays(on_host)
        self.evidence, self.grid, self.n_classes = evidence, grid, n_classes
        self.weights = item_weights(evidence)
        single = self.votes.code < 2  # "either" says nothing
        self.pair, self.weight = self.votes.item[single], self.votes.weight[single]
        source = self.votes.source[single].astype(np.int64)
        self.unit = (source * n_classes + grid.column[self.pair]) * 2 + self.votes.code[single]
        self.speaks = self.votes.informative_silence
        if not len(self.pair):
            msg = "No source says yes or no to anything, so that there is nothing to learn from."
            raise ValueError(msg)

    def learn(
        self, smoothing: float, max_iter: int, tol: float
    ) -> tuple[np.ndarray, np.ndarray, int, bool]:
        """Alternate between rates and probabilities of pairs; begin with the share of yes."""
        n_pairs = len(self.weights)
        yes = np.bincount(self.pair, self.weight * (self.unit % 2), n_pairs)
        # silence that says something is a no, to begin with
        spoken = np.where(self.speaks[self.unit // (2 * self.n_classes)], 0.0, self.weight)
        total = np.bincount(self.pair, spoken, n_pairs) + self.speaks.sum()
        usual = (self.weights @ yes) / (self.weights @ total)
        p = self.kept((yes + usual) / (total + 1))
        for sweep in range(1, max_iter + 1):
            rates, share = self._rates(p, smoothing), self._share(p)
            new = self.kept(expit(logit(share)[self.grid.column] + self.log_odds(rates)))
            change, p = np.abs(new - p).max(), new
            if change <= tol:
                return rates, share, sweep, True
        return self._rates(p, smoothing), self._share(p), max_iter, False

    def log_odds(self, rates: np.ndarray) -> np.ndarray:
        """Give log P(what is said | yes) - log P(what is said | no) of each pair, in nats."""
        ratio = rates[..., 1] - rates[..., 0]
        quiet = np.where(self.speaks[:, None], ratio[:, :, 2], 0.0)
        table = (ratio[:, :, :2] - quiet[:, :, None]).reshape(-1)
        said = np.bincount(self.pair, self.weight * table[self.unit], len(self.weights))
        hints = self.evidence.hints
        uncertain = 0.0 if hints is None else on_host(hints) @ [-1.0, 1.0]
        return said + quiet.sum(axis=0)[self.grid.column] + uncertain

    def heard(self, rates: np.ndarray) -> np.ndarray:
        """Log odds of each pair by votes and by what is known for certain, in nats."""
        may = self.evidence.candidates
        certain = 0.0 if may is None else MOST_NATS * (on_host(may) @ [-1.0, 1.0])
        return self.log_odds(rates) + certain

    def kept(self, p: np.ndarray) -> np.ndarray:
        """Keep to what is known for certain."""
        if self.evidence.candidates is not None:
            may = on_host(self.evidence.candidates)
            p = np.where(may[:, 0], np.where(may[:, 1], p, 0.0), 1.0)
        return p

    def item_weights(self) -> np.ndarray:
        """Give the mean weight of the pairs of each item."""
        return grid_of(self.grid, self.weights).mean(axis=1)

    def _share(self, p: np.ndarray) -> np.ndarray:
        """Share of each class, with one more item that is as usual."""
        has = np.bincount(self.grid.column, self.weights * p, self.n_classes)
        total = np.bincount(self.grid.column, self.weights, self.n_classes)
        usual = np.clip(has.sum() / total.sum(), 1e-6, 1 - 1e-6)
        return (has + usual) / (total + 1)

    def _rates(self, p: np.ndarray, smoothing: float) -> np.ndarray:
        """Log rates of no, yes and silence, n_sources x n_classes x 3 x 2 (absent, present)."""
        counts = np.stack([self._counts(self.weights * (1 - p)), self._counts(self.weights * p)], 3)
        overall = counts.sum(axis=1)
        said = overall.sum(axis=2, keepdims=True)
        said = said / np.maximum(said.sum(axis=1, keepdims=True), 1e-300)
        tilt = np.array([[YES_FOR_NO, 1.0], [1.0, YES_FOR_NO], [1.0, 1.0]])
        usual = overall + BELIEF * said * tilt
        usual = usual / np.maximum(usual.sum(axis=1, keepdims=True), 1e-300)
        rates = counts + smoothing * usual[:, None]
        rates = rates / np.maximum(rates.sum(axis=2, keepdims=True), 1e-300)
        return np.log(np.maximum(rates, 1e-9))

    def _counts(self, mass: np.ndarray) -> np.ndarray:
        """Weigh pairs by source, class and answer, n_sources x n_classes x 3."""
        shape = (self.votes.n_sources, self.n_classes)
        said = np.bincount(self.unit, self.weight * mass[self.pair], 2 * shape[0] * shape[1])
        said = said.reshape(*shape, 2)
        total = np.bincount(self.grid.column, mass, self.n_classes)
        quiet = np.where(self.speaks[:, None], np.maximum(total - said.sum(axis=2), 0), 0)
        return np.concatenate([said, quiet[:, :, None]], axis=2)


def grid_of(grid: _Grid, values: np.ndarray) -> np.ndarray:
    """Arrange values of pairs as a table, n_items x n_classes."""
    table = np.zeros((len(grid.items), len(grid.classes)))
    table[grid.item, grid.column] = values
    return table


def _grid(evidence: Evidence) -> _Grid:
    """Read the pairs that evidence is about."""
    index = evidence.index
    if not isinstance(index, pd.MultiIndex) or index.nlevels != 2 or not _yes_or_no(evidence):
        msg = (
            "MultiLabelModel reads evidence about pairs of item and class, with the answers 'no' "
            "and 'yes'. Make it by multilabel_evidence(votes)."
        )
        raise ValueError(msg)
    item, items = pd.factorize(index.get_level_values(0))
    column, classes = pd.factorize(index.get_level_values(1))
    if len(items) * len(classes) != len(index):
        msg = (
            f"{len(items)} items and {len(classes)} classes have "
            f"{len(items) * len(classes)} pairs, and the evidence is about {len(index)} of them. "
            "Take whole items."
        )
        raise ValueError(msg)
    items = pd.Index(items, name=index.names[0], tupleize_cols=False)
    return _Grid(items, pd.Index(classes, name="class", tupleize_cols=False), item, column)


def _yes_or_no(evidence: Evidence) -> bool:
    return evidence.classes.tolist() == ["no", "yes"]


def _log_ratio(pairs: ClassPairs, share: np.ndarray) -> np.ndarray:
    """Direct log odds ratio of each pair, in nats."""
    cells = four_shares(share[:, None], share[None, :], pairs.both)
    both, only, other, neither = map(np.log, cells)
    ratio = both + neither - only - other
    return np.where(pairs.direct > 0, pairs.direct * ratio, 0.0)
