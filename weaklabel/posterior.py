"""Posterior: class probabilities on the user's index."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, overload

import numpy as np
import pandas as pd

from weaklabel._device import on_host
from weaklabel._frames import Kind, in_kind
from weaklabel._hash import scatter

Ties = Literal["abstain", "first", "random"]

TIE = 1e-9  # probabilities closer than this are tied
SHOWN = 10  # items in a notebook


@dataclass(frozen=True, kw_only=True, eq=False)
class Posterior:
    """What is believed about the class of every item.

    Parameters
    ----------
    probabilities : floating array, n_items x n_classes
        Rows sum to one.
    index : pandas.Index
        The user's labels of the items.
    classes : pandas.Index
        Names of the classes.
    covered : boolean array, n_items
        True where something is known of this very item (a vote, a candidate set). The others hold
        the class prior, and `labels` abstains on them.
    log_normalizer : floating array, n_items
        Log of what the scores of an item summed to, in nats: its contribution to the
        log-likelihood. ``-inf`` where no class can explain what is known.

    Examples
    --------
    >>> posterior = Posterior(
    ...     probabilities=np.array([[0.9, 0.1], [0.5, 0.5]]),
    ...     index=pd.Index(["r1", "r2"]),
    ...     classes=pd.Index(["bad", "fine"]),
    ...     covered=np.array([True, True]),
    ...     log_normalizer=np.zeros(2),
    ... )
    >>> posterior.labels().tolist()
    ['bad', nan]
    """

    probabilities: Any
    index: pd.Index
    classes: pd.Index
    covered: Any
    log_normalizer: Any

    @overload
    def frame(self, kind: Literal["pandas"] = "pandas") -> pd.DataFrame: ...
    @overload
    def frame(self, kind: Kind) -> Any: ...
    def frame(self, kind: Kind = "pandas") -> Any:
        """Probabilities as a frame: one row an item, one column a class.

        Parameters
        ----------
        kind : {"pandas", "polars", "arrow"}
            Library of the frame, such as `Evidence.kind`. Those without an index get a column of
            labels, unless items are numbered.
        """
        found = pd.DataFrame(on_host(self.probabilities), index=self.index, columns=self.classes)
        return in_kind(found, kind)

    @property
    def confidence(self) -> pd.Series:
        """Probability of the most probable class of every item."""
        best = on_host(self.probabilities).max(axis=1)
        return pd.Series(best, index=self.index, name="confidence")

    def labels(self, ties: Ties = "abstain", *, seed: int = 0) -> pd.Series:
        """Give the most probable class of every item.

        Parameters
        ----------
        ties : {"abstain", "first", "random"}
            What to do where several classes are best within 1e-9: no label, the first of them in
            the order of classes, or one drawn by a hash of the item's own label, so that the
            order of rows does not matter.
        seed : int
            Another seed draws other classes for ``ties="random"``.

        Returns
        -------
        pandas.Series of categories
            NaN where the item is tied (if `ties` says so) or not covered.

        Raises
        ------
        ValueError
            If `ties` is none of the three.
        """
        if ties not in {"abstain", "first", "random"}:
            msg = f"ties={ties!r} is unknown. Choose 'abstain', 'first' or 'random'."
            raise ValueError(msg)
        probabilities = on_host(self.probabilities)
        tied = probabilities >= probabilities.max(axis=1, keepdims=True) - TIE
        n_tied = tied.sum(axis=1)
        rank = self._draw(n_tied, seed) if ties == "random" else np.zeros(len(tied), dtype=np.int64)
        codes = (np.cumsum(tied, axis=1) == rank[:, None] + 1).argmax(axis=1)
        silent = ~on_host(self.covered)
        if ties == "abstain":
            silent |= n_tied > 1
        codes = np.where(silent, -1, codes)
        return pd.Series(pd.Categorical.from_codes(codes, self.classes), self.index, name="label")

    def changes_since(self, before: Posterior) -> pd.DataFrame:
        """Show the items whose label is another than before, such as after `update`.

        Parameters
        ----------
        before : Posterior
            Of the same classes. Items are matched by label; those that were not there are left out.

        Returns
        -------
        pandas.DataFrame, one row an item
            In the order of this posterior. Columns `label` and `label_before` (missing for none),
            `confidence` and `confidence_before`.

        Raises
        ------
        ValueError
            If the classes are others.
        """
        if not self.classes.equals(before.classes):
            msg = (
                f"The classes are {self.classes.tolist()}, and were {before.classes.tolist()}. "
                "Labels can be compared where classes are the same, in the same order."
            )
            raise ValueError(msg)
        place = before.index.get_indexer(self.index)
        label, old = self.labels(), before.labels()
        other = label.cat.codes.to_numpy() != old.cat.codes.to_numpy()[place]
        rows = np.flatnonzero((place >= 0) & other)
        return pd.DataFrame(
            {
                "label": label.iloc[rows],
                "label_before": old.iloc[place[rows]].set_axis(self.index[rows]),
                "confidence": self.confidence.iloc[rows],
                "confidence_before": before.confidence.to_numpy()[place[rows]],
            }
        )

    def _draw(self, n_tied: np.ndarray, seed: int) -> np.ndarray:
        """Draw one of the tied classes of every item by a hash of its label."""
        labels = self.index
        if labels.dtype == object and not isinstance(labels, pd.MultiIndex):
            labels = labels.map(str)  # pandas hashes no tuples among other labels
        hashes = pd.util.hash_pandas_object(labels, index=False).to_numpy()
        # the hash of pandas takes a key for text alone, so that the seed is stirred in here
        stirred = scatter(hashes ^ scatter(np.full(1, seed % 2**64, dtype=np.uint64)))
        return (stirred % n_tied.astype(np.uint64)).astype(np.int64)

    def __repr__(self) -> str:
        covered = int(on_host(self.covered).sum())
        return f"Posterior({len(self.index)} items, {covered} covered, {len(self.classes)} classes)"

    def _repr_html_(self) -> str:
        """Show the first items, their probabilities and labels."""
        first = replace(
            self,
            probabilities=on_host(self.probabilities)[:SHOWN],
            index=self.index[:SHOWN],
            covered=on_host(self.covered)[:SHOWN],
        )
        table = first.frame().round(3).set_axis([str(name) for name in self.classes], axis=1)
        # a class may be called "label" too
        table.insert(len(self.classes), "label", first.labels(), allow_duplicates=True)
        covered = int(on_host(self.covered).sum())
        head = f"<p>Posterior of {len(self.index)} items, {covered} covered</p>"
        return head + table.to_html(na_rep="")
