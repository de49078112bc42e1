"""Learn from one complementary label an item: a class that it does not have.

``python -m benchmarks.quality.complementary --data DIR [--sets A B] [--settings A B]
[--methods A B] [--seeds 0 1 2 3 4] --out CSV``

Sets: digits, usps, pendigits, mnist (5,000 items to learn from at most, drawn by seed; official
test items, else 30 % drawn by seed). Settings, by `weaklabel.datasets.exclusion_matrix`: uniform;
weak and strong bias, and strong bias with 10 % drawn from all classes, with the matrix given; weak
bias, and strong bias with three gold labels a class, with the matrix to be found (ours: three steps
of `weaklabel.transition`). Methods: cross-entropy to the other classes alike; the forward
correction (with a trained matrix where it is to be found); gold; ours.

The learner of "LabelModel" is what it chooses; its number of sweeps was settled on digits with one
exclusion an item. The baselines have fixed settings.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

import weaklabel as wl
from benchmarks.quality import _imprecise
from benchmarks.quality._features import Labelled
from benchmarks.quality._imprecise import Answer, Setting

SETS = ["digits", "usps", "pendigits", "mnist"]
KINDS = {
    "uniform": ("uniform", 0.0),
    "weak bias, given": ("weak", 0.0),
    "strong bias, given": ("strong", 0.0),
    "strong bias and noise, given": ("strong", 0.1),
}
FOUND = {"weak bias, found": ("weak", 0), "strong bias and 3 gold a class, found": ("strong", 3)}
STEPS = 3  # of EM for the matrix


def settings(data: Labelled, seed: int) -> Iterator[Setting]:
    """Draw complementary labels in every way."""
    for name, (bias, noise) in KINDS.items():
        matrix, told = _drawn(data, bias, noise, seed)
        yield _given(name, told, matrix)
    for name, (bias, n_gold) in FOUND.items():
        _, told = _drawn(data, bias, 0.0, seed)
        gold = pd.Series(data.y)
        yield _found(name, told, gold.groupby(gold).head(n_gold))


def _drawn(data: Labelled, bias: Any, noise: float, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """Draw a matrix, and labels by it."""
    classes, gold = range(data.n_classes), pd.Series(data.y)
    matrix = wl.datasets.exclusion_matrix(classes, bias, noise_rate=noise, random_state=seed)
    return matrix, wl.datasets.complementary(gold, matrix, random_state=seed)


def _given(name: str, told: pd.Series, matrix: pd.DataFrame) -> Setting:
    """Labels whose matrix is known."""
    given = "uniform" if name == "uniform" else matrix
    return Setting(
        name=name,
        inside=_others(told, len(matrix)),
        told=matrix[told].to_numpy().T,
        say=lambda known: known.with_candidates(exclude=told, transition=given),
        methods={
            "uniform over the rest": _imprecise.averaged,
            "forward": _imprecise.forward,
            **_imprecise.OURS,
        },
    )


def _found(name: str, told: pd.Series, gold: pd.Series) -> Setting:
    """Labels whose matrix has to be found, and perhaps a few gold ones."""
    n_classes = int(told.max()) + 1
    inside = _others(told, n_classes)
    inside[gold.index] = np.eye(n_classes, dtype=bool)[gold]

    def say(known: wl.Evidence, matrix: Any = "uniform") -> wl.Evidence:
        known = known.with_candidates(exclude=told, transition=matrix)
        return known.with_candidates(gold) if len(gold) else known

    def forward(data: Labelled, setting: Setting, seed: int) -> Answer:
        codes = told.to_numpy(dtype=np.int64)
        true = gold.reindex(told.index, fill_value=-1).to_numpy(dtype=np.int64)
        model = _imprecise.new(data, seed)
        model.fit_with_matrix(data.X, codes, true, epochs=_imprecise.EPOCHS)
        return _imprecise.told_by(model, data, setting)

    def by_steps(
        make: Callable[[int], wl.LabelModel], data: Labelled, _: Setting, seed: int
    ) -> Answer:
        plain, others = _imprecise.evidence(data)
        matrix: Any = "uniform"
        for step in range(STEPS):
            known = say(plain, matrix)
            model = make(seed).fit(known)
            found = model.posterior(known)
            if step < STEPS - 1:
                matrix = wl.transition(found, told)
        return np.asarray(found.probabilities), model.predict_proba(others).to_numpy()

    return Setting(
        name=name,
        inside=inside,
        told=inside.astype(float),
        say=say,
        methods={
            "forward, taken as uniform": _imprecise.forward,
            "forward": forward,
            "LabelModel": partial(by_steps, _imprecise.chosen),
        },
    )


def _others(told: pd.Series, n_classes: int) -> np.ndarray:
    """Classes that were not told, boolean array, n_items x n_classes."""
    return np.arange(n_classes) != told.to_numpy(dtype=np.int64)[:, None]


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table."""
    return _imprecise.run(_imprecise.options(__doc__ or "", arguments), SETS, settings)


if __name__ == "__main__":
    sys.exit(main())
