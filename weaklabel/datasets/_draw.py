"""Votes of independent sources: parameters checked, votes drawn, likelihoods written out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from weaklabel._check import first_few

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]  # position of the class, or n_classes for an abstain


class Sources(NamedTuple):
    accuracy: Floats  # n_sources
    coverage: Floats  # n_sources


def sources_of(accuracy: npt.ArrayLike, coverage: npt.ArrayLike) -> Sources:
    """Check accuracies and coverages and bring them to one length."""
    right = np.atleast_1d(np.asarray(accuracy, float))
    votes = np.asarray(coverage, float)
    if votes.ndim and votes.shape != right.shape:
        message = (
            f"There are {right.size} accuracies and {votes.size} coverages. Each source needs one "
            "of both. Pass lists of one length, or a single number as coverage."
        )
        raise ValueError(message)
    sources = Sources(right, np.broadcast_to(votes, right.shape))
    for name, values in zip(sources._fields, sources, strict=True):
        check_probabilities(name, values)
    return sources


def shares_of(prior: npt.ArrayLike) -> Floats:
    """Check that a prior is a distribution over at least two classes."""
    shares = np.asarray(prior, float)
    check_probabilities("prior", shares)
    if shares.size < 2 or abs(shares.sum() - 1) > 1e-6:
        message = (
            f"The prior {shares.tolist()} is no distribution over two or more classes. Probably a "
            "class is missing or the shares are counts. Pass one share a class, summing to 1."
        )
        raise ValueError(message)
    return shares / shares.sum()


def check_probabilities(name: str, values: Floats) -> None:
    """Refuse numbers outside [0, 1], NaN among them."""
    wrong = np.flatnonzero(~((values >= 0) & (values <= 1)))
    if wrong.size:
        message = (
            f"'{name}' is no probability at position {first_few(wrong)}: "
            f"{first_few(values[wrong])}. Probably it is per cent or a count. Pass numbers between "
            "0 and 1."
        )
        raise ValueError(message)


def draw_votes(rng: np.random.Generator, gold: Codes, sources: Sources, n_classes: int) -> Codes:
    """Draw the votes of independent sources, n_items x n_sources."""
    shape = (len(gold), len(sources.accuracy))
    wrong = (gold[:, None] + rng.integers(1, n_classes, shape)) % n_classes
    fires = rng.random(shape) < sources.coverage
    right = rng.random(shape) < sources.accuracy
    return np.where(fires, np.where(right, gold[:, None], wrong), n_classes)


def emission_of(sources: Sources, n_classes: int) -> Floats:
    """P(code | class) of independent sources, n_sources x (n_classes + 1) x n_classes."""
    right, votes = (value[:, None, None] for value in sources)
    same = np.eye(n_classes)
    voting = votes * (right * same + (1 - right) / (n_classes - 1) * (1 - same))
    silent = np.broadcast_to(1 - votes, (len(votes), 1, n_classes))
    return np.concatenate([voting, silent], axis=1)


def log(probabilities: Floats) -> Floats:
    """Logarithm where -inf is an ordinary value."""
    with np.errstate(divide="ignore"):
        return np.log(probabilities)


def scores_of(codes: Codes, prior: Floats, emission: Floats) -> Floats:
    """Log joint probability of the votes and every class, n_items x n_classes."""
    scores = np.tile(log(prior), (len(codes), 1))
    for said, log_emission in zip(codes.T, log(emission), strict=True):
        scores += log_emission[said]
    return scores


def names_of(n_classes: int) -> pd.Index:
    """Name the classes."""
    if n_classes == 2:
        return pd.Index(["negative", "positive"])
    return pd.Index([f"class_{y}" for y in range(n_classes)])


def vote_frame(codes: Codes, classes: pd.Index, index: pd.Index) -> pd.DataFrame:
    """Write votes as a user has them: one column of class names a source, NaN for silence."""
    columns = np.where(codes == len(classes), -1, codes).T
    return pd.DataFrame(
        {
            f"source_{j}": pd.Categorical.from_codes(column, categories=classes)
            for j, column in enumerate(columns)
        },
        index=index,
    )


def gold_series(gold: Codes, classes: pd.Index, index: pd.Index) -> pd.Series:
    """Write the true classes as a user would have them."""
    return pd.Series(pd.Categorical.from_codes(gold, categories=classes), index, name="gold")
