"""How good a posterior believes itself to be, without gold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from weaklabel._device import on_host

if TYPE_CHECKING:
    from weaklabel.posterior import Posterior

__all__ = ["expected_score"]


def expected_score(posterior: Posterior) -> dict[str, float]:
    """Compute the metrics of `score` in expectation over the posterior itself, without gold.

    They are right as far as the posterior is calibrated, which no votes can prove: a few gold
    labels show it (`calibrate`, `reliability_diagram`). Overconfidence makes them too good.

    Parameters
    ----------
    posterior : Posterior
        Of any model.

    Returns
    -------
    dict
        Over covered items `accuracy` (of labels, ties broken by chance), `brier` (sum form) and
        `log_loss` (nats); NaN if no item is covered. `coverage` is the share of items covered, and
        `n` their number.

    See Also
    --------
    score : the same with gold.

    Examples
    --------
    >>> import weaklabel as wl
    >>> case = wl.datasets.independent(n_items=20_000, random_state=0)
    >>> evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    >>> posterior = wl.LabelModel().fit(evidence).posterior(evidence)
    >>> expected, found = expected_score(posterior), wl.score(case.gold, posterior)
    >>> bool(abs(expected["log_loss"] - found["log_loss"]) < 0.02)
    True
    """
    covered = on_host(posterior.covered).astype(bool)
    p = on_host(posterior.probabilities)[covered]
    some = len(p) > 0
    logs = np.log(np.where(p > 0, p, 1.0))
    return {
        "accuracy": float(p.max(axis=1).mean()) if some else np.nan,
        "brier": float((1 - (p**2).sum(axis=1)).mean()) if some else np.nan,
        "log_loss": float(-(p * logs).sum(axis=1).mean()) if some else np.nan,
        "coverage": float(covered.mean()) if len(covered) else np.nan,
        "n": len(p),
    }
