"""What functions carry along travels once, whatever the number of tasks."""

import os
import threading

import joblib
import numpy as np
import pandas as pd
import pytest

import weaklabel.functions as wf
from weaklabel.functions._parcel import Parcel

FRAME = pd.DataFrame({"x": range(40)})


class Lexicon:
    """Writes down where it is unpacked, and how often it was packed."""

    packed = 0

    def __init__(self, folder):
        self.folder = folder

    def __getstate__(self):
        Lexicon.packed += 1
        return {"folder": self.folder}

    def __setstate__(self, state):
        self.__dict__.update(state)
        path = self.folder / f"{os.getpid()}-{np.random.default_rng().integers(2**40)}"
        path.touch()


@pytest.mark.parametrize("size", [10, 3_000_000])  # joblib maps what is larger than a megabyte
def test_resources_are_packed_once_and_unpacked_once_a_worker(tmp_path, size):
    lexicon = Lexicon(tmp_path)

    @wf.labeling_function(resources={"lexicon": lexicon, "table": np.zeros(size, np.int8)})
    def f(row, lexicon, table):
        return "a" if row.x % 2 and len(table) else None

    Lexicon.packed = 0
    votes = wf.apply([f], FRAME, n_jobs=2, cache=False)  # eight tasks
    assert votes["f"].notna().sum() == 20
    assert Lexicon.packed == 1
    workers = [path.name.split("-")[0] for path in tmp_path.iterdir()]
    assert len(workers) == len(set(workers)) <= 2


def test_threads_take_what_cannot_be_packed():
    lock = threading.Lock()

    @wf.labeling_function
    def f(row):
        with lock:
            return "a" if row.x % 2 else None

    with joblib.parallel_config(backend="threading"):
        votes = wf.apply([f], FRAME, n_jobs=2, cache=False)
    assert votes["f"].notna().sum() == 20


def test_a_parcel_opens_to_what_was_put_in():
    first, second = Parcel.of({"a": [1]}), Parcel.of("b")
    assert first.open() == {"a": [1]}
    assert first.open() is first.open()
    assert second.open() == "b"
    assert first.open() == {"a": [1]}
