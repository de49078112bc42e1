"""What bags teach classifiers by themselves, past the labels that members get from a posterior."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from weaklabel.constraints._number import Number
from weaklabel.models._bag_counts import bag_counts, log_likelihood
from weaklabel.models._certain import Certain

if TYPE_CHECKING:
    import numpy as np

    from weaklabel.evidence import Evidence
    from weaklabel.models._learners import Likelihood


def likelihood_of_bags(evidence: Evidence, rows: np.ndarray, mass: np.ndarray) -> Likelihood | None:
    """Tell how likely whole bags among some items are, given the logits of the items.

    Counts are taken as Gaussian, which is quick; other statements exactly.

    Parameters
    ----------
    evidence : Evidence
    rows : integer array, n_rows
        Positions of the items.
    mass : floating array, n_rows x n_classes
        What a posterior says of them, times how much each counts.

    Returns
    -------
    callable or None
        None without bags, and where votes say more of items than bags do.
    """
    if evidence.votes is not None:
        return None
    counts = bag_counts(evidence, rows, mass.sum(axis=1))
    if counts is not None:
        return partial(log_likelihood, told=counts)
    whole = evidence.take(rows, bags="drop")
    bags = tuple(block for block in whole.bags if block.n_bags)
    certain = Certain.of(replace(whole, bags=bags)) if bags else None
    return None if certain is None else certain.log_likelihood


def unnumbered(evidence: Evidence) -> bool:
    """Tell whether bags are all that is known, and no number of members is stated of any."""
    stated = [one for block in evidence.bags for one in block.constraints]
    numbers = any(isinstance(one, Number) for one in stated)
    return evidence.votes is None and bool(stated) and not numbers
