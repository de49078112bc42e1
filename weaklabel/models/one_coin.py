"""OneCoin: every source has one accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weaklabel.models.dawid_skene import DawidSkene

if TYPE_CHECKING:
    from weaklabel.solvers import Solver


class OneCoin(DawidSkene):
    """Every source is right with its own accuracy; its mistakes are spread evenly.

    `DawidSkene` with ``emission="symmetric"``: the fewest parameters that still tell good sources
    from bad, for crowds with many sources and few votes each. Where sources err differently on
    different classes, the full confusion matrix is better; silence says nothing here.

    Parameters
    ----------
    smoothing, accuracy, voices, class_prior, prior_strength, solver, n_init, max_iter, tol, \
max_drift, random_state
        As in `DawidSkene`.

    Examples
    --------
    >>> import weaklabel as wl
    >>> case = wl.datasets.independent(n_items=2000, random_state=0)
    >>> evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    >>> OneCoin().fit(evidence).source_accuracy_.round(1).max()
    np.float64(0.9)
    """

    _additive = True
    _by_source = True
    emission = "symmetric"
    silence = "missing"
    max_misfit = float("inf")

    def __init__(
        self,
        *,
        smoothing: float = 10.0,
        accuracy: float = 0.7,
        voices: Any = None,
        class_prior: Any = None,
        prior_strength: float | None = None,
        solver: Solver | None = None,
        n_init: int = 1,
        max_iter: int = 2000,
        tol: float = 1e-4,
        max_drift: float = 0.25,
        random_state: Any = None,
    ) -> None:
        self.smoothing = smoothing
        self.accuracy = accuracy
        self.voices = voices
        self.class_prior = class_prior
        self.prior_strength = prior_strength
        self.solver = solver
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.max_drift = max_drift
        self.random_state = random_state
