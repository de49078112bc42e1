"""Votes drawn from known truth, with the best answer that anyone could give for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import softmax

from weaklabel._check import generator
from weaklabel.datasets._draw import (
    Codes,
    Floats,
    Sources,
    check_probabilities,
    draw_votes,
    emission_of,
    gold_series,
    log,
    names_of,
    scores_of,
    shares_of,
    sources_of,
    vote_frame,
)


@dataclass(frozen=True, eq=False)
class Synthetic:
    """Votes, the truth behind them, and the posterior under the true parameters.

    Attributes
    ----------
    votes : DataFrame, n_items x n_sources
        Categorical columns of class names; NaN where the source abstains. Indexed by `item`.
    gold : Series, n_items
        The true classes, Categorical. No model may see them.
    bayes : DataFrame, n_items x n_classes
        The exact posterior given the votes and every true parameter: no model can do better in
        expectation than this, whatever it knows.
    prior : Series, n_classes
        The true share of every class.
    emission : float array, n_sources x (n_classes + 1) x n_classes
        True P(what the source does | class): row k votes for class k, the last row abstains.
        Every column sums to one.

    See Also
    --------
    make_votes : Draw votes with accuracies, coverages and a prior of your own.
    """

    votes: pd.DataFrame
    gold: pd.Series
    bayes: pd.DataFrame
    prior: pd.Series
    emission: Floats

    @property
    def classes(self) -> pd.Index:
        """The class names, n_classes."""
        return self.prior.index

    @property
    def matrix(self) -> npt.NDArray[np.int8]:
        """The votes as positions in `classes`, n_items x n_sources; -1 where a source abstains."""
        return np.column_stack([self.votes[name].cat.codes for name in self.votes])

    @property
    def coverage(self) -> pd.Series:
        """How often each source votes, n_sources; the true rate, not the rate in the sample."""
        silent = self.emission[:, -1] @ self.prior.to_numpy()
        return pd.Series(1 - silent, self.votes.columns, name="coverage")

    @property
    def accuracy(self) -> pd.Series:
        """How often each source is right when it votes, n_sources; the true rate."""
        right = np.einsum("jyy,y->j", self.emission[:, :-1], self.prior.to_numpy())
        return pd.Series(right, self.votes.columns, name="accuracy") / self.coverage


def make_votes(
    n_items: int,
    accuracy: npt.ArrayLike,
    coverage: npt.ArrayLike,
    prior: npt.ArrayLike,
    *,
    random_state: Any = None,
) -> Synthetic:
    """Draw votes of independent sources.

    The class comes from `prior`. A source votes with its coverage, whatever the class; where it
    votes it is right with its accuracy, else it names any of the wrong classes alike.

    Parameters
    ----------
    n_items : int
        How many items.
    accuracy : array_like, n_sources
        P(right | votes), between 0 and 1.
    coverage : float or array_like, n_sources
        P(votes), between 0 and 1.
    prior : array_like, n_classes
        P(class), at least two; sums to one. Two classes are called "negative" and "positive",
        more are called "class_0", "class_1", ...
    random_state : int, Generator, RandomState, SeedSequence or None
        Where the randomness comes from; None draws a new sample every time.

    Returns
    -------
    Synthetic
        The votes with their truth.

    Raises
    ------
    ValueError
        If a probability is outside [0, 1], the prior does not sum to one, or lengths differ.

    Examples
    --------
    >>> case = make_votes(4, [0.9, 0.8], [1.0, 0.5], [0.7, 0.3], random_state=0)
    >>> case.votes
          source_0  source_1
    item
    0     negative       NaN
    1     negative       NaN
    2     negative       NaN
    3     negative  negative
    >>> case.bayes.round(3)
          negative  positive
    item
    0        0.955     0.045
    1        0.955     0.045
    2        0.955     0.045
    3        0.988     0.012
    """
    sources = sources_of(accuracy, coverage)
    shares = shares_of(prior)
    rng = generator(random_state)
    gold = rng.choice(len(shares), n_items, p=shares)
    codes = draw_votes(rng, gold, sources, len(shares))
    emission = emission_of(sources, len(shares))
    return _synthetic(codes, gold, shares, emission)


def independent(n_items: int = 20_000, *, random_state: Any = None) -> Synthetic:
    """Draw eight independent sources of two even classes: the case that every model gets right.

    Accuracies .6 to .9, coverage .4. Parameters as in `make_votes`.

    Examples
    --------
    >>> independent(random_state=0).accuracy.round(2).tolist()
    [0.85, 0.75, 0.7, 0.65, 0.9, 0.6, 0.8, 0.72]
    """
    accuracy = [0.85, 0.75, 0.7, 0.65, 0.9, 0.6, 0.8, 0.72]
    return make_votes(n_items, accuracy, 0.4, [0.5, 0.5], random_state=random_state)


def imbalanced(n_items: int = 20_000, *, random_state: Any = None) -> Synthetic:
    """Draw four broad sources where one item in ten is positive.

    Three sources vote on everything, the fourth and best on 64 %. Models that assume even classes
    fall behind majority vote here. Parameters as in `make_votes`.

    Examples
    --------
    >>> imbalanced(random_state=0).prior.to_dict()
    {'negative': 0.9, 'positive': 0.1}
    """
    accuracy, coverage = [0.85, 0.92, 0.86, 0.96], [1, 1, 1, 0.64]
    return make_votes(n_items, accuracy, coverage, [0.9, 0.1], random_state=random_state)


def many_classes(
    n_items: int = 20_000, *, n_classes: int = 10, n_sources: int = 15, random_state: Any = None
) -> Synthetic:
    """Draw independent sources of many even classes, some sources hardly better than chance.

    Accuracies are drawn from .3 to .9 first, so each `random_state` is another set of sources;
    coverage .5. Other parameters as in `make_votes`.

    Examples
    --------
    >>> many_classes(100, n_classes=3, random_state=0).classes.tolist()
    ['class_0', 'class_1', 'class_2']
    """
    rng = generator(random_state)
    accuracy = rng.uniform(0.3, 0.9, n_sources)
    prior = np.full(n_classes, 1 / n_classes)
    return make_votes(n_items, accuracy, 0.5, prior, random_state=rng)


# Source by source: the class it votes for (1 is positive), how often it fires on the negative
# items and how often on the positive ones.
_ONE_SIDED = np.array(
    [
        [1, 0.05, 0.4],
        [1, 0.03, 0.3],
        [1, 0.01, 0.2],
        [0, 0.3, 0.2],
        [0, 0.5, 0.3],
        [0, 0.4, 0.25],
    ]
)


def unipolar(n_items: int = 20_000, *, random_state: Any = None) -> Synthetic:
    """Draw six sources that vote for one class each, where one item in twenty is positive.

    The shape of most labeling functions. Every source fires more often on its own class, so its
    silence tells something too; a model that ignores silence loses to majority vote. Nobody votes
    on 19 % of the items. Parameters as in `make_votes`.

    Examples
    --------
    >>> unipolar(random_state=0).votes["source_0"].dropna().unique().tolist()
    ['positive']
    """
    rng = generator(random_state)
    prior = np.array([0.95, 0.05])
    says, rates = _ONE_SIDED[:, 0].astype(int), _ONE_SIDED[:, 1:]
    gold = rng.choice(2, n_items, p=prior)
    fires = rng.random((n_items, len(says))) < rates.T[gold]
    emission = np.zeros((len(says), 3, 2))
    emission[np.arange(len(says)), says] = rates
    emission[:, -1] = 1 - rates
    return _synthetic(np.where(fires, says, 2), gold, prior, emission)


def correlated_copies(
    n_items: int = 20_000,
    *,
    n_copies: int = 5,
    q: float = 0.95,
    own_votes: bool = False,
    random_state: Any = None,
) -> Synthetic:
    """Draw four sources of two even classes, and copies of the worst of them.

    Sources 0 to 3 are independent with accuracies .65, .8, .8, .8 and coverage .7. The rest
    repeat what source 0 does, its vote or its silence. They add nothing, yet outvote the others,
    and a model that takes sources for independent believes them.

    Parameters
    ----------
    n_items : int
        How many items.
    n_copies : int
        How many copies follow the four sources.
    q : float
        How often a copy copies, between 0 and 1, item by item.
    own_votes : bool
        What a copy does where it does not copy: False, it is silent; True, it votes for itself,
        with accuracy .65 and coverage .7. Then the copies do know something of their own, which
        `bayes` takes into account.
    random_state : int, Generator, RandomState, SeedSequence or None
        Where the randomness comes from; None draws a new sample every time.

    Returns
    -------
    Synthetic
        `bayes` knows who copies whom; `emission`, `accuracy` and `coverage` describe every source
        by itself.

    Raises
    ------
    ValueError
        If `q` is no probability.

    Examples
    --------
    >>> case = correlated_copies(random_state=0)
    >>> a, b = case.votes["source_0"], case.votes["source_4"]
    >>> bool((a == b)[b.notna()].all())
    True
    """
    check_probabilities("q", np.atleast_1d(q))
    rng = generator(random_state)
    prior = np.array([0.5, 0.5])
    sources = sources_of([0.65, 0.8, 0.8, 0.8], 0.7)
    gold = rng.choice(2, n_items, p=prior)
    base = draw_votes(rng, gold, sources, 2)
    copies = rng.random((n_items, n_copies)) < q
    first = Sources(*(np.repeat(value[:1], n_copies) for value in sources))
    otherwise = draw_votes(rng, gold, first, 2) if own_votes else np.full((n_items, n_copies), 2)
    copied = np.where(copies, base[:, :1], otherwise)

    emission = emission_of(sources, 2)
    alone = emission[0] if own_votes else np.array([[0, 0], [0, 0], [1, 1]])
    marginal = q * emission[0] + (1 - q) * alone
    emission = np.concatenate([emission, np.broadcast_to(marginal, (n_copies, 3, 2))])
    # Given source 0 and the class, the copies are independent of everything: chain rule.
    scores = scores_of(base, prior, emission[:4]) + _copy_scores(copied, base[:, 0], q, alone)
    return _synthetic(np.hstack([base, copied]), gold, prior, emission, scores)


def _copy_scores(copied: Codes, source: Codes, q: float, alone: Floats) -> Floats:
    """Log probability of the copies given what source 0 did and every class.

    ``q [copy = source 0] + (1 - q) P(copy by itself | class)`` for every copy.
    """
    same = (copied == source[:, None])[:, :, None]
    return log(q * same + (1 - q) * alone[copied]).sum(axis=1)


def _synthetic(
    codes: Codes, gold: Codes, prior: Floats, emission: Floats, scores: Floats | None = None
) -> Synthetic:
    """Name classes, sources and items; `scores` are those of independent sources if None."""
    classes = names_of(len(prior))
    index = pd.RangeIndex(len(gold), name="item")
    if scores is None:
        scores = scores_of(codes, prior, emission)
    return Synthetic(
        votes=vote_frame(codes, classes, index),
        gold=gold_series(gold, classes, index),
        bayes=pd.DataFrame(softmax(scores, axis=1), index, classes),
        prior=pd.Series(prior, classes, name="prior"),
        emission=emission,
    )
