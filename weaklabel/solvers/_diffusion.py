"""What seeds send through a graph: linear systems by conjugate gradients, all classes at once."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from array_api_compat import array_namespace, is_numpy_array
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from weaklabel._device import beside, on_host
from weaklabel.kernels import gather_sum
from weaklabel.posterior import Posterior
from weaklabel.solvers._arrays import safe_ratio
from weaklabel.solvers.independent import Independent

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence

SAME = 1e-9  # probabilities of items of which nothing is known differ by less


@dataclass(frozen=True, kw_only=True, eq=False)
class Spread(Posterior):
    """A posterior, and where the graph carried labels to.

    Parameters
    ----------
    reached : boolean array, n_items
        Whether a path of neighbors leads to an item about which something is known. Others have
        what scores say of them alone; they are not `covered`, and `labels` abstains on them.
    converged : bool
        Whether the system was solved within `tol`.
    n_iter : int
        Steps of conjugate gradients, one product with the graph each.
    """

    reached: Any
    converged: bool
    n_iter: int

    __repr__ = Posterior.__repr__


class Seeds(NamedTuple):
    """What is known before anything spreads."""

    alone: Posterior
    known: np.ndarray  # n_items x n_classes: probabilities by scores and candidates
    informed: np.ndarray  # boolean, n_items: something is known of this very item
    told: np.ndarray  # boolean, n_items: and more than several candidates
    certain: np.ndarray  # boolean, n_items: one class is left
    graph: sparse.csr_array  # symmetric, without a diagonal
    part: np.ndarray  # n_items: number of the connected part of the graph

    def reached_from(self, items: np.ndarray) -> np.ndarray:
        """Say which items a path leads to from one of these, n_items."""
        return np.bincount(self.part, weights=items, minlength=1)[self.part] > 0


def seeds_of(scores: Any, evidence: Evidence) -> Seeds:
    """Say of which items something is known, and which of the others they reach."""
    alone = Independent().solve(scores, evidence)
    known = on_host(alone.probabilities).astype(np.float64)
    covered, certain = on_host(evidence.covered), known.max(axis=1) == 1
    others = known[~covered]
    told = (covered & certain) | _voted(evidence)
    if len(others) and (np.ptp(others, axis=0) >= SAME).any():
        # scores tell items apart; where they are alike they are the class prior
        covered = told = covered | (np.ptp(known, axis=1) >= SAME)
    graph = sparse.csr_array(
        (len(known),) * 2 if evidence.neighbors is None else evidence.neighbors, dtype=np.float64
    )
    graph = sparse.csr_array(graph.maximum(graph.T))
    graph.setdiag(0)
    graph.eliminate_zeros()
    part = sparse.csgraph.connected_components(graph, directed=False)[1]
    return Seeds(alone, known, covered, told, covered & certain, graph, part)


def _voted(evidence: Evidence) -> np.ndarray:
    """Find items with votes, or with candidates that may be wrong."""
    found = np.zeros(len(evidence), dtype=bool)
    if evidence.votes is not None:
        found |= on_host(evidence.votes.voted)
    if evidence.hints is not None:
        found |= np.ptp(on_host(evidence.hints), axis=1) > 0
    return found


def normalized_graph(graph: sparse.csr_array) -> tuple[sparse.csr_array, np.ndarray]:
    """Divide each weight by the roots of the degrees at both ends; give the roots, too."""
    degree = graph.sum(axis=1)
    root = np.sqrt(np.where(degree > 0, degree, 1.0))
    scaled: Any = graph.copy()
    scaled.data /= root[graph.indices] * np.repeat(root, np.diff(graph.indptr))
    return scaled, root


class Solved(NamedTuple):
    """Solution of a system, one column a class."""

    values: np.ndarray
    converged: bool
    n_iter: int


def solve_diffusion(flow: Any, right: np.ndarray, tol: float, max_iter: int, like: Any) -> Solved:
    """Solve ``(1 - flow) x = right`` for all columns, by conjugate gradients.

    Parameters
    ----------
    flow : scipy.sparse array, n x n
        Symmetric, with eigenvalues below 1; entries are positive.
    right : float64 array, n x n_columns
    tol : float
        Largest residual, as a share of the right side, column by column.
    max_iter : int
    like : array
        Steps are taken where it lives.
    """
    xp, times = array_namespace(like), product(flow, like)
    residual = beside(right, like)
    x = xp.zeros_like(residual)
    direction, residual = (xp.asarray(residual, copy=True) for _ in range(2))
    size = xp.sum(residual**2, axis=0)
    enough = tol**2 * size
    n_iter = 0
    while bool(xp.any(size > enough)) and n_iter < max_iter:
        image = direction - times(direction)
        step = safe_ratio(size, xp.sum(direction * image, axis=0))
        x += step * direction
        residual -= step * image
        before, size = size, xp.sum(residual**2, axis=0)
        direction *= safe_ratio(size, before)[None, :]
        direction += residual
        n_iter += 1
    return Solved(on_host(x), bool(xp.all(size <= enough)), n_iter)


def product(flow: Any, like: Any) -> Callable[[Any], Any]:
    """Give what multiplies a sparse array with a table, where another lives."""
    if is_numpy_array(like):
        return lambda table: flow @ table
    rows: Any = sparse.csr_array(flow)
    column, weight, starts = (
        beside(each, like)
        for each in (rows.indices.astype(np.int64), rows.data, rows.indptr.astype(np.int64))
    )
    return lambda table: gather_sum(table, column, weight, starts)


def spread(seeds: Seeds, values: np.ndarray, solved: Solved, scores: Any, tol: float) -> Spread:
    """Make the posterior: shares of the classes an item may have; 0 where nothing came."""
    if not solved.converged:
        msg = (
            f"Labels still spread after {solved.n_iter} steps (tol {tol:g}): the graph is long and "
            "has few labels. Raise max_iter or tol; probabilities are those of the last step."
        )
        warnings.warn(msg, ConvergenceWarning, stacklevel=3)
    shares = np.where(seeds.known > 0, np.maximum(values, 0.0), 0.0)
    total = shares.sum(axis=1, keepdims=True)
    found = total[:, 0] > 0
    shares = np.divide(shares, total, out=seeds.known.copy(), where=found[:, None])
    alone, kind = seeds.alone, str(scores.dtype).rpartition(".")[2]
    covered = on_host(alone.covered)
    return Spread(
        probabilities=beside(shares.astype(kind), scores),
        index=alone.index,
        classes=alone.classes,
        covered=beside(covered | (found & seeds.reached_from(covered)), scores),
        log_normalizer=alone.log_normalizer,
        reached=beside(found, scores),
        converged=solved.converged,
        n_iter=solved.n_iter,
    )


def check_steps(tol: float, max_iter: int) -> None:
    """Refuse settings that are none."""
    if not tol > 0:
        msg = f"tol is above 0, not {tol!r}: a residual of 0 may never be reached. Try 1e-8."
        raise ValueError(msg)
    if max_iter < 1:
        msg = f"max_iter is at least 1, not {max_iter!r}; nothing would spread."
        raise ValueError(msg)
