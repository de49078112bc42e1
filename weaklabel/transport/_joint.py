"""Newton's method on all dual variables of a group of rows at once, in many groups side by side.

Every group is a transport problem of its own: rows of it go to columns, and bounds hold for what
its columns get. The dual is concave in one variable a column, and its curvature says how columns
compete for rows, which moving one column after another finds out slowly.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from array_api_compat import array_namespace

from weaklabel._device import device_of
from weaklabel.kernels import log_sum_exp

LEAST_DAMPING, FIRST_DAMPING, MOST_DAMPING = 1e-10, 1e-3, 1.0
ENOUGH = 1e-4  # of the rise that the slope promises
NOISE = 1e-13  # of what bounds and steps come to, by which rounding may move the dual


class Groups(Protocol):
    """Which rows belong together."""

    def counts(self, table: Any) -> Any:
        """Add up rows over each group, by their mass, n_groups x n_columns."""
        ...

    def spread(self, values: Any) -> Any:
        """Give every row the values of its group, zeros to rows in none."""
        ...


class Bounds(NamedTuple):
    """What the chosen columns of groups must get, and how far from it they may stay."""

    low: Any  # n_groups x n_chosen
    high: Any  # n_groups x n_chosen
    tol: Any  # n_groups


class Joint(NamedTuple):
    """Where groups are on their way."""

    log_share: Any  # n_rows x n_columns; how each row is shared out, its exponentials sum to 1
    dual: Any  # n_groups x n_chosen, in nats
    damping: Any  # n_groups; above `MOST_DAMPING` Newton's method is lost there
    worst: Any  # n_groups; largest breach of the conditions of optimality, before the last step


def joint_step(at: Joint, groups: Groups, chosen: Any, bounds: Bounds) -> Joint:
    """Make one damped step in every group that is not done; where it fails, damp the next more.

    Parameters
    ----------
    at : Joint
    groups : Groups
    chosen : integer array, n_chosen
        Columns that bounds are about.
    bounds : Bounds
    """
    xp = array_namespace(at.log_share)
    share = xp.exp(xp.take(at.log_share, chosen, axis=1))
    counts = groups.counts(share)
    pull = slope(at.dual, counts, bounds)
    worst = xp.max(xp.abs(pull), axis=1)
    todo = (worst > bounds.tol) & (at.damping <= MOST_DAMPING)
    if not bool(xp.any(todo)):
        return at._replace(worst=worst)
    pull = xp.where(todo[:, None], pull, xp.zeros_like(pull))
    step = _solve(xp, at, _curvature(xp, share, counts, groups), counts, pull, bounds)
    step = xp.where(todo[:, None], step, xp.zeros_like(step))
    moved, log_sum = _moved(xp, at.log_share, groups, chosen, step)
    target = pull + counts
    rise = xp.sum(target * step, axis=1) - groups.counts(log_sum[:, None])[:, 0]
    noise = NOISE * xp.sum(xp.abs(target * step) + counts, axis=1)
    promised = xp.sum(pull * step, axis=1)
    have = groups.counts(xp.exp(xp.take(moved, chosen, axis=1)))
    left = xp.sum((target - have) * step, axis=1)
    near = (rise >= -noise) & (xp.abs(left) <= (1 - 2 * ENOUGH) * promised)
    good = (promised > 0) & ((rise >= ENOUGH * promised) | near)
    one = xp.ones_like(rise)
    far = left < -0.5 * promised
    factor = xp.where(good, xp.where(far, 4.0 * one, 0.1 * one), 10.0 * one)
    damping = xp.where(todo, at.damping * factor, at.damping)
    damping = xp.maximum(damping, xp.full_like(damping, LEAST_DAMPING))
    if not bool(xp.all(good | ~todo)):
        step = xp.where(good[:, None], step, xp.zeros_like(step))
        moved, _ = _moved(xp, at.log_share, groups, chosen, step)
    return Joint(moved, at.dual + step, damping, worst)


def _moved(xp: Any, log_share: Any, groups: Groups, chosen: Any, step: Any) -> tuple[Any, Any]:
    """Add a step to the chosen columns and share rows out again; give also what rows gained."""
    place = {int(y): number for number, y in enumerate(chosen)}
    none = xp.zeros_like(step[:, 0])
    wide = [step[:, place[y]] if y in place else none for y in range(log_share.shape[1])]
    moved = log_share + groups.spread(xp.stack(wide, axis=1))
    log_sum = log_sum_exp(moved)
    return moved - log_sum[:, None], log_sum


def slope(dual: Any, counts: Any, bounds: Bounds) -> Any:
    """Differentiate the dual; at an edge between two bounds on the side where it rises."""
    xp = array_namespace(counts)
    low, high, _ = bounds
    nearest = xp.minimum(xp.maximum(counts, low), high)
    return xp.where(dual == 0, nearest, xp.where(dual > 0, low, high)) - counts


def _curvature(xp: Any, share: Any, counts: Any, groups: Groups) -> Any:
    """How slopes fall as dual variables rise, n_groups x n_columns x n_columns."""
    n_columns = share.shape[1]
    both = [groups.counts(share[:, j : j + 1] * share)[:, None, :] for j in range(n_columns)]
    same = xp.eye(n_columns, dtype=share.dtype, device=device_of(share))[None, :, :]
    return counts[:, :, None] * same - xp.concat(both, axis=1)


def _solve(xp: Any, at: Joint, curvature: Any, counts: Any, pull: Any, bounds: Bounds) -> Any:
    """Find the damped step, and stop it at the edges between bounds; n_groups x n_columns."""
    size = xp.maximum(counts, pull + counts)
    free = (size > 0) & ((pull != 0) | (at.dual != 0))
    both = xp.astype(free[:, :, None] & free[:, None, :], pull.dtype)
    same = xp.eye(pull.shape[1], dtype=pull.dtype, device=device_of(pull))[None, :, :]
    own = xp.where(free, at.damping[:, None] * size, xp.ones_like(size))
    matrix = curvature * both + own[:, :, None] * same
    step = xp.linalg.solve(matrix, xp.where(free, pull, xp.zeros_like(pull))[:, :, None])[:, :, 0]
    side = xp.where(at.dual != 0, at.dual, pull)
    crosses = (bounds.low < bounds.high) & ((at.dual + step) * side < 0)
    return xp.where(crosses, -at.dual, step)
