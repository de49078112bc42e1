"""How much items count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from weaklabel._device import on_host

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence


def item_weights(evidence: Evidence) -> np.ndarray:
    """Give how much each item counts, n_items, on the host."""
    return np.ones(len(evidence)) if evidence.weights is None else on_host(evidence.weights)
