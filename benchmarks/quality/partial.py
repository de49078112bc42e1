"""Learn from candidate sets, some without the truth, and from a mix of imprecise labels.

``python -m benchmarks.quality.partial --data DIR [--sets A B] [--settings A B] [--methods A B]
[--seeds 0 1 2 3 4] --out CSV``

Sets: digits, mnist, usps, pendigits with candidates by `weaklabel.datasets.partial` (each wrong
class with probability .1, .3, .5; or .3 where 30 % of the sets miss the truth), and pll_lost and
pll_msrcv2 with their own. 5,000 items to learn from at most, drawn by seed; official test items,
else 30 % drawn by seed. "label" figures are of the items learned from (transductive), "test"
figures of others (inductive). The mix, on digits: 5 % gold, 35 % labels of which 40 % are wrong,
30 % sets, 30 % nothing; and without each of these.

Methods: all candidates alike; the probability of the set (CC, which moves like PRODEN renewed in
each batch); targets renewed in each epoch (RC), also weighing classes outside the set by .3
(ALIM), both cross-fitted, too; gold; ours.

The learner of "LabelModel" is what it chooses; its number of sweeps was settled on digits with one
exclusion an item. The baselines have fixed settings.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd

import weaklabel as wl
from benchmarks.quality import _imprecise
from benchmarks.quality._features import Labelled
from benchmarks.quality._imprecise import Method, Setting

SETS = ["digits", "usps", "pendigits", "mnist", "pll_lost", "pll_msrcv2"]
RATES = (0.1, 0.3, 0.5)
NOISE = 0.3
PARTS = {"gold": 0.05, "noisy": 0.35, "sets": 0.3, "nothing": 0.3}
WRONG = 0.4  # share of the noisy labels

METHODS: dict[str, Method] = {
    "averaged candidates": _imprecise.averaged,
    "CC": _imprecise.forward,
    "RC": _imprecise.self_training,
    **_imprecise.OURS,
}


def settings(data: Labelled, seed: int) -> Iterator[Setting]:
    """Draw candidates in every way that the set allows."""
    if data.candidates is not None:
        yield _sets("real", data.candidates)
        return
    gold, classes = pd.Series(data.y), range(data.n_classes)
    for rate in RATES:
        told = wl.datasets.partial(gold, classes, rate=rate, random_state=seed)
        yield _sets(f"rate {rate:g}", _inside(told, data.n_classes))
    told = wl.datasets.partial(gold, classes, rate=0.3, noise_rate=NOISE, random_state=seed)
    yield _noisy_sets(_inside(told, data.n_classes))
    if data.name == "digits":
        yield from _mixes(data, told=gold, seed=seed)


def _inside(told: pd.Series, n_classes: int) -> np.ndarray:
    """Boolean array of sets of classes, n_items x n_classes."""
    return np.array([[y in one for y in range(n_classes)] for one in told])


def _sets(name: str, inside: np.ndarray) -> Setting:
    """Candidates that are certain."""
    return Setting(
        name=name,
        inside=inside,
        told=inside.astype(float),
        say=lambda known: known.with_candidates(inside),
        methods=METHODS,
    )


def _noisy_sets(inside: np.ndarray) -> Setting:
    """Candidates of which some miss the truth."""
    fitted = {f"RC, cross-fitted, outside {w:g}": w for w in (0.0, 0.3)}
    certain = _sets("certain", inside)
    return Setting(
        name=f"rate 0.3, {NOISE:.0%} miss",
        inside=inside,
        told=_by_rate(inside, NOISE),
        say=lambda known: known.with_candidates(inside, noise_rate=NOISE),
        methods={
            **METHODS,
            "CC, taken as certain": lambda data, _, seed: _imprecise.forward(data, certain, seed),
            "ALIM 0.3": partial(_imprecise.self_training, outside=0.3),
            **{
                name: partial(_imprecise.self_training, outside=weight, n_folds=4)
                for name, weight in fitted.items()
            },
            "LabelModel, taken as certain": lambda data, _, seed: _imprecise.ours(
                data, certain, seed
            ),
        },
    )


def _by_rate(inside: np.ndarray, rate: float) -> np.ndarray:
    """P(set | class) where all right sets of a size are alike, and all wrong ones."""
    size = inside.sum(axis=1, keepdims=True)
    # of the right sets a class is in size / n_classes of all sets of this size
    n_classes = inside.shape[1]
    odds = np.where(inside, (1 - rate) / size, rate / np.maximum(n_classes - size, 1))
    return np.where(size < n_classes, odds, 1.0)


def _mixes(data: Labelled, *, told: pd.Series, seed: int) -> Iterator[Setting]:
    """Gold, noisy labels, sets and nothing, and this without each part."""
    rng = np.random.default_rng([seed, 4])
    kind = rng.choice(list(PARTS), len(told), p=list(PARTS.values()))
    wrong = rng.random(len(told)) < WRONG
    noisy = np.where(wrong, (told + rng.integers(1, data.n_classes, len(told))) % 10, told)
    sets = wl.datasets.partial(told, range(data.n_classes), rate=0.3, random_state=rng)
    for left_out in (None, "gold", "noisy", "sets"):
        use = {part: (kind == part) & (part != left_out) for part in PARTS}
        yield _mix(
            "mix" if left_out is None else f"mix without {left_out}",
            {
                "gold": told[use["gold"]],
                "noisy": pd.Series(noisy, told.index)[use["noisy"]],
                "sets": sets[use["sets"]],
            },
            (len(told), data.n_classes),
        )


def _mix(name: str, told: dict[str, pd.Series], shape: tuple[int, int]) -> Setting:
    """Say what is known of each item, as it is known."""
    inside = np.ones(shape, dtype=bool)
    for one in told.values():
        for item, said in one.items():
            allowed = said if isinstance(said, frozenset) else {said}
            inside[item] = [y in allowed for y in range(shape[1])]
    chance = inside.astype(float)
    rows = told["noisy"].index
    chance[rows] = _by_rate(inside[rows], WRONG)

    def say(known: wl.Evidence) -> wl.Evidence:
        for part, one in told.items():
            if len(one):
                rate = WRONG if part == "noisy" else None
                known = known.with_candidates(one, noise_rate=rate)
        return known

    kept = ("averaged candidates", "CC", *_imprecise.OURS)
    methods = {key: METHODS[key] for key in kept}
    return Setting(name=name, inside=inside, told=chance, say=say, methods=methods)


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table."""
    return _imprecise.run(_imprecise.options(__doc__ or "", arguments), SETS, settings)


if __name__ == "__main__":
    sys.exit(main())
