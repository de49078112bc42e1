"""Numba twin: edges in parallel, each by one thread."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

__all__ = ["potts_messages"]


@njit(parallel=True, cache=True)
def potts_messages(belief, message, weight, sender, reverse, maximize=False):
    n_edges, n_classes = message.shape
    out = np.empty((n_edges, n_classes), dtype=belief.dtype)
    for e in prange(n_edges):
        i, back, w = sender[e], reverse[e], weight[e]
        top = -np.inf
        for y in range(n_classes):
            out[e, y] = belief[i, y] - message[back, y]
            top = max(top, out[e, y])
        if maximize:
            for y in range(n_classes):
                out[e, y] = max(out[e, y] - top + w, 0.0)
            continue
        total = 0.0
        for y in range(n_classes):
            out[e, y] = np.exp(out[e, y] - top) if out[e, y] < top else 1.0
            total += out[e, y]
        gain = np.expm1(min(w, 600.0))
        for y in range(n_classes):
            share = out[e, y] / total
            if w <= 600.0:
                out[e, y] = np.log(1.0 + gain * share)
            else:
                far = w + np.log(share) if share > 0 else -np.inf
                out[e, y] = max(far, 0.0) + np.log1p(np.exp(-abs(far)))
    return out
