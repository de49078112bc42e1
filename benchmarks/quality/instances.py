"""Score labels of instances and of bags, learned from labels of bags alone.

``python -m benchmarks.quality.instances --data DIR [--sets A B] [--methods A B]
[--seeds 0 1 2 3 4] [--folds 10] --out CSV``

Sets of bags (``meta.json`` of kind "mil"), and bags of ten handwritten digits of which half hold
one "9": 240 from ``mnist`` where DIR has it, 160 from the small digits of scikit-learn. A positive
bag says that at least one of its instances is positive, a negative bag that none is.

Each seed cuts the bags into folds; bags of a fold are scored by what was learned from the others,
as 1 - prod(1 - p) of their instances. Where instances have known labels, all bags are fitted once
more and their own instances ranked: `item_ap` over all of them, `item_ap_positive` over those of
positive bags (the others are known). Gold serves for scoring alone; nothing is tuned to a set.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import weaklabel as wl
from benchmarks import _results

COLUMNS = [
    *["set", "method", "setting", "seed", "folds", "bags", "items", "bag_auc", "bag_accuracy"],
    *["bag_balanced", "item_ap", "item_ap_positive", "seconds"],
]
WITNESS, SIZE = 9, 10  # the digit to find, and members of a bag of digits
ROUNDS = 20  # of choosing witnesses


class Bags(NamedTuple):
    """Instances, their bags, and the labels of the bags."""

    X: np.ndarray  # n_items x n_features
    bag: np.ndarray  # n_items, 0 to n_bags - 1
    positive: np.ndarray  # n_bags, boolean
    gold: np.ndarray | None  # n_items, boolean; None if unknown

    def of(self, chosen: np.ndarray) -> Bags:
        """Keep some bags, by position."""
        inside = np.isin(self.bag, chosen)
        place = np.full(len(self.positive), -1)
        place[chosen] = np.arange(len(chosen))
        gold = None if self.gold is None else self.gold[inside]
        return Bags(self.X[inside], place[self.bag[inside]], self.positive[chosen], gold)


# takes bags to learn from and gives a function from instances to P(positive), and P of its own
Method = Callable[[Bags], tuple[Callable[[np.ndarray], np.ndarray], np.ndarray]]


# ---- sets -----------------------------------------------------------------------------------


def read(folder: Path, name: str) -> Bags:
    """Read a set of bags."""
    with np.load(folder / name / "data.npz") as arrays:
        positive = arrays["y_bag"].astype(bool)
        return Bags(arrays["X"].astype(np.float64), arrays["bag"].astype(int), positive, None)


def digit_bags(images: np.ndarray, digit: np.ndarray, seed: int, n_bags: int) -> Bags:
    """Draw bags of ten images, every second one with one "9" at a random place."""
    rng = np.random.default_rng(seed)
    n_items, n_witnesses = SIZE * n_bags, n_bags // 2
    nines = rng.permutation(np.flatnonzero(digit == WITNESS))[:n_witnesses]
    others = rng.permutation(np.flatnonzero(digit != WITNESS))[: n_items - n_witnesses]
    positive = np.arange(n_bags) % 2 == 1
    witness = SIZE * np.flatnonzero(positive) + rng.integers(SIZE, size=n_witnesses)
    item = np.empty(n_items, dtype=int)
    item[witness] = nines
    item[np.setdiff1d(np.arange(n_items), witness)] = others
    flat = images[item].reshape(n_items, -1).astype(np.float64)
    X = PCA(40, random_state=0).fit_transform(flat / flat.max())
    return Bags(X, np.repeat(np.arange(n_bags), SIZE), positive, digit[item] == WITNESS)


def sets(folder: Path) -> dict[str, Callable[[int], Bags]]:
    """Find the sets: a function from the seed to bags, by name."""
    from sklearn.datasets import load_digits

    found: dict[str, Callable[[int], Bags]] = {}
    for path in sorted(folder.glob("*/meta.json")):
        name = path.parent.name
        if json.loads(path.read_text(encoding="utf-8"))["kind"] == "mil":
            found[name] = lambda _, name=name: read(folder, name)
    small = load_digits()
    found["digits"] = lambda seed: digit_bags(small.images, small.target, seed, 160)
    if (folder / "mnist" / "data.npz").exists():
        with np.load(folder / "mnist" / "data.npz") as arrays:
            images, digit = arrays["x_test"], arrays["y_test"]
        found["mnist"] = lambda seed: digit_bags(images, digit, seed, 240)
    return found


# ---- methods --------------------------------------------------------------------------------


def logistic() -> Any:
    """Make a logistic regression on standardized features."""
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))


def naive(bags: Bags) -> Any:
    """Copy the label of each bag to its instances."""
    fitted = logistic().fit(bags.X, bags.positive[bags.bag])
    return _second(fitted), _second(fitted)(bags.X)


def witnesses(bags: Bags) -> Any:
    """Learn from one instance of each positive bag, the likeliest, until it stays (MI-SVM)."""
    score = naive(bags)[1]
    inside = bags.positive[bags.bag]
    chosen: np.ndarray | None = None
    fitted = None
    for _ in range(ROUNDS):
        order = np.lexsort((score, bags.bag))
        last = order[np.append(np.diff(bags.bag[order]) > 0, True)]
        now = np.sort(last[inside[last]])
        if chosen is not None and np.array_equal(now, chosen):
            break
        chosen = now
        rows = np.concatenate([chosen, np.flatnonzero(~inside)])
        fitted = logistic().fit(bags.X[rows], np.arange(len(rows)) < len(chosen))
        score = _second(fitted)(bags.X)
    return _second(fitted), score


def label_model(bags: Bags) -> Any:
    """Let weaklabel choose, given features and at least one positive, or none, in each bag."""
    return _fused(wl.LabelModel(random_state=0), bags)


def logistic_term(bags: Bags) -> Any:
    """Give it the classifier of the baselines as its only term."""
    term = wl.Classifier(logistic())
    return _fused(wl.LabelModel([term], solver=wl.BeliefPropagation(), random_state=0), bags)


def _fused(model: wl.LabelModel, bags: Bags) -> Any:
    """Fit to features and bags; score later instances by their features alone."""
    names = np.array([f"bag {g}" for g in range(len(bags.positive))])
    some, none = names[bags.positive], names[~bags.positive]
    evidence = _evidence(bags.X).with_bags(
        names[bags.bag],
        wl.AtLeast("pos", number=pd.Series(1.0, index=some)),
        wl.AtMost("pos", number=pd.Series(0.0, index=none)),
    )
    model.fit(evidence)

    def later(X: np.ndarray) -> np.ndarray:
        new = _evidence(X, first=len(bags.X))
        return model.predict_proba(new)["pos"].to_numpy()

    return later, model.predict_proba(evidence)["pos"].to_numpy()


def supervised(bags: Bags) -> Any:
    """Learn from the labels of instances: what could be known at best."""
    fitted = logistic().fit(bags.X, bags.gold)
    return _second(fitted), _second(fitted)(bags.X)


# by name and setting
METHODS: dict[str, tuple[str, Method]] = {
    "naive": ("logistic", naive),
    "witnesses": ("logistic", witnesses),
    "LabelModel": ("default", label_model),
    "LabelModel-logistic": ("logistic", logistic_term),
    "supervised": ("logistic", supervised),
}


def _evidence(X: np.ndarray, first: int = 0) -> wl.Evidence:
    """Instances with their features; names of later ones differ from those of the fit."""
    index = [f"item {i}" for i in range(first, first + len(X))]
    return wl.Evidence(index, classes=["neg", "pos"]).with_features(X)


def _second(fitted: Any) -> Callable[[np.ndarray], np.ndarray]:
    """P(positive) of a fitted classifier."""
    return lambda X: fitted.predict_proba(X)[:, 1]


# ---- scores ---------------------------------------------------------------------------------


def bag_scores(chance: np.ndarray, bag: np.ndarray, n_bags: int) -> np.ndarray:
    """Log of P(no instance is positive), sign changed: ranks as 1 - prod(1 - p)."""
    return -np.bincount(bag, np.log1p(-np.minimum(chance, 1 - 1e-12)), n_bags)


def row(bags: Bags, method: Method, seed: int, n_folds: int) -> dict[str, Any]:
    """Score one method on one set."""
    start = time.perf_counter()
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    score = np.zeros(len(bags.positive))
    for learn, test in folds.split(score, bags.positive):
        predict, _ = method(bags.of(learn))
        held = bags.of(test)
        score[test] = bag_scores(predict(held.X), held.bag, len(test))
    said = score > np.log(2)
    found = {
        "bags": len(bags.positive),
        "items": len(bags.X),
        "bag_auc": float(roc_auc_score(bags.positive, score)),
        "bag_accuracy": float(np.mean(said == bags.positive)),
        "bag_balanced": float(balanced_accuracy_score(bags.positive, said)),
    }
    if bags.gold is not None:
        _, chance = method(bags)
        inside = bags.positive[bags.bag]
        found["item_ap"] = float(average_precision_score(bags.gold, chance))
        found["item_ap_positive"] = float(
            average_precision_score(bags.gold[inside], chance[inside])
        )
    return found | {"seconds": time.perf_counter() - start}


def rows(chosen: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Run the methods on the sets."""
    known = sets(chosen.data)
    unknown = sorted(set(chosen.sets or ()) - set(known))
    if unknown:
        msg = f"no set {', '.join(unknown)}; there are {', '.join(known)}"
        raise SystemExit(msg)
    for name in chosen.sets or known:
        for seed in chosen.seeds:
            bags = known[name](seed)
            for method in chosen.methods:
                if method == "supervised" and bags.gold is None:
                    continue
                setting, learn = METHODS[method]
                about = {"set": name, "method": method.split("-")[0], "setting": setting}
                about |= {"seed": seed, "folds": chosen.folds}
                yield about | row(bags, learn, seed, chosen.folds)


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    parser.add_argument("--sets", nargs="+", help="names of sets; all if left out")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--seeds", nargs="+", type=int, default=list(range(5)))
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--note", nargs="*", default=[], help="what else to say of the run")
    chosen = parser.parse_args(arguments)
    found: list[dict[str, Any]] = []
    how = "; ".join([_results.made(), *chosen.note])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for one in rows(chosen):
            found.append(one)
            print(_line(one), flush=True)
            if chosen.out:  # after each row, so that a run that is cut short keeps them
                _results.write(chosen.out, found, COLUMNS, how)
    means = pd.DataFrame(found, columns=COLUMNS).drop(columns=["seed", "folds", "bags", "items"])
    print(means.groupby(["set", "method", "setting"], sort=False).mean().round(3).to_string())
    return 0


def _line(one: dict[str, Any]) -> str:
    """Say what one method did on one set."""
    item = f"item AP {one['item_ap']:.3f}" if "item_ap" in one else ""
    return (
        f"{one['set']:16} {one['method']:10} {one['setting']:8} seed {one['seed']}  "
        f"bag AUC {one['bag_auc']:.3f}  accuracy {one['bag_accuracy']:.3f}  {item:14} "
        f"{one['seconds']:7.1f} s"
    )


if __name__ == "__main__":
    sys.exit(main())
