"""How often sources are right, with credible intervals; without gold, or with a little."""

from __future__ import annotations

import warnings
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import betaln
from sklearn.utils.validation import check_is_fitted

from weaklabel._check import generator
from weaklabel._device import on_host
from weaklabel.analysis._resampled import overdispersion, patterns_of, refits
from weaklabel.analysis._scored import gold_codes
from weaklabel.analysis._votes import as_votes, one_each
from weaklabel.models._merge import groups_of_copies, merge_sources

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence

__all__ = ["LABELS", "source_accuracy"]

LABELS = "labels"  # the last row
STRENGTHS = np.geomspace(0.5, 1000, 40)  # gold votes that an estimate without gold may be worth
DRAWS = 4000


def source_accuracy(
    model: Any,
    evidence: Evidence,
    *,
    gold: Any = None,
    level: float = 0.9,
    n_draws: int = 50,
    random_state: Any = 0,
) -> pd.DataFrame:
    """Estimate how often each source, and the model itself, is right, with credible intervals.

    Parameters
    ----------
    model : label model
        Fitted to `evidence`.
    evidence : Evidence
        Votes, and all else that the model was fitted to.
    gold : Series or array, n_items, or None
        A few gold classes that the model has not seen. They correct the estimates, for sources
        without gold too: how far estimates without gold are from gold votes tells how much they
        are worth.
    level : float
        Probability that the interval holds the share of right votes.
    n_draws : int
        Number of refits on items that count at random (Bayesian bootstrap).
    random_state : int, Generator, RandomState or None

    Returns
    -------
    DataFrame, n_sources + 1 rows
        One row a source, and "labels": the model's own, on covered items. Columns `n_votes`;
        `accuracy`, `low` and `high`, the expected share of right votes among *these* votes and the
        ends of its interval, NaN if a source never votes; with gold also `n_gold` and `right`.
        ``attrs["overdispersion"]`` is by how much variances were widened, see Notes.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the model is not fitted.
    ValueError
        If there are no votes, `level` is no probability, `n_draws` below 2, or gold cannot be
        aligned.

    Notes
    -----
    Two things are uncertain: what the model learned, by refits; and, given that, which of the votes
    are right. Both assume that sources err independently given the class. Where they do not, pairs
    of sources speak together in ways that `DawidSkene` does not explain; variances are widened by
    how much (mean squared deviation in standard errors, as for counts that are overdispersed).
    That is 1 where the assumption holds, and 3 to 250 on real labeling functions. An error that
    all sources share leaves no trace in votes: only gold shows it. Measured on real sets, 90 %
    intervals hold the truth less often than they say (benchmarks/quality/source_accuracy.py).

    Examples
    --------
    >>> import weaklabel as wl
    >>> case = wl.datasets.independent(n_items=500, random_state=0)
    >>> evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    >>> table = source_accuracy(wl.OneCoin().fit(evidence), evidence)
    >>> table.columns.tolist(), table.index[-1]
    (['n_votes', 'accuracy', 'low', 'high'], 'labels')
    """
    check_is_fitted(model)
    _refuse_settings(level, n_draws)
    votes, index = as_votes(evidence)
    mean, spread, dispersion = _without_gold(model, evidence, n_draws, generator(random_state))
    hard = one_each(votes)
    covered = on_host(model.posterior(evidence).covered)
    n_votes = np.append(np.bincount(hard.source, minlength=votes.n_sources), covered.sum())
    table: dict[str, Any] = {"n_votes": n_votes, "accuracy": mean}
    tails = (1 - level) / 2, (1 + level) / 2
    if gold is None:
        table["low"], table["high"] = (_beta_ends(mean, spread, tail) for tail in tails)
    else:
        codes = gold_codes(gold, index, votes.classes)
        n_gold, right = _on_gold(hard, codes, model.posterior(evidence))
        drawn = _with_gold(mean, spread, n_votes, n_gold, right, generator(random_state))
        table["accuracy"] = drawn.mean(axis=0)
        table["low"], table["high"] = np.quantile(drawn, tails, axis=0)
        table |= {"n_gold": n_gold, "right": right}
    found = pd.DataFrame(table, index=pd.Index([*votes.sources, LABELS]))
    found.loc[found["n_votes"] == 0, ["accuracy", "low", "high"]] = np.nan
    found.attrs["overdispersion"] = dispersion
    return found


def _refuse_settings(level: float, n_draws: int) -> None:
    """Refuse settings that mean nothing."""
    if not 0 < level < 1:
        msg = f"level is a probability between 0 and 1, such as 0.9; not {level!r}."
        raise ValueError(msg)
    if n_draws < 2:
        msg = f"n_draws={n_draws!r} refits tell no spread. Take at least 2, better 50."
        raise ValueError(msg)


def _without_gold(
    model: Any, evidence: Evidence, n_draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, float]:
    """Mean and deviation of the share of right votes, n_sources + 1, and the overdispersion."""
    inner, copies = getattr(model, "model_", model), getattr(model, "copies_", None)
    said, n_items = patterns_of(inner, evidence.map_arrays(on_host))
    heard = said
    if copies is not None and len(copies):
        votes: Any = said.votes
        heard = replace(said, votes=merge_sources(votes, groups_of_copies(copies, votes.sources)))
    fitted = on_host(model.posterior(said).probabilities)
    labels = fitted == fitted.max(axis=1, keepdims=True)
    labels = labels / labels.sum(axis=1, keepdims=True)
    covered = on_host(model.posterior(said).covered) * n_items
    mean, _ = _right(said, n_items, fitted, labels, covered)
    hedge = float(getattr(model, "hedge_", 0.0)), getattr(model, "hedge_weights_", None)
    again = refits(inner, heard, n_items, hedge, rng)
    drawn = [_right(said, n_items, p, labels, covered) for p in islice(again, n_draws)]
    shares, noise = (np.array(part) for part in zip(*drawn, strict=True))
    dispersion = overdispersion(heard, _independent(heard))
    variance = shares.var(axis=0, ddof=1) + noise.mean(axis=0)
    return mean, np.sqrt(dispersion * variance), dispersion


def _right(
    evidence: Evidence,
    n_items: np.ndarray,
    posterior: np.ndarray,
    labels: np.ndarray,
    covered: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Share of right votes of each source, then of labels, and its variance if classes are drawn.

    A vote counts once for every item; the variance is that of independent items.
    """
    votes: Any = evidence.votes
    pair = votes.item.astype(np.int64) * votes.n_sources + votes.source
    first = np.flatnonzero(np.diff(pair, prepend=-1) != 0) if len(pair) else pair
    allowed = (posterior[votes.item] * votes.statements[votes.code]).sum(axis=1) * votes.weight
    right = np.add.reduceat(allowed, first) if len(first) else allowed
    total = np.add.reduceat(votes.weight, first) if len(first) else allowed
    item, source = votes.item[first], votes.source[first]
    right = np.append(right / total, (posterior * labels).sum(axis=1))
    source = np.append(source, np.full(len(posterior), votes.n_sources))
    count = np.append(n_items[item], covered)
    n = np.bincount(source, count, votes.n_sources + 1)
    n = np.where(n > 0, n, np.nan)
    share = np.bincount(source, right * count, len(n)) / n
    noise = np.bincount(source, np.clip(right * (1 - right), 0, None) * count, len(n)) / n**2
    return share, noise


def _independent(evidence: Evidence) -> Any:
    """Fit independent errors, to see how far votes are from them."""
    from weaklabel.models.dawid_skene import DawidSkene

    votes_alone = replace(evidence, bags=(), features=None, neighbors=None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return DawidSkene(max_misfit=np.inf, max_iter=200).fit(votes_alone).parameters_


def _beta_parts(mean: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Parameters of beta distributions with a mean and a deviation, which may be too large."""
    mean = np.clip(mean, 1e-9, 1 - 1e-9)
    worth = np.maximum(mean * (1 - mean) / np.maximum(spread, 1e-9) ** 2 - 1, 1.0)
    return mean * worth, (1 - mean) * worth


def _beta_ends(mean: np.ndarray, spread: np.ndarray, tail: float) -> np.ndarray:
    """Quantile of a beta distribution with a mean and a deviation."""
    return stats.beta.ppf(tail, *_beta_parts(mean, spread))


def _on_gold(votes: Any, gold: np.ndarray, posterior: Any) -> tuple[np.ndarray, np.ndarray]:
    """Count votes of each source, then labels, on items with gold, and those that are right."""
    on = gold[votes.item]
    known = on >= 0
    right = known & votes.statements[votes.code, on]
    labels = posterior.labels().cat.codes.to_numpy()
    given = (labels >= 0) & (gold >= 0)
    n = np.append(np.bincount(votes.source[known], minlength=votes.n_sources), given.sum())
    hits = np.bincount(votes.source[right], minlength=votes.n_sources)
    return n, np.append(hits, (labels == gold)[given].sum())


def _with_gold(
    mean: np.ndarray,
    spread: np.ndarray,
    n_votes: np.ndarray,
    n_gold: np.ndarray,
    right: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Draw shares of right votes given gold, n_draws x (n_sources + 1).

    An estimate without gold is worth some gold votes, as many for all sources: between half a one
    and 1000, weighed by how well the gold votes are foretold, and no more than its own spread says.
    """
    a, b = _beta_parts(np.nan_to_num(mean, nan=0.5), np.nan_to_num(spread, nan=0.5))
    own = a + b
    worth = 1 / (1 / STRENGTHS[:, None] + 1 / own)
    a, b = worth * (a / own), worth * (b / own)
    told = betaln(a + right, b + n_gold - right) - betaln(a, b)
    log_weight = told[:, :-1].sum(axis=1)  # labels are no further witness of what sources say
    weight = np.exp(log_weight - log_weight.max())
    chosen = rng.choice(len(STRENGTHS), size=DRAWS, p=weight / weight.sum())
    rate = rng.beta(a[chosen] + right, b[chosen] + n_gold - right)
    others = np.maximum(n_votes - n_gold, 0)
    return (right + rng.binomial(others, rate)) / np.maximum(others + n_gold, 1)
