"""Score every label model on every vote and crowd set of a folder.

``python -m benchmarks.quality.label_models --data DIR [--sets A B] [--models A B]
[--protocol pooled|split] [--peers --peer-python PATH] [--check] --out CSV``

Nothing is tuned to a set: every model runs with its defaults, beside Dawid-Skene in the settings
of the published tables. Ties are scored in expectation; gold serves for scoring alone. With
``--check`` the exit status is 1 unless published figures are met to four digits and `LabelModel`
loses to the plain vote nowhere by more than half a point of accuracy.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks import _results
from benchmarks.quality import _data, _models, _peers, _tables

COLUMNS = [
    *["protocol", "set", "kind", "model", "n", "classes", "coverage"],
    *["accuracy", "f1", "brier", "log_loss", "ece", "seconds", "ending", "warnings"],
]


def options(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    parser.add_argument("--sets", nargs="+", help="names of sets; all if left out")
    parser.add_argument("--models", nargs="+", help="names of models; all if left out")
    parser.add_argument("--protocol", choices=["pooled", "split"], default="pooled")
    parser.add_argument("--check", action="store_true", help="fail unless promises are kept")
    parser.add_argument("--peers", action="store_true", help="run Snorkel and crowd-kit too")
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter that has them")
    parser.add_argument("--patience", type=int, default=300, help="seconds a peer may take")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table; 1 if a promise is broken and --check given."""
    chosen = options(arguments)
    peers = _peers.available(chosen.peer_python) if chosen.peers else {"models": []}
    if chosen.peers and not peers["models"]:
        print("peers left out: this interpreter has none; pip install 'weaklabel[bench]'")
    ours = _models.our_models()
    wanted = _wanted(chosen.models, [*ours, *peers["models"]])
    _models.warm_up()
    rows = []
    for name in _data.find(chosen.data, chosen.sets):
        trial = _data.read(chosen.data, name, chosen.protocol)
        if trial is None:
            print(f"{name}: has no train and test votes; left out of the protocol 'split'")
            continue
        for found in _rows(trial, wanted, ours, chosen):
            rows.append({"protocol": chosen.protocol} | found)
            print(_line(rows[-1]), flush=True)
    if not rows:
        print("no set allows this protocol")
        return 1
    if chosen.out:
        _results.write(chosen.out, rows, COLUMNS, _results.made(peers=peers.get("versions", {})))
    return _report(pd.DataFrame(rows), chosen)


def _wanted(names: list[str] | None, known: list[str]) -> list[str]:
    """Check names of models."""
    unknown = sorted(set(names or ()) - set(known))
    if unknown:
        msg = f"no model {', '.join(unknown)}; there are {', '.join(known)}"
        raise SystemExit(msg)
    return [name for name in known if names is None or name in names]


def _rows(
    trial: _data.Trial, wanted: list[str], ours: dict[str, Any], chosen: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    """Run the models on one set."""
    about = {"set": trial.name, "kind": trial.kind, "classes": trial.n_classes}
    about["n"] = int((trial.gold >= 0).sum())
    for name in wanted:
        if name in ours:
            found = _models.row(trial, ours[name])
        else:
            found = _peers.row(trial, name, python=chosen.peer_python, patience=chosen.patience)
        yield about | {"model": name} | found


def _line(row: dict[str, Any]) -> str:
    """Say what one model did on one set."""
    told = " ".join(filter(None, (row.get("ending"), row.get("warnings"))))
    return (
        f"{row['set']:18} {row['model']:27} accuracy {row['accuracy']:.4f}  "
        f"Brier {row['brier']:.4f}  {row['seconds']:8.2f} s  {told}"
    )


def _report(rows: pd.DataFrame, chosen: argparse.Namespace) -> int:
    """Print the tables, and say whether promises are kept."""
    _tables.show("accuracy/Brier", _tables.main_table(rows))
    _tables.show("LabelModel minus MajorityVote", _tables.against_majority(rows))
    _tables.show("beside published figures", _tables.beside_published(rows, chosen.protocol))
    if not chosen.check:
        return 0
    pooled = chosen.protocol == "pooled"
    gates = _tables.gates(rows) if pooled else _tables.split_gates(rows)
    broken = [gate for gate in gates if not gate.met]
    for gate in broken:
        print(f"NOT MET  {gate.what}: {gate.found:.4f}, wanted {gate.wanted}")
    print(f"{len(gates) - len(broken)} of {len(gates)} checks met")
    return int(bool(broken) or not gates)


if __name__ == "__main__":
    sys.exit(main())
