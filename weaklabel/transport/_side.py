"""One side of a transport problem: what its marginal should be, and how far it may give way."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

from array_api_compat import array_namespace

from weaklabel._device import device_of
from weaklabel.kernels import log_sum_exp
from weaklabel.kernels.soft_assign import blocks

GAIN_BLOCK = 1 << 16  # numbers that are worked on at a time
FAR = 500.0  # nats; far larger exponentials would overflow


class Side(NamedTuple):
    """Bounds of a marginal, and what leaving them costs.

    Every kind of marginal is one formula: in the log domain a sum moves towards the nearer of two
    bounds, all the way if it must keep to them, by slack / (slack + epsilon) of it if a
    Kullback-Leibler penalty of strength slack pulls. Prescribed marginals have equal bounds.
    """

    log_low: Any  # float64 array, n or 1
    log_high: Any  # float64 array, n or 1
    slack: Any  # float64 array, n or 1; inf keeps to the bounds, 0 leaves the side free

    @classmethod
    def of(cls, low: Any, high: Any, slack: Any) -> Self:
        """Take the logarithms; zero is an ordinary bound."""
        return cls(log(low), log(high), slack)

    def damping(self, epsilon: float) -> Any:
        """How far towards its bounds a marginal moves, 0 to 1."""
        xp = array_namespace(self.slack)
        firm = xp.isinf(self.slack)
        finite = xp.where(firm, xp.ones_like(self.slack), self.slack)
        return xp.where(firm, xp.ones_like(finite), finite / (finite + epsilon))

    def potential(self, log_sum: Any, epsilon: float) -> Any:
        """Bring sums to their bounds; give the potentials that do it, over epsilon, in nats."""
        xp = array_namespace(log_sum)
        reached = log_sum > -xp.inf
        s = xp.where(reached, log_sum, xp.zeros_like(log_sum))
        moved = xp.minimum(xp.maximum(xp.zeros_like(s), self.log_low - s), self.log_high - s)
        # where nothing can arrive any potential is as good as another
        return xp.where(reached, self.damping(epsilon) * moved, xp.zeros_like(s))

    def gain(self, potential: Any, epsilon: float) -> float:
        """Give the side's part of the dual objective, over epsilon."""
        total = 0.0
        for rows in blocks(potential[:, None], GAIN_BLOCK):
            part = type(self)(*(each if each.shape[0] == 1 else each[rows] for each in self))
            total += part._gain(potential[rows], epsilon)
        return total

    def _gain(self, potential: Any, epsilon: float) -> float:
        xp = array_namespace(potential)
        bound, loose, firm = self._held(potential, epsilon)
        some = (bound > 0) & xp.isfinite(potential)
        u = xp.where(some, potential, xp.zeros_like(potential))
        gives = xp.where(firm, u, -loose * xp.expm1(xp.minimum(-u / loose, xp.full_like(u, FAR))))
        return float(xp.sum(xp.where(some, bound * gives, xp.zeros_like(u))))

    def pull(self, potential: Any, sums: Any, epsilon: float) -> tuple[Any, Any]:
        """Give the derivative of the dual in the potentials, and how fast the side gives way.

        Between two bounds a potential of zero is an edge: where sums are within, nothing pulls.
        """
        xp = array_namespace(potential)
        bound, loose, firm = self._held(potential, epsilon)
        safe = xp.where(xp.isfinite(potential), potential, xp.zeros_like(potential))
        gives = xp.exp(xp.minimum(-safe / loose, xp.full_like(safe, FAR)))
        wanted = xp.where(firm | (bound == 0), bound, bound * gives)
        nearest = xp.minimum(xp.maximum(sums, xp.exp(self.log_low)), xp.exp(self.log_high))
        pull = xp.where(potential == 0, nearest, wanted) - sums
        yields = xp.where(firm, xp.zeros_like(wanted), wanted / loose)
        return xp.where(self.slack > 0, pull, xp.zeros_like(pull)), yields

    def _held(self, potential: Any, epsilon: float) -> tuple[Any, Any, Any]:
        """Bounds that potentials of their sign hold to, slack over epsilon, and if it is none."""
        xp = array_namespace(potential)
        log_bound = xp.where(potential > 0, self.log_low, self.log_high)
        held = (potential != 0) | (self.log_low == self.log_high)
        bound = xp.where(held, xp.exp(log_bound), xp.zeros_like(log_bound))
        firm = xp.isinf(self.slack)
        some = (self.slack > 0) & ~firm
        return bound, xp.where(some, self.slack, xp.ones_like(self.slack)) / epsilon, firm

    @property
    def exact(self) -> bool:
        """Whether the marginal is prescribed, one number an entry, without slack."""
        xp = array_namespace(self.slack)
        equal = bool(xp.all(self.log_low == self.log_high))
        return equal and bool(xp.all(xp.isinf(self.slack)))

    @property
    def elastic(self) -> bool:
        """Whether one finite slack pulls at prescribed marginals that are not zero."""
        xp = array_namespace(self.slack)
        pulls = self.slack.shape[0] == 1 and 0 < float(self.slack[0]) < float("inf")
        firm = xp.all((self.log_low == self.log_high) & (self.log_low > -xp.inf))
        return pulls and bool(firm)

    def with_one(self, marginal: float, n: int) -> Self:
        """Add one exact entry behind the n others."""
        xp = array_namespace(self.slack)
        last = xp.full((1,), max(marginal, 0.0), dtype=xp.float64, device=device_of(self.slack))
        ends = log(last), log(last), xp.full_like(last, xp.inf)
        wide = (xp.broadcast_to(each, (n,)) for each in self)
        return type(self)(*(xp.concat(pair) for pair in zip(wide, ends, strict=True)))

    def total(self, n: int) -> tuple[float, float]:
        """Smallest and largest total that the side allows; entries with slack allow any."""
        xp = array_namespace(self.slack)
        firm = xp.isinf(self.slack)
        low = xp.where(firm, xp.exp(self.log_low), 0.0)
        high = xp.where(firm, xp.exp(self.log_high), xp.inf)
        repeats = n if low.shape[0] == 1 else 1
        return float(xp.sum(low)) * repeats, float(xp.sum(high)) * repeats


def level(row: Side, column: Side, f: Any, g: Any, epsilon: float) -> Any:
    """How much to take from column potentials and give to rows, in nats; the plan stays the same.

    Where both sides give way, sweeps find the total mass ever more slowly as slack grows. For
    prescribed marginals with one slack each, the best shift is known in closed form.
    """
    xp = array_namespace(g)
    if not (row.elastic and column.elastic):
        return xp.zeros_like(g[:1])
    loose, firm = row.slack / epsilon, column.slack / epsilon
    left = log_sum_exp((row.log_low - f / loose)[None, :])
    right = log_sum_exp((column.log_low - g / firm)[None, :])
    return (left - right) * loose * firm / (loose + firm)


def read_side(name: str, marginal: Any, slack: Any, costs: Any, total: float) -> Side:
    """Read a marginal: None (uniform), an array, or a pair of bounds.

    Parameters
    ----------
    name : {"row", "column"}
    marginal, slack
        As `sinkhorn` takes them.
    costs : floating array, n_rows x n_columns
    total : float
        What a uniform marginal sums to.
    """
    n = costs.shape[0 if name == "row" else 1]
    if marginal is None:
        marginal = _array(costs, total / max(n, 1))
    low, high = marginal if isinstance(marginal, tuple) else (marginal, marginal)
    low, high = (_numbers(name, each, costs, n) for each in (low, high))
    xp = array_namespace(low, high)
    above = int(xp.sum(xp.astype(low > high, xp.int64)))
    if above:
        msg = (
            f"The {name} bounds cross in {above} places: the lower is above the upper. Probably "
            f"they were swapped; give {name}=(low, high)."
        )
        raise ValueError(msg)
    return Side.of(low, high, _numbers(f"{name}_slack", slack, costs, n))


def check_totals(row: Side, column: Side, costs: Any) -> None:
    """Refuse marginals that no plan can have."""
    n_rows, n_columns = costs.shape
    (low, high), (least, most) = row.total(n_rows), column.total(n_columns)
    room = 1e-6 * max(low, least)  # sums of single precision are no more exact
    if low > most + room or least > high + room:
        gives = f"{low:.6g}" if low == high else f"{low:.6g} to {high:.6g}"
        takes = f"{least:.6g}" if least == most else f"{least:.6g} to {most:.6g}"
        msg = (
            f"Rows give {gives} and columns take {takes}: no plan has both marginals. Probably one "
            "was not normalized. Divide each by its sum, let a side give way (row_slack=1.0 or "
            "column_slack=1.0), or say how much is moved by mass=."
        )
        raise ValueError(msg)


def _numbers(name: str, values: Any, costs: Any, n: int) -> Any:
    """Make a float64 array beside the costs, of n numbers or one for all."""
    array = _array(costs, values)
    xp = array_namespace(array)
    if array.ndim > 1 or array.shape[0] not in {1, n}:
        shape = "x".join(map(str, array.shape))
        msg = f"{name!r} has shape {shape}; {costs.shape} costs need {n} numbers, or one for all."
        raise ValueError(msg)
    wrong = int(xp.sum(xp.astype(~(array >= 0), xp.int64)))
    if wrong:
        msg = (
            f"{name!r} has {wrong} negative or missing numbers. Mass is at least 0; give rows and "
            "columns that nothing is known of bounds (0, inf)."
        )
        raise ValueError(msg)
    return array


def _array(costs: Any, values: Any) -> Any:
    """Put numbers into the library and on the device of the costs, in double precision."""
    xp = array_namespace(costs)
    array = xp.asarray(values, dtype=xp.float64, device=device_of(costs))
    return xp.reshape(array, (1,)) if array.ndim == 0 else array


def log(values: Any) -> Any:
    """Logarithm with log(0) = -inf and no warning."""
    xp = array_namespace(values)
    some = values > 0
    logs = xp.log(xp.where(some, values, xp.ones_like(values)))
    return xp.where(some, logs, xp.full_like(logs, -xp.inf))
