"""Votes written out as dicts, and every figure of a summary counted by hand in loops."""

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from weaklabel.evidence import Evidence
from weaklabel.functions.values import Not

CLASSES = ["a", "b", "c"]
SAYINGS = [
    None,
    "a",
    "b",
    "c",
    {"a", "b"},
    Not("b"),
    {"a": 0.2, "b": 0.3, "c": 0.5},
    {"a": 0.5, "b": 0.5},
]


@st.composite
def frames(draw, max_items=6, max_sources=4):
    """A wide frame of hard, set, excluding and soft votes, and gold with gaps."""
    n, m = draw(st.integers(1, max_items)), draw(st.integers(1, max_sources))
    cells = [[draw(st.sampled_from(SAYINGS)) for _ in range(m)] for _ in range(n)]
    frame = pd.DataFrame(cells, columns=[f"s{j}" for j in range(m)], dtype=object)
    frame.index = [f"r{i}" for i in range(n)]
    gold = [draw(st.sampled_from([None, *CLASSES])) for _ in range(n - 1)]
    return frame, pd.Series([*gold, draw(st.sampled_from(CLASSES))], frame.index, dtype=object)


def evidence(frame, classes=CLASSES):
    return Evidence(frame.index, classes=classes).with_votes(frame)


def allowed(value):
    """Classes that a vote allows, None for silence; a soft vote is for its first best class."""
    if isinstance(value, dict):
        return {max(CLASSES, key=lambda name: (value.get(name, 0), -CLASSES.index(name)))}
    if isinstance(value, Not):
        return set(CLASSES) - value.classes
    if isinstance(value, set):
        return value
    return None if value is None or pd.isna(value) else {value}


def sayings(frame):
    """The allowed sets, one list an item."""
    return [[allowed(value) for value in row] for row in frame.to_numpy(dtype=object)]


def share(part, whole):
    return part / whole if whole else np.nan


def one_source(frame, gold, j):
    """The figures of source j."""
    rows = sayings(frame)
    mine = [row[j] for row in rows]
    others = [[v for k, v in enumerate(row) if k != j and v is not None] for row in rows]
    voted = [i for i, v in enumerate(mine) if v is not None]
    known = [i for i in voted if gold.iloc[i] is not None]
    found = {
        "coverage": len(voted) / len(rows),
        "overlaps": sum(bool(others[i]) for i in voted) / len(rows),
        "conflicts": sum(any(not (mine[i] & v) for v in others[i]) for i in voted) / len(rows),
        "n_votes": len(voted),
        "correct": sum(gold.iloc[i] in mine[i] for i in known),
        "incorrect": sum(gold.iloc[i] not in mine[i] for i in known),
    }
    found["empirical_accuracy"] = share(found["correct"], len(known))
    for c in CLASSES:
        said = [i for i in known if mine[i] == {c}]
        hit = sum(gold.iloc[i] == c for i in said)
        found[f"precision[{c}]"] = share(hit, len(said))
        found[f"recall[{c}]"] = share(hit, sum(g == c for g in gold))
    return found


def all_sources(frame, gold):
    """The figures of the last row."""
    rows = [[v for v in row if v is not None] for row in sayings(frame)]
    each = [one_source(frame, gold, j) for j in range(frame.shape[1])]
    clash = [any(not (v & w) for v in row for w in row) for row in rows]
    found = {
        "coverage": np.mean([bool(row) for row in rows]),
        "overlaps": np.mean([len(row) > 1 for row in rows]),
        "conflicts": np.mean(clash),
    }
    found |= {name: sum(e[name] for e in each) for name in ("n_votes", "correct", "incorrect")}
    found["empirical_accuracy"] = share(found["correct"], found["correct"] + found["incorrect"])
    for c in CLASSES:
        voted = [[v == {c} for v in row] for row in rows]
        known = [i for i, g in enumerate(gold) if g is not None]
        found[f"precision[{c}]"] = share(
            sum(sum(voted[i]) for i in known if gold.iloc[i] == c),
            sum(sum(voted[i]) for i in known),
        )
        of_class = [i for i in known if gold.iloc[i] == c]
        found[f"recall[{c}]"] = share(sum(any(voted[i]) for i in of_class), len(of_class))
    return found
