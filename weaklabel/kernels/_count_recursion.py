"""Forward-backward over running counts: exact, in the log domain, over many bags at once."""

from __future__ import annotations

from typing import Any

import numpy as np


def recursion(
    log_weight: np.ndarray, log_potential: np.ndarray, add: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Give what the potential of a bag says to each of its members, and the bag's normalizer.

    Every member has one of r + 1 outcomes; the first r are counted, the last is not. The state
    between two members is the count of each of the first r outcomes so far.

    Parameters
    ----------
    log_weight : floating array, n_bags x size x (r + 1)
        Log weights of the outcomes of each member; ``-inf`` is an ordinary value. Pad smaller
        bags with members that have the last outcome.
    log_potential : floating array, n_bags x n_counts x ... (r axes of counts)
        Log potential of the counts from 0; ``-inf`` beyond.
    add : numpy ufunc
        ``np.logaddexp`` for sums, ``np.maximum`` for the best.

    Returns
    -------
    log_message : floating array, n_bags x size x (r + 1)
        Log of the sum (or the best) over the outcomes of all other members.
    log_normalizer : floating array, n_bags
    """
    n_bags, size, n_outcomes = log_weight.shape
    cells = (n_bags,) + (1,) * (log_potential.ndim - 1)
    # backward[i]: what is to come after member i, given the counts up to it
    backward = [log_potential]
    for i in range(size - 1, -1, -1):
        options = [
            _ahead(backward[-1], k) + log_weight[:, i, k].reshape(cells) for k in range(n_outcomes)
        ]
        backward.append(_added(add, options))
    backward.reverse()
    forward = np.full(log_potential.shape, -np.inf)
    forward.reshape(n_bags, -1)[:, 0] = 0.0
    log_message = np.empty_like(log_weight)
    for i in range(size):
        for k in range(n_outcomes):
            joint = forward + _ahead(backward[i + 1], k)
            log_message[:, i, k] = add.reduce(joint.reshape(n_bags, -1), axis=1)
        options = [
            _behind(forward, k) + log_weight[:, i, k].reshape(cells) for k in range(n_outcomes)
        ]
        forward = _added(add, options)
    return log_message, backward[0].reshape(n_bags, -1)[:, 0]


def _added(add: Any, options: list[np.ndarray]) -> np.ndarray:
    """Add up, or take the best of, what each outcome leads to."""
    total = options[0]
    for option in options[1:]:
        total = add(total, option)
    return total


def _ahead(table: np.ndarray, outcome: int) -> np.ndarray:
    """Entry of the state that this outcome leads to; the last outcome counts nowhere."""
    axis = outcome + 1
    if axis == table.ndim:
        return table
    moved = np.full(table.shape, -np.inf)
    source = np.moveaxis(table, axis, 1)
    np.moveaxis(moved, axis, 1)[:, :-1] = source[:, 1:]
    return moved


def _behind(table: np.ndarray, outcome: int) -> np.ndarray:
    """Entry of the state that this outcome comes from."""
    axis = outcome + 1
    if axis == table.ndim:
        return table
    moved = np.full(table.shape, -np.inf)
    source = np.moveaxis(table, axis, 1)
    np.moveaxis(moved, axis, 1)[:, 1:] = source[:, :-1]
    return moved
