"""Cautious: precisions of votes, shrunk as far as the votes fail to determine them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from array_api_compat import array_namespace

from weaklabel._device import device_of, on_host
from weaklabel.kernels import log_sum_exp
from weaklabel.models._base import TermModel
from weaklabel.models._em import Climb, Ending, Parameters, Problem, expect
from weaklabel.models._emission import log0
from weaklabel.models._redundancy import Pairs, copy_discount, same_code_pairs, silence_discount
from weaklabel.models._units import item_weights
from weaklabel.models._votes import VoteTerm, informative, log_set_rows, mean_shares, votes_of
from weaklabel.solvers import Independent

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence
    from weaklabel.solvers import Solver
    from weaklabel.votes import Votes

# One choice for all data, made on open sets, where each may move a good way for some thousandths
# of accuracy; benchmarks/quality/label_models.py shows where they stand.
START_ACCURACY = 0.75  # of every vote, in the start
USUAL_PRECISION = 0.85  # what a vote is expected to be worth, with the weight of ...
USUAL_WEIGHT = 2000.0  # ... so many votes
LEAST_STRENGTH = 10.0  # pseudo-votes of the prior on a precision, if rows say all
MISSING_UNIPOLAR = 300.0  # further ones for each unit of missing over known information
MISSING_MULTIPOLAR = 100.0  # the same for sources that vote for several classes
SILENCE_WEIGHT = 0.7
MOST_SILENCE = np.log(0.5)  # the silence of one source never says more than this, in nats


class _Survey(NamedTuple):
    """What the votes say before any posterior."""

    said: np.ndarray  # n_units: weight of votes
    allows: np.ndarray  # boolean, n_units x n_classes
    strength: np.ndarray  # n_units: pseudo-votes of the prior
    multipolar: np.ndarray  # boolean, n_sources
    crowding: float  # 0 if rows have up to two votes, towards 1 with many
    pairs: Pairs
    copies: np.ndarray  # n_units: 1 / number of copies
    speaks: np.ndarray  # boolean, n_sources: silence says something
    n_items: float


class _Parameters(NamedTuple):
    """Weights of votes and silences, in nats."""

    vote: Any  # n_sources x n_codes x n_classes
    silence: Any  # n_sources x n_classes
    log_share: Any  # n_sources x n_codes: log of 1 / number of copies


class Cautious(VoteTerm, TermModel):
    r"""Weigh votes by how precise they are, and believe in precisions no more than votes allow.

    A vote u of a source adds :math:`\log P(y \mid u) - \log \pi_y` to the score of class y.
    The precisions :math:`P(y \mid u)` come from three sweeps of EM and are shrunk towards
    "better than chance", by more pseudo-votes the less the votes on an item determine its class.
    Copies count once; not voting speaks against a class as far as sources are not silent
    together; many votes on one item are discounted for errors that they share. If the class
    shares drift from those of the votes, plain votes are returned, with a warning.

    Labeling functions depend on each other in ways that no model of a few parameters holds.
    Maximum likelihood then fits the dependence instead of the classes: with every sweep,
    Dawid-Skene becomes surer and worse. This model gives up likelihood for safety. Where sources
    do err independently, `DawidSkene` is exact and better; `LabelModel` looks which it is.

    Parameters
    ----------
    shared_error : float
        Discount of further votes on an item, for errors that all sources share: votes count
        ``1 / (1 + shared_error * (n_votes - 1))`` each. 0: all sources err independently.
    silence : {"informative", "missing"} or None
        Whether not voting depends on the class. None: as the votes say.
    class_prior, prior_strength : see `DawidSkene`
    solver : Solver or None
        How items are made to agree; None is `Independent`.
    max_iter : int
        Sweeps after the first. More fit the votes better and the classes worse.
    max_drift : float
        Return plain votes when the class shares are further than this from those of the votes
        (total variation).

    Attributes
    ----------
    class_prior_ : Series, n_classes
    source_accuracy_ : Series, n_sources
        Expected share of a source's votes that are right; NaN if it never votes.
    objective_trace_, n_iter_, converged_, ending_
        How the fit went.

    Examples
    --------
    >>> import weaklabel as wl
    >>> case = wl.datasets.correlated_copies(n_items=2000, random_state=0)
    >>> evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    >>> right = Cautious().fit(evidence).predict(evidence) == case.gold
    >>> bool(right.mean() > 0.8)
    True
    """

    _fixed_sweeps = True
    n_init = 1
    tol = 0.0
    random_state = None

    def __init__(
        self,
        *,
        shared_error: float = 0.05,
        silence: str | None = None,
        class_prior: Any = None,
        prior_strength: float | None = None,
        solver: Solver | None = None,
        max_iter: int = 2,
        max_drift: float = 0.25,
    ) -> None:
        self.shared_error = shared_error
        self.silence = silence
        self.class_prior = class_prior
        self.prior_strength = prior_strength
        self.solver = solver
        self.max_iter = max_iter
        self.max_drift = max_drift

    def _pseudo_items(self) -> float:
        return 10.0

    def _training_part(self, evidence: Evidence) -> Evidence:
        """Items with votes: the others hold the prior and would only slow it down."""
        if evidence.bags or evidence.neighbors is not None:  # they bind the others
            return evidence
        voted = on_host(votes_of(evidence).voted)
        return evidence if voted.all() else evidence.take(np.flatnonzero(voted))

    def _start(self, evidence: Evidence, rng: np.random.Generator | None) -> Any:
        votes = votes_of(evidence)
        scores = self._start_scores(votes, _copies(evidence, votes)[1])
        return Independent().solve(scores, evidence).probabilities

    def _start_scores(self, votes: Votes, copies: np.ndarray) -> Any:
        """Every vote is worth the same, copies together one vote."""
        worth = copies[:, None] * _start_worth(votes)
        weight = _discount(votes, _table(votes, copies), self.shared_error)
        return weight[:, None] * votes.sum_by_item(_table(votes, worth))

    def _best_climb(self, problem: Problem) -> Climb:
        """Climb; on alarm give plain votes instead, copies and shared errors discounted."""
        best = super()._best_climb(problem)
        if best.ending is not Ending.DRIFTED:
            return best
        plain = self._plain_votes(problem)
        return best._replace(parameters=plain, posterior=expect(problem, plain))

    def _plain_votes(self, problem: Problem) -> Parameters:
        """Parameters that score votes as the start does."""
        votes = votes_of(problem.evidence)
        copies, worth = problem.surveys[0].copies, _start_worth(votes)
        shape = (votes.n_sources, votes.n_codes, -1)
        term = _Parameters(
            vote=np.reshape(copies[:, None] * worth, shape),
            silence=np.zeros((votes.n_sources, worth.shape[1])),
            log_share=np.reshape(np.log(copies), shape[:2]),
        )
        xp = array_namespace(votes.weight)
        belief = xp.asarray(problem.prior.belief, device=device_of(votes.weight))
        return Parameters(log0(belief), (term,))

    # ---- what does not depend on the posterior ----------------------------------------------

    def _survey(self, evidence: Evidence) -> _Survey:
        votes = votes_of(evidence)
        weights = item_weights(evidence)
        pairs, copies = _copies(evidence, votes)
        n_items = float(weights.sum())
        said = pairs.share * n_items
        by_source = said.reshape(votes.n_sources, -1)
        commonest, total = by_source.max(axis=1), by_source.sum(axis=1)
        multipolar = commonest <= 0.95 * total
        missing = self._missing(votes, copies, weights)
        per_unit = np.where(multipolar, MISSING_MULTIPOLAR, MISSING_UNIPOLAR)
        spoken = on_host(votes.sum_by_item(_table(votes, copies[:, None])))[:, 0]
        voices = spoken / (1 + self.shared_error * np.maximum(spoken - 1, 0))
        mean_voices = weights @ voices / n_items
        return _Survey(
            said=said,
            allows=np.tile(on_host(votes.statements), (votes.n_sources, 1)),
            strength=LEAST_STRENGTH + np.repeat(per_unit, votes.n_codes) * missing,
            multipolar=multipolar,
            crowding=max(0.0, 1 - 2 / float(mean_voices)),
            pairs=pairs,
            copies=copies,
            speaks=on_host(informative(votes, self.silence)),
            n_items=n_items,
        )

    def _missing(self, votes: Votes, copies: np.ndarray, weights: np.ndarray) -> float:
        """Missing over known information: how open a class is to the other votes on its item."""
        scores = on_host(self._start_scores(votes, copies))
        worth = (copies[:, None] * _start_worth(votes))[on_host(votes.unit)]
        item = on_host(votes.item)
        share = on_host(_discount(votes, _table(votes, copies), self.shared_error))
        without = scores[item] - share[item, None] * worth
        log_p = without - log_sum_exp(without)[:, None]
        entropy = -(np.exp(log_p) * log_p).sum(axis=1) / np.log(log_p.shape[1])
        openness = float(np.average(entropy, weights=weights[item] * on_host(votes.weight)))
        return openness / max(1 - openness, 0.01)

    # ---- one sweep --------------------------------------------------------------------------

    def _statistics(self, evidence: Evidence, posterior: Any, parameters: Any) -> tuple[Any]:
        """How often each source says each code while items have each class."""
        return (votes_of(evidence).sum_by_unit(posterior),)

    def _maximize(self, statistics: tuple[Any], survey: _Survey, log_prior: Any) -> _Parameters:
        counts = on_host(statistics[0])
        shape = counts.shape
        counts, prior = counts.reshape(-1, shape[-1]), np.exp(on_host(log_prior))
        prior = np.maximum(prior, 1e-300)
        belief = _believed_precision(counts, survey, prior)
        precision = _shrunk(counts, survey.said, belief, survey.strength)
        lift = precision / prior
        loose = _shrunk(counts, survey.said, belief, LEAST_STRENGTH)
        trust = silence_discount(survey.pairs, loose, prior, shape[0])
        fires = (survey.pairs.share[:, None] * lift).reshape(shape).sum(axis=1)
        quiet = np.log(np.clip(1 - fires, np.exp(MOST_SILENCE), 1.0))
        silence = np.where(survey.speaks, SILENCE_WEIGHT * trust, 0.0)[:, None] * quiet
        return _Parameters(
            vote=(survey.copies[:, None] * np.log(np.maximum(lift, 1e-300))).reshape(shape),
            silence=silence,
            log_share=np.log(survey.copies).reshape(shape[:2]),
        )

    def _score(self, evidence: Evidence, parameters: _Parameters) -> Any:
        votes = votes_of(evidence)
        xp = array_namespace(votes.weight)
        vote, silence, log_share = (
            xp.asarray(array, device=device_of(votes.weight)) for array in parameters
        )
        new = votes.n_codes - log_share.shape[1]
        unseen = xp.zeros_like(log_share[:, :1])
        unseen = xp.broadcast_to(unseen, (votes.n_sources, new))
        weight = _discount(votes, xp.exp(xp.concat([log_share, unseen], axis=1)), self.shared_error)
        # as if all were silent, corrected where someone voted: votes are few, silences many
        table = log_set_rows(vote, votes.statements) - silence[:, None, :]
        return weight[:, None] * (xp.sum(silence, axis=0)[None, :] + votes.sum_by_item(table))


def _believed_precision(counts: np.ndarray, survey: _Survey, prior: np.ndarray) -> np.ndarray:
    """Give what a precision is shrunk towards, n_units x n_classes.

    All sources together tell how often a vote is right; a source that votes for several classes
    has its own rate. The rest is spread like the prior, or, where many votes meet, like the
    mistakes of one coin.
    """
    n_sources = len(survey.multipolar)
    right = (counts * survey.allows).sum(axis=1)
    least, n_classes = 1 / len(prior), len(prior)
    overall = (right.sum() + USUAL_WEIGHT * USUAL_PRECISION) / (survey.said.sum() + USUAL_WEIGHT)
    overall = np.clip(overall, least + 0.01, 0.98)
    by_source = right.reshape(n_sources, -1).sum(axis=1) + 30 * overall
    own = by_source / (survey.said.reshape(n_sources, -1).sum(axis=1) + 30)
    accuracy = np.where(survey.multipolar, np.clip(own, least, 0.98), overall)
    accuracy = np.repeat(accuracy, len(counts) // n_sources)[:, None]
    inside = (survey.allows * prior).sum(axis=1, keepdims=True)
    like_prior = np.where(
        survey.allows, accuracy * prior / inside, (1 - accuracy) * prior / (1 - inside)
    )
    size = survey.allows.sum(axis=1, keepdims=True)
    one_coin = prior**survey.crowding * np.where(
        survey.allows, accuracy / size, (1 - accuracy) / (n_classes - size)
    )
    one_coin /= one_coin.sum(axis=1, keepdims=True)
    crowded = np.repeat(survey.multipolar, len(counts) // n_sources) & (survey.crowding > 0)
    return np.where(crowded[:, None], one_coin, like_prior)


def _shrunk(counts: np.ndarray, said: np.ndarray, belief: np.ndarray, strength: Any) -> np.ndarray:
    """Precisions P(class | vote), n_units x n_classes, with pseudo-votes of a belief."""
    strength = np.broadcast_to(strength, said.shape)[:, None]
    return (counts + strength * belief) / (said[:, None] + strength)


def _copies(evidence: Evidence, votes: Votes) -> tuple[Pairs, np.ndarray]:
    """Pairs of units that speak together, and 1 / number of copies of each unit."""
    pairs = same_code_pairs(evidence, votes)
    mass = on_host(votes.statements) @ on_host(mean_shares(evidence, pseudo_items=10.0))
    return pairs, copy_discount(pairs, np.tile(mass, votes.n_sources))


def _start_worth(votes: Votes) -> np.ndarray:
    """Give what a vote adds to the classes it allows in the start, n_units x n_classes."""
    others = len(votes.classes) - 1
    worth = np.log(START_ACCURACY * others / (1 - START_ACCURACY))
    return np.tile(on_host(votes.statements) * worth, (votes.n_sources, 1))


def _discount(votes: Votes, share: Any, shared_error: float) -> Any:
    """How much each vote on an item counts, n_items, when sources share errors."""
    xp = array_namespace(share)
    extra = votes.sum_by_item(share[:, :, None])[:, 0] - 1
    return 1 / (1 + shared_error * xp.where(extra > 0, extra, xp.zeros_like(extra)))


def _table(votes: Votes, by_unit: np.ndarray) -> Any:
    """Shape values by unit as a table by source and code, beside the votes."""
    xp = array_namespace(votes.weight)
    shape = (votes.n_sources, votes.n_codes, *by_unit.shape[1:])
    return xp.asarray(by_unit.reshape(shape), device=device_of(votes.weight))
