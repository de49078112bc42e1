"""Imprecise labels drawn from gold: what an item is not, and sets of what it may be."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from weaklabel._check import first_few, generator
from weaklabel.io.hints import transition_matrix
from weaklabel.io.labels import class_names

# masses of three groups of wrong classes, as in the usual experiments
BIASES = {"weak": (0.45, 0.30, 0.25), "strong": (0.75, 0.24, 0.01)}


def exclusion_matrix(
    classes: Any,
    bias: Literal["uniform", "weak", "strong"] = "uniform",
    *,
    noise_rate: float = 0.0,
    random_state: Any = None,
) -> pd.DataFrame:
    """Make the matrix by which complementary labels come about.

    Parameters
    ----------
    classes : sequence of hashable, n_classes
        Names of the classes.
    bias : {"uniform", "weak", "strong"}
        Which wrong classes are told. "uniform": all alike. Otherwise those of each true class are
        cut at random into three groups that share .45, .30 and .25 ("weak") or .75, .24 and .01
        ("strong") of the probability [1]_.
    noise_rate : float
        Share of labels that are drawn from all classes alike, the true one included.
    random_state : int, Generator, RandomState or None
        For the groups; None draws others every time.

    Returns
    -------
    DataFrame, n_classes x n_classes
        P(class told | true class), one row a true class, for `complementary` and for
        `Evidence.with_candidates`.

    Raises
    ------
    ValueError
        If `bias` is unknown or `noise_rate` no probability.

    References
    ----------
    .. [1] Yu, Liu, Gong and Tao, "Learning with biased complementary labels", ECCV 2018.

    Examples
    --------
    >>> exclusion_matrix(["x", "y", "z"], noise_rate=0.3).loc["x"].round(2).tolist()
    [0.1, 0.45, 0.45]
    """
    names = class_names(classes)
    if bias != "uniform" and bias not in BIASES:
        msg = f"bias={bias!r} is unknown. Choose 'uniform', 'weak' or 'strong'."
        raise ValueError(msg)
    _refuse_improbable("noise_rate", noise_rate)
    n_classes, rng = len(names), generator(random_state)
    matrix = np.zeros((n_classes, n_classes))
    for true in range(n_classes):
        wrong = np.delete(np.arange(n_classes), true)
        groups = [wrong] if bias == "uniform" else np.array_split(rng.permutation(wrong), 3)
        for group, mass in zip(groups, BIASES.get(bias, (1.0,)), strict=True):
            matrix[true, group] = mass / max(len(group), 1)
    matrix /= matrix.sum(axis=1, keepdims=True)  # three groups of one or two classes are not full
    return pd.DataFrame((1 - noise_rate) * matrix + noise_rate / n_classes, names, names)


def complementary(
    gold: pd.Series, transition: pd.DataFrame, *, random_state: Any = None
) -> pd.Series:
    """Draw one complementary label an item: a class that it does not have.

    Parameters
    ----------
    gold : Series, n_items
        True classes; nothing is told of items where it is missing.
    transition : DataFrame, n_classes x n_classes
        P(class told | true class), one row a true class, such as of `exclusion_matrix`.
    random_state : int, Generator, RandomState or None
        Where the randomness comes from.

    Returns
    -------
    Series, n_items
        For ``with_candidates(exclude=...)``.

    Raises
    ------
    ValueError
        If a value of `gold` is no class, or `transition` no such matrix.

    Examples
    --------
    >>> gold = pd.Series(["x", "y", "z"], index=["r1", "r2", "r3"])
    >>> complementary(gold, exclusion_matrix(["x", "y", "z"]), random_state=0).to_dict()
    {'r1': 'z', 'r2': 'x', 'r3': 'x'}
    """
    classes = class_names(transition.columns)
    code = _codes(gold, classes)
    matrix = transition_matrix(transition, classes)
    # the class at which the running sum of probabilities passes a number drawn evenly
    drawn = generator(random_state).random(len(code))
    told = (matrix.cumsum(axis=1)[code] <= drawn[:, None]).sum(axis=1)
    told = np.where(code < 0, -1, np.minimum(told, len(classes) - 1))
    return _named(told, classes, gold.index)


def partial(
    gold: pd.Series,
    classes: Any,
    *,
    rate: float,
    noise_rate: float = 0.0,
    random_state: Any = None,
) -> pd.Series:
    """Draw one candidate set an item: its class, and wrong ones by chance.

    Parameters
    ----------
    gold : Series, n_items
        True classes; nothing is told of items where it is missing.
    classes : sequence of hashable, n_classes
        Names of the classes.
    rate : float
        Probability of each wrong class to be in the set.
    noise_rate : float
        Probability that the true class is *not* in the set. No set is empty: one without any
        class is drawn again.
    random_state : int, Generator, RandomState or None
        Where the randomness comes from.

    Returns
    -------
    Series of frozensets, n_items
        For ``with_candidates(...)``.

    Raises
    ------
    ValueError
        If a value of `gold` is no class, or a rate is impossible.

    Examples
    --------
    >>> gold = pd.Series(["x", "y"], index=["r1", "r2"])
    >>> sets = partial(gold, ["x", "y", "z"], rate=0.5, random_state=0)
    >>> sets.map(sorted).to_dict()
    {'r1': ['x', 'y'], 'r2': ['y']}
    """
    names = class_names(classes)
    _refuse_improbable("rate", rate)
    _refuse_improbable("noise_rate", noise_rate)
    if noise_rate and not rate:
        msg = (
            "With rate=0 no wrong class is ever in a set, so that a set without the true class is "
            "empty. Give a rate above 0, or noise_rate=0."
        )
        raise ValueError(msg)
    code, rng = _codes(gold, names), generator(random_state)
    own = np.eye(len(names), dtype=bool)[code]
    misses = rng.random(len(code)) < noise_rate
    allowed = np.where(own, ~misses[:, None], rng.random(own.shape) < rate)
    while len(empty := np.flatnonzero(~allowed.any(axis=1))):
        allowed[empty] = ~own[empty] & (rng.random((len(empty), len(names))) < rate)
    sets = np.empty(len(code), dtype=object)
    for i, row in enumerate(allowed):
        sets[i] = frozenset(names[row]) if code[i] >= 0 else None
    return pd.Series(sets, gold.index, name="candidates")


def _codes(gold: pd.Series, classes: pd.Index) -> npt.NDArray[np.int64]:
    """Position of the true class of each item, -1 where it is missing."""
    values = gold.astype(object)
    code = np.asarray(classes.get_indexer(pd.Index(values)))
    strange = (code < 0) & values.notna().to_numpy()
    if strange.any():
        msg = (
            f"The gold of {strange.sum()} items is no class: {first_few(values[strange].unique())} "
            f"of {first_few(gold.index[strange])}. Name every class."
        )
        raise ValueError(msg)
    return code


def _named(code: np.ndarray, classes: pd.Index, index: pd.Index) -> pd.Series:
    """Name the classes of positions; None where there is none."""
    names = np.array([*classes, None], dtype=object)  # -1 takes the last
    return pd.Series(names[code], index, name="exclude", dtype=object)


def _refuse_improbable(name: str, value: float) -> None:
    """Refuse what is no probability below 1."""
    if not 0 <= value < 1:
        msg = f"{name} is a probability, at least 0 and below 1; not {value!r}."
        raise ValueError(msg)
