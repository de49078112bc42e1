"""Gaussian mixture: the features of every class have a density of their own."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
import pandas as pd
from array_api_compat import array_namespace
from sklearn.base import clone

from weaklabel._device import beside, on_host
from weaklabel.models import _advice
from weaklabel.models import _gaussian_dense as dense
from weaklabel.models import _gaussian_diagonal as diagonal
from weaklabel.models._base import TermModel
from weaklabel.models._em import Settings, climb
from weaklabel.models._emission import log0
from weaklabel.models._gaussian_blocks import Mixtures, blocks, class_scores, class_sums
from weaklabel.models._gaussian_discovery import Search, with_new_classes
from weaklabel.models._gaussian_features import (
    features_of,
    moments,
    refuse_collapsed,
    refuse_features,
    refuse_settings,
)
from weaklabel.models._gaussian_first import comparable, first_sums
from weaklabel.models._gaussian_online import Online, advance, begin
from weaklabel.models._gaussian_start import first_posterior
from weaklabel.models._gaussian_sums import Belief, Sums, safe_ratio

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.solvers import Solver


class _Survey(NamedTuple):
    """What all sweeps share: the classes, the mean of the features, and the belief."""

    classes: pd.Index
    mean: Any  # n_features
    belief: Belief


class GaussianMixture(TermModel):
    r"""The features of the items of a class come from a few Gaussian components.

    The score of class y is :math:`\log \sum_m w_{ym} N(x \mid \mu_{ym}, \Sigma_{ym})`. Votes,
    candidates, hints, tags and shares of bags decide with the density what class an item has, and
    so from what items the density is learned. On its own the mixture reads features, candidates
    and hints; ``LabelModel([DawidSkene(), GaussianMixture()])`` reads votes as well, and
    ``solver=BeliefPropagation()`` tags and counts.

    Missing features (NaN) drop out of the density; an item without any says nothing.

    Parameters
    ----------
    covariance : {"full", "tied", "diag", "spherical"}
        "full": each component has its own. "tied": all components share one. "diag": features are
        independent. "spherical": and of one variance, so that they should be of comparable units.
    n_components : int
        Components in each class.
    n_new : int or "auto"
        Classes to find beside those of the evidence, among the items that may have any class. They
        are called "new 1", "new 2", ... and stand last in the results. "auto" finds how many by
        splitting and merging clusters; take "full" covariances for it, since every bend of a
        simpler density would count as a class.
    smoothing : float or None
        Pseudo-items a component, uncorrelated and of the variance of all items times `spread`,
        which keep covariances from collapsing; see Notes. None: as many as there are features
        where features are correlated, else 1. 0 is maximum likelihood.
    spread : float
        Variance of pseudo-items as a share of the variance of all items.
    class_prior : None, "uniform", mapping, Series or array, n_classes
        None: estimated. Otherwise given.
    prior_strength : float or None
        How many items `class_prior` is worth; None fixes it.
    solver : Solver or None
        How items are made to agree; None is `Independent`.
    n_init : int
        Number of starts. The first is the same every time, further ones are drawn; the best
        objective wins.
    max_iter : int
        Most sweeps.
    tol : float
        Stop when neither the prior, nor shares of components, nor means (in standard deviations),
        nor variances (relatively) move by more.
    max_drift : float
        Stop, and keep the first sweep, when class shares of items with candidates are further than
        this from those of the start (total variation, 0 to 1). 1 never does.
    step : float
        How `partial_fit` weighs chunks, above 0.5 and at most 1: one that brings a share s of all
        items so far moves what was learned by s to this power. 1 weighs all items alike, less
        forgets the first ones, about which little was known.
    random_state : int, Generator, RandomState or None
        For starts, where nothing is known of a class and it begins at an item far from the others.

    Attributes
    ----------
    weights_ : ndarray, n_classes x n_components
        Shares of the components in their class.
    means_ : ndarray, n_classes x n_components x n_features
    covariances_ : ndarray
        Shaped by `covariance`: "full" n_classes x n_components x n_features x n_features, "tied"
        n_features x n_features, "diag" n_classes x n_components x n_features, "spherical"
        n_classes x n_components.
    class_prior_ : Series, n_classes
    converged_, n_iter_, objective_trace_, ending_
        How the fit went (of the first chunk, with `partial_fit`); objectives in nats.

    Notes
    -----
    The belief about a covariance is inverse Wishart with its mode at the diagonal matrix
    :math:`\Psi` of `spread` times the variances [1]_:

    .. math:: -\tfrac{s}{2} \left( \log|\Sigma| + \mathrm{tr}(\Psi \Sigma^{-1}) \right),
              \qquad \hat\Sigma = \frac{S + s \Psi}{N + s},

    with s for `smoothing`, and N and S the mass and scatter of the component. Means have a flat
    prior. All is relative to the variances of the features, so that units do not matter (but for
    "spherical").

    Where nothing tells classes apart, they are clusters in no particular order.

    References
    ----------
    .. [1] Fraley and Raftery, "Bayesian regularization for normal mixture estimation and
       model-based clustering", Journal of Classification 24, 2007.
    .. [2] Cappe and Moulines, "On-line expectation-maximization algorithm for latent data models",
       Journal of the Royal Statistical Society B 71, 2009.

    Examples
    --------
    >>> import weaklabel as wl
    >>> rng = np.random.default_rng(0)
    >>> gold = np.repeat(["cat", "dog"], 100)
    >>> features = rng.normal(size=(200, 2)) + 5 * (gold == "dog")[:, None]
    >>> evidence = (
    ...     wl.Evidence(range(200), classes=["cat", "dog"])
    ...     .with_features(features)
    ...     .with_candidates({0: "cat", 100: "dog"})
    ... )
    >>> model = GaussianMixture().fit(evidence)
    >>> (model.predict(evidence) == gold).mean()
    np.float64(1.0)
    >>> model.means_[1].round(0)
    array([[5., 5.]])
    """

    _uses: ClassVar[frozenset[str]] = frozenset({"features"})

    online_: Online | None

    def __init__(
        self,
        *,
        covariance: Literal["full", "tied", "diag", "spherical"] = "full",
        n_components: int = 1,
        n_new: int | Literal["auto"] = 0,
        smoothing: float | None = None,
        spread: float = 1.0,
        class_prior: Any = None,
        prior_strength: float | None = None,
        solver: Solver | None = None,
        n_init: int = 1,
        max_iter: int = 500,
        tol: float = 1e-3,
        max_drift: float = 0.25,
        step: float = 0.9,
        random_state: Any = None,
    ) -> None:
        self.covariance = covariance
        self.n_components = n_components
        self.n_new = n_new
        self.smoothing = smoothing
        self.spread = spread
        self.class_prior = class_prior
        self.prior_strength = prior_strength
        self.solver = solver
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.max_drift = max_drift
        self.step = step
        self.random_state = random_state

    @property
    def _dense(self) -> bool:
        return self.covariance in {"full", "tied"}

    # ---- chunks -----------------------------------------------------------------------------

    def fit(self, evidence: Evidence, y: Any = None) -> Self:
        """Learn the densities; see `BaseLabelModel.fit`.

        Parameters
        ----------
        evidence : Evidence
            With features.
        y : None
            Not used: a label model learns without labels.

        Returns
        -------
        self
        """
        self.online_ = None
        if self.n_new == 0:
            return super().fit(evidence, y)
        _advice.refuse_labels(self, evidence, y)
        refuse_settings(self)
        named: Any = clone(self)
        named.n_new = 0
        if self.n_new == "auto":
            self._discover(named, evidence)
        else:
            named.fit(with_new_classes(evidence, int(self.n_new)))
        vars(self).update({name: part for name, part in vars(named).items() if name.endswith("_")})
        return self

    def _discover(self, named: GaussianMixture, evidence: Evidence) -> None:
        """Let a mixture of named classes learn the new ones as well."""
        named._refuse(evidence)
        problem, start = Search(named, named._used_part(evidence), self._seed()).run()
        settings = Settings(max_iter=self.max_iter, tol=self.tol, max_drift=1.0, fixed_sweeps=False)
        named.online_ = None
        named._set_learned(climb(problem, start, settings), problem)
        _advice.warn_about_fit(named, evidence)

    def partial_fit(self, evidence: Evidence, y: Any = None) -> Self:
        """Learn from one more chunk of items, by a step of online EM [2]_.

        The first chunk is fitted as by `fit`, so that it should tell all classes apart; each
        further one is looked at once. Nothing of a chunk is kept but sums.

        Parameters
        ----------
        evidence : Evidence
            The same classes and features in every chunk; bags have all their members in it.
        y : None
            Not used: a label model learns without labels.

        Returns
        -------
        self
        """
        state: Online | None = getattr(self, "online_", None)
        if state is None:
            self.fit(evidence, y)
            self.online_ = begin(self, self._matched(evidence))
            return self
        _advice.refuse_labels(self, evidence, y)
        self.online_, parameters = advance(self, self._matched(evidence), state)
        self.parameters_ = parameters
        shares = np.exp(on_host(parameters.log_prior))
        self.class_prior_ = pd.Series(shares, self.classes_, name="class_prior")
        return self

    def _matched(self, evidence: Evidence) -> Evidence:
        _advice.refuse_other_things(self, evidence)
        if self.n_new != 0:
            n_new = len(self.classes_) - len(evidence.classes)
            if evidence.classes.equals(self.classes_[: len(evidence.classes)]):
                evidence = with_new_classes(evidence, n_new)
        return super()._matched(evidence)

    def _seed(self) -> int:
        """Give a seed of the start that is the same every time."""
        whole = isinstance(self.random_state, numbers.Integral)
        return int(self.random_state) if whole else 0

    # ---- before the loop --------------------------------------------------------------------

    def _refuse(self, evidence: Evidence) -> None:
        refuse_settings(self)
        if self.n_new != 0:
            msg = (
                "A mixture finds new classes on its own, not as a term among others. Fit it alone, "
                "or name the new classes in the evidence and leave n_new= out."
            )
            raise ValueError(msg)
        refuse_features(features_of(evidence))

    def _informs(self, evidence: Evidence) -> Any:
        features = features_of(evidence)
        xp = array_namespace(features)
        parts = [~xp.all(xp.isnan(block), axis=1) for _, block in blocks(features, 1)]
        return xp.concat(parts)

    def _start(self, evidence: Evidence, rng: np.random.Generator | None) -> Any:
        """Nearest class, by what is known without votes; None if votes tell more."""
        if evidence.votes is not None:
            return None
        features = features_of(evidence)
        found = first_posterior(
            evidence,
            comparable(on_host(features)),
            self._seed() if rng is None else int(rng.integers(2**31)),
            drawn=rng is not None,
        )
        return beside(found, features)

    def _survey(self, evidence: Evidence) -> _Survey:
        features = features_of(evidence)
        weights = evidence.weights
        mean, variance = moments(features, weights)
        items = float(features.shape[1] if self._dense else 1)
        items = items if self.smoothing is None else float(self.smoothing)
        return _Survey(evidence.classes, mean, Belief(items, self.spread * variance))

    # ---- one sweep --------------------------------------------------------------------------

    def _statistics(self, evidence: Evidence, posterior: Any, parameters: Any) -> Sums:
        """Masses, sums and products of the features in every component."""
        features = features_of(evidence)
        if parameters is None:
            return first_sums(
                features,
                posterior,
                int(self.n_components),
                dense=self._dense,
                pooled=self.covariance == "tied",
            )
        xp = array_namespace(parameters.mean)
        middle = xp.mean(xp.mean(parameters.mean, axis=0), axis=0)
        return class_sums(features, posterior, parameters, middle)

    def _maximize(self, statistics: Any, survey: _Survey, log_prior: Any) -> Mixtures:
        found = Sums(*statistics)
        xp = array_namespace(found.first)
        if self._dense:
            covariance = dense.estimate(found, survey.belief)
        else:
            pooled = self.covariance == "spherical"
            covariance = diagonal.estimate(found, survey.belief, pooled=pooled)
        n_components = int(self.n_components)
        mass = xp.reshape(found.mass, (-1, n_components))
        pseudo = _pseudo_items(survey.belief) / n_components
        total = xp.sum(mass, axis=1, keepdims=True) + pseudo * n_components
        share = xp.where(total > 0, safe_ratio(mass + pseudo, total), 1 / n_components)
        lead = (1, 1) if self.covariance == "tied" else mass.shape
        mixtures = Mixtures(
            log0(share),
            xp.reshape(found.centers(survey.mean), (*mass.shape, -1)),
            xp.reshape(covariance, (*lead, *covariance.shape[1:])),
        )
        refuse_collapsed(mixtures, survey.classes, survey.belief)
        return mixtures

    def _score(self, evidence: Evidence, parameters: Mixtures) -> Any:
        features = features_of(evidence)
        n_features = parameters.mean.shape[-1]
        if features.shape[1] != n_features:
            msg = (
                f"The model was fitted to {n_features} features, this evidence has "
                f"{features.shape[1]}. Give the same ones in the same order."
            )
            raise ValueError(msg)
        return class_scores(features, parameters)

    def _log_belief(self, parameters: Mixtures, survey: _Survey) -> float:
        xp = array_namespace(parameters.mean)
        _, covariance = parameters.flat()
        family = dense if self._dense else diagonal
        believed = family.log_belief(covariance, survey.belief) if survey.belief.items else 0.0
        pseudo = _pseudo_items(survey.belief) / int(self.n_components)
        return believed + pseudo * float(xp.sum(parameters.log_weight)) if pseudo else believed

    def _moved(self, after: Mixtures, before: Mixtures) -> float:
        """Largest move of any component: share, mean in deviations, variance relatively."""
        xp = array_namespace(after.mean)
        weight = xp.exp(before.log_weight)
        old, new = _variances(before), _variances(after)
        of_means = xp.max(xp.abs(after.mean - before.mean) / xp.sqrt(old), axis=2)
        of_variances = xp.max(xp.abs(new / old - 1), axis=2)
        moves = xp.abs(xp.exp(after.log_weight) - weight) + weight * (of_means + of_variances)
        return float(xp.max(moves))

    # ---- what was learned -------------------------------------------------------------------

    @property
    def weights_(self) -> np.ndarray:
        """Shares of the components in their class, n_classes x n_components."""
        return np.exp(on_host(self._learned().terms[0].log_weight))

    @property
    def means_(self) -> np.ndarray:
        """Means, n_classes x n_components x n_features."""
        return on_host(self._learned().terms[0].mean)

    @property
    def covariances_(self) -> np.ndarray:
        """Covariances; their shape depends on the setting `covariance`."""
        covariance = on_host(self._learned().terms[0].covariance)
        if self.covariance == "tied":
            return covariance[0, 0]
        return covariance[:, :, 0] if self.covariance == "spherical" else covariance


def _pseudo_items(belief: Belief) -> float:
    """Pseudo-items a class, spread over its components; none with maximum likelihood."""
    return float(belief.items > 0)


def _variances(mixtures: Mixtures) -> Any:
    """Variance of every feature in every component, n_classes x n_components x n_features."""
    xp = array_namespace(mixtures.mean)
    covariance = mixtures.covariance
    if mixtures.is_dense:
        covariance = xp.linalg.diagonal(covariance)
    return xp.broadcast_to(covariance, mixtures.mean.shape)
