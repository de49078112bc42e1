"""What neighbors say to each other, where each pair prefers the same class."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace

from weaklabel._device import beside, on_host
from weaklabel.kernels._dispatch import kernel
from weaklabel.kernels.gather_sum import gather_sum

LARGE = 600.0  # weights in nats above which exponentials may leave the range of doubles


@kernel
def potts_messages(  # noqa: PLR0913, PLR0917 - a graph is four arrays
    belief: Any,
    message: Any,
    weight: Any,
    sender: Any,
    reverse: Any,
    starts: Any,
    damping: Any,
    maximize: bool = False,
) -> tuple[Any, Any, Any]:
    r"""Renew the messages along all directed edges of a graph, and add them up at each receiver.

    The potential of a pair is :math:`e^{w [y_i = y_j]}`. With :math:`h` the belief of the sender
    without what the receiver told it, normalized, the message is
    :math:`\log(1 + (e^w - 1) h_y)`, between 0 and w.

    Parameters
    ----------
    belief : floating array, n_items x n_classes, or n_items x 1
        Log belief of every item, all messages included; each row has a finite entry. With one
        column it is the log-odds of the first of two classes, and so are messages: half the work.
    message : floating array, n_edges x n_classes, or n_edges x 1
        Messages that were sent before; finite.
    weight : floating array, n_edges
        At least 0, in nats.
    sender : integer array, n_edges
        Position of the item in items.
    reverse : integer array, n_edges
        Position in edges of the same pair in the other direction.
    starts : integer array, n_items + 1
        Edges ``starts[i]`` to ``starts[i + 1] - 1`` lead to item i.
    damping : float
        Share of the old message that is kept.
    maximize : bool
        Whether to take the best class of the sender in place of the sum (max-product).

    Returns
    -------
    message : floating array, shaped like `message`
    received : floating array, shaped like `belief`
        Sum of the messages to each item.
    change : floating array, n_items
        Largest change of a message to the item, before damping.

    Examples
    --------
    An item that is surely of the first class tells a neighbor to be.

    >>> belief = np.log([[1.0, 1e-300], [0.5, 0.5]])
    >>> pair = np.ones(2), np.array([1, 0]), np.array([1, 0]), np.array([0, 1, 2])
    >>> potts_messages(belief, np.zeros((2, 2)), *pair, 0.0)[1].round(3)
    array([[0.62, 0.62],
           [1.  , 0.  ]])
    >>> log_odds = belief[:, :1] - belief[:, 1:]
    >>> potts_messages(log_odds, np.zeros((2, 1)), *pair, 0.0)[1].round(3)
    array([[0.],
           [1.]])
    """
    floats = (on_host(each).astype(np.float64) for each in (belief, message, weight))
    log_belief, old, strength = floats
    origin, back, begins = (on_host(each) for each in (sender, reverse, starts))
    cavity = log_belief[origin] - old[back]
    say = _of_two if old.shape[1] == 1 else _of_several
    told = say(cavity, strength[:, None], maximize)
    moved = np.abs(told - old).max(axis=1, initial=0.0)
    change = np.zeros(len(log_belief))
    np.maximum.at(change, np.repeat(np.arange(len(change)), np.diff(begins)), moved)
    new = (1 - float(damping)) * told + float(damping) * old
    received = gather_sum(new, np.arange(len(new)), np.ones(len(new)), begins)
    xp = array_namespace(belief)
    new, received, change = (
        xp.astype(beside(each, belief), belief.dtype) for each in (new, received, change)
    )
    return new, received, change


def _of_two(log_odds: np.ndarray, weight: np.ndarray, maximize: bool) -> np.ndarray:
    """Log-odds of the message from those of the sender."""
    if maximize:
        return np.clip(log_odds, -weight, weight)
    size = np.abs(log_odds)
    near, far = np.minimum(size, weight), np.maximum(size, weight)
    with np.errstate(invalid="ignore"):
        gap = np.where(far == near, 0.0, far - near)
    said = near + np.log1p(np.exp(-near - far)) - np.log1p(np.exp(-gap))
    return np.copysign(said, log_odds)


def _of_several(cavity: np.ndarray, weight: np.ndarray, maximize: bool) -> np.ndarray:
    """Messages about every class."""
    cavity = cavity - cavity.max(axis=1, keepdims=True)
    if maximize:
        return np.maximum(cavity + weight, 0.0)
    likely = np.exp(cavity)
    total = likely.sum(axis=1, keepdims=True)
    # beyond the range of exp: the log of what it would have been
    far = np.logaddexp(0.0, weight + (cavity - np.log(total)))
    near = np.log1p(np.expm1(np.minimum(weight, LARGE)) * (likely / total))
    return np.where(weight > LARGE, far, near)
