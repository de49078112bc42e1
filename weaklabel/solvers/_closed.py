"""What bounds leave no choice about: classes that some members cannot have, or must."""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

from weaklabel.solvers._counts import Block

SURE = 1e-9  # share of a bag within which a bound is at an end


def close_classes(allowed: Any, blocks: list[Block]) -> tuple[Any, list[Any]]:
    """Rule out what contradicts a bound, until nothing more follows.

    A bag without the class at all (`AtMost` 0), or all of one class, has its optimum at infinite
    dual variables; these are found here by counting, so that all others are finite. Members that
    would be left with no class keep what they had: such bounds cannot hold.

    Parameters
    ----------
    allowed : boolean array, n_items x n_classes
        At least one class an item.
    blocks : list of Block

    Returns
    -------
    allowed : boolean array, n_items x n_classes
    duals : list of float64 array, n_bags x n_classes
        ``-inf`` where a class was closed, ``inf`` where it was forced, else 0.
    """
    xp = array_namespace(allowed)
    duals = [xp.zeros_like(block.low) for block in blocks]
    left = int(xp.sum(xp.astype(allowed, xp.int64)))
    while True:
        for number, block in enumerate(blocks):
            closed, forced = _consequences(allowed, block)
            allowed = _apply(xp, allowed, block, closed, forced)
            dual = xp.where(closed, xp.full_like(block.low, -xp.inf), duals[number])
            duals[number] = xp.where(forced, xp.full_like(block.low, xp.inf), dual)
        still = int(xp.sum(xp.astype(allowed, xp.int64)))
        if still == left:
            return allowed, duals
        left = still


def _consequences(allowed: Any, block: Block) -> tuple[Any, Any]:
    """Find the classes of bags that no undecided member can have, or all that can must."""
    xp = array_namespace(allowed)
    number = xp.astype(allowed, xp.float64)
    alone = xp.sum(number, axis=1, keepdims=True) == 1
    possible = block.counts(number)
    certain = block.counts(xp.where(alone, number, xp.zeros_like(number)))
    low, high = xp.maximum(block.low, certain), xp.minimum(block.high, possible)
    size = block.size[:, None]
    # what the other classes take or leave bounds a class too
    least = xp.maximum(low, size - (xp.sum(high, axis=1, keepdims=True) - high))
    most = xp.minimum(high, size - (xp.sum(low, axis=1, keepdims=True) - low))
    open_ = possible > certain
    return open_ & (most <= certain + SURE * size), open_ & (least >= possible - SURE * size)


def _apply(xp: Any, allowed: Any, block: Block, closed: Any, forced: Any) -> Any:
    """Narrow what the members of bags may be."""
    closed, forced = (xp.astype(each, xp.float64) for each in (closed, forced))
    closed, forced = (block.spread(each) > 0 for each in (closed, forced))
    alone = xp.sum(xp.astype(allowed, xp.int64), axis=1, keepdims=True) == 1
    must = forced & allowed
    some = xp.any(must, axis=1, keepdims=True)
    narrow = xp.where(some, must, allowed & ~closed)
    ok = xp.any(narrow, axis=1, keepdims=True) & ~alone
    return xp.where(ok, narrow, allowed)
