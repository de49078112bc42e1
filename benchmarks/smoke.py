"""Run every benchmark on little data, to see that it runs: ``python -m benchmarks.smoke``.

Writes a small folder of sets from the data that ship with the package, in the form that
`benchmarks.quality` reads, and scores and times on it. No figure is judged.
"""

from __future__ import annotations

import json
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.quality import label_models
from benchmarks.speed import __main__ as speed
from labeling_functions import youtube_spam
from weaklabel import apply, datasets


def write_sets(folder: Path) -> None:
    """Write two vote sets and a crowd set."""
    comments = youtube_spam.load()
    votes = apply(youtube_spam.FUNCTIONS, comments)
    classes = youtube_spam.CLASSES
    _write_votes(folder / "comments", votes, comments[youtube_spam.GOLD], classes)
    case = datasets.many_classes(600, n_classes=4, random_state=0)
    _write_votes(folder / "many_classes", case.votes, case.gold, list(case.classes))
    item, worker = np.nonzero(case.votes.notna().to_numpy())
    codes = _codes(case.votes, list(case.classes))
    _write(
        folder / "workers",
        {"kind": "crowd", "numeric": False, "n_classes": len(case.classes)},
        item=item,
        worker=worker,
        label=codes[item, worker],
        y=_codes(case.gold.to_frame(), list(case.classes))[:, 0],
    )


def _write_votes(folder: Path, votes: pd.DataFrame, gold: pd.Series, classes: list[str]) -> None:
    """Write a vote set of which two thirds are train rows and the rest are test rows."""
    _write(
        folder,
        {"kind": "votes", "n_classes": len(classes)},
        L=_codes(votes, classes),
        y=_codes(gold.to_frame(), classes)[:, 0],
        split=np.where(np.arange(len(votes)) % 3 == 2, 2, 0),
    )


def _codes(votes: pd.DataFrame, classes: list[str]) -> np.ndarray:
    """Positions of class names, -1 where there is none."""
    known = pd.Index(classes)
    return np.column_stack([known.get_indexer(votes[name].astype(object)) for name in votes])


def _write(folder: Path, meta: dict[str, Any], **arrays: np.ndarray) -> None:
    """Write a set."""
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    np.savez(folder / "votes.npz", **arrays)


def _imprecise(where: list[str]) -> list[int]:
    """Run the baselines, which need torch, on the set that scikit-learn ships."""
    from benchmarks.quality import complementary, partial

    chosen = [*where, "--sets", "digits", "--seeds", "0", "--methods", "forward", "CC"]
    return [complementary.main(chosen), partial.main(chosen)]


def main() -> int:
    """Run all; not 0 if something failed."""
    with tempfile.TemporaryDirectory() as folder:
        sets, table = Path(folder, "sets"), str(Path(folder, "table.csv"))
        write_sets(sets)
        failed = [
            label_models.main(["--data", str(sets), "--protocol", protocol, "--out", table])
            for protocol in ("pooled", "split")
        ]
        failed += [] if find_spec("torch") is None else _imprecise(["--data", str(sets)])
        failed.append(speed.main(["--quick", "--out", table]))
    return int(any(failed))


if __name__ == "__main__":
    sys.exit(main())
