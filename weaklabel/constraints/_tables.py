"""Tables of shares or counts, one row a bag and one column a class, as constraints."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from weaklabel._check import first_few
from weaklabel.constraints._fields import largest
from weaklabel.constraints._number import Noise
from weaklabel.constraints.count import Count
from weaklabel.constraints.proportion import Proportion


def proportions_from(
    table: pd.DataFrame,
    *,
    complete: bool = False,
    rounding: float = 0.005,
    within: Any = 0.0,
    scale: Any = None,
    noise: Noise = "gaussian",
) -> tuple[Proportion, ...]:
    """Make constraints of a table of shares.

    Parameters
    ----------
    table : DataFrame, n_bags x n_classes
        Index: names of the bags. Columns: names of classes. NaN where nothing is stated.
    complete : bool
        The columns are all the classes, so that rows without NaN sum to 1; where they do not by
        rounding, they are divided by their sum.
    rounding : float
        How far rounding may have moved each share; a sum may be off by this for each class.
    within, scale, noise
        See `Proportion`; with noise sums are not checked.

    Returns
    -------
    tuple of Proportion
        One a column; pass them on by ``with_bags(bag, *proportions_from(table))``.

    Raises
    ------
    TypeError
        If `table` is no frame of numbers.
    ValueError
        If a share is none, or shares of a bag sum to more than 1 (or, if complete, to less).

    Examples
    --------
    >>> table = pd.DataFrame({"bad": [0.2, 0.5], "fine": [0.8, None]}, index=["A", "B"])
    >>> [constraint.of for constraint in proportions_from(table)]
    ['bad', 'fine']
    """
    _refuse_no_table(table, "shares")
    if scale is None:
        table = _summing_to_one(table, complete=complete, rounding=rounding, within=within)
    return tuple(
        Proportion(name, share=table[name], within=within, scale=scale, noise=noise)
        for name in table.columns
    )


def counts_from(
    table: pd.DataFrame,
    *,
    within: Any = 0.0,
    scale: Any = None,
    noise: Noise = "gaussian",
) -> tuple[Count, ...]:
    """Make constraints of a table of counts.

    That counts fit the sizes of bags is checked by `check_feasible`, which solvers call first.

    Parameters
    ----------
    table : DataFrame, n_bags x n_classes
        Index: names of the bags. Columns: names of classes. NaN where nothing is stated.
    within, scale, noise
        See `Count`.

    Returns
    -------
    tuple of Count
        One a column; pass them on by ``with_bags(bag, *counts_from(table))``.

    Raises
    ------
    TypeError
        If `table` is no frame of numbers.
    ValueError
        If a count is negative, or (without noise and `within`) not whole.

    Examples
    --------
    >>> table = pd.DataFrame({"bad": [2, 1], "fine": [3, 0]}, index=["A", "B"])
    >>> [constraint.number.tolist() for constraint in counts_from(table)]
    [[2, 1], [3, 0]]
    """
    _refuse_no_table(table, "counts")
    values = table.to_numpy(dtype=np.float64, na_value=np.nan)
    broken = table.index[np.flatnonzero((np.abs(values - np.round(values)) > 1e-6).any(axis=1))]
    if len(broken) and scale is None and not largest(within) > 0:
        msg = (
            f"Counts of {len(broken)} bags are not whole: {first_few(broken)}. Probably these are "
            "shares. Use proportions_from, or say how far they may be off by within= or scale=."
        )
        raise ValueError(msg)
    return tuple(
        Count(name, number=table[name], within=within, scale=scale, noise=noise)
        for name in table.columns
    )


def _summing_to_one(
    table: pd.DataFrame, *, complete: bool, rounding: float, within: Any
) -> pd.DataFrame:
    """Refuse shares of a bag that sum to another number than 1 by more than rounding."""
    shares = table.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
    total = np.nansum(shares, axis=1)
    whole = ~np.isnan(shares).any(axis=1) & complete
    slack = rounding * shares.shape[1] + 1e-9
    slack = slack + largest(within) * shares.shape[1]  # an interval takes up what the sum misses
    over, under = total > 1 + slack, whole & (total < 1 - slack)
    wrong = np.flatnonzero(over | under)
    if len(wrong):
        msg = (
            f"Shares of {len(wrong)} bags sum to {'more than' if over[wrong[0]] else 'less than'} "
            f"1: {first_few(table.index[wrong])} (the first to {total[wrong[0]]:.4g}). Probably "
            "they are counts or percentages, or a class is missing. Use counts_from, divide by "
            "the sum, or raise rounding=."
        )
        raise ValueError(msg)
    rescaled = np.flatnonzero((whole & (total != 1)) | (total > 1))
    if largest(within) > 0 or not len(rescaled):
        return table
    shares[rescaled] = shares[rescaled] / total[rescaled, None]
    return pd.DataFrame(shares, table.index, table.columns)


def _refuse_no_table(table: Any, what: str) -> None:
    """Refuse what is no frame of numbers with one column a class."""
    if not isinstance(table, pd.DataFrame):
        msg = (
            f"A table of {what} is a DataFrame, one row a bag and one column a class, not a "
            f"{type(table).__name__}. Pivot it first, for instance by pandas.crosstab."
        )
        raise TypeError(msg)
    wrong = [name for name, kind in table.dtypes.items() if not is_numeric_dtype(kind)]
    if wrong or not table.columns.is_unique:
        msg = (
            f"A table of {what} has one column of numbers a class; these are not so: "
            f"{first_few(wrong or table.columns[table.columns.duplicated()])}. Convert them, make "
            "the bags the index by set_index, or name each class once."
        )
        raise TypeError(msg)
