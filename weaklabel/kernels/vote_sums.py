"""One step of EM over sparse votes: scores, normalization and statistics, with nothing kept."""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

from weaklabel._device import device_of
from weaklabel.kernels._dispatch import kernel
from weaklabel.kernels.gather_sum import gather_sum
from weaklabel.kernels.softmax import softmax

CELLS = 3072  # probabilities of items that the shared memory of a block of CUDA holds


@kernel
def vote_sums(  # noqa: PLR0913, PLR0917 - votes in two orders
    table: Any,
    log_prior: Any,
    unit: Any,
    weight: Any,
    starts: Any,
    items: Any,
    place: Any,
    place_weight: Any,
    runs: Any,
    tile: int,
) -> tuple[Any, Any, Any, Any]:
    r"""Add up what an E-step says, without keeping the posterior of any item.

    .. math:: s_{iy} &= \mathrm{prior}_y + \sum_{v \in i} w_v \, \mathrm{table}_{u_v y} \\
              q_{iy} &= e^{s_{iy}} / \sum_k e^{s_{ik}} \\
              \mathrm{said}_{uy} &= \sum_{v: u_v = u} w_v m_{i_v} q_{i_v y}

    Parameters
    ----------
    table : floating array, n_units x n_classes
        Log emission of each unit, what a source can say, in nats; ``-inf`` is an ordinary value.
    log_prior : floating array, n_classes
    unit : integer array, n_votes
        Row of `table` of each vote, item by item.
    weight : floating array, n_votes or 1
        Of each vote; one value stands for all.
    starts : integer array, n_items + 1
        Votes ``starts[i]`` to ``starts[i + 1] - 1`` are those on item i.
    items : floating array, n_items or 1
        How much each item counts.
    place : integer array, n_votes
        The votes in another order, by tile and unit: position of the item in its tile.
    place_weight : floating array, n_votes or 1
        Weight of each vote in that order.
    runs : integer array, n_tiles * n_units + 1
        Where the votes of each unit of each tile start in that order.
    tile : int
        Items of a tile; on a GPU no more than `CELLS` over the number of classes.

    Returns
    -------
    likelihood : floating array, no dimension
        Log-likelihood of the items with votes that some class explains, in nats.
    silent : floating array, no dimension
        How much the items without votes count.
    mass : floating array, n_classes
        How much items with votes count, by class; without those that no class explains.
    said : floating array, n_units x n_classes

    Examples
    --------
    One source votes on the second of two items.

    >>> import numpy as np
    >>> one, table = np.ones(1), np.log([[0.8, 0.4]])
    >>> votes = np.array([0]), one, np.array([0, 0, 1]), one
    >>> tiled = np.array([1]), one, np.array([0, 1]), 2
    >>> likelihood, silent, mass, said = vote_sums(table, np.log([0.5, 0.5]), *votes, *tiled)
    >>> np.exp(likelihood).round(3), silent, said.round(3)
    (np.float64(0.6), np.float64(1.0), array([[0.667, 0.333]]))
    """
    xp = array_namespace(table)
    n_units, n_classes = table.shape
    n_items, n_tiles = starts.shape[0] - 1, (runs.shape[0] - 1) // n_units
    weight, place_weight = (
        xp.broadcast_to(xp.astype(each, table.dtype), unit.shape) for each in (weight, place_weight)
    )
    items = xp.broadcast_to(xp.astype(items, table.dtype), (n_items,))
    scores = gather_sum(table, unit, weight, starts) + log_prior[None, :]
    posterior, log_normalizer = softmax(scores)
    possible = xp.isfinite(log_normalizer)
    posterior = posterior * items[:, None]
    voted = starts[1:] > starts[:-1]
    explained = xp.where(voted & possible, log_normalizer, 0.0)
    first = xp.arange(n_tiles, dtype=xp.int64, device=device_of(place)) * tile
    ends = runs[::n_units]
    row = xp.astype(place, xp.int64) + xp.repeat(first, ends[1:] - ends[:-1])
    said = gather_sum(posterior, row, place_weight, runs)
    return (
        xp.sum(explained * items),
        xp.sum(xp.where(voted, 0.0, items)),
        xp.sum(xp.where(voted[:, None], posterior, 0.0), axis=0),
        xp.sum(xp.reshape(said, (n_tiles, n_units, n_classes)), axis=0),
    )
