"""Score label models on sets of tagged tokens: entities, exact spans and types (strict IOB2).

``python -m benchmarks.quality.sequences --data DIR [--sets A B] [--check] --out CSV``

Fitted to the train sentences without gold, scored on the test sentences. Tags are classes: 0 is
outside, 2k + 1 begins an entity of type k, 2k + 2 continues it. Rules do not tell "outside" from
"nothing to say": a token on which all are silent is outside, for the plain vote as well, and in
Dawid-Skene and chains silence is one of the answers. Published figures are on the original sets;
these are a rebuild, on which the plain vote has about a point less. With ``--check`` the exit
status is 1 unless the reruns of the plain vote and of a chain of 20 sweeps are met to half a
point, and `Chain` as it comes is no worse than the plain vote.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from benchmarks import _results
from benchmarks.quality import _tables
from weaklabel import Evidence
from weaklabel.models import BaseLabelModel, Chain, DawidSkene, MajorityVote

TRAIN, TEST = 0, 2
COLUMNS = ["set", "model", "precision", "recall", "f1", "tokens", "seconds", "ending"]
# F1 by others: of the WRENCH paper on the original sets, and of a rerun on these files
PUBLISHED = {
    "bc5cdr": {"MV": 0.8171, "DS": 0.8154, "HMM": 0.8167, "CHMM": 0.8370, "linked HMM": 0.8294},
    "laptop_review": {
        "MV": 0.6743,
        "DS": 0.7225,
        "HMM": 0.7326,
        "CHMM": 0.7334,
        "linked HMM": 0.6904,
    },
}
RERUN = {
    "bc5cdr": {"MajorityVote": 0.806, "Chain, 20 sweeps": 0.732},
    "laptop_review": {"MajorityVote": 0.619},
}
NEAR = 0.005  # half a point: starts and smoothing differ


class Tokens(NamedTuple):
    """Votes on the tokens of some sentences."""

    evidence: Evidence
    gold: np.ndarray
    sentence: np.ndarray


def read(folder: Path, name: str, part: int) -> Tokens:
    """Read the sentences of a part of a set; items are (sentence, place)."""
    with np.load(folder / name / "votes.npz") as arrays:
        votes, gold = arrays["L"].astype(np.int64), arrays["y"].astype(np.int64)
        ends, split = arrays["sent_ptr"], arrays["split"]
    sentence = np.repeat(np.arange(len(split)), np.diff(ends))
    here = split[sentence] == part
    place = np.arange(len(sentence)) - ends[:-1][sentence]
    index = pd.MultiIndex.from_arrays([sentence[here], place[here]], names=["sentence", "place"])
    codes = np.where(votes[here] == 0, -1, votes[here])
    names = [f"source_{j}" for j in range(codes.shape[1])]
    n_classes = int(json.loads((folder / name / "meta.json").read_text())["n_classes"])
    evidence = Evidence(index, classes=range(n_classes)).with_votes(
        pd.DataFrame(codes, index, names), encoding="codes"
    )
    return Tokens(evidence, gold[here], sentence[here])


def entities(tags: np.ndarray, sentence: np.ndarray) -> set[tuple[int, int, int]]:
    """Find entities as (first token, end, type); what continues nothing is none.

    Examples
    --------
    >>> sorted(entities(np.array([1, 2, 0, 2, 3, 4, 2, 1]), np.array([0] * 7 + [1])))
    [(0, 2, 0), (4, 6, 1), (7, 8, 0)]
    """
    begins = np.flatnonzero(tags % 2 == 1)
    found = set()
    for first in begins.tolist():
        end = first + 1
        while end < len(tags) and tags[end] == tags[first] + 1 and sentence[end] == sentence[first]:
            end += 1
        found.add((first, end, int(tags[first]) // 2))
    return found


def models(n_classes: int) -> dict[str, BaseLabelModel]:
    """Make the models that are compared."""
    inside = range(2, n_classes, 2)
    pairs = [(a, b) for b in inside for a in range(n_classes) if a not in {b - 1, b}]
    chain: dict[str, Any] = {"sequence": "sentence", "otherwise": 0, "impossible": pairs}
    return {
        "MajorityVote": MajorityVote(),
        "DawidSkene": DawidSkene(),
        "Chain": Chain(**chain),
        "Chain, token by token": Chain(otherwise=0),
        "Chain, 3 sweeps": Chain(**chain, max_iter=3),
        "Chain, 20 sweeps": Chain(**chain, max_iter=20, max_drift=1.0),
    }


def row(model: BaseLabelModel, train: Tokens, test: Tokens) -> dict[str, Any]:
    """Fit to train sentences, score on test sentences; tokens nobody votes on are outside."""
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        posterior = model.fit(train.evidence).posterior(test.evidence)
    seconds = time.perf_counter() - start
    tags = np.where(posterior.covered, posterior.probabilities.argmax(axis=1), 0)
    said, true = entities(tags, test.sentence), entities(test.gold, test.sentence)
    right = len(said & true)
    precision, recall = right / max(len(said), 1), right / max(len(true), 1)
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * right / max(len(said) + len(true), 1),
        "tokens": len(tags),
        "seconds": seconds,
        "ending": model.ending_.name.lower(),
    }


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table; 1 if a figure is missed and --check given."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    parser.add_argument("--sets", nargs="+", default=list(PUBLISHED), help="names of sets")
    parser.add_argument("--check", action="store_true", help="fail unless figures are met")
    chosen = parser.parse_args(arguments)
    rows = []
    for name in chosen.sets:
        train, test = (read(chosen.data, name, part) for part in (TRAIN, TEST))
        for label, model in models(len(train.evidence.classes)).items():
            rows.append({"set": name, "model": label} | row(model, train, test))
    if chosen.out:
        _results.write(chosen.out, rows, COLUMNS, _results.made())
    return report(pd.DataFrame(rows), check=chosen.check)


def report(rows: pd.DataFrame, *, check: bool) -> int:
    """Print the tables, and say whether figures are met."""
    _tables.show("test sentences", rows.set_index(["set", "model"])[COLUMNS[2:6]])
    _tables.show("F1 by others", pd.DataFrame(PUBLISHED).T)
    found = rows.set_index(["set", "model"])["f1"]
    missed = [
        f"{name}: {model} {found[name, model]:.4f}, rerun {wanted:.4f}"
        for name in rows["set"].unique()
        for model, wanted in RERUN.get(name, {}).items()
        if abs(found[name, model] - wanted) > NEAR
    ]
    missed += [
        f"{name}: Chain {found[name, 'Chain']:.4f}, plain vote {found[name, 'MajorityVote']:.4f}"
        for name in rows["set"].unique()
        if found[name, "Chain"] < found[name, "MajorityVote"]
    ]
    for line in missed:
        print(f"NOT MET  {line}")
    return int(check and bool(missed))


if __name__ == "__main__":
    sys.exit(main())
