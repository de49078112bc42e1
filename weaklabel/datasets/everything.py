"""Every kind of evidence about the same items at once, drawn from known truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from weaklabel._check import first_few, generator
from weaklabel.constraints import counts_from
from weaklabel.datasets._draw import (
    Codes,
    Floats,
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
from weaklabel.evidence import Evidence

Part = Literal["votes", "candidates", "features", "bags", "neighbors"]

ACCURACY = [0.8, 0.7, 0.65, 0.6]  # of the sources
COVERAGE = 0.5  # of each source
KEPT = 0.6  # chance of a wrong class to stay a candidate, where candidates are told
TOLD = 0.5  # share of items whose candidates are told
ODDS = 4.0  # how much likelier two items of one class are joined than two of different classes
DEGREE = 1.5  # neighbors an item


@dataclass(frozen=True, eq=False)
class Everything:
    """What is known of items in every way, and the truth behind it.

    Given the class of every item, the parts know nothing of each other: all of them are true
    together, and none repeats another.

    Attributes
    ----------
    votes : DataFrame, n_items x n_sources
        Categorical columns of class names; NaN where the source abstains. Indexed by `item`.
    candidates : boolean DataFrame, n_items x n_classes
        Classes that an item may have; the true one is among them.
    features : DataFrame, n_items x n_classes
        Each class is a round Gaussian of variance 1.
    bags : Series, n_items
        The bag of each item. The shares of the classes differ from bag to bag.
    counts : DataFrame, n_bags x n_classes
        How many items of each bag have the class.
    neighbors : scipy.sparse array, n_items x n_items
        Symmetric; for each pair that is joined, by how much that speaks for one class, in nats.
    gold : Series, n_items
        The true classes, Categorical. No model may see them.
    prior : Series, n_classes
        The true share of every class.
    emission : float array, n_sources x (n_classes + 1) x n_classes
        True P(what the source does | class), as in `Synthetic`.
    means : DataFrame, n_classes x n_features
        True means of the features.

    See Also
    --------
    everything : Draw it.

    Notes
    -----
    A pair that is not joined tells something too: where classes are uneven, items of a large one
    have more neighbors. Solvers look at pairs that are joined only, so that neighbors alone make
    large classes larger; with even classes, or with bags, this evens out.
    """

    votes: pd.DataFrame
    candidates: pd.DataFrame
    features: pd.DataFrame
    bags: pd.Series
    counts: pd.DataFrame
    neighbors: Any
    gold: pd.Series
    prior: pd.Series
    emission: Floats
    means: pd.DataFrame

    @property
    def classes(self) -> pd.Index:
        """The class names, n_classes."""
        return self.prior.index

    def evidence(self, *parts: Part) -> Evidence:
        """Make evidence of some parts.

        Parameters
        ----------
        *parts : {"votes", "candidates", "features", "bags", "neighbors"}
            None: all of them.

        Returns
        -------
        Evidence

        Raises
        ------
        ValueError
            If there is no such part.

        Examples
        --------
        >>> everything(60, random_state=0).evidence("votes", "bags")
        Evidence(60 items, 3 classes: votes, bags)
        """
        add: dict[str, Any] = {
            "votes": lambda made: made.with_votes(self.votes),
            "candidates": lambda made: made.with_candidates(self.candidates),
            "features": lambda made: made.with_features(self.features),
            "bags": lambda made: made.with_bags(self.bags, *counts_from(self.counts)),
            "neighbors": lambda made: made.with_neighbors(self.neighbors),
        }
        unknown = [name for name in parts if name not in add]
        if unknown:
            message = f"There is no part {first_few(unknown)}. The parts are {', '.join(add)}."
            raise ValueError(message)
        made = Evidence(self.gold.index, classes=self.classes)
        for name in parts or tuple(add):
            made = add[name](made)
        return made

    def scores(self, *parts: Part) -> pd.DataFrame:
        """Say how well each class explains an item, by what is known of the item alone.

        Bags and neighbors are for a solver to add: ``solver.solve(case.scores("votes").to_numpy(),
        case.evidence("bags"))`` is what the true parameters say.

        Parameters
        ----------
        *parts : {"votes", "candidates", "features", "bags", "neighbors"}
            Those that are about groups add nothing here. None: all of them.

        Returns
        -------
        DataFrame, n_items x n_classes
            log P(class) + log P(parts | class) under the true parameters, in nats, up to a
            constant an item.

        Examples
        --------
        >>> case = everything(60, random_state=0)
        >>> case.scores("candidates").iloc[1].round(2).tolist()
        [-1.1, -1.1, -inf]
        """
        wanted = parts or ("votes", "candidates", "features")
        scores = np.tile(log(self.prior.to_numpy()), (len(self.gold), 1))
        if "votes" in wanted:
            codes = np.column_stack([self.votes[name].cat.codes for name in self.votes])
            codes = np.where(codes < 0, len(self.classes), codes)
            scores += scores_of(codes, np.ones(len(self.classes)), self.emission)
        if "candidates" in wanted:
            scores += log(self.candidates.to_numpy(float))
        if "features" in wanted:
            apart = self.features.to_numpy()[:, None] - self.means.to_numpy()
            scores -= (apart**2).sum(axis=2) / 2
        return pd.DataFrame(scores, self.gold.index, self.classes)


def everything(
    n_items: int = 2_000,
    n_classes: int = 3,
    *,
    prior: Any = None,
    separation: float = 2.0,
    bag_size: int = 20,
    random_state: Any = None,
) -> Everything:
    """Draw items that votes, candidates, features, bags and neighbors all tell about.

    - Four sources, right in 80, 70, 65 and 60 % of their votes, vote on half of the items each.
    - Of half of the items candidates are told: each wrong class is one of them by chance .6.
    - Features are normal around the mean of the class.
    - The shares of the classes in a bag are drawn around the prior, and spread widely.
    - Items have 1.5 neighbors in the mean; two of one class are joined four times as likely as
      two of different classes.

    Parameters
    ----------
    n_items : int
        How many items.
    n_classes : int
        How many classes; named as in `make_votes`.
    prior : array_like, n_classes, or None
        P(class); sums to one. None: all alike.
    separation : float
        Distance of the means of any two classes, in standard deviations.
    bag_size : int
        Items a bag; what is left over makes a smaller one.
    random_state : int, Generator, RandomState, SeedSequence or None
        Where the randomness comes from; None draws a new sample every time.

    Returns
    -------
    Everything
        The parts with their truth.

    Raises
    ------
    ValueError
        If the prior is no distribution over the classes, or bags are empty.

    Examples
    --------
    >>> case = everything(60, random_state=0)
    >>> case.gold.head(3).tolist()
    ['class_0', 'class_0', 'class_2']
    >>> case.counts.sum(axis=1).tolist()
    [20, 20, 20]
    """
    shares = shares_of(np.full(n_classes, 1 / n_classes) if prior is None else prior)
    _check(len(shares), n_classes, bag_size)
    rng = generator(random_state)
    classes, index = names_of(n_classes), pd.RangeIndex(n_items, name="item")
    bag = rng.permutation(np.arange(n_items) // bag_size)
    gold = _classes_by_bag(rng, bag, shares)
    sources = sources_of(ACCURACY, COVERAGE)
    means = np.eye(n_classes) * separation / np.sqrt(2)
    columns = [f"feature_{y}" for y in range(n_classes)]
    bags = pd.Series(bag, index, name="bag")
    truth = gold_series(gold, classes, index)
    return Everything(
        votes=vote_frame(draw_votes(rng, gold, sources, n_classes), classes, index),
        candidates=pd.DataFrame(_candidates(rng, gold, n_classes), index, classes),
        features=pd.DataFrame(rng.normal(means[gold]), index, columns),
        bags=bags,
        counts=pd.crosstab(bags, truth, dropna=False),
        neighbors=_neighbors(rng, gold),
        gold=truth,
        prior=pd.Series(shares, classes, name="prior"),
        emission=emission_of(sources, n_classes),
        means=pd.DataFrame(means, classes, columns),
    )


def _check(n_shares: int, n_classes: int, bag_size: int) -> None:
    """Refuse a prior of other classes, and bags of nothing."""
    if n_shares != n_classes:
        message = (
            f"The prior has {n_shares} shares for {n_classes} classes. Pass one share a class, or "
            "say how many classes there are by n_classes=."
        )
        raise ValueError(message)
    if bag_size < 1:
        message = f"A bag holds at least one item, not {bag_size!r}. Try bag_size=20."
        raise ValueError(message)


def _classes_by_bag(rng: np.random.Generator, bag: Codes, prior: Floats) -> Codes:
    """Draw the class of each item from shares of its bag; over all bags the prior holds."""
    n_bags = int(bag.max(initial=-1)) + 1
    # With even classes, all shares are alike likely. A class that never occurs stays so.
    own = np.zeros((n_bags, len(prior)))
    own[:, prior > 0] = rng.dirichlet(len(prior) * prior[prior > 0], n_bags)
    chance = rng.random((len(bag), 1))
    return (chance > np.cumsum(own, axis=1)[bag, :-1]).sum(axis=1)


def _candidates(rng: np.random.Generator, gold: Codes, n_classes: int) -> np.ndarray:
    """Tell of some items which classes they may have; the same chance for all sets of a size."""
    told = rng.random((len(gold), 1)) < TOLD
    candidates = ~told | (rng.random((len(gold), n_classes)) < KEPT)
    candidates[np.arange(len(gold)), gold] = True
    return candidates


def _neighbors(rng: np.random.Generator, gold: Codes) -> Any:
    """Join pairs at random: any two of one class by one chance, any others by a smaller one."""
    n_items = len(gold)
    same = (np.bincount(gold) ** 2).sum() / max(n_items, 1) ** 2  # share of pairs of one class
    n_pairs = rng.poisson(DEGREE * n_items / 2 / (same + (1 - same) / ODDS)) if n_items else 0
    one, other = rng.integers(0, n_items, (2, n_pairs)) if n_items else np.zeros((2, 0), int)
    joined = (one != other) & ((gold[one] == gold[other]) | (rng.random(n_pairs) < 1 / ODDS))
    graph = sparse.coo_array(
        (np.ones(joined.sum()), (one[joined], other[joined])), (n_items, n_items)
    ).tocsr()
    graph = sparse.csr_array(graph + graph.T)
    graph.data[:] = np.log(ODDS)  # a pair that was drawn twice is one pair
    return graph
