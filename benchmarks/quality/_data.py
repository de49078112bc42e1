"""Read vote and crowd sets: one folder a set, with ``meta.json`` and ``votes.npz``.

``meta.json`` has at least ``kind`` ("votes" or "crowd") and ``n_classes``. ``votes.npz`` has

- votes: ``L``, n_items x n_sources, class of each vote, -1 abstains; ``y``, gold, -1 unknown;
  ``split``, 0 train, 1 validation, 2 test, 3 none.
- crowd: ``item``, ``worker``, ``label``, one entry a vote; ``y`` as above.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from weaklabel import Evidence

Protocol = Literal["pooled", "split"]
TRAIN, VALID, TEST, NONE = range(4)


@dataclass(frozen=True, kw_only=True, eq=False)
class Trial:
    """One set under one protocol: what to fit to, and what to score on.

    Attributes
    ----------
    name, kind : str
        Of the set; the kind is "votes" or "crowd".
    n_classes : int
    fit_on, score_on : DataFrame
        Votes: wide, one column a source, -1 abstains. Crowd: long (item, source, label).
    fit_items, score_items : RangeIndex
        The items that those votes are about.
    gold : integer array, n_score_items
        -1 where unknown.
    """

    name: str
    kind: str
    n_classes: int
    fit_on: pd.DataFrame
    fit_items: pd.RangeIndex
    score_on: pd.DataFrame
    score_items: pd.RangeIndex
    gold: np.ndarray

    @property
    def same(self) -> bool:
        """Whether the fitted items are the scored ones."""
        return self.fit_on is self.score_on

    def fit_evidence(self) -> Evidence:
        """Evidence to fit to."""
        return self._evidence(self.fit_on, self.fit_items)

    def score_evidence(self) -> Evidence:
        """Evidence to score on."""
        return self._evidence(self.score_on, self.score_items)

    def _evidence(self, votes: pd.DataFrame, items: pd.RangeIndex) -> Evidence:
        empty = Evidence(items, classes=range(self.n_classes))
        if self.kind == "crowd":
            return empty.with_votes(votes, repeats="all")
        return empty.with_votes(votes, encoding="codes")


def find(folder: Path, names: list[str] | None = None) -> list[str]:
    """Find vote and crowd sets: vote sets first, each kind by name.

    Raises
    ------
    SystemExit
        If there are none, or a name that was asked for is not among them.
    """
    kinds = {
        path.parent.name: meta["kind"]
        for path in folder.glob("*/meta.json")
        if _is_usable(meta := json.loads(path.read_text(encoding="utf-8")))
    }
    unknown = sorted(set(names or ()) - set(kinds))
    if unknown or not kinds:
        what = f"no set {', '.join(unknown)}" if unknown else "no vote or crowd set"
        msg = f"{folder} holds {what}; found: {', '.join(sorted(kinds)) or 'nothing'}."
        raise SystemExit(msg)
    return sorted(names or kinds, key=lambda name: (kinds[name] != "votes", name))


def _is_usable(meta: dict[str, Any]) -> bool:
    """Tell whether a set has votes for classes."""
    return meta["kind"] in {"votes", "crowd"} and not meta.get("numeric", False)


def read(folder: Path, name: str, protocol: Protocol) -> Trial | None:
    """Read a set under a protocol; None if the set does not allow it.

    "pooled": test, validation and train rows, one after another, without those that have no vote
    or no gold; fit and score on the same rows. Of a crowd set all items with votes are fitted,
    and those with gold scored. "split": fit on the train rows, rows without votes included, and
    score on the test rows.
    """
    meta = json.loads((folder / name / "meta.json").read_text(encoding="utf-8"))
    with np.load(folder / name / "votes.npz") as arrays:
        data = {
            key: arrays[key]
            for key in ("L", "y", "split", "item", "worker", "label")
            if key in arrays
        }
    known = {"name": name, "kind": meta["kind"], "n_classes": int(meta["n_classes"])}
    if meta["kind"] == "crowd":
        return _crowd(data, known) if protocol == "pooled" else None
    return (_pooled if protocol == "pooled" else _split)(data, known)


def _pooled(data: dict[str, np.ndarray], known: dict[str, Any]) -> Trial:
    """All rows with votes and gold."""
    usable = (data["L"] >= 0).any(axis=1) & (data["y"] >= 0)
    parts = (TEST, VALID, TRAIN, NONE)
    rows = np.concatenate([np.flatnonzero(usable & (data["split"] == part)) for part in parts])
    votes, items = _wide(data["L"][rows])
    return Trial(
        **known,
        fit_on=votes,
        fit_items=items,
        score_on=votes,
        score_items=items,
        gold=data["y"][rows].astype(np.int64),
    )


def _split(data: dict[str, np.ndarray], known: dict[str, Any]) -> Trial | None:
    """Train and test rows, where there are both."""
    train, test = (np.flatnonzero(data["split"] == part) for part in (TRAIN, TEST))
    if not len(train) or not (data["y"][test] >= 0).any():
        return None
    fit_on, fit_items = _wide(data["L"][train])
    score_on, score_items = _wide(data["L"][test])
    return Trial(
        **known,
        fit_on=fit_on,
        fit_items=fit_items,
        score_on=score_on,
        score_items=score_items,
        gold=data["y"][test].astype(np.int64),
    )


def _wide(matrix: np.ndarray) -> tuple[pd.DataFrame, pd.RangeIndex]:
    """Frame of a vote matrix."""
    items = pd.RangeIndex(len(matrix))
    names = [f"source_{j}" for j in range(matrix.shape[1])]
    return pd.DataFrame(matrix, items, names), items


def _crowd(data: dict[str, np.ndarray], known: dict[str, Any]) -> Trial:
    """All items with votes, renumbered; repeated votes are kept."""
    voted, item = np.unique(data["item"], return_inverse=True)
    votes = pd.DataFrame({"item": item, "source": data["worker"], "label": data["label"]})
    items = pd.RangeIndex(len(voted))
    return Trial(
        **known,
        fit_on=votes,
        fit_items=items,
        score_on=votes,
        score_items=items,
        gold=data["y"][voted].astype(np.int64),
    )
