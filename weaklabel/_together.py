"""How often two units, a source and a code each, are said of the same item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from weaklabel._memo import remembered
from weaklabel.kernels import pair_sum

if TYPE_CHECKING:
    from weaklabel.votes import Votes

MOST_DENSE = 2048  # units: their pairs take 32 MiB


def said_together(votes: Votes, weights: np.ndarray | None) -> Any:
    """Weigh the items of which two units are said, n_units x n_units, sparse or not.

    Parameters
    ----------
    votes : Votes
        On the host.
    weights : floating array, n_items, or None
        How much each item counts; None: one.
    """
    return remembered(votes, "_together", (weights,), lambda: _said_together(votes, weights))


def _said_together(votes: Votes, weights: np.ndarray | None) -> Any:
    """Sum up pairs densely where there are few units and many pairs."""
    n_pairs = float((np.diff(votes.starts).astype(float) ** 2).sum())
    if votes.n_units <= MOST_DENSE and n_pairs > votes.n_units**2:
        scale = np.ones(1) if weights is None else weights
        weight = votes.brief_weight.astype(np.float64, copy=False)
        return pair_sum(votes.unit, weight, votes.starts, scale, votes.n_units)
    said = sparse.csr_array(
        (votes.weight, votes.unit, votes.starts), shape=(votes.n_items, votes.n_units)
    )
    weighted = said if weights is None else sparse.diags_array(weights) @ said
    return said.T @ weighted


def same_code(together: Any, n_codes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the pairs of different units that say the same code: one, other, and their weight."""
    if sparse.issparse(together):
        pairs: Any = sparse.coo_array(together)
        (one, other), weight = pairs.coords, pairs.data
    else:
        code = np.arange(len(together)) % n_codes
        one, other = np.nonzero((code[:, None] == code) & (together != 0))
        weight = together[one, other]
    same = (one % n_codes == other % n_codes) & (one != other)
    return one[same], other[same], weight[same]
