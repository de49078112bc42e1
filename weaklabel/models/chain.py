"""Chain: a hidden Markov model, for items that follow each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from weaklabel._device import beside, on_host
from weaklabel.models._emission import log0
from weaklabel.models._forward_backward import Chains, forward_backward, steps_of
from weaklabel.models._term import moved
from weaklabel.models.dawid_skene import DawidSkene

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.solvers import Solver


class _Parameters(NamedTuple):
    """Log probabilities of what each source says, and of which class follows which."""

    log_emission: Any  # n_sources x n_codes x n_classes
    log_silence: Any  # n_sources x n_classes; 0 where silence says nothing
    log_first: Any  # n_classes
    log_step: Any  # n_classes x n_classes: from row to column
    log_prior: Any  # n_classes


class Chain(DawidSkene):
    r"""Items of a sequence follow each other, and so do their classes: tokens of a sentence.

    A hidden Markov model: the class of an item depends on that of the item before; sources err
    independently, each by its own confusion matrix, as in `DawidSkene`. Found by EM with forward
    and backward messages along each sequence, which are exact; few sweeps are best.

    Sequences are a level of the items' index; items follow each other as they come::

        index = pd.MultiIndex.from_frame(tokens[["sentence", "position"]])
        evidence = wl.Evidence(index, classes=["O", "B", "I"]).with_votes(votes)
        wl.Chain(sequence="sentence", otherwise="O").fit(evidence)

    Parameters
    ----------
    sequence : name or number of a level, or None
        The level of the items' index that tells their sequence. None: every item for itself,
        which is a few sweeps of `DawidSkene`.
    otherwise : class or None
        What items are in the start if no source votes on them; None: any class alike. For tags it
        is the class of tokens that are outside.
    impossible : pairs of classes, or None
        Which class never follows which, such as ``[("O", "I")]``.
    emission, silence, smoothing, accuracy, class_prior, prior_strength, solver, max_drift
        As in `DawidSkene`. The class prior is that of items on their own; in a sequence the
        transitions take its place.
    max_iter : int
        Number of sweeps. More fit the votes better and the classes worse: sources of tags do not
        err independently, and a chain that believes so stops seeing what few of them see.

    Attributes
    ----------
    transition_ : DataFrame, class x class
        P(class of an item | class of the item before it, a row).
    confusion_, class_prior_, source_accuracy_, converged_, n_iter_, objective_trace_, ending_
        As in `DawidSkene`.

    Examples
    --------
    >>> import pandas as pd, weaklabel as wl
    >>> index = pd.MultiIndex.from_product([["s1", "s2"], range(4)], names=["sentence", "place"])
    >>> votes = pd.DataFrame({"a": ["O", "B", "I", "O"] * 2, "b": ["O", "B", None, "O"] * 2}, index)
    >>> votes["c"] = votes["a"]
    >>> evidence = wl.Evidence(index, classes=["O", "B", "I"]).with_votes(votes)
    >>> model = Chain(sequence="sentence", impossible=[("O", "I")]).fit(evidence)
    >>> model.predict(evidence)["s1"].tolist(), model.transition_.loc["O", "I"]
    (['O', 'B', 'I', 'O'], np.float64(0.0))
    """

    _additive = False  # a part may cut a sequence
    _fixed_sweeps = True
    n_init = 1
    tol = 0.0
    random_state = None

    def __init__(
        self,
        *,
        sequence: Any = None,
        otherwise: Any = None,
        impossible: Iterable[tuple[Any, Any]] | None = None,
        emission: Literal["full", "symmetric", "tied"] = "full",
        silence: Literal["informative", "missing"] | None = None,
        smoothing: float = 10.0,
        accuracy: float = 0.7,
        class_prior: Any = None,
        prior_strength: float | None = None,
        solver: Solver | None = None,
        max_iter: int = 1,
        max_drift: float = 0.25,
    ) -> None:
        self.sequence = sequence
        self.otherwise = otherwise
        self.impossible = impossible
        self.emission = emission
        self.silence = silence
        self.smoothing = smoothing
        self.accuracy = accuracy
        self.class_prior = class_prior
        self.prior_strength = prior_strength
        self.solver = solver
        self.max_iter = max_iter
        self.max_drift = max_drift

    @property
    def max_misfit(self) -> float:  # pyright: ignore[reportIncompatibleVariableOverride]
        """How badly sources may fit; any fit is taken of sequences, whose order tells as well."""
        return 1.0 if self.sequence is None else np.inf

    # ---- sequences --------------------------------------------------------------------------

    def _interchangeable(self) -> bool:
        return self.sequence is None

    def _informs(self, evidence: Evidence) -> Any:
        informed = super()._informs(evidence)
        # silent items hear from those beside them
        return informed if self.sequence is None else informed | ~informed

    def _steps(self, evidence: Evidence) -> list[np.ndarray]:
        try:
            level = evidence.index.get_level_values(self.sequence)
        except (KeyError, IndexError) as error:
            msg = (
                f"The items have no index level {self.sequence!r} that tells their sequence; there "
                f"are {list(evidence.index.names)}. Give the items a MultiIndex, such as "
                "pd.MultiIndex.from_frame(tokens[['sentence', 'position']])."
            )
            raise ValueError(msg) from error
        return steps_of(pd.factorize(level)[0])

    def _place(self, name: Any, classes: pd.Index) -> int:
        """Find a class by name."""
        if name not in classes:
            msg = f"There is no class {name!r}; the classes are {classes.tolist()}."
            raise ValueError(msg)
        return int(classes.get_loc(name))  # pyright: ignore[reportArgumentType]

    def _possible(self, classes: pd.Index) -> np.ndarray:
        """Tell which class may follow which, boolean, n_classes x n_classes."""
        possible = np.ones((len(classes), len(classes)), dtype=bool)
        pairs = list(self.impossible or ())
        strange = [pair for pair in pairs if isinstance(pair, str) or len(pair) != 2]
        if strange:
            msg = (
                f"impossible= takes pairs of classes, one before the other; {strange[0]!r} is "
                "none. Write a list of pairs, such as [('O', 'I')]."
            )
            raise ValueError(msg)
        for before, after in pairs:
            possible[self._place(before, classes), self._place(after, classes)] = False
        return possible

    # ---- the loop ---------------------------------------------------------------------------

    def _refuse(self, evidence: Evidence) -> None:
        super()._refuse(evidence)
        self._possible(evidence.classes)
        if self.otherwise is not None:
            self._place(self.otherwise, evidence.classes)

    def _start(self, evidence: Evidence, rng: np.random.Generator | None) -> Any:
        shares = super()._start(evidence, rng)
        if self.otherwise is None:
            return shares
        start = np.array(on_host(shares))
        silent = ~on_host(evidence.covered)
        start[silent] = np.arange(start.shape[1]) == self._place(self.otherwise, evidence.classes)
        return beside(start, shares)

    def _survey(self, evidence: Evidence) -> Any:
        return super()._survey(evidence), self._possible(evidence.classes)

    def _statistics(self, evidence: Evidence, posterior: Any, parameters: Any) -> Any:
        said, mass = super()._statistics(evidence, posterior, None)
        if self.sequence is None:
            n_classes = mass.shape[0]
            firsts, pairs = on_host(mass), np.zeros((n_classes, n_classes))
        elif parameters is None:
            firsts, pairs = _independent(on_host(posterior), self._steps(evidence))
        else:
            weights = on_host(posterior).sum(axis=1)
            _, _, firsts, pairs = self._chains(evidence, parameters, weights)
        return said, mass, beside(firsts, mass), beside(pairs, mass)

    def _maximize(self, statistics: Any, survey: Any, log_prior: Any) -> Any:
        said, mass, firsts, pairs = statistics
        counts, possible = survey
        found = super()._maximize((said, mass), counts, log_prior)
        # one pseudo-item, spread like the classes, keeps possible steps possible
        usual = np.exp(on_host(log_prior)) * float(self.smoothing > 0)
        first = on_host(firsts) + usual
        step = np.where(possible, on_host(pairs) + usual, 0.0)
        total = step.sum(axis=1, keepdims=True)
        step = np.where(total > 0, step / np.where(total > 0, total, 1.0), 1 / len(step))
        return _Parameters(
            log_emission=found.log_emission,
            log_silence=found.log_silence,
            log_first=beside(log0(first / first.sum()), log_prior),
            log_step=beside(log0(step), log_prior),
            log_prior=log_prior,
        )

    def _chains(self, evidence: Evidence, parameters: Any, weights: np.ndarray) -> Chains:
        """Send messages along all sequences, within candidates."""
        scores = on_host(super()._score(evidence, parameters))
        if evidence.hints is not None:
            scores = scores + on_host(evidence.hints)
        if evidence.candidates is not None:
            scores = np.where(on_host(evidence.candidates), scores, -np.inf)
        log_first, log_step = on_host(parameters.log_first), on_host(parameters.log_step)
        return forward_backward(scores, log_first, log_step, self._steps(evidence), weights)

    def _score(self, evidence: Evidence, parameters: Any) -> Any:
        if self.sequence is None:
            return super()._score(evidence, parameters)
        chains = self._chains(evidence, parameters, np.ones(len(evidence)))
        # what the solver adds is taken off, so that it ends at the marginals, and the log
        # normalizers add up to the log-likelihood of the sequences
        scores = log0(chains.marginals) + chains.log_normalizer[:, None]
        added = on_host(parameters.log_prior)
        added = np.where(np.isfinite(added), added, 0.0)
        if evidence.hints is not None:
            added = added + on_host(evidence.hints)
        return beside(scores - added, parameters.log_prior)

    def _log_belief(self, parameters: Any, survey: Any) -> float:
        return super()._log_belief(parameters, survey[0])

    def _moved(self, after: Any, before: Any) -> float:
        names = ("log_emission", "log_silence", "log_first", "log_step")
        return sum(moved(getattr(after, name), getattr(before, name)) for name in names)

    @property
    def transition_(self) -> pd.DataFrame:
        """P(class of an item | class of the item before it, a row)."""
        step = np.exp(on_host(self._learned().terms[0].log_step))
        return pd.DataFrame(step, self.classes_, self.classes_)


def _independent(posterior: np.ndarray, steps: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Masses of first items and of neighbors, as if neighbors were independent."""
    firsts = posterior[steps[0]].sum(axis=0)
    pairs = np.zeros((posterior.shape[1],) * 2)
    for here, following in itertools.pairwise(steps):
        after = posterior[following]
        weight = np.maximum(after.sum(axis=1, keepdims=True), 1e-300)
        pairs += posterior[here[: len(following)]].T @ (after / weight)
    return firsts, pairs
