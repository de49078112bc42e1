"""Print figures so that they can be read, and hold them against promises and published ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from benchmarks import _results
from benchmarks.quality._models import AS_PUBLISHED, TRIPLETS

PUBLISHED = Path(__file__).with_name("published.csv")
SIX = ("youtube_v2", "sms", "trec", "imdb", "chemprot", "commercial")  # of the published table
MOST_BELOW = 0.005  # accuracy that LabelModel may lose to the plain vote
DIGITS = 5e-5  # equal to four digits
SPLIT_TIES = 1e-3  # of an accuracy on the test split, by how ties are broken


class Gate(NamedTuple):
    """A figure that must be met."""

    what: str
    found: float
    wanted: str
    met: bool


def published() -> pd.DataFrame:
    """Read figures by others: set, protocol, model, accuracy, f1, brier, log_loss, source."""
    return _results.read(PUBLISHED)


def main_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Show accuracy and Brier score, set by model, with mean rows.

    A mean is over all sets of its kind; it is left out for a model that failed on one of them.
    """
    order = list(dict.fromkeys(rows["set"]))
    models = list(dict.fromkeys(rows["model"]))
    wide = {
        figure: rows.pivot_table(index="set", columns="model", values=figure, dropna=False).reindex(
            index=order, columns=models
        )
        for figure in ("accuracy", "brier")
    }
    kind = rows.drop_duplicates("set").set_index("set")["kind"]
    parts = {
        "mean of the six published": [name for name in SIX if name in order],
        "mean of all vote sets": list(kind.index[kind == "votes"]),
        "mean of all crowd sets": list(kind.index[kind == "crowd"]),
    }
    for name, sets in parts.items():
        if len(sets) > 1 and (name != "mean of the six published" or len(sets) == len(SIX)):
            for table in wide.values():
                table.loc[name] = table.loc[sets].mean(skipna=False)
    return pd.DataFrame(
        {
            model: [
                "failed" if np.isnan(a) else f"{_short(a)}/{_short(b)}"
                for a, b in zip(wide["accuracy"][model], wide["brier"][model], strict=True)
            ]
            for model in models
        },
        index=wide["accuracy"].index,
    )


def _short(value: float) -> str:
    """Write a share without its leading zero."""
    return f"{value:.4f}".removeprefix("0")


def against_majority(rows: pd.DataFrame) -> pd.DataFrame:
    """Subtract the plain vote's figures from those of LabelModel; `flag` marks a loss."""
    found = rows.set_index(["model", "set"])
    if not {"LabelModel", "MajorityVote"} <= set(rows["model"]):
        return pd.DataFrame(columns=["accuracy", "brier", "log_loss", "ece", "flag"])
    figures = ["accuracy", "brier", "log_loss", "ece"]
    gain = found.loc["LabelModel", figures] - found.loc["MajorityVote", figures]
    gain = gain.reindex(dict.fromkeys(rows["set"]))
    return gain.assign(flag=np.where(gain["accuracy"] < -MOST_BELOW, "BELOW", ""))


def beside_published(rows: pd.DataFrame, protocol: str) -> pd.DataFrame:
    """Put published figures beside ours, where there are any."""
    others = published()
    others = others[others["protocol"] == protocol]
    lines = []
    for name in dict.fromkeys(rows["set"]):
        theirs, ours = others[others["set"] == name], rows[rows["set"] == name]
        for figure in ("accuracy", "f1", "brier"):
            if theirs[figure].notna().any():
                values = theirs.set_index("model")[figure]
                line = {"set": name, "figure": figure}
                line["LabelModel"] = _figure(ours, "LabelModel", figure)
                lines.append(line | values.to_dict())
    return pd.DataFrame(lines).set_index(["set", "figure"]) if lines else pd.DataFrame()


def _figure(rows: pd.DataFrame, model: str, figure: str) -> float:
    """One figure of one model, NaN if it did not run."""
    found = rows.loc[rows["model"] == model, figure]
    return float(found.iloc[0]) if len(found) else np.nan


def gates(rows: pd.DataFrame) -> list[Gate]:
    """List what the pooled figures must meet: published ones to four digits, and no loss."""
    theirs = published().query("protocol == 'pooled'").set_index(["model", "set"])
    found: list[Gate] = []
    for ours, peer, figures in (
        (AS_PUBLISHED, "DS", ("accuracy", "brier")),
        ("MajorityVote", "MV", ("brier",)),
    ):
        for name in SIX:
            for figure in figures:
                value = _figure(rows[rows["set"] == name], ours, figure)
                wanted = float(theirs.loc[(peer, name), figure])
                if not np.isnan(value):
                    what, equal = f"{name}: {ours}, {figure}", abs(value - wanted) <= DIGITS
                    found.append(Gate(what, value, f"= {wanted:.4f}", equal))
    for name in ("youtube_v2", "imdb", "commercial"):
        value = _figure(rows[rows["set"] == name], "Triplets", "brier")
        wanted = float(theirs.loc[("FlyingSquid", name), "brier"])
        if not np.isnan(value):
            met = abs(value - wanted) <= DIGITS
            found.append(Gate(f"{name}: Triplets, brier", value, f"= {wanted:.4f}", met))
    for name, gain in against_majority(rows)["accuracy"].items():
        what = f"{name}: LabelModel - MajorityVote, accuracy"
        found.append(Gate(what, gain, f">= {-MOST_BELOW}", bool(gain >= -MOST_BELOW)))
    return found


def split_gates(rows: pd.DataFrame) -> list[Gate]:
    """List what figures of the test split must meet; ties by hash are worth a tenth of a point."""
    found: list[Gate] = []
    for name, wanted in (("youtube", 0.7800), ("imdb", 0.7036)):
        value = _figure(rows[rows["set"] == name], TRIPLETS, "accuracy")
        if not np.isnan(value):
            what, met = f"{name}: {TRIPLETS}, accuracy", abs(value - wanted) <= SPLIT_TIES
            found.append(Gate(what, value, f"{wanted:.4f} +- {SPLIT_TIES}", met))
    return found


def show(title: str, table: Any) -> None:
    """Print a table below a title, as wide as it is."""
    if len(table):
        with pd.option_context("display.width", 1000, "display.max_columns", None):
            print(f"\n{title}\n{table.to_string(na_rep='', float_format=lambda x: f'{x:.4f}')}")
