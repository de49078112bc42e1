"""Join the votes of further sources to those already known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from weaklabel._check import first_few
from weaklabel.votes import Votes


def join_votes(known: Votes | None, new: Votes) -> Votes:
    """Put the sources of two sets of votes side by side.

    Parameters
    ----------
    known : Votes or None
        None gives `new` back.
    new : Votes
        About the same items and classes.

    Raises
    ------
    ValueError
        If a source is in both.
    """
    if known is None:
        return new
    twice = known.sources.intersection(new.sources)
    if len(twice):
        msg = (
            f"The evidence has votes of {first_few(twice)} already. Adding them again would count "
            "one voice twice. Rename the sources, or start from Evidence(index, classes=...)."
        )
        raise ValueError(msg)
    known_sources = known.source.dtype.type(known.n_sources)
    new = new.with_codes(known.statements)
    item = np.concatenate([known.item, new.item])
    order = np.argsort(item, kind="stable")
    return replace(
        known,
        item=item[order],
        source=np.concatenate([known.source, new.source + known_sources])[order],
        code=np.concatenate([known.code, new.code])[order],
        weight=np.concatenate([known.weight, new.weight])[order],
        sources=known.sources.append(new.sources),
        statements=new.statements,
        informative_silence=np.concatenate([known.informative_silence, new.informative_silence]),
    )
