"""CUDA twin: a thread a receiver; sums and changes in the same pass."""

from __future__ import annotations

import math

from array_api_compat import array_namespace
from numba import cuda

from weaklabel.kernels.gpu._launch import THREADS, blocks_for, launch
from weaklabel.kernels.potts_messages import LARGE

__all__ = ["potts_messages"]


def potts_messages(belief, message, weight, sender, reverse, starts, damping, maximize=False):
    xp = array_namespace(belief)
    n_items = belief.shape[0]
    new = xp.empty(message.shape, dtype=belief.dtype)
    received = xp.zeros(belief.shape, dtype=belief.dtype)
    change = xp.zeros(n_items, dtype=belief.dtype)
    graph = weight, sender, reverse, starts
    kernel = _two if message.shape[1] == 1 else _several
    given = belief, message, *graph, float(damping), bool(maximize)
    launch(kernel, blocks_for(n_items), THREADS, *given, new, received, change)
    return new, received, change


@cuda.jit
def _two(
    belief,
    message,
    weight,
    sender,
    reverse,
    starts,
    damping,
    maximize,
    new,
    received,
    change,
):
    """Log-odds of two classes."""
    for i in range(cuda.grid(1), change.size, cuda.gridsize(1)):
        total, most = 0.0, 0.0
        for e in range(starts[i], starts[i + 1]):
            old, back = float(message[e, 0]), reverse[e]
            cavity = float(belief[sender[e], 0]) - float(message[back, 0])
            said = _of_two(cavity, float(weight[e]), maximize)
            most = max(most, abs(said - old))
            said = (1 - damping) * said + damping * old
            new[e, 0] = said
            total += said
        received[i, 0], change[i] = total, most


@cuda.jit(device=True)
def _of_two(log_odds, weight, maximize):
    """Log-odds of the message from those of the sender."""
    size = abs(log_odds)
    near, far = min(size, weight), max(size, weight)
    if maximize:
        said = near
    elif far < LARGE:
        a, b = math.exp(-near), math.exp(-far)
        said = math.log((1.0 + a * b) / (a + b))
    else:
        gap = far - near if far > near else 0.0
        said = near + math.log1p(math.exp(-near - far)) - math.log1p(math.exp(-gap))
    return math.copysign(said, log_odds)


@cuda.jit
def _several(
    belief,
    message,
    weight,
    sender,
    reverse,
    starts,
    damping,
    maximize,
    new,
    received,
    change,
):
    """One column a class; beliefs are read again for each class, which costs no memory traffic."""
    n_classes = belief.shape[1]
    for i in range(cuda.grid(1), change.size, cuda.gridsize(1)):
        most = 0.0
        for e in range(starts[i], starts[i + 1]):
            s, back, w = sender[e], reverse[e], float(weight[e])
            top, total = -math.inf, 0.0
            for y in range(n_classes):
                top = max(top, float(belief[s, y]) - float(message[back, y]))
            for y in range(n_classes):
                total += math.exp(float(belief[s, y]) - float(message[back, y]) - top)
            for y in range(n_classes):
                cavity, old = float(belief[s, y]) - float(message[back, y]) - top, message[e, y]
                said = _of_class(cavity, total, w, maximize)
                most = max(most, abs(said - old))
                said = (1 - damping) * said + damping * old
                new[e, y] = said
                received[i, y] += said
        change[i] = most


@cuda.jit(device=True)
def _of_class(cavity, total, weight, maximize):
    """Message about a class from its log weight beside the best."""
    if maximize:
        return max(cavity + weight, 0.0)
    if weight <= LARGE:
        return math.log(1.0 + math.expm1(weight) * (math.exp(cavity) / total))
    far = weight + (cavity - math.log(total))
    return max(far, 0.0) + math.log1p(math.exp(-abs(far)))
