"""Items to look at: surest, least sure, and most contested."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weaklabel._device import on_host
from weaklabel.analysis._votes import as_votes, contradicted, one_each
from weaklabel.cli._labeling import Labeling

N_ITEMS = 6
MOST_CLASSES = 12
MOST_COLUMNS = 3
MOST_CHARACTERS = 280
LOOK_AT = 50  # candidates for each item shown, since many say the same


def samples(labeling: Labeling) -> dict[str, pd.DataFrame]:
    """Choose a few items of each kind, and write them out.

    Parameters
    ----------
    labeling : Labeling

    Returns
    -------
    dict of str to DataFrame of str
        Titles and tables: what the items are, probabilities, label, and who voted what.
    """
    confidence = labeling.posterior.confidence.to_numpy()
    covered = on_host(labeling.posterior.covered)
    n_contradicted = _n_contradicted(labeling.votes)
    least = np.flatnonzero(covered)
    least = least[np.argsort(confidence[least], kind="stable")]  # among equals the user's order
    contested = np.flatnonzero(n_contradicted)
    contested = contested[np.lexsort((confidence[contested], -n_contradicted[contested]))]
    chosen = {
        "Most confident": _surest(labeling, confidence),
        "Least confident": _different(labeling, least, N_ITEMS),
        "Contradicted most, by number of votes": _different(labeling, contested, N_ITEMS),
        "Nothing is known": _different(labeling, np.flatnonzero(~covered), N_ITEMS // 2),
    }
    if not labeling.votes.shape[1]:
        del chosen["Contradicted most, by number of votes"]
    return {title: _written(labeling, positions) for title, positions in chosen.items()}


def _n_contradicted(votes: pd.DataFrame) -> np.ndarray:
    """Count the votes on each item that another contradicts."""
    if not votes.shape[1]:
        return np.zeros(len(votes), dtype=int)
    found = one_each(as_votes(votes)[0])
    return np.bincount(found.item[contradicted(found)], minlength=found.n_items)


def _surest(labeling: Labeling, confidence: np.ndarray) -> list[int]:
    """Take the surest items of each of the first classes."""
    label = labeling.posterior.labels().cat.codes.to_numpy()
    n_classes = len(labeling.posterior.classes)
    positions: list[int] = []
    for y in range(min(n_classes, MOST_CLASSES)):
        of_class = np.flatnonzero(label == y)
        of_class = of_class[np.argsort(-confidence[of_class], kind="stable")]
        positions += _different(labeling, of_class, max(1, N_ITEMS // n_classes))
    return positions


def _different(labeling: Labeling, order: np.ndarray, n_items: int) -> list[int]:
    """Take the first items that do not read the same, and others with the same votes later."""
    order = order[: n_items * LOOK_AT]
    repeated = _cells(labeling.frame.iloc[order], _columns(labeling)).duplicated()
    order = order[~repeated.to_numpy()]
    said = pd.Series(_said(labeling.votes.iloc[order]))
    again = said.groupby(said).cumcount().to_numpy()
    return order[np.argsort(again, kind="stable")][:n_items].tolist()


def _written(labeling: Labeling, positions: list[int]) -> pd.DataFrame:
    """Write out what is known of items."""
    label = labeling.posterior.labels().iloc[positions]
    told = _cells(labeling.frame.iloc[positions], _columns(labeling))
    if labeling.votes.shape[1]:
        told["votes"] = _said(labeling.votes.iloc[positions])
    told["label"] = label.astype(object).where(label.notna(), "none").astype(str)
    told["probability"] = [f"{p:.1%}" for p in labeling.posterior.confidence.iloc[positions]]
    return told


def _said(votes: pd.DataFrame) -> list[str]:
    """Write out who voted what, by what they said."""
    lines: list[str] = []
    for row in votes.astype(object).itertuples(index=False, name=None):
        voices: dict[str, list[str]] = {}
        for name, said in zip(votes.columns, row, strict=True):
            if isinstance(said, set | frozenset | dict) or pd.notna(said):
                voices.setdefault(str(said), []).append(str(name))
        lines.append("; ".join(f"{said}: {', '.join(names)}" for said, names in voices.items()))
    return lines


def _columns(labeling: Labeling) -> list[Any]:
    """Choose the columns that functions declare to read, or else those with most to read."""
    frame, gold = labeling.frame, labeling.task.gold
    read = {name for function in labeling.task.functions for name in function.reads() or ()}
    there = [name for name in frame.columns if name not in {gold, frame.index.name}]
    wanted = [name for name in there if name in read] or there
    length = {name: frame[name].head(100).astype(str).str.len().mean() for name in wanted}
    longest = sorted(wanted, key=lambda name: -length[name])[:MOST_COLUMNS]
    return [name for name in wanted if name in longest]


def _cells(frame: pd.DataFrame, columns: list[Any]) -> pd.DataFrame:
    """Write values out, cut short."""
    return pd.DataFrame(
        {name: [_cell(value) for value in frame[name]] for name in columns}, index=frame.index
    )


def _cell(value: Any) -> str:
    """Write one value."""
    words = str(value)
    return words if len(words) <= MOST_CHARACTERS else words[: MOST_CHARACTERS - 1] + "…"
