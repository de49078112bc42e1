"""How much to add to log odds so that probabilities sum to what they should, segment by segment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from array_api_compat import array_namespace

MOST = 200  # evaluations; Newton needs about five, bisection of the widest bracket a hundred
LEAST = 1e-300
FIRST_STEP = 8.0  # nats; steps may be four times as long each time


class Odds(NamedTuple):
    """Log odds of members that may or may not have a class, and how to add up over segments."""

    log_odds: Any  # float64 array, n_members; finite
    spread: Callable[[Any], Any]  # n_segments -> n_members
    add_up: Callable[[Any], Any]  # n_members x n_columns -> n_segments x n_columns

    def counts(self, tilt: Any) -> tuple[Any, Any, Any]:
        """Give how many have the class and have it not, expected, and the slope of the first."""
        xp = array_namespace(tilt)
        x = self.log_odds + self.spread(tilt)
        small = xp.exp(-xp.abs(x))
        less, more = small / (1 + small), 1 / (1 + small)
        parts = [xp.where(x > 0, more, less), xp.where(x > 0, less, more), less * more]
        sums = self.add_up(xp.concat([part[:, None] for part in parts], axis=1))
        return sums[:, 0], sums[:, 1], sums[:, 2]


def find_tilt(odds: Odds, target: Any, size: Any, start: Any, tol: Any) -> Any:
    """Solve ``sum over members of sigmoid(log_odds + tilt) = target`` in every segment.

    Newton's method on the log odds of the mean: where all members are alike one step is exact.
    Their slope in the tilt is at most one, so that what is missing bounds the root from one side.

    Parameters
    ----------
    odds : Odds
    target : float64 array, n_segments
        Strictly between 0 and `size`; what segments of size 0 are given is ignored.
    size, start, tol : float64 array, n_segments
        Number of members, first guess, and how far from the target a sum may be.
    """
    xp = array_namespace(target)
    tilt, wanted = start, _log(xp, target) - _log(xp, size - target)
    low, high = xp.full_like(tilt, -xp.inf), xp.full_like(tilt, xp.inf)
    for step in range(MOST):
        have, have_not, slope = odds.counts(tilt)
        open_ = (xp.abs(have - target) > tol) & (size > 0)
        if not bool(xp.any(open_)):
            break
        missing = wanted - (_log(xp, have) - _log(xp, have_not))
        low = xp.where(missing > 0, xp.maximum(low, tilt + missing), low)
        high = xp.where(missing < 0, xp.minimum(high, tilt + missing), high)
        slope = slope * size / xp.where(have * have_not > LEAST, have * have_not, LEAST)
        longest = FIRST_STEP * 4.0**step
        newton = missing / xp.where(slope > LEAST, slope, LEAST)
        guess = tilt + xp.minimum(xp.maximum(newton, -longest), longest)
        bracketed = xp.isfinite(low) & xp.isfinite(high)
        middle = xp.where(bracketed, low, guess) / 2 + xp.where(bracketed, high, guess) / 2
        halve = bracketed & ((guess <= low) | (guess >= high) | (step % 4 == 3))
        tilt = xp.where(open_, xp.where(halve, middle, guess), tilt)
    return tilt


def _log(xp: Any, values: Any) -> Any:
    """Logarithm of counts; of nothing, a very negative number."""
    return xp.log(xp.where(values > LEAST, values, LEAST))
