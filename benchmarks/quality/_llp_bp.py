"""LLP-BP as published (Havaldar et al., ICLR 2024): belief propagation over pairwise cliques.

The energy is that of the paper, with its couplings, graph, damping and number of iterations; a
bag is a clique of pairs, which is what the method is, and why its messages do not settle.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit
from sklearn.neighbors import NearestNeighbors

COUPLING = 10.0  # of a bag, and of neighbors
N_NEIGHBORS, DAMPING, N_ITER = 5, 0.5, 100


def marginals(X: np.ndarray, bag: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, float]:
    """Probability of class 1 of each item after the last iteration, and the last change in nats.

    Parameters
    ----------
    X : floating array, n_items x n_features
    bag : integer array, n_items
    counts : integer array, n_bags
        Items of class 1.
    """
    sender, receiver, similar = _graph(X)
    back = np.lexsort((sender, receiver))  # the message the other way, of each message
    place = np.empty(len(bag), dtype=np.int64)
    order = np.argsort(bag, kind="stable")
    sizes = np.bincount(bag)
    starts = np.cumsum(sizes) - sizes
    place[order] = np.arange(len(bag)) - starts[bag[order]]
    member = np.full((len(sizes), sizes.max()), -1)
    member[bag, place] = np.arange(len(bag))
    there = member >= 0
    pair = there[:, :, None] & there[:, None, :] & ~np.eye(member.shape[1], dtype=bool)
    alone = -COUPLING * (1 - 2.0 * counts[bag])
    alone -= COUPLING * np.bincount(receiver, weights=similar, minlength=len(bag))
    in_bag = np.zeros(pair.shape, dtype=np.float32)  # of bag, from, to
    along = np.zeros(len(sender))
    change = 0.0
    for _ in range(N_ITER):
        belief = alone + np.bincount(receiver, weights=along, minlength=len(bag))
        belief += in_bag.sum(axis=1)[bag, place]
        held = np.where(there, belief[member], 0.0).astype(np.float32)[:, :, None]
        told = _message(held - in_bag.transpose(0, 2, 1), -2 * COUPLING) * pair
        said = _message(belief[sender] - along[back], 2 * COUPLING * similar)
        change = max(np.abs(told - in_bag).max(), np.abs(said - along).max(initial=0.0))
        in_bag += (1 - DAMPING) * (told - in_bag)
        along += (1 - DAMPING) * (said - along)
    belief = alone + np.bincount(receiver, weights=along, minlength=len(bag))
    belief += in_bag.sum(axis=1)[bag, place]
    return expit(belief), float(change)


def _message(held: np.ndarray, coupling: np.ndarray | float) -> np.ndarray:
    """Log-odds that a neighbor hears, from what is held without it."""
    return np.logaddexp(0, held + coupling, dtype=held.dtype) - np.logaddexp(0, held)


def _graph(X: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Edges both ways between nearest neighbors by cosine: sender, receiver, similarity."""
    found = NearestNeighbors(n_neighbors=N_NEIGHBORS + 1, metric="cosine").fit(X)
    near = found.kneighbors(X, return_distance=False)
    own = np.repeat(np.arange(len(X)), near.shape[1])
    pairs = np.sort(np.column_stack([own, near.ravel()])[own != near.ravel()], axis=1)
    one, other = np.unique(pairs, axis=0).T
    similar = np.exp(-np.linalg.norm(X[one] - X[other], axis=1))
    sender, receiver = np.r_[one, other], np.r_[other, one]
    order = np.lexsort((receiver, sender))
    return sender[order], receiver[order], np.r_[similar, similar][order]
