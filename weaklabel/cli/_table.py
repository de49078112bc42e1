"""Tables of text, and the summary of sources in words for a person, a spreadsheet or a program."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

MOST_POLARITY = 20  # characters; more classes are counted instead
MOST_CLASSES = 4  # with more, a line of precision and recall is too long


def text_table(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1, rule: bool = False
) -> str:
    """Align cells: the first `left` columns to the left, numbers to the right.

    Parameters
    ----------
    header : sequence of str
    rows : iterable of sequences of str
    left : int
        How many columns hold text.
    rule : bool
        Draw a line above the last row, which holds the total.

    Examples
    --------
    >>> print(text_table(["source", "votes"], [["link", "10"], ["caps", "5"]]))
    source  votes
    ------  -----
    link       10
    caps        5
    """
    cells = [list(header), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    dashes = ["-" * width for width in widths]
    cells.insert(1, dashes)
    if rule:
        cells.insert(-1, dashes)
    lines = (
        "  ".join(
            cell.ljust(width) if k < left else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in cells
    )
    return "\n".join(line.rstrip() for line in lines)


def percent(share: float) -> str:
    """Write a share, or a dash where there is none."""
    return "-" if pd.isna(share) else f"{share:.1%}"


def summary_cells(table: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Choose and format the columns of a summary that a person wants first: header, rows."""
    columns: dict[str, list[str]] = {
        "source": [str(name) for name in table.index],
        "votes for": [_polarity(said) for said in table["polarity"]],
        "votes": [f"{n:,}" for n in table["n_votes"]],
    }
    for name in ("coverage", "overlaps", "conflicts"):
        columns[name] = [percent(share) for share in table[name]]
    if "correct" in table:
        columns["correct"] = [f"{n:,}" for n in table["correct"]]
        columns["wrong"] = [f"{n:,}" for n in table["incorrect"]]
        columns["accuracy"] = [percent(share) for share in table["empirical_accuracy"]]
    if "learned_accuracy" in table:
        columns["learned"] = [percent(share) for share in table["learned_accuracy"]]
    if "faults" in table and table["faults"].any():
        columns["faults"] = [f"{n:,}" for n in table["faults"]]
    return list(columns), [list(row) for row in zip(*columns.values(), strict=True)]


def copies_sentence(table: pd.DataFrame) -> str:
    """Name near-copies; empty if there are none."""
    pairs = {
        " = ".join(sorted((str(source), str(other))))
        for source, others in table["near_copies"].items()
        for other in others
    }
    return f"Near-copies: {', '.join(sorted(pairs))}." if pairs else ""


def summary_text(table: pd.DataFrame, classes: Sequence[Any]) -> str:
    """Write a summary for a terminal of 80 to 100 columns."""
    header, rows = summary_cells(table)
    parts = [text_table(header, rows, left=2, rule=True)]
    if "correct" in table and len(classes) <= MOST_CLASSES:
        parts.append(_per_class(table, classes))
    elif "correct" in table:
        parts.append("Precision and recall of each class: --format csv.")
    if copies_sentence(table):
        parts.append(copies_sentence(table))
    return "\n\n".join(parts)


def summary_csv(table: pd.DataFrame) -> str:
    """Write a summary as CSV; lists are joined by "|"."""
    flat = table.rename_axis("source")
    for name in ("polarity", "near_copies"):
        flat[name] = ["|".join(map(_word, values)) for values in flat[name]]
    return flat.to_csv().rstrip("\n")


def summary_json(table: pd.DataFrame) -> str:
    """Write a summary as a JSON list with one object a source; what is not there is null."""
    records = table.rename_axis("source").reset_index().to_dict("records")
    clean = [{str(key): _plain(value) for key, value in record.items()} for record in records]
    return json.dumps(clean, indent=2, ensure_ascii=False, default=str)


def _plain(value: Any) -> Any:
    """Turn sets into lists, and NaN into None."""
    if isinstance(value, list):
        return [sorted(map(str, each)) if isinstance(each, set) else each for each in value]
    return None if pd.isna(value) else value


def _per_class(table: pd.DataFrame, classes: Sequence[Any]) -> str:
    """Tabulate precision and recall of every class."""
    columns = [f"{what}[{name}]" for name in classes for what in ("precision", "recall")]
    columns = [name for name in columns if name in table]
    rows = [[str(source), *map(percent, row)] for source, *row in table[columns].itertuples()]
    return text_table(["source", *columns], rows, rule=True)


def _polarity(said: Sequence[Any]) -> str:
    """Write what a source votes for."""
    words = ", ".join(map(_word, said))
    return words if len(words) <= MOST_POLARITY else f"{len(said)} classes"


def _word(said: Any) -> str:
    """Write a class, or a set of classes."""
    return f"{{{', '.join(sorted(map(str, said)))}}}" if isinstance(said, set) else str(said)
