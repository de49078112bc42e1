"""Tags: which classes are present in each bag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype

from weaklabel._check import as_index, first_few
from weaklabel.constraints._base import Constraint, Statement, refuse_unknown_classes
from weaklabel.constraints.at_least import AtLeast
from weaklabel.constraints.at_most import AtMost


@dataclass(frozen=True, eq=False)
class Tags(Statement):
    """Classes named are present in the bag; the others are absent.

    Image tags with pixels as items, document tags with sentences, bags of multiple-instance
    learning. A class that is present has at least one member, one that is absent has none, and
    nothing is known of one that is neither.

    Parameters
    ----------
    tags : Series or mapping by bag, or boolean DataFrame, n_bags x n_classes
        A set (or list) of classes for each bag; an empty one says that all classes are absent, and
        None or NaN that nothing is known. In a frame True is present, False absent, missing
        unknown, and nothing is said about classes without a column.
    others : {"absent", "unknown"}
        What is known of classes that a set does not name: complete tags, or tags that may have
        been forgotten.
    unknown : sequence of hashable
        Classes that sets never name and about which they say nothing, such as "background".

    Raises
    ------
    TypeError
        If `tags` are neither sets by bag nor a frame of truth values.
    ValueError
        If a class does not exist, or is both named and unknown.

    Examples
    --------
    >>> import weaklabel as wl
    >>> image = pd.Series(["A", "A", "B", "B"])
    >>> evidence = wl.Evidence(image.index, classes=["car", "tree", "background"])
    >>> tags = Tags({"A": {"car"}, "B": {"car", "tree"}}, unknown=["background"])
    >>> [(type(c).__name__, c.of) for c in evidence.with_bags(image, tags).bags[0].constraints]
    [('AtLeast', 'car'), ('AtLeast', 'tree'), ('AtMost', 'tree')]
    """

    tags: Any
    others: Literal["absent", "unknown"] = "absent"
    unknown: Any = ()

    def __post_init__(self) -> None:
        if self.others not in {"absent", "unknown"}:
            msg = f"others={self.others!r} is unknown. Choose 'absent' or 'unknown'."
            raise ValueError(msg)
        if isinstance(self.unknown, str):
            msg = f"unknown= is a sequence of classes, not {self.unknown!r}. Put it in a list."
            raise TypeError(msg)

    def expand(self, classes: pd.Index) -> tuple[Constraint, ...]:
        present = self._table(classes)
        constraints: list[Constraint] = []
        for position, name in enumerate(classes.tolist()):
            column = present.iloc[:, position]
            # NaN states nothing about the other bags
            if (column == 1).any():
                constraints.append(AtLeast(name, number=column.where(column == 1)))
            if (column == 0).any():
                constraints.append(AtMost(name, number=column.where(column == 0)))
        return tuple(constraints)

    def _table(self, classes: pd.Index) -> pd.DataFrame:
        """1 where present, 0 where absent, NaN where unknown; n_bags x n_classes."""
        refuse_unknown_classes("Tags leave open", self.unknown, classes)
        if isinstance(self.tags, pd.DataFrame):
            return _from_frame(self.tags, classes)
        if not isinstance(self.tags, Mapping | pd.Series):
            msg = (
                f"Tags are a Series or mapping of sets by bag, or a boolean frame, not a "
                f"{type(self.tags).__name__}. Write {{'image 1': {{'car', 'tree'}}}}."
            )
            raise TypeError(msg)
        return self._from_sets([(bag, value) for bag, value in self.tags.items()], classes)

    def _from_sets(self, tags: list[tuple[Any, Any]], classes: pd.Index) -> pd.DataFrame:
        """Read one set of classes a bag."""
        _refuse_no_sets(tags)
        said = [(bag, value) for bag, value in tags if _is_set(value)]
        named = list(dict.fromkeys(name for _, value in said for name in value))
        refuse_unknown_classes("Tags name", named, classes)
        twice = [name for name in named if name in self.unknown]
        if twice:
            msg = (
                f"Tags name {first_few(twice)}, which unknown= leaves open. Either tags say "
                "something about a class or they do not. Leave it out of unknown=."
            )
            raise ValueError(msg)
        names, rest = classes.tolist(), 0.0 if self.others == "absent" else np.nan
        open_to = [np.nan if name in self.unknown else rest for name in names]
        present = [
            [
                1.0 if name in value else otherwise
                for name, otherwise in zip(names, open_to, strict=True)
            ]
            for _, value in said
        ]
        table = np.array(present, dtype=np.float64).reshape(len(said), len(names))
        return pd.DataFrame(table, as_index([bag for bag, _ in said]), classes)


def _is_set(value: Any) -> bool:
    """Tell sets and lists of classes; anything else is one value."""
    return isinstance(value, set | frozenset | list)


def _refuse_no_sets(tags: list[tuple[Any, Any]]) -> None:
    """Refuse values that are neither sets nor missing."""
    wrong = [(bag, value) for bag, value in tags if not _is_set(value) and not _missing(value)]
    if wrong:
        msg = (
            f"Tags of {len(wrong)} bags are no sets of classes: "
            f"{first_few([bag for bag, _ in wrong])}, such as {wrong[0][1]!r}. Write {{'car'}} for "
            "one class, and None where nothing is known."
        )
        raise TypeError(msg)


def _missing(value: Any) -> bool:
    """Tell None, NaN and NA from anything else."""
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _from_frame(table: pd.DataFrame, classes: pd.Index) -> pd.DataFrame:
    """Read truth values by bag and class."""
    refuse_unknown_classes("Tags name", table.columns.tolist(), classes)
    wrong = [name for name, column in table.items() if not _truth_values(column)]
    if wrong or not table.columns.is_unique:
        msg = (
            "A table of tags has one column of truth values a class: True is present, False "
            f"absent, missing unknown. These columns are not so: {first_few(wrong or classes)}. "
            "Convert them first, or name each class once."
        )
        raise TypeError(msg)
    present = np.full((len(table), len(classes)), np.nan)
    for name, column in table.items():
        values = column.astype("boolean").to_numpy(dtype=np.float64, na_value=np.nan)
        present[:, classes.tolist().index(name)] = values
    return pd.DataFrame(present, table.index, classes)


def _truth_values(column: pd.Series) -> bool:
    """Tell whether a column holds truth values, missing ones allowed."""
    stated = column.dropna()
    return is_bool_dtype(stated) or all(isinstance(value, bool) for value in stated)
