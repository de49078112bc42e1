"""What the laws are tried on: every label model, and evidence with every kind of vote."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

import weaklabel as wl
from weaklabel import models
from weaklabel.models import BaseLabelModel

# Every label model of the folder, found by itself: a new one is tested without being named. The
# evidence here is votes; terms that read features alone are tested with them, in tests/models.
MEMBERS: list[type[BaseLabelModel]] = [
    member
    for name in models.__all__
    if inspect.isclass(member := getattr(models, name))
    and issubclass(member, BaseLabelModel)
    and not inspect.isabstract(member)
    and "votes" in getattr(member, "_uses", {"votes"})
]

# Settings under which a member is another model altogether.
VARIANTS: dict[str, BaseLabelModel] = {
    **{member.__name__: member() for member in MEMBERS},
    "DawidSkene-tied": wl.DawidSkene(emission="tied"),
    "DawidSkene-symmetric": wl.DawidSkene(emission="symmetric"),
    "DawidSkene-plain": wl.DawidSkene(smoothing=0, max_misfit=np.inf, max_drift=1),
    "LabelModel-hedged": wl.LabelModel(hedge=0.5),
    "LabelModel-fusion": wl.LabelModel([wl.DawidSkene(), wl.MajorityVote()]),
}

KINDS = ("hard", "soft", "set", "not")


@contextmanager
def no_advice() -> Iterator[None]:
    """Ignore the advice that small or odd evidence earns; other warnings stay errors."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        for kind in (
            ConvergenceWarning,
            models.DriftWarning,
            models.SourceWarning,
            models.UnusedEvidence,
        ):
            warnings.simplefilter("ignore", kind)
        yield


def fitted(model: BaseLabelModel, evidence: wl.Evidence) -> BaseLabelModel:
    """Fit a fresh copy, whatever it has to say about small evidence."""
    from sklearn.base import clone

    with no_advice():
        return clone(model).fit(evidence)


def quick(model: BaseLabelModel, sweeps: int = 12) -> BaseLabelModel:
    """Take few sweeps: near a saddle, EM makes a rounding error twice as large in each."""
    from sklearn.base import clone

    model = clone(model)
    parts = [model, *(getattr(model, "terms", None) or ())]
    for part in parts:
        if "max_iter" in part.get_params(deep=False):
            part.set_params(max_iter=min(part.max_iter, sweeps))
    return model


def probabilities(model: BaseLabelModel, evidence: wl.Evidence) -> np.ndarray:
    """Class probabilities as an array."""
    return model.predict_proba(evidence).to_numpy()


def classes_named(n_classes: int) -> list[str]:
    """Names whose order is not that of their positions."""
    return ["mid", "low", "top", "fin"][:n_classes]


def vote(rng: np.random.Generator, truth: str, classes: list[str], kinds: Any) -> Any:
    """Say something true, in one of the ways in which one can."""
    others = [name for name in classes if name != truth]
    other = others[rng.integers(len(others))]
    kind = kinds[rng.integers(len(kinds))]
    if kind == "soft":
        share = 0.5 + 0.5 * rng.random()
        return {truth: share, other: 1 - share}
    if kind == "set" and len(classes) > 2:
        return frozenset({truth, other})
    return wl.Not(other) if kind == "not" else truth


def vote_frame(
    rng: np.random.Generator,
    *,
    n_items: int,
    n_classes: int,
    n_sources: int,
    kinds: Any = KINDS,
    coverage: float = 0.6,
    accuracy: float = 0.75,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Votes of independent sources on items of known classes; also the positions of the classes."""
    classes = classes_named(n_classes)
    gold = rng.integers(n_classes, size=n_items)
    cells = np.full((n_items, n_sources), None, dtype=object)
    for i, j in np.ndindex(cells.shape):
        if rng.random() < coverage:
            right = rng.random() < accuracy
            named = gold[i] if right else (gold[i] + rng.integers(1, n_classes)) % n_classes
            cells[i, j] = vote(rng, classes[named], classes, kinds)
    index = pd.Index([f"item {i}" for i in rng.permutation(n_items)], name="id")
    return pd.DataFrame(cells, index, [f"source {j}" for j in range(n_sources)]), gold


def evidence_of(
    seed: int = 0,
    *,
    n_items: int = 30,
    n_classes: int = 3,
    n_sources: int = 4,
    kinds: Any = KINDS,
    coverage: float = 0.6,
    candidates: bool = False,
    weights: bool = False,
    crowd: bool = False,
) -> wl.Evidence:
    """Evidence of many kinds; at least one vote is there."""
    rng = np.random.default_rng(seed)
    frame, gold = vote_frame(
        rng,
        n_items=n_items,
        n_classes=n_classes,
        n_sources=n_sources,
        kinds=kinds,
        coverage=coverage,
    )
    classes = classes_named(n_classes)
    if frame.isna().all(axis=None):
        frame.iloc[0, 0] = classes[gold[0]]
    evidence = wl.Evidence(frame.index, classes=classes).with_votes(
        frame, silence="missing" if crowd else None
    )
    if candidates:
        allowed = rng.random((n_items, n_classes)) < 0.7
        allowed[np.arange(n_items), gold] = True
        evidence = evidence.with_candidates(pd.DataFrame(allowed, frame.index, classes))
    if weights:
        evidence = evidence.with_weights(rng.integers(1, 4, n_items) * 0.5)
    return evidence


def evidences(**fixed: Any) -> st.SearchStrategy[wl.Evidence]:
    """Small evidence of any kind; what is fixed is not drawn."""
    drawn = {
        "seed": st.integers(0, 2**20),
        "n_items": st.integers(1, 25),
        "n_classes": st.integers(2, 4),
        "n_sources": st.integers(1, 5),
        "kinds": st.lists(st.sampled_from(KINDS), min_size=1, max_size=4, unique=True),
        "coverage": st.sampled_from([0.2, 0.6, 1.0]),
        "candidates": st.booleans(),
        "weights": st.booleans(),
        "crowd": st.booleans(),
    }
    drawn |= {name: st.just(value) for name, value in fixed.items()}
    return st.builds(evidence_of, **drawn)


def state_of(value: Any) -> Any:
    """Everything that an object holds, as one hash."""
    import joblib

    return joblib.hash(vars(value))
