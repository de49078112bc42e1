"""The rows that a source got wrong, to be read one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weaklabel._check import first_few
from weaklabel._frames import as_pandas
from weaklabel.analysis._scored import gold_codes
from weaklabel.analysis._votes import as_votes, one_each, statement
from weaklabel.votes import Votes

__all__ = ["errors"]


def errors(
    votes: Any, gold: Any, source: Any, frame: pd.DataFrame | pd.Series | None = None
) -> pd.DataFrame:
    """Show the items that a source got wrong, with what the others said.

    A vote for a set of classes is wrong if gold is not in it; a soft vote if its most probable
    class is not gold. Items without gold are not shown.

    Parameters
    ----------
    votes : DataFrame, Evidence or Votes
        As `apply` returns them, n_items x n_sources.
    gold : Series or array, n_items
        Gold classes, aligned on the index.
    source : hashable
        Name of the source.
    frame : DataFrame or Series, optional
        The data, aligned on the index: its rows are shown beside the votes. None shows votes only.

    Returns
    -------
    DataFrame, one row a wrong vote
        On the caller's index, in the caller's order. Columns: `vote`, `gold`, then those of
        `frame`, text first (a name that is taken gets the ending ``_in_frame``), and `others`: a
        dict of what every other source that voted said.

    Raises
    ------
    TypeError, ValueError
        If `votes` are no votes, there is no such source, `gold` can not be aligned or holds what
        is no class, or `frame` lacks a wrong item.

    Examples
    --------
    >>> votes = pd.DataFrame({"link": ["spam", "spam", None], "thanks": [None, "ham", "ham"]})
    >>> texts = pd.Series(["see http://x", "thanks for http://y", "thanks!"], name="text")
    >>> errors(votes, pd.Series(["spam", "ham", "ham"]), "link", texts)
       vote gold                 text            others
    1  spam  ham  thanks for http://y  {'thanks': 'ham'}
    """
    found, index = as_votes(votes, gold)
    codes = gold_codes(gold, index, found.classes)
    wrong = _wrong_items(found, codes, source)
    said = _said(found, wrong)
    verdict = {
        "vote": pd.Series([votes_on.pop(source) for votes_on in said], dtype=object),
        "gold": pd.Series(found.classes[codes[wrong]]),
    }
    parts = [pd.DataFrame(verdict), pd.Series(said, name="others", dtype=object)]
    frame = as_pandas(frame, index)
    if frame is not None:
        parts.insert(1, _rows_of(frame, index, wrong).reset_index(drop=True))
    return pd.concat(parts, axis=1).set_axis(index[wrong])


def _wrong_items(votes: Votes, gold: np.ndarray, source: Any) -> np.ndarray:
    """Give the positions of the items on which the source's vote does not allow gold."""
    if source not in votes.sources:
        message = (
            f"There is no source {source!r}; the sources are {first_few(votes.sources, most=10)}. "
            "Probably the function has another name. Pass one of them."
        )
        raise ValueError(message)
    hard = one_each(votes.select([source]))
    on = gold[hard.item]
    return hard.item[(on >= 0) & ~hard.statements[hard.code, on]]


def _said(votes: Votes, items: np.ndarray) -> list[dict[Any, Any]]:
    """Give for each item what every source that voted said; a soft vote as a dict."""
    few = votes.take(items)
    said: list[dict[Any, Any]] = [{} for _ in items]
    names = votes.sources.tolist()
    soft = _is_soft(few)
    entries = zip(few.item, few.source, few.code, few.weight, soft, strict=True)
    for item, j, code, weight, in_parts in entries:
        value = statement(votes, code)
        if in_parts:
            said[item].setdefault(names[j], {})[value] = float(weight)
        else:
            said[item][names[j]] = value
    return said


def _is_soft(votes: Votes) -> np.ndarray:
    """Tell of each entry whether its source has several on this item."""
    pair = votes.item.astype(np.int64) * votes.n_sources + votes.source
    _, place, number = np.unique(pair, return_inverse=True, return_counts=True)
    return number[place] > 1


def _rows_of(frame: pd.DataFrame | pd.Series, index: pd.Index, items: np.ndarray) -> pd.DataFrame:
    """Take the rows of the items, text columns first; a column name that is taken is changed."""
    data = frame.to_frame() if isinstance(frame, pd.Series) else frame
    if not data.index.equals(index):
        place = _places(data.index, index[items])
        data = data.iloc[place]
    else:
        data = data.iloc[items]
    text = [pd.api.types.is_string_dtype(data.iloc[:, j]) for j in range(data.shape[1])]
    data = data.iloc[:, np.argsort(~np.array(text, dtype=bool), kind="stable")]
    return data.rename(columns={name: f"{name}_in_frame" for name in ("vote", "gold", "others")})


def _places(labels: pd.Index, wanted: pd.Index) -> np.ndarray:
    """Find the rows of the wanted items."""
    if labels.has_duplicates:
        message = (
            f"The frame can not be aligned: index label "
            f"{first_few(labels[labels.duplicated()].unique())} occurs more than once. Probably "
            "the index is not the key of the table. Pass the frame that the votes were made on."
        )
        raise ValueError(message)
    place = labels.get_indexer(wanted)
    if (place < 0).any():
        message = (
            f"The frame lacks {(place < 0).sum()} of the wrong items: "
            f"{first_few(wanted[place < 0])}. Probably it is another table, or was filtered. Pass "
            "the frame that the votes were made on."
        )
        raise ValueError(message)
    return place
