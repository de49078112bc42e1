"""Dependent sources: whether they are found, and what they cost.

``python -m benchmarks.quality.correlated [--data DIR] [--seeds 3] [--check] --out CSV``

Planted: five copies of the worst of four sources repeat its vote or silence on a share q of 20,000
items and else vote for themselves, or are silent. `precision` and `recall` are those of
`dependencies` for the pairs of the group; then models beside what the true parameters give
("Bayes"). One-sided: six rules of which each votes for one class, one item in twenty positive;
with the class balance given, too. With ``--data``: the votes of a prompted language model
(youtube_prompted), and all prompts twice in other words, where each prompt and its twin are taken
as planted. Many sources: are 500 and 1,200 of them finite? Gold serves for scoring alone.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import weaklabel as wl
from benchmarks import _results
from benchmarks.quality import _tables

COLUMNS = ["case", "seed", "model", "n", "pairs", "precision", "recall", "accuracy", "brier", "ece"]
GROUP = [f"source_{number}" for number in (0, 4, 5, 6, 7, 8)]
RATES = (0.1, 0.3, 0.5, 0.7, 0.9)
MODELS = {kind.__name__: kind for kind in (wl.LabelModel, wl.Cautious, wl.DawidSkene)}


def found(evidence: wl.Evidence, planted: set[tuple[Any, Any]]) -> dict[str, float]:
    """Score the pairs that are found."""
    table = wl.dependencies(evidence)
    pairs = {tuple(sorted(pair)) for pair in table[["source", "other"]].itertuples(index=False)}
    if not planted:
        return {"pairs": len(pairs)}
    hits = len(pairs & planted)
    precision, recall = hits / max(len(pairs), 1), hits / len(planted)
    return {"pairs": len(pairs), "precision": precision, "recall": recall}


def scored(gold: Any, probabilities: Any) -> dict[str, float]:
    """Score probabilities."""
    figures = wl.score(gold, probabilities)
    return {name: figures[name] for name in ("n", "accuracy", "brier", "ece")}


def models(evidence: wl.Evidence, gold: Any, **others: Any) -> Iterator[dict[str, Any]]:
    """Fit and score the models, the plain vote, and others."""
    every = {name: kind() for name, kind in MODELS.items()} | others
    for name, model in ({"MajorityVote": wl.MajorityVote()} | every).items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            posterior = model.fit(evidence).posterior(evidence)
        yield {"model": name} | scored(gold, posterior)


def planted(q: float, seed: int, *, own_votes: bool) -> Iterator[dict[str, Any]]:
    """Find and weigh copies of one source."""
    case = wl.datasets.correlated_copies(q=q, own_votes=own_votes, random_state=seed)
    evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    yield {"model": "dependencies"} | found(evidence, set(combinations(GROUP, 2)))
    yield from models(evidence, case.gold)
    yield {"model": "Bayes"} | scored(case.gold, case.bayes)


def one_sided(seed: int) -> Iterator[dict[str, Any]]:
    """Weigh rules for one class each; scored on the items with votes."""
    case = wl.datasets.unipolar(random_state=seed)
    evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    gold = case.gold.where(evidence.votes.voted)
    yield {"model": "dependencies"} | found(evidence, set())
    yield from models(evidence, gold, balance=wl.LabelModel(class_prior=case.prior))
    yield {"model": "Bayes"} | scored(gold, case.bayes)


def prompted(folder: Path, part: str) -> Iterator[dict[str, Any]]:
    """Weigh prompts of a language model, or each of them twice."""
    with np.load(folder / "youtube_prompted" / "votes.npz") as arrays:
        votes, gold = arrays[part].astype(int), arrays["y"].astype(int)
    voted = (votes >= 0).any(axis=1)
    evidence = wl.Evidence(range(voted.sum()), classes=[0, 1])
    evidence = evidence.with_votes(votes[voted], encoding="codes")
    half = votes.shape[1] // 2
    twins = {(number, number + half) for number in range(half)} if part == "L_aug" else set()
    yield {"model": "dependencies"} | found(evidence, twins)
    yield from models(evidence, pd.Series(gold[voted], evidence.index))


def many(n_sources: int) -> Iterator[dict[str, Any]]:
    """Weigh more sources than any model was made for."""
    case = wl.datasets.make_votes(
        2000, np.linspace(0.55, 0.9, n_sources), 0.1, [0.7, 0.3], random_state=0
    )
    evidence = wl.Evidence(case.votes.index, classes=case.classes).with_votes(case.votes)
    yield from models(evidence, case.gold)
    yield {"model": "Bayes"} | scored(case.gold, case.bayes)


def cases(chosen: argparse.Namespace) -> Iterator[tuple[str, int, Iterator[dict[str, Any]]]]:
    """Give name, seed and rows of every case."""
    for own_votes in (True, False):
        for q in chosen.rates:
            for seed in range(chosen.seeds):
                name = f"copies {q}, else {'own votes' if own_votes else 'silent'}"
                yield name, seed, planted(q, seed, own_votes=own_votes)
    for seed in range(chosen.seeds):
        yield "one-sided, 5 % positive", seed, one_sided(seed)
    for n_sources in chosen.many:
        yield f"{n_sources} sources", 0, many(n_sources)
    if chosen.data and (chosen.data / "youtube_prompted").is_dir():
        yield "youtube_prompted", 0, prompted(chosen.data, "L")
        yield "youtube_prompted, twice", 0, prompted(chosen.data, "L_aug")


def gates(rows: pd.DataFrame) -> list[_tables.Gate]:
    """List what must hold."""
    mean = rows.groupby(["case", "model"], sort=False).mean(numeric_only=True)
    wanted: list[_tables.Gate] = []
    for case in rows["case"].unique():
        if case.startswith("copies"):
            ours, votes = (
                mean.loc[(case, name), "accuracy"] for name in ("LabelModel", "MajorityVote")
            )
            wanted.append(
                _tables.Gate(f"{case}: above the plain vote", ours - votes, ">= 0", ours >= votes)
            )
        if case.startswith("copies") and "0.1" not in case:
            for figure in ("precision", "recall"):
                value = mean.loc[(case, "dependencies"), figure]
                wanted.append(_tables.Gate(f"{case}: {figure}", value, ">= .95", value >= 0.95))
        if case.startswith("one-sided"):
            value = mean.loc[(case, "dependencies"), "pairs"]
            wanted.append(_tables.Gate(f"{case}: pairs found", value, "= 0", value == 0))
            for model, most in (("LabelModel", 0.05), ("balance", 0.02)):
                value = mean.loc[(case, model), "ece"]
                wanted.append(
                    _tables.Gate(f"{case}: {model}, ECE", value, f"<= {most}", value <= most)
                )
        if case.endswith("sources"):
            value = mean.loc[(case, "LabelModel"), "brier"]
            wanted.append(
                _tables.Gate(f"{case}: finite", value, "finite", bool(np.isfinite(value)))
            )
    return wanted


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table; 1 if a promise is broken and --check given."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of sets")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rates", type=float, nargs="+", default=RATES)
    parser.add_argument("--many", type=int, nargs="*", default=[500, 1200])
    parser.add_argument("--check", action="store_true", help="fail unless promises are kept")
    chosen = parser.parse_args(arguments)
    rows = []
    for case, seed, found_rows in cases(chosen):
        for row in found_rows:
            rows.append({"case": case, "seed": seed} | row)
            told = {name: round(row[name], 4) for name in COLUMNS[4:] if name in row}
            print(f"{case:34} {seed} {row['model']:14} {told}", flush=True)
    if chosen.out:
        _results.write(chosen.out, rows, COLUMNS, _results.made())
    table = pd.DataFrame(rows)
    for figure in ("accuracy", "brier", "ece"):
        wide = table.pivot_table(index="case", columns="model", values=figure, sort=False)
        _tables.show(f"{figure}, mean over seeds", wide)
    told = gates(table)
    broken = [gate for gate in told if not gate.met]
    for gate in broken:
        print(f"NOT MET  {gate.what}: {gate.found:.4f}, wanted {gate.wanted}")
    print(f"\n{len(told) - len(broken)} of {len(told)} promises kept")
    return int(chosen.check and bool(broken))


if __name__ == "__main__":
    sys.exit(main())
