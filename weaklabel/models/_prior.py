"""The class prior: estimated, given, or fixed; always normalized."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from array_api_compat import array_namespace

from weaklabel._check import first_few
from weaklabel._device import device_of
from weaklabel.io.align import positions
from weaklabel.models._emission import expected_log, log0


class ClassPrior(NamedTuple):
    """A belief about the shares of classes, worth a number of items.

    ``strength = inf`` fixes the prior; 0 leaves it to the data.
    """

    belief: Any  # n_classes, sums to one
    strength: float

    def log_estimate(self, mass: Any) -> Any:
        """Log of the class shares that suit the mass of each class best, n_classes."""
        xp = array_namespace(mass)
        belief = xp.asarray(self.belief, dtype=mass.dtype, device=device_of(mass))
        if not np.isfinite(self.strength):
            return log0(belief)
        return log0((mass + self.strength * belief) / (xp.sum(mass) + self.strength))

    def log_belief(self, log_prior: Any) -> float:
        """Log density of the Dirichlet belief, in nats, up to a constant."""
        if not np.isfinite(self.strength) or self.strength == 0:
            return 0.0
        xp = array_namespace(log_prior)
        pseudo = xp.asarray(
            self.strength * self.belief, dtype=log_prior.dtype, device=device_of(log_prior)
        )
        return expected_log(pseudo, log_prior)


def class_prior(
    value: Any, strength: float | None, classes: pd.Index, *, pseudo_items: float
) -> ClassPrior:
    """Read the settings `class_prior` and `prior_strength` of a label model.

    Parameters
    ----------
    value : None, "uniform", mapping, Series or array, n_classes
        None: estimate it. Otherwise the belief.
    strength : float or None
        How many items the belief is worth. None: it is fixed.
    classes : pandas.Index
        Names of the classes.
    pseudo_items : float
        Uniform pseudo-items where the prior is estimated, so that no class has probability 0.

    Raises
    ------
    ValueError
        If it is no distribution over the classes, or the strength is negative.
    """
    uniform = np.full(len(classes), 1 / len(classes))
    if strength is not None and not strength >= 0:
        msg = f"prior_strength is a number of items, at least 0, or None to fix; not {strength!r}."
        raise ValueError(msg)
    if value is None:
        return ClassPrior(uniform, pseudo_items if strength is None else strength)
    strength = np.inf if strength is None else strength
    if isinstance(value, str):
        if value != "uniform":
            msg = f"class_prior={value!r} is unknown. Use None, 'uniform', or one share a class."
            raise ValueError(msg)
        return ClassPrior(uniform, strength)
    belief = _shares(value, classes)
    if not (belief >= 0).all() or not abs(belief.sum() - 1) < 1e-6:
        msg = (
            f"class_prior must be at least 0 and sum to 1; {belief.tolist()} sums to "
            f"{belief.sum():g}. Divide by the sum."
        )
        raise ValueError(msg)
    return ClassPrior(belief / belief.sum(), strength)


def _shares(value: Any, classes: pd.Index) -> np.ndarray:
    """Give one share a class, in the order of classes."""
    if isinstance(value, dict):
        value = pd.Series(value)
    if isinstance(value, pd.Series):
        strange = value.index.difference(classes, sort=False)
        if len(strange):
            msg = (
                f"class_prior names {first_few(strange)}, but the classes are "
                f"{first_few(classes, most=10)}. Give one share for each of these."
            )
            raise ValueError(msg)
        where = positions(value.index, classes, "class_prior")
        shares = np.full(len(classes), np.nan)
        shares[where] = value.to_numpy(dtype=np.float64)
    else:
        shares = np.asarray(value, dtype=np.float64)
    if shares.shape != (len(classes),) or np.isnan(shares).any():
        msg = f"class_prior needs one share for each class of {classes.tolist()}; got {value!r}."
        raise ValueError(msg)
    return shares
