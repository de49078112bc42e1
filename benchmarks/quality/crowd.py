"""Score our label models on every crowd set of a folder, beside figures that others published.

``python -m benchmarks.quality.crowd --data DIR [--sets A B] [--models A B] [--check] --out CSV``

Items with votes are fitted, those with gold scored, ties in expectation; every model runs with its
defaults, and BWA also as its authors have it. In zencrowd_all, where files were joined, the same
vote of the same worker on the same item occurs again: such rows count once, as in the published
figures. With ``--check`` the exit status is 1 unless IBCC, BWA as published and the plain vote meet
the published accuracy.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd

from benchmarks import _results
from benchmarks.quality import _data, _models, _tables
from weaklabel.models import BWA, BaseLabelModel, DawidSkene

PUBLISHED = Path(__file__).with_name("published_crowd.csv")
JOINED = {"zencrowd_all"}  # sets that hold some votes twice
COLUMNS = [
    *["set", "model", "n", "classes", "accuracy", "brier", "log_loss", "ece", "seconds"],
    *["ending", "warnings"],
]
BWA_AS_PUBLISHED = "BWA as published"
# ours, theirs, and how far apart accuracies may be: IBCC here takes the most probable class shares,
# theirs a belief about them, which moves a few items of web_search
GATES = (
    ("MajorityVote", "MajorityVote", 5e-5),
    (BWA_AS_PUBLISHED, "BWA", 6e-4),
    ("IBCC", "IBCC", 1.5e-3),
)


def models() -> dict[str, BaseLabelModel]:
    """Find the models, and settings of two of them as others have them."""
    found = _models.our_models()
    for others in (_models.AS_PUBLISHED, _models.TRIPLETS):  # of labeling functions
        del found[others]
    found[BWA_AS_PUBLISHED] = BWA(precision="class")
    found["DawidSkene, hardly smoothed"] = DawidSkene(smoothing=0.01, max_drift=1.0)
    return found


def read(folder: Path, name: str) -> _data.Trial | None:
    """Read a crowd set; None if it is none."""
    trial = _data.read(folder, name, "pooled")
    if trial is None or trial.kind != "crowd":
        return None
    if name not in JOINED:
        return trial
    votes = trial.fit_on.drop_duplicates(ignore_index=True)
    return replace(trial, fit_on=votes, score_on=votes)


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table; 1 if a published figure is missed and --check given."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    parser.add_argument("--sets", nargs="+", help="names of sets; all if left out")
    parser.add_argument("--models", nargs="+", help="names of models; all if left out")
    parser.add_argument("--check", action="store_true", help="fail unless figures are met")
    chosen = parser.parse_args(arguments)
    known = models()
    unknown = sorted(set(chosen.models or ()) - set(known))
    if unknown:
        msg = f"no model {', '.join(unknown)}; there are {', '.join(known)}"
        raise SystemExit(msg)
    rows = []
    for name in _data.find(chosen.data, chosen.sets):
        trial = read(chosen.data, name)
        if trial is None:
            continue
        for label in chosen.models or known:
            about = {"set": name, "model": label, "classes": trial.n_classes}
            rows.append(about | _models.row(trial, known[label]))
            told = {key: rows[-1][key] for key in ("accuracy", "brier", "seconds", "ending")}
            print(f"{name:16} {label:28} {told}", flush=True)
    if not rows:
        print("no crowd set")
        return 1
    if chosen.out:
        _results.write(chosen.out, rows, COLUMNS, _results.made())
    return report(pd.DataFrame(rows), check=chosen.check)


def report(rows: pd.DataFrame, *, check: bool) -> int:
    """Print the tables, and say whether published figures are met."""
    theirs = _results.read(PUBLISHED).set_index("set")
    for figure in ("accuracy", "brier", "ece"):
        wide = rows.pivot_table(index="model", columns="set", values=figure, sort=False)
        wide["mean"] = wide.mean(axis=1, skipna=False)
        _tables.show(f"ours, {figure}", wide)
    _tables.show("by others, accuracy", theirs.reindex(rows["set"].unique()).T)
    found = rows.set_index(["model", "set"])["accuracy"]
    missed = 0
    checked = 0
    for ours, other, allowed in GATES:
        for name in theirs.index[theirs[other].notna()]:
            if (ours, name) not in found.index:
                continue
            checked += 1
            if abs(found[ours, name] - theirs.loc[name, other]) > allowed:
                missed += 1
                wanted = theirs.loc[name, other]
                print(f"NOT MET  {name}: {ours} {found[ours, name]:.4f}, published {wanted:.4f}")
    print(f"\n{checked - missed} of {checked} published figures met")
    return int(check and (missed > 0 or not checked))


if __name__ == "__main__":
    sys.exit(main())
