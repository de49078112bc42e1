"""Units: a source and a code it says, as columns of a matrix of items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from weaklabel._device import on_host

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.votes import Votes


def said_units(votes: Votes) -> sparse.csr_array:
    """Give what is said of each item, n_items x n_units, on the host."""
    return sparse.csr_array(
        (on_host(votes.weight), on_host(votes.unit), on_host(votes.starts)),
        shape=(votes.n_items, votes.n_sources * votes.n_codes),
    )


def said_together(said: Any, weights: np.ndarray) -> Any:
    """Weigh the items of which two units are said, sparse, n_units x n_units."""
    return said.T @ (sparse.diags_array(weights) @ said)


def item_weights(evidence: Evidence) -> np.ndarray:
    """Give how much each item counts, n_items, on the host."""
    return np.ones(len(evidence)) if evidence.weights is None else on_host(evidence.weights)
