"""How much mass to move at each step of a training that starts with what is surest."""

from __future__ import annotations

import math


def growing_mass(step: int, n_steps: int, first: float = 0.1) -> float:
    r"""Give the share of mass to move at a step, from about `first` up to 1 (P²OT [1]_).

    .. math:: \rho_t = \rho_0 + (1 - \rho_0) \, e^{-5 (1 - t / T)^2}

    Parameters
    ----------
    step : int
        0 to `n_steps`; later ones count as the last.
    n_steps : int
        Positive; when everything is moved.
    first : float
        Share to begin with, 0 to 1.

    Returns
    -------
    float
        For `sinkhorn`'s `mass`, where rows sum to 1.

    Raises
    ------
    ValueError
        If there are no steps, or `first` is no share.

    References
    ----------
    .. [1] Zhang et al., "P²OT: Progressive partial optimal transport for deep imbalanced
       clustering", ICLR 2024.

    Examples
    --------
    >>> [round(growing_mass(step, 10), 2) for step in (0, 5, 8, 10)]
    [0.11, 0.36, 0.84, 1.0]
    """
    if n_steps < 1 or step < 0:
        msg = f"There is no step {step} of {n_steps}. Steps count from 0 to n_steps, at least 1."
        raise ValueError(msg)
    if not 0 < first <= 1:
        msg = f"first={first:g} is not a share of the mass; it is above 0 and at most 1."
        raise ValueError(msg)
    left = 1 - min(step / n_steps, 1.0)
    return first + (1 - first) * math.exp(-5 * left**2)
