"""The items that are most worth a label by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from weaklabel._device import on_host
from weaklabel.models._units import item_weights
from weaklabel.patterns import collapse

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence

__all__ = ["worth_labeling"]


def worth_labeling(
    model: Any, evidence: Evidence, n: int = 20, *, trust: float = 10.0
) -> pd.DataFrame:
    r"""Find the items whose labels by hand would be expected to remove most errors.

    Items with the same votes get the same label, and are right or wrong together. What share of
    them has which class is not known; it is believed to be about the posterior, which is worth
    `trust` labels. A label by hand makes its own item right and moves that belief, for all items
    of the pattern. The expected gain is the number of errors less, over all classes that the label
    may turn out to be. Items are chosen one after another: once one of a pattern is, the next
    tells less.

    Parameters
    ----------
    model : label model
        Fitted.
    evidence : Evidence
        Items to choose from; those with gold (one candidate) are left out.
    n : int
        How many items.
    trust : float
        How many labels by hand what the model says of a pattern is worth.

    Returns
    -------
    DataFrame, up to n rows, most worth first
        On the user's index. Columns `label` (of the model, missing for none), `confidence`,
        `alike` (items with the same votes) and `gain` (expected number of errors less).

    Raises
    ------
    ValueError
        If `n` is below 1, or `trust` not positive.

    Notes
    -----
    On ten real sets 50 labels chosen so remove as many errors as those of the least confident
    items, and 200 as well (benchmarks/quality/by_hand.py): what is gained over them is a number
    that says when to stop.

    Examples
    --------
    >>> import weaklabel as wl
    >>> case = wl.datasets.unipolar(n_items=2000, random_state=0)
    >>> evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    >>> table = worth_labeling(wl.DawidSkene().fit(evidence), evidence, 3)
    >>> table.columns.tolist()
    ['label', 'confidence', 'alike', 'gain']
    """
    if n < 1:
        msg = f"n={n!r} items to label is none. Ask for at least 1."
        raise ValueError(msg)
    if not trust > 0:
        msg = f"trust is a positive number of labels, not {trust!r}. Try 10."
        raise ValueError(msg)
    posterior = model.posterior(evidence)
    p = on_host(posterior.probabilities)
    pattern = _patterns(evidence, p)
    weight = item_weights(evidence)
    known = np.zeros(len(p), dtype=bool)
    if evidence.candidates is not None:
        known = on_host(evidence.candidates).sum(axis=1) == 1
    rows, gains = _chosen(p, pattern, weight * ~known, known, n, trust)
    size = np.bincount(pattern)
    return pd.DataFrame(
        {
            "label": posterior.labels().iloc[rows],
            "confidence": p[rows].max(axis=1),
            "alike": size[pattern[rows]],
            "gain": gains,
        },
        index=posterior.index[rows],
    )


def _patterns(evidence: Evidence, p: np.ndarray) -> np.ndarray:
    """Give items with the same votes, and the same posterior, one number."""
    alone = replace(evidence.map_arrays(on_host), bags=(), features=None, neighbors=None)
    found = collapse(replace(alone, weights=None))
    own = np.arange(len(evidence)) if found is None else found[1]
    key = np.column_stack([own, p.round(9)])
    return np.unique(key, axis=0, return_inverse=True)[1].reshape(-1)


def _chosen(
    p: np.ndarray, pattern: np.ndarray, weight: np.ndarray, known: np.ndarray, n: int, trust: float
) -> tuple[np.ndarray, np.ndarray]:
    """Take the item with the largest gain, again and again; positions and gains."""
    _, first = np.unique(pattern, return_index=True)
    counts = trust * p[first]  # Dirichlet beliefs about the shares of classes in each pattern
    mass = np.bincount(pattern, weight)
    order = np.lexsort(np.array([np.arange(len(p)), -weight, pattern]))
    members = np.split(order, np.flatnonzero(np.diff(pattern[order])) + 1)
    left = [rows[~known[rows]] for rows in members]
    taken = np.zeros(len(first), dtype=int)
    gain = _gains(counts, mass, np.array([weight[m[0]] if len(m) else 0.0 for m in left]))
    rows: list[int] = []
    gains: list[float] = []
    for _ in range(min(n, sum(map(len, left)))):
        best = int(np.argmax(gain))
        item = left[best][taken[best]]
        rows.append(int(item))
        gains.append(float(gain[best]))
        taken[best] += 1
        mass[best] -= weight[item]
        # before the next label is seen, the expected belief is as before but surer
        counts[best] *= (counts[best].sum() + 1) / counts[best].sum()
        some = taken[best] < len(left[best])
        after = weight[left[best][taken[best]]] if some else 0.0
        new = _gains(counts[best : best + 1], mass[best : best + 1], np.array([after]))
        gain[best] = new[0] if some else -np.inf
    return np.array(rows, dtype=int), np.array(gains)


def _gains(counts: np.ndarray, mass: np.ndarray, one: np.ndarray) -> np.ndarray:
    """Give the expected number of errors less after one label in each pattern, n_patterns."""
    total = counts.sum(axis=1)
    share = counts / total[:, None]
    now = mass * (1 - share.max(axis=1))
    rest = np.maximum(mass - one, 0)
    best = np.maximum(counts.max(axis=1)[:, None], counts + 1)  # class y turns out: it may win
    then = 1 - best / (total[:, None] + 1)
    gain = now - rest * (share * then).sum(axis=1)
    return np.where(one > 0, gain, -np.inf)
