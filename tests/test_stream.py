"""Parts are moved one ahead, and what is learned from them is what the host learns."""

from __future__ import annotations

import sys
import types
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from laws._cases import evidence_of, no_advice

import weaklabel as wl
from weaklabel import _stream
from weaklabel._stream import CudaCopies, in_turn, on_device
from weaklabel.models._chunks import Loop, sum_over


class Written:
    """Copies that write down what was asked of them."""

    def __init__(self):
        self.log = []

    def start(self, part):
        self.log.append(f"start {len(part)}")
        return part

    def arrived(self, sent):
        self.log.append(f"arrived {len(sent)}")
        return sent


def parts_of(*sizes: int) -> list[wl.Evidence]:
    whole = evidence_of(3, n_items=sum(sizes), kinds=("hard", "set"))
    edges = np.cumsum([0, *sizes])
    return [whole.take(np.arange(*edge)) for edge in pairwise(edges)]


def test_the_next_part_is_on_its_way_while_one_is_used():
    copies = Written()
    for part in in_turn(iter(parts_of(3, 4, 5)), copies):
        copies.log.append(f"use {len(part)}")
    assert copies.log == [
        "start 3",
        *("start 4", "arrived 3", "use 3"),
        *("start 5", "arrived 4", "use 4"),
        *("arrived 5", "use 5"),
    ]
    assert list(in_turn([], copies)) == []


def test_on_the_host_parts_stay_where_they_are():
    parts = parts_of(2, 3)
    assert list(on_device(parts, "cpu")) == parts
    with pytest.raises(ValueError, match="no device 'tpu'"):
        on_device(parts, "tpu")


class Stream:
    """As much of a stream as copies need; events say what was waited for."""

    def __init__(self, log, name):
        self.log, self.name = log, name

    def record(self):
        return types.SimpleNamespace(synchronize=lambda: self.log.append(f"{self.name} done"))

    def wait_event(self, event):
        self.log.append(f"{self.name} waits")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


@pytest.fixture
def card(monkeypatch):
    """CuPy whose arrays are NumPy's, but for those that stand for the card's."""
    log = []

    class There(np.ndarray):
        def set(self, array, stream):
            log.append(f"copy in {stream.name}")
            self[...] = array

    cuda = types.SimpleNamespace(
        Stream=lambda non_blocking: Stream(log, "own"),
        get_current_stream=lambda: Stream(log, "current"),
    )
    cupy = types.SimpleNamespace(
        cuda=cuda,
        ndarray=type("ndarray", (), {}),
        empty=lambda shape, dtype: np.empty(shape, dtype).view(There),
    )
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    monkeypatch.setitem(
        sys.modules, "cupyx", types.SimpleNamespace(empty_like_pinned=np.empty_like)
    )
    monkeypatch.setattr(_stream, "mover", lambda device: None)
    return log


def test_copies_have_a_stream_of_their_own_and_spare_what_is_still_read(card):
    copies = CudaCopies()
    (part,) = parts_of(4)
    sent = copies.start(part)
    assert card[0] == "own waits"
    assert set(card[1:]) == {"copy in own"}
    there = copies.arrived(sent)
    assert card[-1] == "own done"
    np.testing.assert_array_equal(there.votes.item, part.votes.item)
    assert there.votes.item is not part.votes.item


def test_a_fit_to_streamed_parts_is_the_fit_to_all(card):
    parts = parts_of(20, 25, 30)
    whole = evidence_of(3, n_items=75, kinds=("hard", "set"))
    fits = [wl.DawidSkene(max_iter=20) for _ in range(2)]
    with no_advice():
        fits[0].fit(whole)
        over = lambda function: sum_over(on_device(parts, "cuda"), function)  # noqa: E731
        Loop(fits[1], next(on_device(parts, "cuda")), over).fit()
    answers = [model.predict_proba(whole) for model in fits]
    pd.testing.assert_frame_equal(*answers, rtol=1e-7, atol=1e-9)
