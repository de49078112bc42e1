"""Bags: groups of items about whose class counts something is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from weaklabel._check import as_index, first_few
from weaklabel._device import beside, on_host

if TYPE_CHECKING:
    from weaklabel.constraints import Constraint

Broken = Literal["raise", "drop", "keep"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Bags:
    """A block of disjoint bags with the constraints that hold in them.

    Parameters
    ----------
    member : integer array, n_members
        Position of the item in the index; bag by bag, rising within a bag.
    starts : integer array, n_bags + 1
        Members ``starts[g]`` to ``starts[g + 1] - 1`` belong to bag g.
    names : pandas.Index
        The user's names of the bags.
    constraints : tuple of Constraint
        Statements that hold in every bag; their fields have one value a bag.

    Examples
    --------
    >>> import weaklabel as wl
    >>> shop = pd.Series(["A", "A", "B"], index=["r1", "r2", "r3"])
    >>> evidence = wl.Evidence(shop.index, classes=["bad", "fine"])
    >>> evidence.with_bags(shop, wl.AtLeast("bad")).bags[0].sizes.tolist()
    [2, 1]
    """

    member: Any
    starts: Any
    names: pd.Index
    constraints: tuple[Constraint, ...]

    @classmethod
    def from_values(
        cls, where: np.ndarray, values: pd.Series, constraints: tuple[Constraint, ...]
    ) -> Bags:
        """Group items by the name of their bag; an item without a name is in none.

        Parameters
        ----------
        where : integer array
            Position of the item of each value.
        values : pandas.Series
            Name of the bag of each item.
        constraints : tuple of Constraint
            Their fields may be one value, or a Series or mapping by name of bag.
        """
        try:
            number, names = pd.factorize(values)
        except TypeError as error:
            msg = (
                f"Names of bags must be hashable, such as strings or tuples; {error}. An item is "
                "in one bag of a block; for several groupings call with_bags again."
            )
            raise TypeError(msg) from error
        inside = np.flatnonzero(number >= 0)
        order = inside[np.lexsort((where[inside], number[inside]))]
        names = as_index(names)
        return cls(
            member=where[order],
            starts=np.searchsorted(number[order], np.arange(len(names) + 1)),
            names=names,
            constraints=tuple(constraint.for_bags(names) for constraint in constraints),
        )

    @property
    def sizes(self) -> Any:
        """Number of members of each bag."""
        return self.starts[1:] - self.starts[:-1]

    def sum_members(self, values: Any) -> np.ndarray:
        """Add up a value of the items over the members of each bag, on the host.

        Parameters
        ----------
        values : array, n_items

        Returns
        -------
        floating array, n_bags
        """
        inside = on_host(values)[on_host(self.member)]
        return np.bincount(self.bag, weights=inside, minlength=self.n_bags)

    @property
    def bag(self) -> np.ndarray:
        """Integer array, n_members: the bag of each member, on the host."""
        return np.repeat(np.arange(self.n_bags), on_host(self.sizes))

    @property
    def n_bags(self) -> int:
        """Number of bags."""
        return len(self.names)

    def take(self, rows: np.ndarray, n_items: int, broken: Broken = "raise") -> Bags:
        """Follow a selection of items.

        Parameters
        ----------
        rows : integer array
            Positions of the items that stay, each once.
        n_items : int
            Number of items before.
        broken : {"raise", "drop", "keep"}
            What to do with bags that lose members: a share of a broken bag is another statement.

        Raises
        ------
        ValueError
            If a bag would lose members and `broken` is "raise", or it is none of the three.
        """
        if broken not in {"raise", "drop", "keep"}:
            msg = f"bags={broken!r} is unknown. Choose 'raise', 'drop' or 'keep'."
            raise ValueError(msg)
        sizes = on_host(self.sizes)
        new_position = np.full(n_items, -1)
        new_position[rows] = np.arange(len(rows))
        bag = self.bag
        position = new_position[on_host(self.member)]
        left = np.bincount(bag[position >= 0], minlength=self.n_bags)
        lost = (left > 0) & (left < sizes)
        if lost.any() and broken == "raise":
            msg = (
                f"{lost.sum()} bags would lose members: {first_few(self.names[lost])}. What is "
                "known of a whole bag need not hold for a part. Select whole bags, or say "
                "take(..., bags='drop') to leave these bags out or bags='keep' to keep the "
                "statements as they are."
            )
            raise ValueError(msg)
        keep = left > 0 if broken == "keep" else (left > 0) & ~lost
        inside = (position >= 0) & keep[bag]
        order = np.flatnonzero(inside)[np.lexsort((position[inside], bag[inside]))]
        number = (np.cumsum(keep) - 1)[bag[order]]
        return Bags(
            member=beside(position[order], self.member),
            starts=beside(np.searchsorted(number, np.arange(keep.sum() + 1)), self.starts),
            names=self.names[keep],
            constraints=tuple(
                constraint.take(np.flatnonzero(keep)) for constraint in self.constraints
            ),
        )

    def map_arrays(self, move: Any) -> Bags:
        """Apply a function to every array; names stay on the host."""
        return replace(
            self,
            member=move(self.member),
            starts=move(self.starts),
            constraints=tuple(constraint.map_arrays(move) for constraint in self.constraints),
        )


def expanded(statements: tuple[Any, ...], classes: pd.Index) -> tuple[Constraint, ...]:
    """Turn statements about bags into constraints of a class each.

    Raises
    ------
    TypeError
        If one is no statement.
    ValueError
        If there are none.
    """
    if not statements:
        msg = "with_bags needs at least one constraint, such as Proportion('bad', share=0.3)."
        raise ValueError(msg)
    for each in statements:
        if isinstance(each, type) or not hasattr(each, "expand"):
            msg = (
                f"with_bags takes what is stated of each bag, not {each!r}. Say it of a class: "
                "Proportion('bad', share=0.3), Count('bad', number=3), AtLeast('bad')."
            )
            raise TypeError(msg)
    return tuple(one for statement in statements for one in statement.expand(classes))
