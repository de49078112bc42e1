"""GLAD: sources have skill, items are easy or hard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from array_api_compat import array_namespace
from scipy.special import expit

from weaklabel._device import beside, on_host
from weaklabel.models._base import TermModel
from weaklabel.models._emission import right_and_wrong
from weaklabel.models._votes import VoteTerm, log_set_rows, over_parts, votes_of

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.solvers import Solver

STEPS = 60  # of the search for a skill; each at least halves the bracket


class _Parameters(NamedTuple):
    """Skills, and what they make of votes on items of each grade of easiness."""

    skill: Any  # n_sources
    log_emission: Any  # n_sources x n_codes x (n_classes * n_grades)


class GLAD(VoteTerm, TermModel):
    r"""A vote is right the more often, the more skilled its source and the easier its item [1]_.

    Source j is right about item i with probability :math:`\sigma(\alpha_j e^{b_i})`; mistakes are
    spread evenly over the other classes. Skills :math:`\alpha_j \sim N(1, 1)` are estimated; the
    easiness :math:`b_i \sim N(1, 1)` of an item, of which a few votes say little, is averaged over
    instead (Gauss-Hermite quadrature; the authors estimate it), so that an item's answer depends on
    its own votes alone.

    A skill below 0 is a source that is wrong on purpose. Silence says nothing here.

    Parameters
    ----------
    n_grades : int
        Points of the quadrature over easiness; 1 is one coin a source.
    class_prior : "uniform", None, mapping, Series or array, n_classes
        As in `DawidSkene`, but uniform unless said otherwise: where mistakes are spread evenly, a
        large class that is often mistaken for others would grow.
    prior_strength, solver, n_init, max_iter, tol, max_drift, random_state
        As in `DawidSkene`; `tol` is the largest change of a skill.

    Attributes
    ----------
    skill_ : Series, n_sources
    class_prior_, source_accuracy_, converged_, n_iter_, objective_trace_, ending_
        As in `DawidSkene`.

    References
    ----------
    .. [1] Whitehill et al., "Whose vote should count more: optimal integration of labels from
       labelers of unknown expertise", NeurIPS 2009.

    Examples
    --------
    >>> import weaklabel as wl
    >>> case = wl.datasets.independent(n_items=2000, random_state=0)
    >>> evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    >>> model = GLAD().fit(evidence)
    >>> model.skill_.idxmax() == case.accuracy.idxmax()
    True
    """

    _additive = True

    def __init__(
        self,
        *,
        n_grades: int = 9,
        class_prior: Any = "uniform",
        prior_strength: float | None = None,
        solver: Solver | None = None,
        n_init: int = 1,
        max_iter: int = 500,
        tol: float = 0.02,
        max_drift: float = 0.25,
        random_state: Any = None,
    ) -> None:
        self.n_grades = n_grades
        self.class_prior = class_prior
        self.prior_strength = prior_strength
        self.solver = solver
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.max_drift = max_drift
        self.random_state = random_state

    def _grades(self) -> tuple[np.ndarray, np.ndarray]:
        """How easy items of each grade are, and the log of their share; b is normal about 1."""
        points, weights = np.polynomial.hermite_e.hermegauss(self.n_grades)
        return np.exp(1 + points), np.log(weights / weights.sum())

    def _survey(self, evidence: Evidence) -> Any:
        return self._survey_from((), evidence)

    def _survey_from(self, sums: tuple[Any, ...], evidence: Evidence) -> Any:
        if self.n_grades < 1:
            msg = f"n_grades is a number of grades of easiness, at least 1; not {self.n_grades!r}."
            raise ValueError(msg)
        return votes_of(evidence).statements

    def _statistics(self, evidence: Evidence, posterior: Any, parameters: Any) -> tuple[Any, Any]:
        """How often each source is right, and wrong, about items of each grade."""
        votes = votes_of(evidence)
        xp = array_namespace(posterior)
        shape = (posterior.shape[0], posterior.shape[1], self.n_grades)
        if parameters is None:
            grades = xp.broadcast_to(xp.exp(self._log_grades(posterior)), shape)
        else:
            scores = self._grade_scores(evidence, parameters)
            grades = xp.exp(scores - over_parts(scores)[:, :, None])
        joint = xp.reshape(posterior[:, :, None] * grades, (shape[0], -1))
        said = xp.reshape(votes.sum_by_unit(joint), (votes.n_sources, votes.n_codes, *shape[1:]))
        allows = xp.astype(votes.statements, said.dtype)[None, :, :, None]
        right = xp.sum(said * allows, axis=(1, 2))
        return right, xp.sum(said, axis=(1, 2)) - right

    def _maximize(self, statistics: tuple[Any, Any], survey: Any, log_prior: Any) -> _Parameters:
        right, wrong = (on_host(part) for part in statistics)
        easy, _ = self._grades()
        skill = _best_skill(right, np.maximum(wrong, 0.0), easy)
        like = statistics[0]
        xp = array_namespace(like)
        ease = beside(skill[:, None] * easy, like)[:, None, None, :]
        n_right, n_wrong = (xp.log(ways)[..., None] for ways in right_and_wrong(survey, like))
        logs = xp.where(
            survey[None, :, :, None], _log_expit(ease) - n_right, _log_expit(-ease) - n_wrong
        )
        return _Parameters(beside(skill, like), xp.reshape(logs, (*logs.shape[:2], -1)))

    def _log_grades(self, like: Any) -> Any:
        return beside(self._grades()[1], like)

    def _grade_scores(self, evidence: Evidence, parameters: _Parameters) -> Any:
        """Log scores of each class and grade, n_items x n_classes x n_grades."""
        votes = votes_of(evidence)
        xp = array_namespace(votes.weight)
        scores = votes.sum_by_item(log_set_rows(parameters.log_emission, votes.statements))
        return xp.reshape(
            scores, (len(evidence), len(evidence.classes), self.n_grades)
        ) + self._log_grades(scores)

    def _score(self, evidence: Evidence, parameters: _Parameters) -> Any:
        return over_parts(self._grade_scores(evidence, parameters))

    def _log_belief(self, parameters: _Parameters, survey: Any) -> float:
        return -float(((on_host(parameters.skill) - 1) ** 2).sum()) / 2

    def _moved(self, after: _Parameters, before: _Parameters) -> float:
        return float(np.abs(on_host(after.skill) - on_host(before.skill)).max())

    @property
    def skill_(self) -> pd.Series:
        """Skill of every source; 0 is chance."""
        return pd.Series(on_host(self._learned().terms[0].skill), self.sources_, name="skill")


def _best_skill(right: np.ndarray, wrong: np.ndarray, easy: np.ndarray) -> np.ndarray:
    """Find the most probable skill of each source, n_sources: Newton's steps within a bracket.

    Parameters
    ----------
    right, wrong : floating array, n_sources x n_grades
    easy : floating array, n_grades
    """
    low, high = 1 - wrong @ easy, 1 + right @ easy
    skill = np.clip(np.ones(len(right)), low, high)
    for _ in range(STEPS):
        sure = expit(skill[:, None] * easy)
        slope = (right * (1 - sure) - wrong * sure) @ easy - (skill - 1)
        low, high = np.where(slope > 0, skill, low), np.where(slope > 0, high, skill)
        bend = ((right + wrong) * sure * (1 - sure)) @ easy**2 + 1
        step = skill + slope / bend
        skill = np.where((step > low) & (step < high), step, (low + high) / 2)
    return skill


def _log_expit(values: Any) -> Any:
    """Log of the logistic function, for large values too."""
    xp = array_namespace(values)
    return xp.where(values < 0, values, 0.0) - xp.log1p(xp.exp(-xp.abs(values)))
