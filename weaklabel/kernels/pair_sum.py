"""Sum over segments what every two rows named in one have in common: which votes meet."""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

from weaklabel._device import device_of
from weaklabel.kernels._dispatch import kernel
from weaklabel.kernels.scatter_sum import scatter_sum


@kernel
def pair_sum(row: Any, weight: Any, starts: Any, scale: Any, n_rows: int) -> Any:
    r"""Sum products of weights over all pairs of votes in a segment, by the rows they name.

    .. math:: \mathrm{out}_{rq} = \sum_s \mathrm{scale}_s
              \sum_{v, w \in s} \mathrm{weight}_v \, \mathrm{weight}_w \,
              [\mathrm{row}_v = r][\mathrm{row}_w = q]

    Parameters
    ----------
    row : integer array, n_votes
    weight : floating array, n_votes or 1
    starts : integer array, n_segments + 1
        Votes ``starts[s]`` to ``starts[s + 1] - 1`` belong to segment s; rising from 0 to n_votes.
    scale : floating array, n_segments or 1
    n_rows : int

    Returns
    -------
    floating array, n_rows x n_rows
        Symmetric.

    Examples
    --------
    >>> import numpy as np
    >>> pair_sum(np.array([0, 1, 1]), np.ones(1), np.array([0, 2, 3]), np.ones(1), 2)
    array([[1., 1.],
           [1., 2.]])
    """
    xp = array_namespace(row, weight, starts, scale)
    sizes, device = starts[1:] - starts[:-1], device_of(starts)
    segment = xp.repeat(xp.arange(sizes.shape[0], dtype=starts.dtype, device=device), sizes)
    weight = xp.broadcast_to(weight, row.shape)
    scale = xp.take(xp.broadcast_to(scale, sizes.shape), segment)
    row = xp.astype(row, xp.int64)
    flat = xp.zeros(n_rows * n_rows, dtype=weight.dtype, device=device_of(weight))
    for apart in range(int(xp.max(sizes)) if sizes.shape[0] else 0):
        v = xp.nonzero(segment[apart:] == segment[: row.shape[0] - apart])[0]
        one, other = xp.take(row, v), xp.take(row, v + apart)
        product = xp.take(weight, v) * xp.take(weight, v + apart) * xp.take(scale, v)
        votes = xp.arange(v.shape[0] + 1, dtype=v.dtype, device=device)
        both = [one * n_rows + other, other * n_rows + one][: 2 if apart else 1]
        for pair in both:
            ones = xp.ones_like(weight[:1])
            flat = flat + scatter_sum(product[:, None], pair, ones, votes, n_rows**2)[:, 0]
    return xp.reshape(flat, (n_rows, n_rows))
