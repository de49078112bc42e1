"""Evidence: everything known about the labels of the items, on the user's index."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from html import escape
from operator import or_
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import pandas as pd
from array_api_compat import array_namespace

from weaklabel._check import first_few
from weaklabel._device import mover, take_rows
from weaklabel._frames import Kind, kind_of
from weaklabel._parts import refuse_misshapen, told
from weaklabel.bags import Bags, expanded
from weaklabel.io.align import numbers_for, values_for
from weaklabel.io.features import features_from, neighbors_from
from weaklabel.io.join import join_votes
from weaklabel.io.labels import class_names, item_labels
from weaklabel.io.read_votes import read_votes
from weaklabel.io.rows import rows_to_take
from weaklabel.io.statements import add_statements
from weaklabel.votes import Votes

if TYPE_CHECKING:
    from weaklabel.bags import Broken
    from weaklabel.constraints import Statement
    from weaklabel.constraints._number import Noise
    from weaklabel.io.matrix import Encoding
    from weaklabel.io.read_votes import Silence
    from weaklabel.io.repeats import Repeats


@dataclass(frozen=True, eq=False)
class Evidence:
    """All that is known about the labels of items. Immutable: every method gives a new one.

    Parameters
    ----------
    index : pandas.Index, or a frame or Series whose index is meant, or a sequence of labels
        One unique label an item. Everything later is matched against it. Frames of polars and
        Arrow have no index: their rows are numbered, and what is brought in such frames later has
        one row an item, in order. A column of theirs holds labels.
    classes : sequence of hashable
        Names of the classes, at least two; their order is the order of columns in results.
    votes : Votes or None
        What sources said; may be wrong.
    candidates : boolean array, n_items x n_classes, or None
        Classes that an item may have; certain.
    hints : floating array, n_items x n_classes, or None
        What is said about items by candidates that may be wrong: log P(statement | class), in
        nats. Label models add it to their scores.
    bags : tuple of Bags
        Constraints on the class counts of groups of items.
    features : array, n_items x n_features, or None
        Numbers that describe items.
    neighbors : scipy.sparse array, format csr, n_items x n_items, or None
        Similarity of items, at least 0.
    weights : floating array, n_items, or None
        How much each item counts; None counts each once.
    kind : {"pandas", "polars", "arrow"}
        Library of the frame that it was made of.

    Raises
    ------
    ValueError
        If a label or class name stands twice, there are fewer than two classes, or a part does not
        have one row an item.
    TypeError
        If a part is of another kind than said above.

    Examples
    --------
    >>> import weaklabel as wl
    >>> said = {"refund": ["bad", None], "stars": ["bad", "fine"]}
    >>> votes = pd.DataFrame(said, index=["r1", "r2"])
    >>> evidence = (
    ...     wl.Evidence(votes.index, classes=["bad", "fine"])
    ...     .with_votes(votes)
    ...     .with_candidates(exclude={"r2": "bad"})
    ... )
    >>> evidence.summary()["items"].to_dict()
    {'votes': 2, 'candidates': 1}
    """

    index: pd.Index
    classes: pd.Index
    votes: Votes | None = field(default=None, kw_only=True)
    candidates: Any = field(default=None, kw_only=True)
    bags: tuple[Bags, ...] = field(default=(), kw_only=True)
    features: Any = field(default=None, kw_only=True)
    neighbors: Any = field(default=None, kw_only=True)
    weights: Any = field(default=None, kw_only=True)
    hints: Any = field(default=None, kw_only=True)
    kind: Kind = field(default="pandas", kw_only=True)

    def __post_init__(self) -> None:
        if kind_of(self.index) != "pandas":
            object.__setattr__(self, "kind", kind_of(self.index))
        object.__setattr__(self, "index", item_labels(self.index))
        object.__setattr__(self, "classes", class_names(self.classes))
        refuse_misshapen(self)

    # ---- parts ------------------------------------------------------------------------------

    def with_votes(
        self,
        votes: Any,
        *,
        encoding: Encoding | None = None,
        silence: Silence | None = None,
        repeats: Repeats = "raise",
    ) -> Self:
        """Add what sources said. A second call adds further sources.

        Parameters
        ----------
        votes : DataFrame, array, scipy.sparse array, Series, or mapping to DataFrame
            * the frame that `apply` returns, or any frame with one column a source;
            * a long frame with columns item, source, label (or task, worker, label);
            * a matrix n_items x n_sources of class positions, -1 for silence;
            * ``{source: frame of probabilities}`` for soft votes.

            Frames may be of pandas, polars or Arrow; in the latter lists are sets of classes and
            structs are probabilities.

            -1, NaN, None and ``<NA>`` abstain.
        encoding : {"codes", "metal", "signed"} or None
            What numbers mean: -1 abstains and classes count from 0; 0 abstains and classes count
            from 1; 0 abstains and -1, +1 are the classes. None takes "codes", and refuses a matrix
            that looks like another; where that is a mistake, say "codes".
        silence : {"informative", "missing"} or None
            Whether not voting on an item says something about it. None: it does in wide frames,
            where every source saw every item, and does not in long ones, where items were assigned.
        repeats : {"raise", "all", "unique", "last"}
            For long frames: what to do where a source votes on an item again.

        Returns
        -------
        Evidence

        Raises
        ------
        ValueError
            If rows do not match the items, a vote is none, or a source exists already.
        """
        found = read_votes(
            votes, self.index, self.classes, encoding=encoding, silence=silence, repeats=repeats
        )
        return replace(self, votes=join_votes(self.votes, found))

    def with_candidates(
        self,
        candidates: Any = None,
        *,
        exclude: Any = None,
        noise_rate: Any = None,
        transition: Any = None,
    ) -> Self:
        """Add that an item has one of these classes, or none of those; for certain, or with noise.

        Parameters
        ----------
        candidates : Series, mapping, sequence, or boolean frame, or None
            A class an item (gold), a set of classes (partial label), or None for no statement.
        exclude : Series, mapping, sequence, or boolean frame, or None
            Classes that an item does not have (complementary label).
        noise_rate : float, Series or mapping by item, or None
            Probability that the statement is wrong: that the class is none of `candidates`, or one
            of `exclude`. Given the class, all sets of a size that are right are equally likely,
            and so are all that are wrong. None, or 0 for all: it is certain.
        transition : "uniform", DataFrame or array, n_classes x n_classes, or None
            How statements of single classes come about: P(this class is told | true class), one
            row a true class, rows sum to 1. In a frame rows and columns are matched by name. With
            `exclude` the class told is one that the item does not have, and several classes count
            as independent statements. "uniform" and None: all right statements are equally likely.

        Returns
        -------
        Evidence
            Several calls intersect; statements with noise add up in `hints`, each as an
            independent observation.

        Raises
        ------
        ValueError
            If nothing is given, an item is left with no class, `noise_rate` is no probability, or
            `transition` no such matrix.

        Notes
        -----
        A statement with noise is one factor P(statement | class) of the likelihood of its item,
        given once and for all. A matrix that is not known is found by steps of EM: fit with
        "uniform", estimate it by `weaklabel.transition`, fit with that, and so on. Of several
        sources that overlap, statements are better given as votes, ``Not(...)`` among them.

        Examples
        --------
        >>> import weaklabel as wl
        >>> evidence = wl.Evidence(["r1"], classes=["x", "y", "z"])
        >>> noisy = evidence.with_candidates(exclude={"r1": "x"}, noise_rate=0.1)
        >>> np.exp(noisy.hints).round(2).tolist()
        [[0.1, 0.45, 0.45]]
        """
        return replace(
            self,
            **add_statements(
                self, candidates, exclude, noise_rate=noise_rate, transition=transition
            ),
        )

    def with_bags(self, bag: Any, *constraints: Statement) -> Self:
        """Add groups of items and what is known of their class counts.

        Parameters
        ----------
        bag : Series, mapping or sequence
            Name of the bag of each item; missing where an item is in none.
        *constraints : Constraint, Tags or ClassBalance
            What holds in each bag, such as ``Proportion("bad", share=rates)``. A statement about
            several classes becomes one constraint for each.

        Returns
        -------
        Evidence
            A second call adds a second grouping; an item may be in a bag of each.

        Raises
        ------
        ValueError
            If no constraint is given, or one counts a class that does not exist.
        """
        single = expanded(constraints, self.classes)
        where, values = values_for(bag, self.index, "bags")
        return replace(self, bags=(*self.bags, Bags.from_values(where, values, single)))

    def with_class_balance(
        self,
        shares: Any,
        *,
        within: float = 0.0,
        scale: float | None = None,
        noise: Noise = "gaussian",
    ) -> Self:
        """Add the shares of the classes among all items.

        Parameters
        ----------
        shares : Series or mapping by class
            Share of each class; nothing is stated about classes left out.
        within : float
            How far each true share may be from it.
        scale : float or None
            Scale of the noise of each share; None: no noise.
        noise : {"gaussian", "laplace"}
            Kind of the noise; see `Proportion`.

        Returns
        -------
        Evidence
            With one more block of bags, which holds one bag of all items.

        Raises
        ------
        ValueError
            If a class does not exist, or the shares of all classes do not sum to 1.
        """
        from weaklabel.constraints import ClassBalance

        everything = pd.Series("all items", index=self.index)
        balance = ClassBalance(shares, within=within, scale=scale, noise=noise)
        return self.with_bags(everything, balance)

    def with_features(self, features: Any) -> Self:
        """Set the numbers that describe items.

        Parameters
        ----------
        features : DataFrame or array, n_items x n_features
            A frame is matched by index label and must describe every item.

        Returns
        -------
        Evidence

        Raises
        ------
        ValueError
            If an item has no row, a column is no number, or the array is not of two dimensions.
        """
        return replace(self, features=features_from(features, self.index))

    def with_neighbors(self, neighbors: Any) -> Self:
        """Set how similar items are.

        Parameters
        ----------
        neighbors : scipy.sparse array, array or DataFrame, n_items x n_items, or Series of pairs
            Similarity, at least 0; 0 says nothing. A frame is matched by label on both sides; so
            is a Series with an index of two levels, the items of each pair, such as the function
            `neighbors` makes of a frame.

        Returns
        -------
        Evidence

        Raises
        ------
        ValueError
            If the shape does not fit, or a similarity is negative or not finite.
        """
        return replace(self, neighbors=neighbors_from(neighbors, self.index))

    def with_weights(self, weights: Any) -> Self:
        """Set how much each item counts.

        Parameters
        ----------
        weights : Series, mapping or array, n_items
            Positive numbers; an item that a Series does not mention counts once.

        Returns
        -------
        Evidence

        Raises
        ------
        ValueError
            If a weight is not positive and finite.
        """
        numbers = numbers_for(weights, self.index, "weights", missing=1.0)
        wrong = ~(np.isfinite(numbers) & (numbers > 0))
        if wrong.any():
            msg = (
                f"Weights are positive numbers; {wrong.sum()} are not: those of "
                f"{first_few(self.index[wrong])}. To leave an item out, use take."
            )
            raise ValueError(msg)
        return replace(self, weights=numbers)

    # ---- selection and place ----------------------------------------------------------------

    def take(self, rows: Any, *, bags: Broken = "raise") -> Self:
        """Keep some items, with everything known about them.

        Parameters
        ----------
        rows : integer or boolean array, slice, or boolean Series
            Positions of items, each once, in the order wanted; or one truth value an item (a
            Series of them is matched by label).
        bags : {"raise", "drop", "keep"}
            What to do with bags that would lose members.

        Returns
        -------
        Evidence

        Raises
        ------
        ValueError
            If a bag would lose members (and `bags` is "raise"), or a position repeats.
        TypeError, IndexError
            If `rows` are no positions, or outside.
        """
        rows = rows_to_take(rows, self.index)
        return replace(
            self,
            index=self.index[rows],
            votes=None if self.votes is None else self.votes.take(rows),
            candidates=take_rows(self.candidates, rows),
            bags=tuple(block.take(rows, len(self), bags) for block in self.bags),
            features=take_rows(self.features, rows),
            neighbors=None if self.neighbors is None else self.neighbors[rows][:, rows],
            weights=take_rows(self.weights, rows),
            hints=take_rows(self.hints, rows),
        )

    def to(self, device: Literal["cpu", "cuda"]) -> Self:
        """Move all arrays to a device; names stay on the host.

        Parameters
        ----------
        device : {"cpu", "cuda"}

        Raises
        ------
        ImportError
            If CuPy or numba-cuda is not installed; says which extra to install.
        RuntimeError
            If there is no driver, or no card.
        """
        return self.map_arrays(mover(device))

    def map_arrays(self, move: Any) -> Self:
        """Apply a function to every dense array; names and the graph stay as they are."""
        return replace(
            self,
            votes=None if self.votes is None else self.votes.map_arrays(move),
            candidates=None if self.candidates is None else move(self.candidates),
            bags=tuple(block.map_arrays(move) for block in self.bags),
            features=None if self.features is None else move(self.features),
            weights=None if self.weights is None else move(self.weights),
            hints=None if self.hints is None else move(self.hints),
        )

    # ---- looking at it ----------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.index)

    @cached_property
    def covered(self) -> Any:
        """Boolean array, n_items: a source voted on it, or candidates or hints tell of it."""
        told = [] if self.votes is None else [self.votes.voted]
        if self.candidates is not None:
            told.append(~array_namespace(self.candidates).all(self.candidates, axis=1))
        if self.hints is not None:
            xp = array_namespace(self.hints)
            told.append(xp.max(self.hints, axis=1) > xp.min(self.hints, axis=1))
        return reduce(or_, told) if told else np.zeros(len(self), dtype=bool)

    def summary(self) -> pd.DataFrame:
        """Tell what parts there are, and how many items each says something about.

        Returns
        -------
        pandas.DataFrame
            One row a part; columns `items` (how many) and `what`.
        """
        return pd.DataFrame.from_dict(told(self), orient="index", columns=["items", "what"])

    def __repr__(self) -> str:
        parts = ", ".join(self.summary().index) or "nothing known yet"
        return f"Evidence({len(self)} items, {len(self.classes)} classes: {parts})"

    def _repr_html_(self) -> str:
        """Show the parts as a table."""
        classes = escape(first_few(self.classes, 12))
        head = f"<p>Evidence about {len(self)} items, classes {classes}</p>"
        return head + self.summary().to_html()
