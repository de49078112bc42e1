"""What neighbors say to each other, where each pair prefers the same class."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace

from weaklabel._device import beside, on_host
from weaklabel.kernels._dispatch import kernel


@kernel
def potts_messages(
    belief: Any, message: Any, weight: Any, sender: Any, reverse: Any, maximize: bool = False
) -> Any:
    r"""Send messages along the directed edges of a graph.

    The potential of a pair is :math:`e^{w [y_i = y_j]}`. With :math:`h` the belief of the sender
    without what the receiver told it, normalized, the message is
    :math:`\log(1 + (e^w - 1) h_y)`, between 0 and w.

    Parameters
    ----------
    belief : floating array, n_items x n_classes
        Log belief of every item, all messages included; each row has a finite entry.
    message : floating array, n_edges x n_classes
        Messages that were sent before; finite.
    weight : floating array, n_edges
        At least 0, in nats.
    sender : integer array, n_edges
        Position of the item in items.
    reverse : integer array, n_edges
        Position in edges of the same pair in the other direction.
    maximize : bool
        Whether to take the best class of the sender in place of the sum (max-product).

    Returns
    -------
    floating array, n_edges x n_classes

    Examples
    --------
    An item that is surely of the first class tells a neighbor to be.

    >>> belief = np.log([[1.0, 1e-300], [0.5, 0.5]])
    >>> pair = np.zeros((2, 2)), np.ones(2), np.array([1, 0]), np.array([1, 0])
    >>> potts_messages(belief, *pair).round(3)
    array([[0.62, 0.62],
           [1.  , 0.  ]])
    """
    log_belief, said, strength, origin, back = (
        on_host(array) for array in (belief, message, weight, sender, reverse)
    )
    cavity = log_belief[origin] - said[back]
    cavity = cavity - cavity.max(axis=1, keepdims=True)
    step = strength[:, None]
    if maximize:
        found = np.maximum(cavity + step, 0.0)
    else:
        likely = np.exp(cavity)
        total = likely.sum(axis=1, keepdims=True)
        # beyond the range of exp: the log of what it would have been
        with np.errstate(divide="ignore"):
            far = np.logaddexp(0.0, step + np.log(likely / total))
        found = np.where(
            step > 600, far, np.log1p(np.expm1(np.minimum(step, 600)) * likely / total)
        )
    xp = array_namespace(belief)
    return xp.astype(beside(found, belief), belief.dtype)
