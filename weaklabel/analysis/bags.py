"""Bags under a posterior: which statements hold, and which hold worst."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from weaklabel._check import as_index, first_few
from weaklabel._device import on_host
from weaklabel.analysis._scored import refuse_no_posterior

if TYPE_CHECKING:
    from weaklabel.bags import Bags
    from weaklabel.constraints import Constraint
    from weaklabel.evidence import Evidence
    from weaklabel.posterior import Posterior

WHAT = ["block", "bag", "constraint", "class", "size"]
COLUMNS = [*WHAT, "low", "high", "scale", "count", "share", "excess"]


def bag_report(evidence: Evidence, posterior: Posterior) -> pd.DataFrame:
    """Compare what is stated about bags with what a posterior expects, worst first.

    Parameters
    ----------
    evidence : Evidence
        With bags.
    posterior : Posterior
        Of the same items, in the same order.

    Returns
    -------
    pandas.DataFrame
        One row a bag and constraint that says something about it: `block` (position in
        ``evidence.bags``), `bag`, `constraint` (its kind), `class`, `size`, `low` and `high` (the
        stated bounds, in items; NaN where the kind has none), `scale` (of the noise that the
        stated number carries, in items; 0 without), `count` and `share` (expected under the
        posterior) and `excess` (distance of the count from the bounds, in items).

    Raises
    ------
    ValueError
        If items or classes of the posterior are others.

    Examples
    --------
    >>> import weaklabel as wl
    >>> shop = pd.Series(["A", "A", "B"])
    >>> evidence = wl.Evidence(shop.index, classes=["bad", "fine"])
    >>> evidence = evidence.with_bags(shop, wl.AtLeast("bad"))
    >>> posterior = wl.Independent().solve(np.log([[0.1, 0.9], [0.2, 0.8], [0.9, 0.1]]), evidence)
    >>> bag_report(evidence, posterior)[["bag", "low", "count", "excess"]].round(3).values.tolist()
    [['A', 1.0, 0.3, 0.7], ['B', 1.0, 0.9, 0.1]]
    """
    _refuse_others(evidence, posterior)
    parts = [
        _rows(number, block, constraint, posterior)
        for number, block in enumerate(evidence.bags)
        for constraint in block.constraints
    ]
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values("excess", ascending=False, kind="stable", ignore_index=True)


def violation(evidence: Evidence, posterior: Posterior) -> float:
    """Give the total excess of expected counts over all bags and constraints, in items.

    Parameters
    ----------
    evidence : Evidence
        With bags.
    posterior : Posterior
        Of the same items, in the same order.

    Returns
    -------
    float
        0 if all statements hold in expectation.

    Raises
    ------
    ValueError
        If items or classes of the posterior are others.

    Examples
    --------
    >>> import weaklabel as wl
    >>> evidence = wl.Evidence(range(4), classes=["bad", "fine"])
    >>> evidence = evidence.with_class_balance({"bad": 0.25, "fine": 0.75})
    >>> violation(evidence, wl.Independent().solve(np.zeros((4, 2)), evidence))
    2.0
    """
    return float(bag_report(evidence, posterior)["excess"].sum())


def _rows(number: int, block: Bags, constraint: Constraint, posterior: Posterior) -> pd.DataFrame:
    """Report one constraint in the bags about which it says something."""
    constraint = constraint.map_arrays(on_host)
    size = on_host(block.sizes)
    probability = on_host(posterior.probabilities)[:, posterior.classes.get_loc(constraint.of)]
    count = block.sum_members(probability)
    nothing = np.full(block.n_bags, np.nan)
    low, high = constraint.bounds(size) if constraint.bounded else (nothing, nothing)
    table = pd.DataFrame(
        {
            "block": number,
            "bag": block.names,
            "constraint": type(constraint).__name__,
            "class": as_index([constraint.of] * block.n_bags),
            "size": size,
            "low": low,
            "high": high,
            "scale": constraint.noise_scale(size),
            "count": count,
            "share": count / size,
            "excess": constraint.excess(count, size),
        },
        columns=COLUMNS,
    )
    return table[constraint.stated(block.n_bags)]


def _refuse_others(evidence: Evidence, posterior: Posterior) -> None:
    """Refuse a posterior of other items or classes."""
    refuse_no_posterior(posterior)
    same = evidence.index.equals(posterior.index) and evidence.classes.equals(posterior.classes)
    if not same:
        msg = (
            f"The posterior is of other items or classes: {first_few(posterior.index)}, classes "
            f"{posterior.classes.tolist()}; the evidence has {first_few(evidence.index)}, classes "
            f"{evidence.classes.tolist()}. Probably one was selected or sorted. Make the posterior "
            "from this evidence."
        )
        raise ValueError(msg)
