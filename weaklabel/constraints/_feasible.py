"""Feasibility: find the bags whose constraints cannot hold, before anything is solved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from weaklabel._check import first_few
from weaklabel._device import on_host
from weaklabel.constraints._between import Bounded, beside, narrowed
from weaklabel.constraints._flow import unmet

if TYPE_CHECKING:
    from weaklabel.bags import Bags
    from weaklabel.evidence import Evidence

NEAR = 1e-6  # in items: what rounding leaves of a sum of bounds

# reason, and what to do about it; in the order in which they are looked for
REMEDIES = {
    "ask for more {of} items than they have members": (
        "Probably a number was meant for larger bags. Lower it, or leave these bags out."
    ),
    "have contradictory statements about {of}": (
        "Probably two tables disagree. Drop one, or widen them by within= or scale=."
    ),
    "ask for more {of} items than candidates allow": (
        "Probably candidates exclude a class that the bag needs. Correct either; candidates that "
        "may be wrong take a noise_rate=."
    ),
    "allow fewer {of} items than candidates force": (
        "Probably gold labels contradict the bag. Correct either; labels that may be wrong are "
        "votes, or take a noise_rate=."
    ),
    "ask for more items in all classes together than they have": (
        "Probably shares of a bag sum to more than 1. Divide them by their sum, or use within=."
    ),
    "allow fewer items in all classes together than they have": (
        "Probably shares of a bag sum to less than 1, or all classes are absent. Divide shares by "
        "their sum, add the missing class, or use within=."
    ),
    "need more items of some classes than candidates allow together": (
        "Each class alone could be met, but the same members would be needed twice. Correct the "
        "candidates, or widen the statements by within=."
    ),
    "have no room for what candidates force into some classes": (
        "Each class alone could be met, but not all members find a place. Correct the candidates, "
        "or widen the statements by within=."
    ),
    "contradict bags of another grouping with which they share members": (
        "Each grouping alone could hold. Probably two tables disagree, or items are in the wrong "
        "bag. Widen one of them by within= or scale=, or leave it out."
    ),
}
MORE, TWO, FEW, FORCED, SUM_LOW, SUM_HIGH, HALL_LOW, HALL_HIGH, BETWEEN = REMEDIES


class InfeasibleBags(ValueError):  # noqa: N818 - named by what is wrong
    """Constraints that no labeling can meet; the message names the bags."""


class _Limits(NamedTuple):
    """What the constraints of a block allow, each n_bags x n_classes, and the problems so far."""

    low: np.ndarray
    high: np.ndarray
    problems: list[tuple[int, str, Any, str]]  # bag, reason, class, detail


def check_feasible(evidence: Evidence, *, expected: bool = False) -> None:
    """Refuse evidence with bags whose constraints cannot hold; solvers call this first.

    Parameters
    ----------
    evidence : Evidence
    expected : bool
        See `infeasible_bags`.

    Raises
    ------
    InfeasibleBags
        Names the bags, the likely cause, and what to do.
    """
    found = infeasible_bags(evidence, expected=expected)
    if found.empty:
        return
    counts = found["reason"].value_counts(sort=False)
    reason = found["reason"].iloc[0]
    same = found[found["reason"] == reason]
    shown = ", ".join(
        f"{bag!r} ({detail})"
        for bag, detail in zip(same["bag"].tolist()[:3], same["detail"].tolist()[:3], strict=True)
    )
    more = f" and {len(same) - 3} more" if len(same) > 3 else ""
    others = (
        f" {len(found) - len(same)} other problems are listed by infeasible_bags(evidence)."
        if len(counts) > 1
        else ""
    )
    msg = f"{len(same)} bags {reason}: {shown}{more}. {same['remedy'].iloc[0]}{others}"
    raise InfeasibleBags(msg)


def infeasible_bags(evidence: Evidence, *, expected: bool = False) -> pd.DataFrame:
    """List the bags whose constraints cannot hold, and why.

    Each block of bags is checked by itself, with the candidates of its members. Within a bag the
    check is complete for intervals: it names a bag if and only if no labeling of its members meets
    the bounds of all classes (by maximum flow, after the simple reasons). All or none
    (`SameLabel`) is used to narrow intervals, so that not every contradiction with it is found.
    Where all blocks hold by themselves, what their bags leave no choice about (all of a class, or
    none) is told to the blocks that share members; contradictions that take more thought than
    that are left to the solver. Noisy statements contradict nothing.

    Parameters
    ----------
    evidence : Evidence
    expected : bool
        Whether expected counts have to meet the bounds, rather than whole counts. Shares of 0.3
        and 0.69 of two classes can be met by whole counts beside them, but never in expectation.

    Returns
    -------
    pandas.DataFrame
        One row a problem, the first reason found for a bag: columns `block` (position in
        ``evidence.bags``), `bag`, `class` (None: several together), `reason`, `detail`, `remedy`.

    Examples
    --------
    >>> import weaklabel as wl
    >>> shop = pd.Series(["A", "A", "B"])
    >>> evidence = wl.Evidence(shop.index, classes=["bad", "fine"])
    >>> evidence = evidence.with_bags(shop, wl.AtLeast("bad", number={"A": 1, "B": 2}))
    >>> infeasible_bags(evidence)[["bag", "reason", "detail"]].values.tolist()
    [['B', "ask for more 'bad' items than they have members", 'size 1, at least 2']]
    """
    allowed = None if evidence.candidates is None else on_host(evidence.candidates)
    checked = [
        _problems(block, evidence.classes, allowed, expected=expected) for block in evidence.bags
    ]
    found = [(n, *one) for n, limits in enumerate(checked) for one in _in_order(limits)]
    if not found and len(checked) > 1:
        found = _between_blocks(evidence, checked, expected=expected)
    rows = [
        {
            "block": number,
            "bag": evidence.bags[number].names[bag],
            "class": of,
            "reason": reason.format(of=repr(of)),
            "detail": detail,
            "remedy": REMEDIES[reason],
        }
        for number, bag, reason, of, detail in found
    ]
    return pd.DataFrame(rows, columns=["block", "bag", "class", "reason", "detail", "remedy"])


def require_bounds(evidence: Evidence, who: str) -> None:
    """Refuse constraints that are no interval, for a solver that needs bounds.

    Parameters
    ----------
    evidence : Evidence
    who : str
        Name of the solver.

    Raises
    ------
    TypeError
        Names the constraints.
    """
    strange = [c for block in evidence.bags for c in block.constraints if not c.bounded]
    if strange:
        kinds = ", ".join(dict.fromkeys(f"{type(c).__name__} of {c.of!r}" for c in strange))
        msg = (
            f"{who} keeps expected counts within bounds, and {kinds} has none. Use a solver of "
            "counts, such as BeliefPropagation, or leave the constraint out."
        )
        raise TypeError(msg)


def _problems(
    block: Bags, classes: pd.Index, allowed: np.ndarray | None, *, expected: bool
) -> _Limits:
    """Find the limits of one block, and its problems."""
    size = on_host(block.sizes)
    shape = (block.n_bags, len(classes))
    high = np.broadcast_to(size[:, None].astype(np.float64), shape).copy()
    limits = _Limits(np.zeros(shape), high, [])
    _narrow_by_bounds(limits, block, classes, size, expected=expected)
    if allowed is not None:
        _narrow_by_candidates(limits, block, classes, allowed, size)
    _narrow_by_same_label(limits, block, classes, size)
    _check_sums(limits, size)
    if allowed is not None:
        _check_flow(limits, block, allowed, expected=expected)
    return limits


def _in_order(limits: _Limits) -> list[tuple[int, str, Any, str]]:
    """Sort problems by reason, then bag."""
    order = list(REMEDIES)
    return sorted(limits.problems, key=lambda one: (order.index(one[1]), one[0]))


def _between_blocks(
    evidence: Evidence, checked: list[_Limits], *, expected: bool
) -> list[tuple[int, int, str, Any, str]]:
    """Find contradictions between blocks, each of which holds by itself: block, bag, and so on."""
    allowed = np.ones((len(evidence), len(evidence.classes)), dtype=bool)
    if evidence.candidates is not None:
        allowed = on_host(evidence.candidates)
    bounded = [
        Bounded(block, limits.low, limits.high)
        for block, limits in zip(evidence.bags, checked, strict=True)
    ]
    allowed, wrong = narrowed(allowed, bounded)
    for number, block in enumerate(evidence.bags):
        limits = _problems(block, evidence.classes, allowed, expected=expected)
        wrong += [(number, bag) for bag, *_ in limits.problems]
    detail = "shared with {}"
    return [
        (number, bag, BETWEEN, None, detail.format(first_few(beside(bounded, number, bag))))
        for number, bag in sorted(set(wrong))
    ]


def _narrow_by_bounds(
    limits: _Limits, block: Bags, classes: pd.Index, size: np.ndarray, *, expected: bool
) -> None:
    """Intersect the bounds of all exact constraints of each class."""
    for constraint in block.constraints:
        if not (constraint.bounded and constraint.exact):
            continue
        of, y = constraint.of, classes.get_loc(constraint.of)
        low, high = constraint.map_arrays(on_host).bounds(size)
        _note(limits, low > size + NEAR, MORE, of, "size {}, at least {:g}", size, low)
        if not expected:
            low, high = _whole(low, high)
        low, high = np.maximum(limits.low[:, y], low), np.minimum(limits.high[:, y], high)
        _note(limits, low > high + NEAR, TWO, of, "at least {:g}, at most {:g}", low, high)
        limits.low[:, y], limits.high[:, y] = low, high


def _whole(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers within bounds; those beside them where none is within."""
    first, last = np.ceil(low - NEAR), np.floor(high + NEAR)
    none = (first > last) & (low <= high)
    return np.where(none, np.floor(low), first), np.where(none, np.ceil(high), last)


def _narrow_by_candidates(
    limits: _Limits, block: Bags, classes: pd.Index, allowed: np.ndarray, size: np.ndarray
) -> None:
    """Bound each class by the members that may have it, and by those that may have no other."""
    certain = allowed & (allowed.sum(axis=1, keepdims=True) == 1)
    for y, of in enumerate(classes.tolist()):
        possible, forced = block.sum_members(allowed[:, y]), block.sum_members(certain[:, y])
        low, high = limits.low[:, y], limits.high[:, y]
        few, many = "{:g} of {} may be, at least {:g}", "{:g} of {} must be, at most {:g}"
        _note(limits, low > possible + NEAR, FEW, of, few, possible, size, low)
        _note(limits, high < forced - NEAR, FORCED, of, many, forced, size, high)
        limits.low[:, y], limits.high[:, y] = np.maximum(low, forced), np.minimum(high, possible)


def _narrow_by_same_label(
    limits: _Limits, block: Bags, classes: pd.Index, size: np.ndarray
) -> None:
    """All or none: one that must be means all, one that cannot be means none."""
    for constraint in block.constraints:
        if constraint.bounded:
            continue
        y = classes.get_loc(constraint.of)
        low, high = limits.low[:, y], limits.high[:, y]
        someone, not_all = low > NEAR, high < size - NEAR
        detail = "all of {} or none, at least {:g}, at most {:g}"
        _note(limits, someone & not_all, TWO, constraint.of, detail, size, low, high)
        limits.low[:, y] = np.where(someone, size, low)
        limits.high[:, y] = np.where(not_all, 0.0, high)


def _check_sums(limits: _Limits, size: np.ndarray) -> None:
    """Compare the bounds of all classes together with the size."""
    low, high = limits.low.sum(axis=1), limits.high.sum(axis=1)
    _note(limits, low > size + NEAR, SUM_LOW, None, "size {}, at least {:g}", size, low)
    _note(limits, high < size - NEAR, SUM_HIGH, None, "size {}, at most {:g}", size, high)


def _check_flow(limits: _Limits, block: Bags, allowed: np.ndarray, *, expected: bool) -> None:
    """Check that members can be shared out among classes, where the simple reasons found nothing.

    Lower bounds alone and upper bounds alone decide it: a labeling that meets both exists if one
    exists for each (Hoffman and Kuhn, 1956).
    """
    sound = np.ones(block.n_bags, dtype=bool)
    sound[[bag for bag, *_ in limits.problems]] = False
    short = unmet(block, allowed, limits.low, sound, whole=not expected)
    _note(limits, short > NEAR, HALL_LOW, None, "{:g} too few", short)
    sound &= short <= NEAR
    left = unmet(block, allowed, limits.high, sound, whole=not expected, place_all=True)
    _note(limits, left > NEAR, HALL_HIGH, None, "{:g} without a place", left)


def _note(
    limits: _Limits, wrong: np.ndarray, reason: str, of: Any, detail: str, *by_bag: np.ndarray
) -> None:
    """Write down a problem of bags that have none yet."""
    known = {bag for bag, *_ in limits.problems}
    limits.problems.extend(
        (bag, reason, of, detail.format(*(values[bag] for values in by_bag)))
        for bag in np.flatnonzero(wrong).tolist()
        if bag not in known
    )
